//! Places, drafts and comparisons; and that what a board can say reaches what core pays.

use super::*;
use scrubjay_core::item::Truth;
use scrubjay_core::link;
use scrubjay_core::task::{Task, TaskName};

/// A link's edges and truth.
fn link(task: TaskName, seed: u64) -> (Vec<f64>, Truth, Task) {
    let recipe = link::recipe(task, seed).expect("draws");
    let timeline = recipe.timeline().expect("sound");
    let edges = (0..=timeline.indices.len() as u32).map(|i| timeline.edge(i)).collect();
    (edges, Truth::of(&recipe.task, &recipe.source, &timeline), recipe.task)
}

/// What a truth earns when a board says it as well as it can: its text at the nearest places.
fn best(truth: &Truth, places: &Places) -> f64 {
    let said = places.write(&places.read(&truth.plain()));
    truth.score(&truth.tagged(&said)).total
}

#[test]
fn where_frames_were_changed_the_board_reaches_the_whole() {
    let mut tampered = 0;
    for seed in 0..60 {
        let (edges, truth, _) = link(TaskName::Grounding, seed);
        let places = Places::new(&edges, 1);
        assert_eq!(places.write(&places.read(&truth.plain())), truth.plain(), "seed {seed}");
        assert_eq!(format!("{:.4}", best(&truth, &places)), "1.0000", "seed {seed}");
        let (edges, truth, task) = link(TaskName::Segments, seed);
        if matches!(&task, Task::Segments(s) if matches!(s, scrubjay_core::task::segments::Sought::Tampered(_)))
        {
            tampered += 1;
            let places = Places::new(&edges, 2);
            assert_eq!(places.write(&places.read(&truth.plain())), truth.plain(), "seed {seed}");
            assert_eq!(format!("{:.4}", best(&truth, &places)), "1.0000", "seed {seed}");
        }
    }
    assert!(tampered > 10, "both sorts come up");
}

/// Events of a scene begin and end between the frames that are shown: the nearest edges fall short of the whole, by little.
#[test]
fn events_are_reached_to_the_nearest_frame() {
    for task in [TaskName::Event, TaskName::Segments] {
        let scores: Vec<f64> = (0..60)
            .map(|seed| {
                let (edges, truth, _) = link(task, seed);
                best(&truth, &Places::new(&edges, 2))
            })
            .collect();
        let (least, mean) =
            (scores.iter().copied().fold(1.0, f64::min), scores.iter().sum::<f64>() / scores.len() as f64);
        println!("{task}: nearest edges earn {mean:.4} on average, {least:.4} at least");
        assert!(least > 0.5 && mean > 0.9, "{task}: mean {mean}, least {least}");
    }
}

#[test]
fn places_and_texts_correspond_one_to_one() {
    // Uneven, finer than the text, and with a frame that is shown twice.
    let edges = [0.0, 0.04, 0.08, 0.5, 0.5, 1.25, 3.0];
    for decimals in [1, 2] {
        let places = Places::new(&edges, decimals);
        let names: Vec<String> = (0..=places.last()).map(|p| places.name(p)).collect();
        let mut distinct = names.clone();
        distinct.dedup();
        assert_eq!(names, distinct);
        for (p, name) in names.iter().enumerate() {
            assert_eq!(places.typed(name), Ok(p));
        }
        for start in 0..places.last() {
            for end in start + 1..=places.last() {
                let spans = vec![Span { start, end }];
                assert_eq!(places.read(&places.write(&spans)), spans);
            }
        }
    }
    assert_eq!(Places::new(&edges, 1).last(), 4, "0.0, 0.1, 0.5, 1.2, 3.0");
}

#[test]
fn frames_and_places_find_each_other() {
    let places = Places::new(&[0.0, 0.5, 1.0, 1.5, 4.0], 1);
    assert_eq!(places.frame(1), Some(Span { start: 1, end: 2 }));
    assert_eq!(places.frame(99), Some(Span { start: 3, end: 4 }), "past the end is the last one");
    assert_eq!((places.shown(0.49), places.shown(0.5), places.shown(99.0)), (0, 1, 3));
    assert_eq!((places.frames(0.5, 1.5), places.frames(0.6, 1.1)), ((1, 2), (1, 2)));
    assert_eq!(places.frames(0.0, 4.0), (0, 3));
    assert_eq!(places.part(1.0), 0.25);
    assert_eq!(places.along(0.25), 1.0);
}

