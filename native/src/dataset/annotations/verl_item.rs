//! A row for verl as the item it is, to be shown and answered like any other.

use scrubjay_core::answer::interval;
use scrubjay_core::chance;
use scrubjay_core::frame::{Clip, Frame, stimulus_hash};
use scrubjay_core::item::{Item, Truth};
use scrubjay_core::perturb::Perturbation;
use scrubjay_core::prompt::{Piece, Prompt};
use scrubjay_core::reward::table::Reward;
use scrubjay_core::task::counting::Level;
use scrubjay_core::task::grounding::Segment;
use scrubjay_core::task::{Task, jigsaw};

use super::rows::short;
use super::verl::{Given, MARK};
use crate::error::Error;

impl Given {
    /// The row as an item, on its frames: one list for each of its videos.
    ///
    /// # Errors
    /// [`Error`] naming the row, when it is of none of VideoSSR's three tasks, its truth cannot be read, or the frames
    /// are not as many as it lists.
    pub fn item(&self, frames: Vec<Vec<Frame>>) -> Result<Item, Error> {
        let fail = |what: String| Error::failed(format!("row {}: {what}", self.row));
        let (listed, found): (Vec<usize>, Vec<usize>) =
            (self.videos.iter().map(|v| v.frames.len()).collect(), frames.iter().map(Vec::len).collect());
        if listed != found {
            return Err(fail(format!("it lists {listed:?} frames, and {found:?} are given")));
        }
        let shown = found.iter().sum::<usize>() as u32;
        let (truth, task) = self
            .truth()
            .ok_or_else(|| fail(format!("{} is no truth of '{}'", short(&self.truth), self.data_source)))?;
        // Where the row is silent, as for a single picture, one frame lasts a second.
        let fps = self.videos.iter().find_map(|v| v.sample_fps).unwrap_or(1.0);
        let clips: Vec<Clip> = frames
            .into_iter()
            .map(|frames| Clip { shown: (0..frames.len()).map(|i| i as f64 / fps).collect(), frames })
            .collect();
        let mut user = Vec::new();
        for (i, words) in self.user.split(MARK).enumerate() {
            if let Some(clip) = i.checked_sub(1) {
                user.push(Piece::Clip(clip));
            }
            if !words.is_empty() {
                user.push(Piece::Text(words.to_owned()));
            }
        }
        Ok(Item {
            id: self.id.clone(),
            task: task.name(),
            stimulus: stimulus_hash(&clips),
            clips,
            sampling_fps: fps,
            prompt: Prompt { system: self.system.clone(), user, prefix: String::new() },
            truth,
            chance: chance::of(&task, shown),
        })
    }

    /// The truth, and a task with the same law of answers: what else it had drawn is in the pixels.
    fn truth(&self) -> Option<(Truth, Task)> {
        let text = self.truth.as_str()?.trim();
        match self.reward()? {
            Reward::VideossrGrounding => {
                // The law knows the number of frames alone, and neither place nor kind.
                let segment = Segment { start: 0, length: 1, perturbation: Perturbation::Mirror };
                Some((Truth::Interval(interval::parse(text).ok()?), Task::Grounding(segment)))
            }
            Reward::VideossrCounting => {
                let counts: Vec<u32> =
                    text.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
                let counts: [u32; 3] = counts.try_into().ok()?;
                // Rows do not say how hard they are, and the public code makes easy ones: up to three times three.
                let hard = counts.iter().any(|n| *n > Level::Easy.most().pow(2));
                let level = if hard { Level::Hard } else { Level::Easy };
                Some((Truth::Counts(counts), Task::Counting { level, groups: Vec::new() }))
            }
            Reward::VideossrJigsaw => {
                let clips = u32::try_from(text.len()).ok().filter(|n| jigsaw::CLIPS.contains(n))?;
                let digits: Vec<u8> = text.bytes().map(|b| b.wrapping_sub(b'1')).collect();
                let mut sorted = digits.clone();
                sorted.sort_unstable();
                (sorted.iter().copied().eq(0..clips as u8))
                    .then(|| (Truth::Order(text.to_owned()), Task::Jigsaw { order: digits }))
            }
            _ => None,
        }
    }
}
