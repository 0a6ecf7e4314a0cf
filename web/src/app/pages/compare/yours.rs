//! The visitor's own scores.

use scrubjay_core::item::Truth;
use scrubjay_core::link;
use scrubjay_core::metric::{Observation, clustered_mean, viubench};
use scrubjay_core::task::TaskName;

use super::chart::{Group, Line, Who};
use crate::app::results::{self, Answered};
use crate::wire::From;

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

    /// By VIUBench's score, of puzzles that it has, too: for the jigsaw whether the whole order is right, for counting the
    /// share of numbers that are.
    pub(super) fn exact(&self) -> Group {
        let line = match self.ours.first().map(|a| a.task) {
            Some(TaskName::Jigsaw) => {
                line(Who::You, &self.ours, |a| Some(f64::from(u8::from(a.score >= 1.0))))
            }
            Some(TaskName::Counting) => line(Who::You, &self.ours, counted),
            _ => None,
        };
        Group { title: "compare.yours", lines: line.into_iter().collect() }
    }
}

/// The share of numbers that are exactly right. A puzzle of a scene is drawn again for what is right; a film is not at hand
/// here, so that its puzzles are left out.
fn counted(answered: &Answered) -> Option<f64> {
    if answered.from != From::Scene {
        return None;
    }
    let recipe = link::recipe(TaskName::Counting, answered.seed).ok()?;
    let Truth::Counts(truth) = Truth::of(&recipe.task, &recipe.source, &recipe.timeline().ok()?) else {
        return None;
    };
    // What cannot be read is wrong.
    Some(viubench::counting(&answered.answer, &truth.map(f64::from)).unwrap_or(0.0))
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
