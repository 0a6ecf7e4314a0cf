//! One scale of advantages per task, from a running mean (ours; after the idea of OneThinker's EMA-GRPO).
//!
//! Tasks in one batch pay differently: counting spreads its rewards widely, an all-or-nothing task hardly ever pays.
//! Dividing by each group's own deviation weighs a group whose answers differ by a hair like one that separates right
//! from wrong; not dividing lets the task with the widest rewards drown the others. Here the advantage is the reward
//! minus its group's mean, divided by the task's own deviation over the last steps: all tasks learn at one scale, and
//! within a task, groups keep their differences.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::task::TaskName;

/// Smallest deviation that is divided by: a task that hardly ever pays is amplified twentyfold at most.
pub const FLOOR: f64 = 0.05;

/// Running variance of one task's rewards within their groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Running {
    variance: f64,
    // What the noted steps weigh together; below 1 at the start.
    weight: f64,
}

/// Running deviations by task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskScale {
    tasks: BTreeMap<TaskName, Running>,
}

impl TaskScale {
    /// Notes a task's groups of one step, each the rewards of a prompt's rollouts. `decay` in [0, 1) is what the past
    /// weighs. Groups of fewer than two finite rewards say nothing.
    pub fn note(&mut self, task: TaskName, groups: &[Vec<f64>], decay: f64) {
        let variances: Vec<f64> = groups
            .iter()
            .filter_map(|group| {
                let finite: Vec<f64> = group.iter().copied().filter(|r| r.is_finite()).collect();
                let (_, deviation) = super::advantage::moments(&finite)?;
                (finite.len() > 1 && deviation.is_finite()).then_some(deviation * deviation)
            })
            .collect();
        if variances.is_empty() {
            return;
        }
        let now = variances.iter().sum::<f64>() / variances.len() as f64;
        let decay = if (0.0..1.0).contains(&decay) { decay } else { 0.0 };
        let running = self.tasks.entry(task).or_default();
        running.variance = decay * running.variance + (1.0 - decay) * now;
        running.weight = decay * running.weight + (1.0 - decay);
    }

    /// The task's deviation over the last steps, in reward; none before its first note.
    #[must_use]
    pub fn deviation(&self, task: TaskName) -> Option<f64> {
        let running = self.tasks.get(&task)?;
        (running.weight > 0.0).then(|| (running.variance / running.weight).sqrt())
    }

    /// What a task's centred rewards are multiplied with: 1 / max(deviation, [`FLOOR`]), or 1 before its first note.
    #[must_use]
    pub fn factor(&self, task: TaskName) -> f64 {
        self.deviation(task).map_or(1.0, |d| 1.0 / d.max(FLOOR))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_come_to_one_scale_and_silence_is_bounded() {
        let mut scale = TaskScale::default();
        assert_eq!(scale.factor(TaskName::Jigsaw), 1.0);
        for _ in 0..5 {
            scale.note(TaskName::Jigsaw, &[vec![0.0, 1.0, 0.0, 1.0], vec![0.5; 4]], 0.9);
            scale.note(TaskName::Counting, &[vec![0.0, 10.0, 0.0, 10.0], vec![5.0; 4]], 0.9);
            scale.note(TaskName::Qa, &[vec![0.0; 4], vec![f64::NAN, 1.0], vec![]], 0.9);
        }
        // Variances 1/3 and 0, the mean of both is 1/6; the start is not biased towards 0.
        let d = scale.deviation(TaskName::Jigsaw).expect("noted");
        assert!((d - (1.0_f64 / 6.0).sqrt()).abs() < 1e-12, "{d}");
        let ratio = scale.factor(TaskName::Jigsaw) / scale.factor(TaskName::Counting);
        assert!((ratio - 10.0).abs() < 1e-9, "{ratio}");
        assert_eq!(scale.factor(TaskName::Qa), 1.0 / FLOOR);
        let copy: TaskScale =
            serde_json::from_str(&serde_json::to_string(&scale).expect("writes")).expect("reads");
        assert_eq!(copy, scale);
    }
}
