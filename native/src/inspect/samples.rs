//! Which of a run's answers are played: a few items of each task, those first that show what changed.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::answers::Answers;
use super::run::Run;

/// Up to `most` items, each task in turn. Within a task, in turn: held-out items that most evaluations answered, items with
/// early and late rollouts, items of the first rollouts, items of the last. Among equals the first come first, whatever
/// they earned.
pub(super) fn chosen(run: &Run, most: usize) -> Vec<String> {
    #[derive(Default)]
    struct Item<'a> {
        task: &'a str,
        held: HashSet<usize>,
        rollouts: HashSet<usize>,
        place: usize,
    }
    let mut items: HashMap<&str, Item<'_>> = HashMap::new();
    for answer in &run.answers.list {
        let place = items.len();
        let item = items.entry(&answer.id).or_insert_with(|| Item { place, ..Item::default() });
        if let Some(task) = &answer.task {
            item.task = task;
        }
        let rollout = run.rollouts.contains(&answer.origin);
        if rollout { &mut item.rollouts } else { &mut item.held }.insert(answer.origin);
    }
    let mut by_task: BTreeMap<&str, Vec<(&str, &Item<'_>)>> = BTreeMap::new();
    for (id, item) in &items {
        by_task.entry(item.task).or_default().push((id, item));
    }
    let (first, last) = (run.rollouts.start, run.rollouts.end.saturating_sub(1));
    let mut orders: Vec<Vec<&str>> = Vec::new();
    for mut own in by_task.into_values() {
        own.sort_by_key(|(_, item)| item.place);
        let list = |wanted: &dyn Fn(&Item<'_>) -> bool| -> Vec<&str> {
            own.iter().filter(|(_, i)| wanted(i)).map(|(id, _)| *id).collect()
        };
        let evaluations = own.iter().map(|(_, i)| i.held.len()).max().unwrap_or(0);
        let lists = [
            list(&|i| evaluations > 0 && i.held.len() == evaluations),
            list(&|i| i.rollouts.len() > 1),
            list(&|i| i.rollouts.contains(&first)),
            list(&|i| i.rollouts.contains(&last)),
            list(&|_| true),
        ];
        let mut seen = HashSet::new();
        orders.push(in_turn(&lists).into_iter().filter(|id| seen.insert(*id)).collect());
    }
    in_turn(&orders).into_iter().take(most).map(str::to_owned).collect()
}

/// The first of each list, then the second of each, and so on.
fn in_turn<'a>(lists: &[Vec<&'a str>]) -> Vec<&'a str> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|i| lists.iter().filter_map(move |l| l.get(i).copied())).collect()
}

/// What was said of these items, at most `most` answers of each from each origin.
pub(super) fn thinned(answers: &Answers, ids: &[String], most: usize) -> Answers {
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut counts: HashMap<(&str, usize), usize> = HashMap::new();
    let mut list = Vec::new();
    for answer in answers.list.iter().filter(|a| wanted.contains(a.id.as_str())) {
        let count = counts.entry((&answer.id, answer.origin)).or_default();
        *count += 1;
        if *count <= most {
            list.push(answer.clone());
        }
    }
    Answers { origins: answers.origins.clone(), list, left_out: BTreeMap::new() }
}
