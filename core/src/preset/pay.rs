//! What is paid for an answer.

use serde::{Deserialize, Serialize};

use crate::item::Truth;
use crate::reward::table::Reward;
use crate::reward::{Score, Variant};
use crate::task::TaskName;

/// A reward that is paid for a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paid {
    /// For which task.
    pub task: TaskName,
    /// Which reward.
    pub reward: Reward,
    /// Which reading of it.
    #[serde(default)]
    pub variant: Variant,
    /// What it is multiplied with.
    #[serde(default = "super::one", skip_serializing_if = "super::is_one")]
    pub weight: f64,
}

/// The scores of an answer under the lines that pay for its task, each with its weight, in the lines' order. Without such
/// a line, the task's own reward with weight 1.
#[must_use]
pub fn scores(lines: &[Paid], task: TaskName, truth: &Truth, answer: &str) -> Vec<(f64, Score)> {
    let of = |line: &Paid| {
        let (value, meta) = truth.given_to(line.reward);
        // Presets are checked: no line pays a task with a reward that cannot take its truth.
        line.reward.score(line.variant, answer, &value, &meta).ok().map(|score| (line.weight, score))
    };
    let paid: Vec<(f64, Score)> = lines.iter().filter(|l| l.task == task).filter_map(of).collect();
    if paid.is_empty() { vec![(1.0, truth.score(answer))] } else { paid }
}

/// The score of an answer under the lines that pay for its task: their weighted sum, with the parts of each before
/// weighting. Without such a line, the task's own reward.
#[must_use]
pub fn pay(lines: &[Paid], task: TaskName, truth: &Truth, answer: &str) -> Score {
    let mut scores = scores(lines, task, truth, answer).into_iter();
    // There is always one.
    let Some((weight, first)) = scores.next() else { return truth.score(answer) };
    let mut sum = Score { total: first.total * weight, ..first };
    for (weight, score) in scores {
        sum.total += score.total * weight;
        sum.parts.extend(score.parts);
        if sum.parsed.is_null() {
            sum.parsed = score.parsed;
        }
        sum.failure = sum.failure.or(score.failure);
    }
    sum
}

/// The rewards that can take a task's truth.
pub(super) fn payable(task: TaskName) -> &'static [Reward] {
    match task {
        TaskName::Grounding => &[Reward::VideossrGrounding],
        TaskName::Counting => &[Reward::VideossrCounting],
        TaskName::Jigsaw => &[Reward::VideossrJigsaw, Reward::VisualJigsaw],
        TaskName::Masked => &[Reward::Mvp],
        TaskName::Segments => &[
            Reward::MusegFormatTimestamp,
            Reward::MusegFormatNoTimestamp,
            Reward::MusegGlobal,
            Reward::MusegLocal,
            Reward::MusegSegment,
        ],
        TaskName::Event => &[Reward::VideoreasonerIou, Reward::VideoreasonerFormat],
        TaskName::Elements => &[Reward::VideoreasonerElements, Reward::VideoreasonerFormat],
        TaskName::Qa => &[
            Reward::VideoreasonerAccuracy,
            Reward::VideoreasonerFormat,
            Reward::VideoR1Accuracy,
            Reward::VideoR1Format,
        ],
    }
}
