//! The visitor's own scores.

use std::collections::HashMap;

use scrubjay_core::item::Truth;
use scrubjay_core::metric::{Observation, clustered_mean, viubench};
use scrubjay_core::task::TaskName;

use super::chart::{Group, Line, Who};
use crate::app::hand::Hand;
use crate::app::results::{self, Answered};
use crate::wire::{Ask, From, Told};

/// From how many puzzles on an interval is given: fewer say little about how far it reaches.
const FEWEST: usize = 5;

/// The answers to a task that count: no practice, and each puzzle's first answer alone.
pub(super) struct Yours {
    /// On scenes and built-in films.
    ours: Vec<Answered>,
    /// On films of the visitor's.
    own: Vec<Answered>,
}

impl Yours {
    /// Reads them from where they are kept.
    pub(super) fn read(task: TaskName) -> Self {
        let ours = results::counting().into_iter().filter(|a| a.task == task).collect();
        let own = |a: &Answered| a.task == task && !a.practice && !a.again && matches!(a.from, From::Own(_));
        Self { ours, own: results::all().into_iter().filter(own).collect() }
    }

    /// Whether there are none.
    pub(super) fn none(&self) -> bool {
        self.ours.is_empty() && self.own.is_empty()
    }

    /// By the score that is played for.
    pub(super) fn played(&self) -> Group {
        let score = |a: &Answered| Some(a.score);
        let lines = [line(Who::You, &self.ours, score), line(Who::YouOnOwn, &self.own, score)];
        Group { title: "compare.yours", lines: lines.into_iter().flatten().collect() }
    }

    /// The jigsaw by VIUBench's score: whether the whole order is right.
    pub(super) fn whole(&self) -> Group {
        let line = line(Who::You, &self.ours, |a| Some(f64::from(u8::from(a.score >= 1.0))));
        Group { title: "compare.yours", lines: line.into_iter().collect() }
    }

    /// Counting by VIUBench's score: the share of numbers that are exactly right. What is right stands in a puzzle's
    /// recipe, which the worker draws again; a film is not at hand here, so that its puzzles are left out.
    pub(super) async fn counted(self, hand: Hand) -> Group {
        let mut scores: HashMap<String, f64> = HashMap::new();
        for answered in self.ours.iter().filter(|a| a.from == From::Scene) {
            let ask = Ask::Draw { task: TaskName::Counting, from: answered.seed, count: 1 };
            // Where the worker fails, other parts of the site say so.
            let Ok((Told::Drawn(list), _)) = hand.ask(ask).await else { continue };
            // Answers of an earlier generator are to other puzzles.
            let Some(recipe) = list.first().map(|d| &d.recipe).filter(|r| r.id() == answered.id) else {
                continue;
            };
            let Ok(timeline) = recipe.timeline() else { continue };
            if let Truth::Counts(truth) = Truth::of(&recipe.task, &recipe.source, &timeline) {
                // What cannot be read is wrong.
                let score = viubench::counting(&answered.answer, &truth.map(f64::from)).unwrap_or(0.0);
                scores.insert(answered.id.clone(), score);
            }
        }
        let line = line(Who::You, &self.ours, |a| scores.get(&a.id).copied());
        Group { title: "compare.yours", lines: line.into_iter().collect() }
    }
}

fn line(who: Who, answers: &[Answered], score: impl Fn(&Answered) -> Option<f64>) -> Option<Line> {
    let values: Vec<Observation<'_>> = answers
        .iter()
        .filter_map(|a| Some(Observation { source: &a.id, run: 0, value: score(a)? }))
        .collect();
    let estimate = clustered_mean(&values)?;
    let range = (estimate.n >= FEWEST).then_some([estimate.low, estimate.high]);
    Some(Line { who, mean: estimate.mean, range, count: Some(estimate.n) })
}
