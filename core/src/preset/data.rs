//! What items a preset makes: the sampling contract, the pictures, the mixture.

use serde::{Deserialize, Serialize};

use crate::perturb::Kind;
use crate::prompt::Wording;
use crate::recipe::{Picture, Question};
use crate::scene::Family;
use crate::source::Sampling;
use crate::task::counting::Level;
use crate::task::{TaskName, jigsaw, masked};

/// What items are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The sampling contract.
    pub sampling: Sampling,
    /// Picture size of the items.
    pub picture: Picture,
    /// Prompt texts.
    pub wording: Wording,
    /// Length of a procedural scene in frames.
    pub scene_frames: u32,
    /// Frames per second of a procedural scene.
    pub scene_fps: u32,
    /// Scene families that are used where the command names none; all of them if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<Family>,
    /// The mixture; shares are relative.
    pub mix: Vec<Share>,
}

/// One line of the mixture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The task.
    pub task: TaskName,
    /// For grounding, and for segments that are made here: the perturbation. Without one, segments are events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// For a jigsaw: the number of clips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clips: Option<u32>,
    /// For counting: how many shapes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// For masked prediction: how much is shown, hidden and mixed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked: Option<masked::Shape>,
    /// For grounding and counting: drawn as the public code draws, faults included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compat: bool,
    /// How many of these, relative to the others.
    pub share: u32,
}

impl Share {
    /// The question of this line.
    ///
    /// # Errors
    /// One sentence naming a value that is missing or does not belong to the task.
    pub fn question(&self) -> Result<Question, String> {
        let Self { task, kind, clips, level, masked, compat, .. } = *self;
        let (question, taken): (Option<Question>, &[&str]) = match task {
            TaskName::Grounding => {
                (kind.map(|kind| Question::Grounding { kind, compat }), &["kind", "compat"])
            }
            TaskName::Counting => {
                (level.map(|level| Question::Counting { level, compat }), &["level", "compat"])
            }
            TaskName::Jigsaw => {
                (clips.filter(|c| jigsaw::CLIPS.contains(c)).map(Question::Jigsaw), &["clips (2 to 9)"])
            }
            TaskName::Masked => (Some(Question::Masked(masked.unwrap_or_default())), &["masked"]),
            TaskName::Segments => (Some(kind.map_or(Question::Events, Question::Tampered)), &["kind"]),
            TaskName::Event => (Some(Question::Event), &[]),
            TaskName::Elements => (Some(Question::Elements), &[]),
            TaskName::Qa => (Some(Question::Qa), &[]),
        };
        let given = [
            ("kind", kind.is_some()),
            ("clips (2 to 9)", clips.is_some()),
            ("level", level.is_some()),
            ("masked", masked.is_some()),
            ("compat", compat),
        ];
        if let Some((name, _)) = given.iter().find(|(name, is)| *is && !taken.contains(name)) {
            return Err(format!("data.mix: {task} takes no {name}"));
        }
        if let Some(shape) = masked {
            shape.check().map_err(|e| format!("data.mix: {e}"))?;
        }
        question.ok_or_else(|| format!("data.mix: {task} needs {}", taken.first().unwrap_or(&"nothing")))
    }
}

impl Data {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.schedule_total() == 0 {
            return Err("data.mix: the shares add up to 0".to_owned());
        }
        for share in &self.mix {
            share.question()?;
        }
        if self.scene_fps == 0 || self.scene_frames == 0 {
            return Err("data.scene_frames and data.scene_fps must be at least 1".to_owned());
        }
        self.sampling.check().map_err(|e| format!("data.sampling: {e}"))
    }

    fn schedule_total(&self) -> u64 {
        self.mix.iter().map(|s| u64::from(s.share)).sum()
    }

    /// The first `count` questions: shares kept exactly over every whole period and as evenly as possible
    /// within it (smooth weighted round robin), the same whatever part of the list is asked for.
    #[must_use]
    pub fn schedule(&self, count: usize) -> Vec<Question> {
        let total = self.schedule_total() as i64;
        let lines: Vec<(Question, i64)> =
            self.mix.iter().filter_map(|s| Some((s.question().ok()?, i64::from(s.share)))).collect();
        let mut credit = vec![0_i64; lines.len()];
        let mut next = || {
            for (c, line) in credit.iter_mut().zip(&lines) {
                *c += line.1;
            }
            // Of equal credits the first line goes first.
            let best = (0..credit.len()).rev().max_by_key(|&i| credit[i])?;
            credit[best] -= total;
            Some(lines[best].0)
        };
        (0..count).map_while(|_| next()).collect()
    }
}
