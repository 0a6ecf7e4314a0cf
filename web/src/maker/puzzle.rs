//! From an address to a puzzle.

use js_sys::{Array, Uint8Array};
use scrubjay_core::frame::Clip;
use scrubjay_core::item::{Item, PixelWork, realize_with, scene_frames};
use scrubjay_core::link;
use scrubjay_core::recipe::Recipe;
use scrubjay_core::task::TaskName;

use super::fault;
use super::films::Films;
use super::hands::Hands;
use super::packs::Packs;
use super::seldom::Listener;
use crate::wire::{self, Address, Drawn, Fault, From, Kind, Made, Sizes};

/// What the worker keeps between questions.
#[derive(Debug, Default)]
pub(super) struct Maker {
    hands: Hands,
    packs: Packs,
    /// Films of the visitor's.
    pub(super) films: Films,
}

impl Maker {
    /// Makes a puzzle; its pixels go into `buffers`.
    pub(super) async fn puzzle(
        &mut self,
        address: &Address,
        hands: wire::Hands,
        buffers: &Array,
        hear: &mut dyn Listener,
    ) -> Result<Box<Made>, Fault> {
        self.hands.open(hands).await;
        let (recipe, item) = match &address.from {
            From::Scene => {
                let link = |e| fault(Kind::Link, e);
                let recipe = link::recipe(address.task, address.seed).map_err(link)?;
                let item = self.scene(&recipe).await?;
                (recipe, item)
            }
            From::Clip(name) => {
                let pack = self.packs.get(name).await?;
                let hands = &mut self.hands;
                let frames = async |numbers: &[u32]| pack.frames(numbers);
                let work = async |work: PixelWork<'_>| hands.work(work).await;
                let made = link::film_item(address.task, address.seed, &pack.film(), frames, work).await;
                made.map_err(|e| fault(Kind::Link, e))?
            }
            From::Own(sha256) => self.films.puzzle(address, sha256, &mut self.hands, hear).await?,
        };
        Ok(Box::new(self.made(recipe, &item, buffers)))
    }

    /// Makes the puzzle of a scene's recipe.
    pub(super) async fn recipe(
        &mut self,
        recipe: Recipe,
        hands: wire::Hands,
        buffers: &Array,
    ) -> Result<Box<Made>, Fault> {
        self.hands.open(hands).await;
        let item = self.scene(&recipe).await?;
        Ok(Box::new(self.made(recipe, &item, buffers)))
    }

    async fn scene(&mut self, recipe: &Recipe) -> Result<Item, Fault> {
        let fail = |e| fault(Kind::Link, e);
        // A scene has frames: only a video's are with a decoder.
        let frames = scene_frames(recipe).map_err(fail)?.unwrap_or_default();
        let hands = &mut self.hands;
        realize_with(recipe, frames, async |work: PixelWork<'_>| hands.work(work).await).await.map_err(fail)
    }

    fn made(&self, recipe: Recipe, item: &Item, buffers: &Array) -> Made {
        for clip in &item.clips {
            buffers.push(&pixels(clip).buffer());
        }
        let size = |clip: &Clip| {
            let (width, height) = clip.frames.first().map_or((0, 0), |f| (f.width, f.height));
            Sizes { width, height, shown: clip.shown.clone() }
        };
        Made {
            recipe,
            stimulus: item.stimulus.clone(),
            chance: item.chance,
            clips: item.clips.iter().map(size).collect(),
            by: self.hands.by().to_owned(),
        }
    }
}

/// A clip's frames one after the other, as a canvas takes them.
fn pixels(clip: &Clip) -> Uint8Array {
    let bytes = |f: &scrubjay_core::frame::Frame| u64::from(f.width) * u64::from(f.height) * 4;
    let all: u64 = clip.frames.iter().map(bytes).sum();
    let array = Uint8Array::new_with_length(u32::try_from(all).unwrap_or(0));
    let mut at = 0;
    for frame in &clip.frames {
        let rgba = frame.rgba();
        array.subarray(at, at + rgba.len() as u32).copy_from(&rgba);
        at += rgba.len() as u32;
    }
    array
}

/// Recipes of scenes, one for each seed.
pub(super) fn drawn(task: TaskName, from: u64, count: u32) -> Result<Vec<Drawn>, Fault> {
    (0..u64::from(count.min(1000)))
        .map(|i| {
            let seed = from.wrapping_add(i);
            let recipe = link::recipe(task, seed).map_err(|e| fault(Kind::Link, e))?;
            Ok(Drawn { seed, recipe })
        })
        .collect()
}