#[test]
fn ends_push_each_other_or_stop() {
    let places = Places::new(&[0.0, 1.0, 2.0, 3.0, 4.0], 1);
    let span = Span { start: 1, end: 2 };
    assert_eq!(places.with(span, Side::Start, 3, true), Span { start: 3, end: 4 });
    assert_eq!(places.with(span, Side::Start, 4, true), Span { start: 3, end: 4 });
    assert_eq!(places.with(span, Side::Start, 4, false), Span { start: 1, end: 2 });
    assert_eq!(places.with(span, Side::End, 0, true), Span { start: 0, end: 1 });
    assert_eq!(places.with(span, Side::End, 0, false), Span { start: 1, end: 2 });
    assert_eq!(places.moved(span, -9), Span { start: 0, end: 1 });
    assert_eq!(places.moved(span, 9), Span { start: 3, end: 4 });
    assert_eq!(places.between(3, 3), Some(Span { start: 3, end: 4 }));
    assert_eq!(places.between(4, 4), Some(Span { start: 3, end: 4 }));
}

#[test]
fn what_is_typed_is_a_time_or_is_told() {
    let places = Places::new(&[0.0, 0.5, 1.0], 1);
    assert_eq!((places.typed(" 0,6 s"), places.typed("1")), (Ok(1), Ok(2)));
    for wrong in ["", "x", "nan", "inf", "1.2.3", "1:20"] {
        assert_eq!(places.typed(wrong), Err(Typed::Number), "{wrong}");
    }
    for wrong in ["-0.1", "1.1", "1e300"] {
        assert_eq!(places.typed(wrong), Err(Typed::Outside), "{wrong}");
    }
}

#[test]
fn any_draft_and_any_clock_are_survived() {
    for edges in [vec![], vec![0.0], vec![0.0, 0.0], vec![f64::NAN, f64::INFINITY], vec![0.0, 1.0, f64::NAN]]
    {
        for decimals in [1, 2] {
            let places = Places::new(&edges, decimals);
            for draft in ["", "-", "1-", "nan-inf", "0.0-99", "9-1", "1-2-3", "1e999-2", "x 0-1 y"] {
                let spans = places.read(draft);
                assert!(spans.iter().all(|s| s.start < s.end && s.end <= places.last()));
                assert_eq!(places.read(&places.write(&spans)), spans);
            }
            let _ = (places.frame(3), places.around(0), places.between(7, 9), places.shown(f64::NAN));
            let _ = (
                places.frames(1.0, 0.0),
                places.typed("0"),
                places.nearest(f64::NAN),
                places.along(f64::NAN),
            );
            let span = Span { start: 5, end: 9 };
            let _ = (places.with(span, Side::Start, 3, true), places.moved(span, isize::MIN));
        }
    }
    let many = "0-1 ".repeat(20);
    assert_eq!(Places::new(&[0.0, 1.0], 2).read(&many).len(), MOST);
}

#[test]
fn seconds_are_right_missed_or_too_much() {
    let compared = Compared::new(&[[2.0, 5.5]], &[[2.5, 7.0]]);
    assert_eq!(compared, Compared { right: 3.0, missed: 1.5, extra: 0.5 });
    // Overlapping ones count once.
    let twice = Compared::new(&[[0.0, 2.0], [1.0, 3.0]], &[[0.0, 3.0]]);
    assert_eq!(twice, Compared { right: 3.0, missed: 0.0, extra: 0.0 });
    assert_eq!(Compared::new(&[], &[]), Compared { right: 0.0, missed: 0.0, extra: 0.0 });
    assert!(overlap(&[Span { start: 3, end: 5 }, Span { start: 1, end: 4 }]));
    assert!(!overlap(&[Span { start: 3, end: 5 }, Span { start: 1, end: 3 }]));
}
