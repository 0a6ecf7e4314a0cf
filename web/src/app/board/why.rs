//! Why an answer earned what it did, in one sentence with the figures of the scorer.

use scrubjay_core::item::Truth;
use scrubjay_core::perturb::shape::Shape;
use scrubjay_core::task::Task;

use crate::app::puzzle::Puzzle;
use crate::app::words::percent;
use crate::draft;

/// Why an answer earned what it did; empty for the timelines, whose boards tell it themselves.
pub(super) fn why(puzzle: &Puzzle, answer: &str) -> String {
    let score = puzzle.score(answer);
    if let Some(failure) = score.failure {
        return say!("why.unread", failure = failure);
    }
    match &puzzle.truth {
        Truth::Order(truth) => order(truth, answer.trim(), score.total),
        Truth::Counts(truth) => counts(puzzle, *truth, answer, score.total),
        Truth::Candidates { labels, .. } => {
            let part = |name| score.parts.get(name).copied().unwrap_or(0.0);
            let of = |share: f64| (share * labels.len() as f64).round();
            let (selection, position) = (part("selection"), part("position"));
            say!(
                "why.masked",
                picked = of(selection),
                placed = of(position),
                count = labels.len(),
                selection = percent(selection),
                position = percent(position),
                percent = percent(score.total)
            )
        }
        Truth::Elements(_) => {
            // The scorer's own reading of both, without articles and repetitions.
            let things = |parsed: &serde_json::Value| parsed.as_array().cloned().unwrap_or_default();
            let said = things(&score.parsed);
            let truth = things(&puzzle.truth.score(&puzzle.truth.text()).parsed);
            let both = said.iter().filter(|s| truth.contains(s)).count();
            say!(
                "why.elements",
                both = both,
                said = said.len(),
                truth = truth.len(),
                percent = percent(score.total)
            )
        }
        Truth::Letter(letter) => match &puzzle.recipe.task {
            Task::Qa { options, answer, .. } => {
                let text = options.get(usize::from(*answer)).cloned().unwrap_or_default();
                say!("why.qa", letter = letter, text = text)
            }
            _ => String::new(),
        },
        Truth::Interval(_) | Truth::Segments(_) | Truth::Event { .. } => String::new(),
    }
}

fn order(truth: &str, answer: &str, total: f64) -> String {
    let count = truth.chars().count();
    let (right, here) = (draft::order(truth, count), draft::order(answer, count));
    let home = |clip: &usize| right.iter().position(|c| c == clip).unwrap_or(0);
    let off: usize = here.iter().enumerate().map(|(place, clip)| place.abs_diff(home(clip))).sum();
    let placed = here.iter().zip(&right).filter(|(a, b)| a == b).count();
    let worst = count * count / 2;
    say!("why.jigsaw", placed = placed, count = count, off = off, worst = worst, percent = percent(total))
}

fn counts(puzzle: &Puzzle, truth: [u32; 3], answer: &str, total: f64) -> String {
    let said = draft::counts(answer);
    let share = |index: usize| {
        // What one number is worth, by the scorer: the score of an answer whose other two are right.
        let mut alone = truth;
        if let (Some(a), Some(s)) = (alone.get_mut(index), said.get(index)) {
            *a = *s;
        }
        (3.0 * puzzle.score(&draft::commas(&alone)).total - 2.0).clamp(0.0, 1.0)
    };
    let one = |(index, (shape, (said, truth))): (usize, (Shape, (u32, u32)))| {
        let what = say!(&format!("shape.{}", shape));
        say!("why.count", what = what, said = said, truth = truth, percent = percent(share(index)))
    };
    let each = Shape::ALL.into_iter().zip(said.into_iter().zip(truth)).enumerate().map(one);
    let each = each.collect::<Vec<_>>().join("; ");
    say!("why.counting", each = each, percent = percent(total))
}
