//! `--set KEY=VALUE`: single values of a configuration changed on the command line, and checked as those of a file are.

use scrubjay_core::preset::Preset;
use toml::{Table, Value};

use crate::error::Error;

/// A preset with values changed, one after the other, and then checked as a whole, so that values that belong together
/// may be changed together.
///
/// A key is a path of tables, in lists the place from 0 (`grpo.phases.0.steps`). A value is written as in a file; what
/// cannot be read so is a text (`grpo.loss_type=gspo`). An empty value takes an optional key away.
///
/// # Errors
/// [`Error`] naming the assignments, the key, and what was probably meant.
pub(super) fn apply(preset: &Preset, assignments: &[String]) -> Result<Preset, Error> {
    if assignments.is_empty() {
        return Ok(preset.clone());
    }
    let mut table = Table::try_from(preset).map_err(|e| Error::failed(format!("--set: {e}")))?;
    for assignment in assignments {
        assign(&mut table, assignment).map_err(|e| Error::usage(format!("--set {assignment}: {e}")))?;
    }
    Preset::from_table(table).map_err(|e| Error::usage(format!("--set {}: {e}", assignments.join(" --set "))))
}

fn assign(table: &mut Table, assignment: &str) -> Result<(), String> {
    let (key, text) = assignment.split_once('=').ok_or("write KEY=VALUE, as in grpo.group=4")?;
    let mut parts: Vec<&str> = key.trim().split('.').collect();
    let last = parts.pop().filter(|l| !l.is_empty()).ok_or("write KEY=VALUE, as in grpo.group=4")?;
    let mut at = table;
    let mut parts = parts.into_iter();
    while let Some(part) = parts.next() {
        // An absent table is made: whether it may be there is for the check, which also knows what was meant.
        let inner = at.entry(part).or_insert_with(|| Value::Table(Table::new()));
        at = match inner {
            Value::Table(table) => table,
            Value::Array(list) => {
                let (length, place) = (list.len(), parts.next().unwrap_or(last));
                let entry = place.parse().ok().and_then(|i: usize| list.get_mut(i));
                entry.and_then(Value::as_table_mut).ok_or_else(|| {
                    format!("'{part}' is a list of {length}: name a place from 0, as in {part}.0.KEY")
                })?
            }
            _ => return Err(format!("'{part}' is a value and has no '{last}' in it")),
        };
    }
    if text.trim().is_empty() {
        return at.remove(last).map(|_| ()).ok_or_else(|| format!("there is no '{last}' to take away"));
    }
    at.insert(last.to_owned(), value(text));
    Ok(())
}

/// A value as in a file, or a text.
fn value(text: &str) -> Value {
    let read = toml::from_str::<Table>(&format!("v = {text}")).ok().filter(|t| t.len() == 1);
    read.and_then(|mut t| t.remove("v")).unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(preset: &str, assignments: &[&str]) -> Result<Preset, Error> {
        let assignments: Vec<String> = assignments.iter().map(|a| (*a).to_owned()).collect();
        apply(&Preset::built_in(preset).expect("built in"), &assignments)
    }

    #[test]
    fn values_are_set_also_absent_and_listed_ones() {
        let p =
            set("toy", &["grpo.group=4", "grpo.learning_rate=1", "train.lora.rank=8", "train.lora.alpha=16"]);
        // The toy trains its tower.
        assert!(p.expect_err("contradicts").to_string().contains("train.tower"));
        let assignments = [
            "grpo.group=4",
            "grpo.learning_rate=1",
            "grpo.loss_type=gspo",
            "grpo.dual_clip=",
            "train.seed=7",
        ];
        let p = set("toy", &assignments).expect("sets");
        let g = p.grpo.expect("trains");
        assert_eq!((g.group, g.learning_rate, g.dual_clip, p.train.seed), (4, 1.0, None, 7));
        assert_eq!(g.loss_type.name(), "gspo");
        let p =
            set("museg", &["grpo.phases.1.steps=2", "grpo.steps=402", "data.mix.0.share=9"]).expect("sets");
        assert_eq!((p.grpo.expect("trains").phases[1].steps, p.data.mix[0].share), (2, 9));
    }

    #[test]
    fn mistakes_are_named_with_what_was_meant() {
        for (wrong, said) in [
            ("grpo.groups=4", "did you mean 'grpo.group'?"),
            ("gpo.group=4", "unknown key 'gpo'; did you mean 'grpo'?"),
            ("grpo.group=x", "a whole number, 0 or more, is wanted"),
            ("grpo.group", "KEY=VALUE"),
            ("=4", "KEY=VALUE"),
            ("grpo.clip=-1", "grpo.clip = -1"),
            ("grpo.group.x=1", "'group' is a value"),
            ("data.mix.share=1", "a list of 6"),
            ("grpo.num_generations=4", "did you mean 'grpo.group'?"),
            ("grpo.delta=", "no 'delta' to take away"),
            ("grpo.loss_type=dapoo", "did you mean 'dapo'?"),
        ] {
            let error = set("toy", &[wrong]).expect_err(wrong);
            let text = error.to_string();
            assert!(text.contains(wrong) && text.contains(said) && error.exit_code() == 2, "{text}");
        }
    }
}
