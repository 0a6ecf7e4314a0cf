//! VIUBench (VideoSSR §3.3, Table 1): nine sub-types, three tasks, one overall score, in points of 100.

use serde::Serialize;

use super::{Estimate, Failures, Observation, Outcome, Report, observations, stratified_mean};
use crate::answer::ParseFailure;
use crate::answer::order;
use crate::answer::python::{digit_runs, strip};
use crate::named::named;

named! {
    /// A sub-type, in the order of the published table's columns.
    pub enum SubType, "sub-type of VIUBench",
    /// An unknown sub-type's name.
    UnknownSubType {
        /// Counting, at most three frames and three instances a shape.
        CountingEasy = "counting-easy",
        /// Counting, at most four.
        CountingHard = "counting-hard",
        /// Grounding of swapped colour channels.
        Channel = "channel",
        /// Grounding of pictures turned by half a turn.
        Rotate = "rotate",
        /// Grounding of pictures zoomed out.
        ZoomOut = "zoom-out",
        /// Grounding of mirrored pictures.
        Mirror = "mirror",
        /// Grounding of frames in shuffled order.
        Shuffle = "shuffle",
        /// Jigsaw of six clips.
        JigsawEasy = "jigsaw-easy",
        /// Jigsaw of eight clips.
        JigsawHard = "jigsaw-hard",
    }
}

named! {
    /// A task of the benchmark.
    pub enum Task, "task of VIUBench",
    /// An unknown task's name.
    UnknownTask {
        /// Object counting: the mean over the shapes of whether the count is right.
        Counting = "counting",
        /// Anomaly grounding: IoU.
        Grounding = "grounding",
        /// Temporal jigsaw: whether the whole order is right.
        Jigsaw = "jigsaw",
    }
}

impl SubType {
    /// The task it belongs to.
    #[must_use]
    pub fn task(self) -> Task {
        match self {
            Self::CountingEasy | Self::CountingHard => Task::Counting,
            Self::JigsawEasy | Self::JigsawHard => Task::Jigsaw,
            Self::Channel | Self::Rotate | Self::ZoomOut | Self::Mirror | Self::Shuffle => Task::Grounding,
        }
    }
}

/// Counting on the benchmark: the share of shapes whose count is exactly right. All digit runs of the response are
/// its numbers, as in the training reward.
///
/// # Errors
/// [`ParseFailure::Form`] without a number, [`ParseFailure::Count`] for more or fewer than the truth has.
pub fn counting(text: &str, truth: &[f64]) -> Result<f64, ParseFailure> {
    let said: Vec<f64> = digit_runs(text).iter().filter_map(|run| run.parse().ok()).collect();
    match said.len() {
        0 => Err(ParseFailure::Form),
        n if n != truth.len() => Err(ParseFailure::Count),
        n => Ok(said.iter().zip(truth).filter(|(s, t)| s == t).count() as f64 / n as f64),
    }
}

/// Jigsaw on the benchmark: 1 if the whole string is right, else 0.
///
/// # Errors
/// As [`order::parse`]: what is no rearrangement of the truth is counted as unreadable, and earns the same.
pub fn jigsaw(text: &str, truth: &str) -> Result<f64, ParseFailure> {
    let truth = strip(truth);
    Ok(f64::from(u8::from(order::parse(text, truth)? == truth)))
}

/// A task's score: the unweighted mean of its sub-types' scores, in the order of [`SubType::ALL`].
#[must_use]
pub fn task_average(scores: &[f64; 9], task: Task) -> f64 {
    let of_task = SubType::ALL.into_iter().zip(scores).filter(|(s, _)| s.task() == task);
    let (sum, n) = of_task.fold((0.0, 0.0), |(sum, n), (_, score)| (sum + score, n + 1.0));
    sum / n
}

/// The overall score: the unweighted mean of the nine sub-types' scores, not of the three tasks'.
#[must_use]
pub fn overall(scores: &[f64; 9]) -> f64 {
    scores.iter().sum::<f64>() / 9.0
}

/// One sub-type's line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Which.
    pub sub_type: SubType,
    /// Its items; means in `[0, 1]`.
    pub report: Report,
}

/// The benchmark's result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// The nine sub-types in the table's order, also those without items.
    pub lines: Vec<Line>,
    /// Task averages in points of 100, in the order of [`Task::ALL`]; `None` while a sub-type has no item.
    pub tasks: [Option<Estimate>; 3],
    /// The overall score in points of 100; `None` while a sub-type has no item: a mean of fewer is another score.
    pub overall: Option<Estimate>,
}

