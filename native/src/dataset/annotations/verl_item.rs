//! A row for verl as the item it is, to be shown and answered like any other.

use scrubjay_core::answer::interval;
use scrubjay_core::chance::{self, How};
use scrubjay_core::frame::{Clip, Frame, stimulus_hash};
use scrubjay_core::item::{Item, Truth};
use scrubjay_core::perturb::Perturbation;
use scrubjay_core::prompt::{Piece, Prompt};
use scrubjay_core::reward::table::Reward;
use scrubjay_core::task::Task;
use scrubjay_core::task::counting::Level;
use scrubjay_core::task::grounding::Segment;
use scrubjay_core::task::jigsaw::CLIPS;
use serde_json::Value;

use super::rows::{Fault, short};
use super::verl::{Given, MARK};
use crate::error::Error;

/// Shown frames per second that are taken for meant.
const FPS: std::ops::RangeInclusive<f64> = 1e-3..=1e4;

impl Given {
    /// The row as an item, on frames that are at hand: one list for each of its videos. [`Given::load`] decodes them.
    ///
    /// # Errors
    /// [`Error`] naming the row, when it is of none of VideoSSR's three tasks, its truth or its pace cannot be read, or
    /// the frames are not as many as it lists.
    pub fn item(&self, frames: Vec<Vec<Frame>>) -> Result<Item, Error> {
        let fail = |what: &str| Error::failed(format!("row {}: {what}", self.row));
        let (listed, found): (Vec<usize>, Vec<usize>) =
            (self.videos.iter().map(|v| v.frames.len()).collect(), frames.iter().map(Vec::len).collect());
        if listed != found {
            return Err(fail(&format!("it lists {listed:?} frames, and {found:?} are given")));
        }
        let fps = self.fps().map_err(|f| fail(&f.detail))?;
        let clip =
            |frames: Vec<Frame>| Clip { shown: (0..frames.len()).map(|i| i as f64 / fps).collect(), frames };
        self.made(frames.into_iter().map(clip).collect(), fps).map_err(|f| fail(&f.detail))
    }

    /// The task, with what it drew as far as the row tells; `None` if it is none of VideoSSR's three. Where a
    /// perturbation lies, which one it is and on which frames shapes are is in the pixels alone, and made up here.
    #[must_use]
    pub fn task(&self) -> Option<Task> {
        self.truth().ok().map(|t| t.1)
    }

    /// Shown frames per second. Where the row is silent, as for a single picture, one frame lasts a second.
    pub(super) fn fps(&self) -> Result<f64, Fault> {
        let fps = self.videos.iter().find_map(|v| v.sample_fps).unwrap_or(1.0);
        let (from, to) = (FPS.start(), FPS.end());
        FPS.contains(&fps).then_some(fps).ok_or_else(|| {
            Fault::malformed(format!("sample_fps is {fps}, not {from} to {to} frames a second"))
        })
    }

    /// The item on clips in the order of the marks.
    pub(super) fn made(&self, clips: Vec<Clip>, fps: f64) -> Result<Item, Fault> {
        let (truth, task) = self.truth()?;
        let mut user = Vec::new();
        for (i, words) in self.user.split(MARK).enumerate() {
            if let Some(clip) = i.checked_sub(1) {
                user.push(Piece::Clip(clip));
            }
            if !words.is_empty() {
                user.push(Piece::Text(words.to_owned()));
            }
        }
        let prefix = self.extra.get("prefix").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut chance = chance::of(&task, clips.iter().map(|c| c.frames.len() as u32).sum());
        if matches!(task, Task::Counting { .. }) {
            // How hard it is was guessed.
            chance.how = How::Near;
        }
        Ok(Item {
            id: self.id.clone(),
            task: task.name(),
            stimulus: stimulus_hash(&clips),
            clips,
            sampling_fps: fps,
            prompt: Prompt { system: self.system.clone(), user, prefix },
            truth,
            chance,
        })
    }

    /// The truth, and a task with the same law of answers: what else it had drawn is in the pixels.
    pub(super) fn truth(&self) -> Result<(Truth, Task), Fault> {
        let read = match self.reward() {
            Some(Reward::VideossrGrounding) => self.truth.as_str().and_then(grounding),
            Some(Reward::VideossrCounting) => self.truth.as_str().and_then(counting),
            Some(Reward::VideossrJigsaw) => self.truth.as_str().and_then(jigsaw),
            _ => {
                let detail = format!(
                    "rows of '{}' cannot be shown, only grounding, counting and jigsaw",
                    self.data_source
                );
                return Err(Fault::new("other-task", detail));
            }
        };
        read.ok_or_else(|| {
            let detail = format!("{} is no truth of '{}'", short(&self.truth), self.data_source);
            Fault::new("bad-truth", detail)
        })
    }
}

fn grounding(text: &str) -> Option<(Truth, Task)> {
    // The law knows the number of frames alone, and neither place nor kind.
    let segment = Segment { start: 0, length: 1, perturbation: Perturbation::Mirror };
    Some((Truth::Interval(interval::parse(text.trim()).ok()?), Task::Grounding(segment)))
}

fn counting(text: &str) -> Option<(Truth, Task)> {
    let counts: Vec<u32> = text.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    let counts: [u32; 3] = counts.try_into().ok()?;
    // Rows do not say how hard they are, and the public code makes easy ones: up to three times three.
    let hard = counts.iter().any(|n| *n > Level::Easy.most().pow(2));
    let level = if hard { Level::Hard } else { Level::Easy };
    Some((Truth::Counts(counts), Task::Counting { level, groups: Vec::new() }))
}

fn jigsaw(text: &str) -> Option<(Truth, Task)> {
    let text = text.trim();
    let clips = u32::try_from(text.len()).ok().filter(|n| CLIPS.contains(n))?;
    // The truth says for each clip in playing order where it is shown; the task, for each place, what it shows.
    let order: Vec<u8> = (1..=clips)
        .map(|place| {
            text.bytes().position(|b| u32::from(b) == u32::from(b'0') + place).map(|clip| clip as u8)
        })
        .collect::<Option<_>>()?;
    Some((Truth::Order(text.to_owned()), Task::Jigsaw { order }))
}
