//! Figures to compare with: what chance earns, what this project's toy learned, what others published. They stand in
//! `web/data/figures.json`, so that the page does not work them out again; tests hold them against core and the documents.

use scrubjay_core::task::TaskName;
use serde::Deserialize;

/// What blind answers earn by a task's own reward, from 0 to 1.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Chance {
    /// The task.
    pub task: TaskName,
    /// Which of its puzzles; empty where all are alike.
    pub of: String,
    /// A valid answer drawn at random.
    pub random: f64,
    /// The one fixed answer that does best.
    pub blind: f64,
}

/// What the toy of `docs/measurements/toy.md` earned on held-out items over three runs, from 0 to 1.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Toy {
    /// The task.
    pub task: TaskName,
    /// `cold` after its cold start, `grpo` after reinforcement.
    pub stage: String,
    /// The mean.
    pub mean: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Items in all runs.
    pub items: u32,
}

/// A row of VIUBench's table (VideoSSR, Table 1), in points of 100.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Row {
    /// The model as the table names it; `random` for random answers.
    pub model: String,
    /// Its scores in the order of `scrubjay_core::metric::viubench::SubType::ALL`.
    pub scores: [f64; 9],
    /// The table's overall score.
    pub overall: f64,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct Figures {
    /// What blind answers earn.
    pub chance: Vec<Chance>,
    /// What the toy earned.
    pub toy: Vec<Toy>,
    /// What others published, the best first but for random answers.
    pub viubench: Vec<Row>,
}

impl Figures {
    /// Reads them; nothing where the file is no such list, which a test rules out.
    #[must_use]
    pub fn read() -> Self {
        serde_json::from_str(include_str!("../data/figures.json")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrubjay_core::metric::viubench::{self, SubType};
    use scrubjay_core::task::Task;
    use scrubjay_core::task::counting::Level;
    use scrubjay_core::task::segments::Sought;
    use scrubjay_core::{chance, link};

    #[test]
    fn chance_is_what_core_says() {
        let figures = Figures::read();
        assert_eq!(figures.chance.len(), 7, "the file can be read");
        let mut wrong = Vec::new();
        for figure in figures.chance {
            let fits = |task: &Task| match (task, figure.of.as_str()) {
                (Task::Counting { level, .. }, of) => (*level == Level::Easy) == (of == "easy"),
                (Task::Segments(Sought::Tampered(_)), of) => of == "tampered",
                // Chance depends on how often something happens; twice is what most puzzles ask about.
                (Task::Segments(Sought::Event { spans, .. }), of) => of == "event" && spans.len() == 2,
                _ => true,
            };
            let recipe = (1..200)
                .filter_map(|seed| link::recipe(figure.task, seed).ok())
                .find(|r| fits(&r.task))
                .expect("a puzzle of this sort");
            let frames = recipe.timeline().expect("a timeline").indices.len() as u32;
            let core = chance::of(&recipe.task, frames);
            let near = |a: f64, b: f64| (a - b).abs() < 5e-4;
            if !near(core.random, figure.random) || !near(core.blind, figure.blind) {
                wrong.push(format!("{} {}: {core:?}", figure.task, figure.of));
            }
        }
        assert!(wrong.is_empty(), "core says {wrong:#?}");
    }

    #[test]
    fn the_toys_figures_are_those_of_its_document() {
        let document = include_str!("../../docs/measurements/toy.md");
        for toy in Figures::read().toy {
            let line = document.lines().find(|l| l.starts_with(toy.task.name())).expect("a line of the task");
            let text = format!("{:.3} [{:.3}, {:.3}]", toy.mean, toy.low, toy.high);
            let place = line.find(&text).expect("its figures");
            let first = line.find("0.000 [0.000, 0.000]").expect("before training");
            let other = line[first + 20..place].matches('[').count();
            assert_eq!(other, usize::from(toy.stage == "grpo"), "{toy:?} is in the column of its stage");
            assert!(line.contains(&format!(" {} ", toy.items)), "{toy:?}");
        }
    }

    /// The table's last column is the mean of the nine others, so that a slip of the pen shows.
    #[test]
    fn published_rows_add_up() {
        let rows = Figures::read().viubench;
        assert_eq!(rows.len(), 9);
        for row in rows {
            let mean = row.scores.iter().sum::<f64>() / SubType::ALL.len() as f64;
            assert!((mean - row.overall).abs() < 0.06, "{}: {mean}", row.model);
            let grounding = viubench::task_average(&row.scores, viubench::Task::Grounding);
            assert!((0.0..=100.0).contains(&grounding));
        }
    }
}
