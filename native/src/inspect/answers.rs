//! What was said of items: predictions, answers of an evaluation, rollouts; JSON lines of one item each.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::Path;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::lines;

/// Names under which a line may hold what was said.
const TEXT: [&str; 4] = ["prediction", "answer", "completion", "response"];

/// Lines at fault that are named one by one; the rest are only counted.
const NAMED: usize = 20;

/// One answer to one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The item's id.
    pub id: String,
    /// What was said, as it was said.
    pub text: String,
    /// Which of [`Answers::origins`] it comes from.
    pub origin: usize,
    /// The task, where the line names it.
    pub task: Option<String>,
    /// The key of the item's source, where the line names it.
    pub source: Option<String>,
    /// The truth's text, where the line names it.
    pub truth: Option<String>,
    /// The score that the line states, if it is a finite number.
    pub score: Option<f64>,
    /// What a line of training's rollouts says besides, in words; else empty.
    pub training: String,
}

/// The answers of one or several files, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// Where answers come from: a short name for each file.
    pub origins: Vec<String>,
    /// All answers.
    pub list: Vec<Answer>,
    /// What is wrong with lines that are left out: how many of each kind.
    pub left_out: BTreeMap<String, usize>,
}

impl Answers {
    /// Reads one more file. A line at fault is named on standard error, counted and left out.
    ///
    /// # Errors
    /// [`Error`] naming the file when it cannot be read.
    pub fn read(&mut self, path: &Path, origin: &str) -> Result<(), Error> {
        let fail = |e: std::io::Error| Error::path(path, format!("cannot be read: {e}"));
        let file = std::fs::File::open(path).map_err(fail)?;
        self.origins.push(origin.to_owned());
        let (origin, mut at_fault) = (self.origins.len() - 1, 0);
        for (i, line) in std::io::BufReader::new(file).split(b'\n').enumerate() {
            let line = line.map_err(fail)?;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match answer(&line, origin) {
                Ok(answer) => self.list.push(answer),
                Err(fault) => {
                    at_fault += 1;
                    if at_fault <= NAMED {
                        eprintln!("{}:{}: left out: {fault}", path.display(), i + 1);
                    }
                    *self.left_out.entry(fault).or_default() += 1;
                }
            }
        }
        if at_fault > NAMED {
            eprintln!("{}: {} more lines left out", path.display(), at_fault - NAMED);
        }
        Ok(())
    }

    /// Takes the answers of other files in, after its own.
    pub fn add(&mut self, more: Self) {
        let offset = self.origins.len();
        self.origins.extend(more.origins);
        self.list.extend(more.list.into_iter().map(|a| Answer { origin: a.origin + offset, ..a }));
        for (cause, n) in more.left_out {
            *self.left_out.entry(cause).or_default() += n;
        }
    }

    /// What was said of an item that goes by these names, in the files' order.
    pub fn of<S: AsRef<str>>(&self, names: &[S]) -> impl Iterator<Item = &Answer> {
        self.list.iter().filter(|a| names.iter().any(|n| n.as_ref() == a.id))
    }

    /// The short name of where an answer comes from.
    #[must_use]
    pub fn origin(&self, answer: &Answer) -> &str {
        self.origins.get(answer.origin).map_or("", String::as_str)
    }

    /// Up to `most` items, each task in turn so that all are seen; within a task the first come first.
    #[must_use]
    pub fn chosen(&self, most: usize) -> Vec<&str> {
        let mut by_task: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut seen = std::collections::HashSet::new();
        for answer in &self.list {
            if seen.insert(answer.id.as_str()) {
                by_task.entry(answer.task.as_deref().unwrap_or("")).or_default().push(&answer.id);
            }
        }
        let longest = by_task.values().map(Vec::len).max().unwrap_or(0);
        let in_turn = (0..longest).flat_map(|i| by_task.values().filter_map(move |ids| ids.get(i).copied()));
        in_turn.take(most).collect()
    }
}

/// Whether a line could be an answer: for telling files apart.
#[must_use]
pub fn is_answer(line: &Value) -> bool {
    line.as_object().is_some_and(|o| o.contains_key("id") && TEXT.iter().any(|t| o.contains_key(*t)))
}

/// The fault is said without the value, so that faults of a kind are counted together.
fn answer(line: &[u8], origin: usize) -> Result<Answer, String> {
    let line = lines::json(line).map_err(|_| "not JSON".to_owned())?;
    let line = line.as_object().ok_or("not a JSON object")?;
    let id = text(line, "id")?.ok_or("no id")?;
    let said =
        TEXT.iter().find(|t| line.contains_key(**t)).ok_or_else(|| format!("none of {}", TEXT.join(", ")))?;
    let Some(Value::String(said)) = line.get(*said) else { return Err(format!("the {said} is not a text")) };
    let score = line.get("score").or_else(|| line.get("reward")).and_then(Value::as_f64);
    Ok(Answer {
        id,
        text: said.clone(),
        origin,
        task: text(line, "task")?,
        source: text(line, "source")?,
        truth: line.get("truth").and_then(Value::as_str).map(str::to_owned),
        score: score.filter(|s| s.is_finite()),
        training: training(line),
    })
}

/// What training made of a rollout, in words.
fn training(line: &Map<String, Value>) -> String {
    let number = |key: &str| line.get(key).and_then(Value::as_f64).filter(|n| n.is_finite());
    let Some(advantage) = number("advantage") else { return String::new() };
    let mut parts = Vec::new();
    parts.extend(number("reward").map(|r| format!("reward {r:.3}")));
    parts.push(format!("advantage {advantage:+.3}"));
    parts.extend(number("tokens").map(|n| format!("{n} tokens")));
    parts.extend(number("log_probability").map(|p| format!("mean log-probability {p:.3}")));
    if line.get("truncated").and_then(Value::as_bool) == Some(true) {
        parts.push("truncated".to_owned());
    }
    parts.join(", ")
}

fn text(line: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match line.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(format!("the {key} is not a text or number")),
    }
}
