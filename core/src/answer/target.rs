//! What a cold start teaches: a true answer in the form that a wording asks for.
//!
//! Imitation must not teach what the reward then punishes, so the form follows the wording: tags around answers where it
//! asks for them, time stamps cited where they are paid for. What stands in the reasoning tags is true and short; it
//! restates the truth and claims no reasoning that nobody did.

use super::python::float_repr;
use crate::item::Truth;
use crate::prompt::Wording;
use crate::reward::videoreasoner::{END, START};
use crate::task::Task;

/// The text that an assistant says to a task in a wording, after the wording's prefix. It earns the most that the presets
/// of this wording pay, and for a task that the wording has no text for, what the plain one asks for.
#[must_use]
pub fn target(wording: Wording, task: &Task, truth: &Truth) -> String {
    let tags = |think: &str, answer: &str| format!("<think>{think}</think><answer>{answer}</answer>");
    match (wording, truth) {
        (Wording::Museg, Truth::Segments(segments)) => {
            let times = match segments.len() {
                1 => "once".to_owned(),
                n => format!("{n} times"),
            };
            tags(&format!("It can be seen {times}."), &truth.plain())
        }
        (Wording::MusegCite, Truth::Segments(segments)) => {
            // As the answer says them: two decimals, and then as Python writes them, which is what is looked for.
            let said = |t: f64| float_repr(format!("{t:.2}").parse().unwrap_or(t));
            let one = |[s, e]: &[f64; 2]| format!("from {} to {}", said(*s), said(*e));
            let all: Vec<String> = segments.iter().map(one).collect();
            tags(&format!("It can be seen {}.", all.join(", ")), &truth.plain())
        }
        (Wording::Mvp, Truth::Candidates { .. }) => {
            let answer = truth.plain();
            tags(&format!("The gap is filled by {}, in this order.", answer.replace(',', ", ")), &answer)
        }
        (Wording::VisualJigsaw, Truth::Order(order)) => {
            let clips: Vec<String> = order.chars().map(String::from).collect();
            let (first, last) = (clips.first(), clips.last());
            let ends = first.zip(last).map(|(a, b)| format!("Clip {a} comes first and clip {b} last."));
            tags(&ends.unwrap_or_default(), &clips.join(","))
        }
        (Wording::VideoR1, Truth::Letter(letter)) => {
            tags(&format!("Option {letter} is right."), &letter.to_string())
        }
        (Wording::Videoreasoner, Truth::Event { ratio: [start, end], .. }) => {
            format!("It takes place at a proportion of {START}[{start:.2}, {end:.2}]{END}")
        }
        (Wording::Videoreasoner, Truth::Letter(letter)) => match task {
            Task::Qa { options, answer, .. } => match options.get(usize::from(*answer)) {
                Some(option) => format!("{letter}. {option}"),
                None => letter.to_string(),
            },
            _ => letter.to_string(),
        },
        (Wording::Videossr, Truth::Event { seconds, .. }) => {
            format!("The event happens in the {:.2} - {:.2} seconds.", seconds.start, seconds.end)
        }
        _ => truth.text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link;
    use crate::task::TaskName;

    fn taught(wording: Wording, task: TaskName, seed: u64) -> (Truth, String) {
        let recipe = link::recipe(task, seed).expect("draws");
        let timeline = recipe.timeline().expect("sound");
        let truth = Truth::of(&recipe.task, &recipe.source, &timeline);
        let said = target(wording, &recipe.task, &truth);
        (truth, said)
    }

    #[test]
    fn wordings_without_tags_teach_what_earns_a_tasks_own_reward() {
        for wording in [Wording::Plain, Wording::Toy, Wording::Videossr, Wording::Videoreasoner] {
            for task in TaskName::ALL {
                for seed in 0..8 {
                    let (truth, said) = taught(wording, task, seed);
                    let score = truth.score(&said);
                    assert!(score.total > 0.999, "{wording} {task} {seed}: {said} earns {score:?}");
                }
            }
        }
    }

    #[test]
    fn forms_are_the_documented_ones() {
        assert_eq!(
            taught(Wording::Videoreasoner, TaskName::Event, 1).1.matches(START).count(),
            1,
            "one place between tokens"
        );
        let (truth, said) = taught(Wording::Videoreasoner, TaskName::Qa, 1);
        assert!(said.starts_with(&format!("{}. ", truth.text())) && said.len() > 3, "{said}");
        let (_, said) = taught(Wording::VisualJigsaw, TaskName::Jigsaw, 1);
        assert!(said.starts_with("<think>Clip ") && said.ends_with("</answer>"), "{said}");
    }
}
