//! Questions about films without events: that they are drawn, answerable and the same everywhere.

use super::*;
use crate::recipe::paint;
use crate::scene::Family;
use crate::task::Task;
use crate::time::Rate;

const SIZE: Size = Size { width: 48, height: 28 };
const TASKS: [TaskName; 5] =
    [TaskName::Jigsaw, TaskName::Grounding, TaskName::Counting, TaskName::Masked, TaskName::Segments];

fn video(frames: u32) -> Source {
    Source::Video { sha256: format!("{frames:064}"), frames, rate: Rate { num: 12, den: 1 } }
}

/// A film that is a scene in disguise.
fn shot(frames: u32, numbers: &[u32]) -> Vec<Frame> {
    let scene =
        Source::Scene { family: Family::Traffic, seed: 4, frames: 300, rate: Rate { num: 12, den: 1 } };
    assert!(numbers.is_sorted_by(|a, b| a < b) && numbers.last() < Some(&frames));
    paint(&scene, numbers, (SIZE.width, SIZE.height)).expect("a scene")
}

fn made(task: TaskName, seed: u64, frames: u32) -> Result<(Recipe, Item), FilmError<String>> {
    let source = video(frames);
    let film = FilmSource { source: &source, size: SIZE, times: None };
    film_item_now(task, seed, &film, |numbers| Ok(shot(frames, numbers)))
}

#[test]
fn films_of_any_length_admit_every_task_or_say_what_is_wanted() {
    for frames in [0, 1, 9, 10, 11, 12, 13, 23, 24, 47, 48, 95, 96, 97, 300] {
        for task in TASKS {
            let wanted = if task == TaskName::Masked { 10 } else { FEWEST };
            match made(task, 5, frames) {
                Ok((recipe, item)) => {
                    assert!(frames >= wanted);
                    let shown = recipe.sampling.most();
                    assert!(shown <= frames && recipe.id() == item.id && recipe.task.name() == task);
                    let most = match task {
                        TaskName::Masked => 96.min(frames),
                        TaskName::Segments => 96.min(frames / 12 * 12),
                        _ => 48.min(frames / 12 * 12),
                    };
                    assert_eq!(shown, most, "{task} of {frames}");
                    let score = item.truth.score(&item.truth.text());
                    assert!(score.total > 0.999, "{task} of {frames}: {score:?}");
                }
                Err(FilmError::Link(e)) => {
                    assert_eq!(e, LinkError::TooShort { task, frames, wanted });
                    assert!(frames < wanted);
                }
                Err(e) => panic!("{task} of {frames}: {e}"),
            }
        }
    }
}

#[test]
fn a_film_is_asked_the_same_again_and_something_else_by_another_seed() {
    for task in TASKS {
        let (recipe, item) = made(task, 1, 80).expect("makes");
        assert_eq!(made(task, 1, 80).expect("makes"), (recipe.clone(), item));
        assert_ne!(made(task, 2, 80).expect("makes").0.task, recipe.task);
        assert_ne!(made(task, 1, 81).expect("makes").0.task, recipe.task, "another film");
    }
}

#[test]
fn events_are_not_asked_of_films() {
    for task in [TaskName::Event, TaskName::Elements, TaskName::Qa] {
        let error = made(task, 1, 80).expect_err("refused");
        assert_eq!(error, FilmError::Link(LinkError::Recipe(RecipeError::NoEvents(task))));
    }
}

/// Frames at uneven times are shown at their own.
#[test]
fn uneven_times_are_carried() {
    let source = video(80);
    let ticks = (0..=80).map(|i| i * 83 + (i % 3) * 20).collect();
    let times = SourceTimes { rate: Rate { num: 1000, den: 1 }, ticks };
    let film = FilmSource { source: &source, size: SIZE, times: Some(&times) };
    for task in TASKS {
        let (recipe, item) = film_item_now(task, 3, &film, |n| Ok::<_, String>(shot(80, n))).expect("makes");
        let carried = recipe.times.as_ref().expect("the rate is not constant");
        let timeline = recipe.timeline().expect("sound");
        // Slow and fast segments show other frames, at the times that were carried.
        for (i, tick) in carried.ticks.iter().enumerate().filter(|_| task != TaskName::Masked) {
            assert_eq!(timeline.edge(i as u32), *tick as f64 / 1000.0);
        }
        assert!(item.truth.score(&item.truth.text()).total > 0.999);
    }
}

#[test]
fn changes_that_nobody_sees_are_not_asked_for() {
    let source = video(60);
    let film = FilmSource { source: &source, size: SIZE, times: None };
    // Black and white, but for the rounding of a codec.
    let grey = |numbers: &[u32]| {
        let mut frames = shot(60, numbers);
        Perturbation::Grayscale.apply(&mut frames);
        frames.iter_mut().flat_map(|f| f.rgb.iter_mut().step_by(7)).for_each(|v| *v = v.saturating_add(1));
        Ok::<_, String>(frames)
    };
    for seed in 0..24 {
        let (recipe, _) = film_item_now(TaskName::Segments, seed, &film, grey).expect("makes");
        let kinds: Vec<Kind> = recipe.task.perturbed().iter().map(|s| s.perturbation.kind()).collect();
        assert!(kinds.iter().all(|k| [Kind::Mirror, Kind::ZoomOut].contains(k)), "{kinds:?}");
    }
    let still = |numbers: &[u32]| Ok::<_, String>(vec![shot(60, &[7]).remove(0); numbers.len()]);
    for task in [TaskName::Jigsaw, TaskName::Masked] {
        let error = film_item_now(task, 1, &film, still).expect_err("refused");
        assert!(matches!(error, FilmError::Unanswerable { .. }), "{error}");
    }
    for seed in 0..12 {
        let (recipe, _) = film_item_now(TaskName::Grounding, seed, &film, still).expect("makes");
        let Task::Grounding(segment) = &recipe.task else { unreachable!("as asked") };
        assert!(![Kind::Shuffle, Kind::StutterHold].contains(&segment.perturbation.kind()));
    }
}

#[test]
fn a_film_that_cannot_be_had_is_no_item() {
    let source = video(60);
    let film = FilmSource { source: &source, size: SIZE, times: None };
    let gone = film_item_now(TaskName::Jigsaw, 1, &film, |_| Err("the file is gone".to_owned()));
    assert_eq!(gone, Err(FilmError::Frames("the file is gone".to_owned())));
    let fewer = film_item_now(TaskName::Jigsaw, 1, &film, |n| Ok::<_, String>(shot(60, &n[1..])));
    assert!(matches!(fewer, Err(FilmError::Realize(RealizeError::FrameCount { .. }))));
    for none in [Rate { num: 0, den: 1 }, Rate { num: 12, den: 0 }] {
        let source = Source::Video { sha256: "0".repeat(64), frames: 60, rate: none };
        let film = FilmSource { source: &source, size: SIZE, times: None };
        let error = film_item_now(TaskName::Counting, 1, &film, |n| Ok::<_, String>(shot(60, n)));
        assert!(matches!(error, Err(FilmError::Link(LinkError::Recipe(RecipeError::Sampling(_))))));
    }
}
