//! A puzzle as the page holds it: what is asked, what is right, and films to show.

use std::sync::Arc;

use js_sys::{ArrayBuffer, Uint8ClampedArray};
use scrubjay_core::chance::Chance;
use scrubjay_core::item::Truth;
use scrubjay_core::recipe::Recipe;
use scrubjay_core::reward::Score;
use scrubjay_core::task::TaskName;
use send_wrapper::SendWrapper;
use web_sys::ImageData;

use super::hand::Hand;
use super::place;
use crate::wire::{Address, Ask, Fault, Hands, Kind, Made, Sizes, Told};

/// Frames of one size that are shown one after the other.
#[derive(Debug)]
pub(crate) struct Film {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels.
    pub(crate) height: u32,
    /// Shown time of each frame, seconds.
    pub(crate) shown: Vec<f64>,
    /// RGBA, frame after frame.
    pixels: SendWrapper<Uint8ClampedArray>,
}

impl Film {
    fn new(sizes: Sizes, buffer: &ArrayBuffer) -> Self {
        let Sizes { width, height, shown } = sizes;
        Self { width, height, shown, pixels: SendWrapper::new(Uint8ClampedArray::new(buffer)) }
    }

    /// How many frames there are; never none.
    pub(crate) fn len(&self) -> usize {
        self.shown.len().max(1)
    }

    /// A frame for a canvas; the last one past the end. `None` where the browser has no memory left.
    pub(crate) fn image(&self, frame: usize) -> Option<ImageData> {
        let bytes = self.width * self.height * 4;
        let at = frame.min(self.len() - 1) as u32 * bytes;
        let part = self.pixels.subarray(at, at + bytes);
        ImageData::new_with_js_u8_clamped_array_and_sh(&part, self.width, self.height).ok()
    }
}

/// A puzzle.
#[derive(Debug)]
pub(crate) struct Puzzle {
    /// Its link, if it has one.
    pub(crate) address: Option<Address>,
    /// What defines it.
    pub(crate) recipe: Recipe,
    /// What is right.
    pub(crate) truth: Truth,
    /// What blind guesses earn.
    pub(crate) chance: Chance,
    /// Hash of the pixels.
    pub(crate) stimulus: String,
    /// What is shown.
    pub(crate) films: Vec<Film>,
    /// Shown time at which each frame of the whole item begins, and where the last one ends: one more than frames.
    /// Of a film of one piece these are the only places where an answer's edges can lie.
    pub(crate) edges: Vec<f64>,
    /// Who did the pixel work.
    pub(crate) by: String,
}

impl Puzzle {
    /// Has the puzzle of a link made.
    pub(crate) async fn make(hand: &Hand, address: Address) -> Result<Arc<Self>, Fault> {
        let ask = Ask::Puzzle { address: address.clone(), hands: hands() };
        Self::from(hand.ask(ask).await?, Some(address))
    }

    /// Has the puzzle of a scene's recipe made.
    pub(crate) async fn of(hand: &Hand, recipe: Recipe) -> Result<Arc<Self>, Fault> {
        Self::from(hand.ask(Ask::Recipe { recipe: Box::new(recipe), hands: hands() }).await?, None)
    }

    fn from((told, buffers): (Told, Vec<ArrayBuffer>), address: Option<Address>) -> Result<Arc<Self>, Fault> {
        let broken = |e: &str| Fault::new(Kind::Worker, e);
        let Told::Puzzle(made) = told else { return Err(broken("something else was answered")) };
        let Made { recipe, stimulus, chance, clips, by } = *made;
        if clips.is_empty() || clips.len() != buffers.len() {
            return Err(broken("the puzzle came without its pictures"));
        }
        let timeline = recipe.timeline().map_err(|e| broken(&e.to_string()))?;
        let films = clips.into_iter().zip(&buffers).map(|(s, b)| Film::new(s, b)).collect();
        Ok(Arc::new(Self {
            address,
            truth: Truth::of(&recipe.task, &recipe.source, &timeline),
            edges: (0..=timeline.indices.len()).map(|i| timeline.edge(i as u32)).collect(),
            recipe,
            chance,
            stimulus,
            films,
            by,
        }))
    }

    /// The task.
    pub(crate) fn task(&self) -> TaskName {
        self.recipe.task.name()
    }

    /// What an answer earns, by the scorer that training uses.
    pub(crate) fn score(&self, answer: &str) -> Score {
        self.truth.score(&self.truth.tagged(answer))
    }
}

/// Who is to do pixel work, as the address says: `?pixels=gpu` or `cpu`.
fn hands() -> Hands {
    match place::query("pixels").as_deref() {
        Some("gpu") => Hands::Gpu,
        Some("cpu") => Hands::Cpu,
        _ => Hands::Auto,
    }
}
