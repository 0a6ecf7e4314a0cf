//! What the gallery has drawn so far, and drawing on until enough of it is what was asked for.

use leptos::prelude::*;
use leptos::task::spawn_local;
use scrubjay_core::scene::Family;
use scrubjay_core::task::TaskName;

use super::card::Label;
use crate::app::hand::Hand;
use crate::clips;
use crate::difficulty::Difficulty;
use crate::wire::{Ask, Fault, From, Told};

/// How many cards come at a time.
const PAGE: usize = 12;

/// What the gallery is narrowed down to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// The task.
    pub(super) task: TaskName,
    /// A family of scenes or a built-in film, by name; empty for scenes of any family.
    pub(super) from: String,
    /// What was done to the film, by name, or `event`; empty for anything.
    pub(super) sort: String,
    /// How hard; `None` for any.
    pub(super) grade: Option<Difficulty>,
}

impl Default for Choice {
    fn default() -> Self {
        Self { task: TaskName::Grounding, from: String::new(), sort: String::new(), grade: None }
    }
}

impl Choice {
    /// The address that says so.
    pub(super) fn address(&self) -> String {
        let Self { task, from, sort, grade } = self;
        let mut address = format!("/gallery?task={task}");
        let grade = grade.map(Difficulty::name).unwrap_or_default();
        for (name, value) in [("from", from.as_str()), ("sort", sort.as_str()), ("grade", grade)] {
            if !value.is_empty() {
                address.push_str(&format!("&{name}={}", js_sys::encode_uri_component(value)));
            }
        }
        address
    }

    /// The built-in film that was chosen, if one was.
    pub(super) fn clip(&self) -> Option<String> {
        let scene = self.from.is_empty() || self.from.parse::<Family>().is_ok();
        (!scene).then(|| clips::all().into_iter().map(|c| c.name).find(|n| *n == self.from)).flatten()
    }

    /// Whether a puzzle of a scene is asked for.
    fn fits(&self, label: &Label) -> bool {
        let family = self.from.parse::<Family>().ok();
        (family.is_none() || label.family() == family)
            && (self.sort.is_empty() || label.sort().as_ref() == Some(&self.sort))
            && (self.grade.is_none() || label.grade() == self.grade)
    }

    /// The cards to show: of scenes those that were drawn and fit, of a built-in film its first seeds.
    pub(super) fn shown(&self, drawn: &[Label], wanted: usize) -> Vec<Label> {
        match self.clip() {
            Some(clip) => (1..=wanted as u64)
                .map(|seed| Label::unknown(self.task, seed, From::Clip(clip.clone())))
                .collect(),
            // While another task is being drawn, the cards of the last one are gone already.
            None => {
                let fits = drawn.iter().filter(|l| l.task == self.task && self.fits(l));
                fits.take(wanted).cloned().collect()
            }
        }
    }
}

/// The puzzles drawn so far.
#[derive(Clone, Copy)]
pub(super) struct Shelf {
    /// All of them, by rising seed from 1.
    pub(super) drawn: RwSignal<Vec<Label>>,
    /// How many cards are wanted.
    pub(super) wanted: RwSignal<usize>,
    /// Whether more are being drawn.
    pub(super) busy: RwSignal<bool>,
    /// Why no more could be drawn.
    pub(super) fault: RwSignal<Option<Fault>>,
}

impl Shelf {
    /// A shelf that follows the choice.
    pub(super) fn new(hand: Hand, choice: Memo<Choice>) -> Self {
        let shelf = Self {
            drawn: RwSignal::new(Vec::new()),
            wanted: RwSignal::new(PAGE),
            busy: RwSignal::new(false),
            fault: RwSignal::new(None),
        };
        // A round of drawing goes on until another begins.
        let round = StoredValue::new(0_u32);
        Effect::new(move |before: Option<Choice>| {
            let choice = choice.get();
            if before.as_ref().is_none_or(|b| *b != choice) {
                shelf.wanted.set(PAGE);
            }
            if before.is_some_and(|b| b.task != choice.task) {
                shelf.drawn.set(Vec::new());
            }
            let wanted = shelf.wanted.get();
            round.update_value(|r| *r += 1);
            let mine = round.get_value();
            let current = move || round.try_get_value() == Some(mine);
            let (hand, chosen) = (hand.clone(), choice.clone());
            spawn_local(async move { shelf.fill(&hand, &chosen, wanted, current).await });
            choice
        });
        shelf
    }

    /// Wants another page.
    pub(super) fn more(self) {
        self.wanted.update(|w| *w += PAGE);
    }

    /// Draws until there are as many as wanted or the round's share is drawn: a rare choice must not take for ever.
    async fn fill(self, hand: &Hand, choice: &Choice, wanted: usize, current: impl Fn() -> bool) {
        // A gap's puzzle compares all pictures of its scene while it is drawn, and takes as long as dozens of others.
        let (batch, share) = if choice.task == TaskName::Masked { (6, 60) } else { (48, 480) };
        self.fault.set(None);
        let begun = self.drawn.with_untracked(Vec::len);
        if choice.clip().is_some() {
            self.busy.set(false);
            return;
        }
        loop {
            let there = self.drawn.with_untracked(Vec::len);
            let enough = self.drawn.with_untracked(|d| choice.shown(d, wanted).len() >= wanted);
            if enough || there >= begun + share {
                break;
            }
            self.busy.set(true);
            let ask = Ask::Draw { task: choice.task, from: there as u64 + 1, count: batch };
            let told = hand.ask(ask).await;
            if !current() {
                return;
            }
            match told {
                Ok((Told::Drawn(list), _)) if !list.is_empty() => {
                    let labels = list.into_iter().map(|d| Label::of(d.seed, From::Scene, &d.recipe));
                    self.drawn.update(|d| d.extend(labels));
                }
                // An answer of another kind is none.
                Ok(_) => break,
                Err(fault) => {
                    self.fault.set(Some(fault));
                    break;
                }
            }
        }
        self.busy.set(false);
    }
}