/// Scores the benchmark from what its items earned in `[0, 1]`: grounding by
/// [`interval::videossr`](super::interval::videossr) and IoU, counting and jigsaw by the functions here.
///
/// Intervals resample the sources within each sub-type, as every source has one item (VideoSSR Table 3).
#[must_use]
pub fn score(items: &[(SubType, Outcome)], failures: Failures) -> Scores {
    let of = |sub_type: SubType| -> Vec<Outcome> {
        items.iter().filter(|(s, _)| *s == sub_type).map(|(_, o)| o.clone()).collect()
    };
    let groups = SubType::ALL.map(|sub_type| (sub_type, of(sub_type)));
    let points = |wanted: &dyn Fn(SubType) -> bool| {
        let strata: Vec<Vec<Observation<'_>>> = groups
            .iter()
            .filter(|(sub_type, _)| wanted(*sub_type))
            .map(|(_, outcomes)| observations(outcomes, failures))
            .collect();
        stratified_mean(&strata).map(|e| Estimate {
            mean: 100.0 * e.mean,
            low: 100.0 * e.low,
            high: 100.0 * e.high,
            ..e
        })
    };
    Scores {
        tasks: Task::ALL.map(|task| points(&|sub_type| sub_type.task() == task)),
        overall: points(&|_| true),
        lines: groups
            .iter()
            .map(|(sub_type, outcomes)| Line { sub_type: *sub_type, report: Report::of(outcomes) })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// VideoSSR Table 1: nine sub-types and the overall score that the paper prints.
    const TABLE: [([f64; 9], f64); 9] = [
        ([11.1, 6.3, 25.9, 25.4, 25.4, 25.2, 25.2, 0.1, 0.0], 16.1),
        ([88.4, 70.3, 82.6, 81.8, 56.5, 48.9, 34.1, 39.0, 27.0], 58.7),
        ([80.8, 61.3, 84.6, 82.3, 51.0, 55.7, 52.1, 25.3, 17.7], 56.7),
        ([11.3, 5.3, 6.4, 13.7, 8.1, 5.2, 7.0, 0.7, 0.0], 6.4),
        ([12.1, 5.4, 1.5, 4.5, 1.2, 1.1, 2.0, 20.3, 5.0], 5.9),
        ([13.8, 7.7, 50.1, 53.4, 21.4, 13.6, 14.1, 1.3, 0.0], 19.5),
        ([23.8, 14.8, 68.9, 67.8, 32.9, 28.3, 26.8, 7.7, 3.3], 30.5),
        ([59.1, 45.4, 66.4, 61.0, 21.2, 29.8, 15.3, 11.0, 3.3], 34.7),
        ([29.0, 24.6, 88.7, 89.0, 94.4, 67.8, 41.0, 24.3, 8.0], 51.9),
    ];

    #[test]
    fn the_published_overall_scores_come_out() {
        for (row, published) in TABLE {
            // Each sub-type was rounded to a tenth before: the mean may be off by half of one, and is rounded too.
            assert!((overall(&row) - published).abs() < 0.1, "{row:?}");
        }
        let videossr = TABLE[8].0;
        assert_eq!(format!("{:.1}", overall(&videossr)), "51.9");
        let tasks = Task::ALL.map(|task| format!("{:.1}", task_average(&videossr, task)));
        assert_eq!(tasks, ["26.8", "76.2", "16.1"], "not what the overall score averages");
    }

    #[test]
    fn counting_is_exact_by_shape() {
        let truth = [3.0, 1.0, 4.0];
        assert_eq!(counting("3,1,4", &truth), Ok(1.0));
        assert_eq!(counting("circles: 3, squares: 2, triangles: 4", &truth), Ok(2.0 / 3.0));
        assert_eq!(counting("4,1,3", &truth), Ok(1.0 / 3.0));
        assert_eq!(counting("3,1", &truth), Err(ParseFailure::Count));
        assert_eq!(counting("three", &truth), Err(ParseFailure::Form));
        assert_eq!(counting(&"9".repeat(400), &[1.0]), Ok(0.0));
    }

    #[test]
    fn a_jigsaw_is_right_or_wrong() {
        assert_eq!(jigsaw(" 341562\n", "341562"), Ok(1.0));
        assert_eq!(jigsaw("431562", "341562"), Ok(0.0));
        assert_eq!(jigsaw("3 4 1 5 6 2", "341562"), Err(ParseFailure::NotAPermutation));
        assert_eq!(jigsaw("", "341562"), Err(ParseFailure::Empty));
    }

    #[test]
    fn items_make_the_table_whatever_their_numbers() {
        // Sub-type k has 10·(k+1) items, of which k+1 in ten are right; one more cannot be read.
        let mut items: Vec<(SubType, Outcome)> = Vec::new();
        for (k, sub_type) in SubType::ALL.into_iter().enumerate() {
            for i in 0..10 * (k + 1) {
                let value = f64::from(u8::from(i % 10 <= k));
                items.push((sub_type, Outcome::new(format!("{sub_type} {i}"), 1, Ok(value))));
            }
        }
        let near = |e: Option<Estimate>, x: f64| {
            let e = e.expect("all sub-types have items");
            assert!((e.mean - x).abs() < 1e-9 && e.low <= e.mean && e.mean <= e.high, "{e:?} {x}");
        };
        let scores = score(&items, Failures::Zero);
        near(scores.overall, 50.0);
        for (task, points) in scores.tasks.into_iter().zip([15.0, 50.0, 85.0]) {
            near(task, points);
        }
        assert_eq!(scores.lines[8].report.tally.n, 90);
        let failed = Outcome::new("x", 1, Err(ParseFailure::Empty));
        items.extend([(); 10].map(|()| (SubType::CountingEasy, failed.clone())));
        near(score(&items, Failures::Zero).overall, 50.0 - 5.0 / 9.0);
        near(score(&items, Failures::Drop).overall, 50.0);
        items.retain(|(s, _)| *s != SubType::Mirror);
        let partial = score(&items, Failures::Zero);
        assert_eq!((partial.overall, partial.tasks[1]), (None, None));
        near(partial.tasks[2], 85.0);
        assert_eq!(partial.lines[5].report.zero, None);
    }
}
