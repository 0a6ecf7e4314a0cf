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

/// What a truth earns when a board says it.
fn best(truth: &Truth, places: &Places) -> f64 {
    let said = places.write(&places.read(&truth.plain()));
    truth.score(&truth.tagged(&said)).total
}

/// What it earns at the nearest places, which handles can reach.
fn nearest(truth: &Truth, places: &Places) -> f64 {
    let place = |tick| places.nearest(places.seconds(tick));
    let spans = places.read(&truth.plain());
    let spans: Vec<Span> =
        spans.iter().filter_map(|s| places.between(place(s.start), place(s.end))).collect();
    truth.score(&truth.tagged(&places.write(&spans))).total
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

/// Events of a scene begin and end between the frames that are shown: fields reach the whole, handles fall short of it by little.
#[test]
fn events_are_reached_in_figures_and_almost_by_hand() {
    for task in [TaskName::Event, TaskName::Segments] {
        let mut scores = Vec::new();
        for seed in 0..60 {
            let (edges, truth, _) = link(task, seed);
            let places = Places::new(&edges, 2);
            assert_eq!(format!("{:.4}", best(&truth, &places)), "1.0000", "{task} {seed}");
            scores.push(nearest(&truth, &places));
        }
        let (least, mean) =
            (scores.iter().copied().fold(1.0, f64::min), scores.iter().sum::<f64>() / scores.len() as f64);
        println!("{task}: nearest places earn {mean:.4} on average, {least:.4} at least");
        assert!(least > 0.5 && mean > 0.9, "{task}: mean {mean}, least {least}");
    }
}

/// Every place of a film, by steps from its beginning.
fn all(places: &Places) -> Vec<Tick> {
    let mut all = vec![places.first()];
    while all.last() < Some(&places.last()) {
        all.extend(all.last().map(|tick| places.step(*tick, 1)));
    }
    all
}

#[test]
fn ticks_and_texts_correspond_one_to_one() {
    // Uneven, finer than the text, and with a frame that is shown twice.
    let edges = [0.0, 0.04, 0.08, 0.5, 0.5, 1.25, 3.0];
    for decimals in [1, 2] {
        let places = Places::new(&edges, decimals);
        let names: Vec<String> = all(&places).into_iter().map(|p| places.name(p)).collect();
        let mut distinct = names.clone();
        distinct.dedup();
        assert_eq!(names, distinct);
        for tick in places.first()..=places.last() {
            assert_eq!(places.typed(&places.name(tick)), Ok(tick));
        }
        for start in all(&places) {
            for end in start + 1..=places.last() {
                let spans = vec![Span { start, end }];
                assert_eq!(places.read(&places.write(&spans)), spans);
            }
        }
    }
    assert_eq!(all(&Places::new(&edges, 1)), [0, 1, 5, 12, 30]);
}

#[test]
fn steps_go_from_place_to_place() {
    let places = Places::new(&[0.0, 0.5, 1.0, 1.5, 4.0], 2);
    assert_eq!((places.step(50, 1), places.step(50, -1), places.step(50, 0)), (100, 0, 50));
    // From between two places to the next one.
    assert_eq!((places.step(70, 1), places.step(70, -1), places.step(70, 2)), (100, 50, 150));
    assert_eq!((places.step(70, isize::MAX), places.step(70, isize::MIN)), (400, 0));
    assert_eq!((places.steps(50, 400), places.steps(400, 0)), (3, -4));
    assert_eq!((places.nearest(0.74), places.nearest(0.76), places.nearest(9.0)), (50, 100, 400));
    // A span that was typed keeps what it is until it is moved.
    let typed = Span { start: 70, end: 120 };
    assert_eq!(places.moved(typed, 0), typed);
    assert_eq!(places.moved(typed, 1), Span { start: 100, end: 150 });
    assert_eq!(places.moved(typed, -9), Span { start: 0, end: 50 });
}

#[test]
fn frames_and_places_find_each_other() {
    let places = Places::new(&[0.0, 0.5, 1.0, 1.5, 4.0], 1);
    assert_eq!(places.frame(1), Some(Span { start: 5, end: 10 }));
    assert_eq!(places.frame(99), Some(Span { start: 15, end: 40 }), "past the end is the last one");
    assert_eq!((places.shown(0.49), places.shown(0.5), places.shown(99.0)), (0, 1, 3));
    assert_eq!((places.frames(0.5, 1.5), places.frames(0.6, 1.1)), ((1, 2), (1, 2)));
    assert_eq!(places.frames(0.0, 4.0), (0, 3));
    assert_eq!(places.part(1.0), 0.25);
    assert_eq!(places.along(0.25), 1.0);
}

#[test]
fn ends_push_each_other_or_stop() {
    let places = Places::new(&[0.0, 1.0, 2.0, 3.0, 4.0], 1);
    let span = Span { start: 10, end: 20 };
    assert_eq!(places.with(span, Side::Start, 30, true), Span { start: 30, end: 40 });
    assert_eq!(places.with(span, Side::Start, 40, true), Span { start: 30, end: 40 });
    assert_eq!(places.with(span, Side::Start, 40, false), Span { start: 10, end: 20 });
    assert_eq!(places.with(span, Side::End, 0, true), Span { start: 0, end: 10 });
    assert_eq!(places.with(span, Side::End, 0, false), Span { start: 10, end: 20 });
    assert_eq!(places.with(span, Side::End, 17, false), Span { start: 10, end: 17 });
    // Ends that were typed stay where they are rather than go the other way.
    let typed = Span { start: 17, end: 20 };
    assert_eq!(places.with(typed, Side::Start, 20, false), typed);
    let typed = Span { start: 10, end: 13 };
    assert_eq!(places.with(typed, Side::End, 10, false), typed);
    assert_eq!(places.moved(span, -9), Span { start: 0, end: 10 });
    assert_eq!(places.moved(span, 9), Span { start: 30, end: 40 });
    assert_eq!(places.between(30, 30), Some(Span { start: 30, end: 40 }));
    assert_eq!(places.between(40, 40), Some(Span { start: 30, end: 40 }));
}

#[test]
fn what_is_typed_is_a_time_or_is_told() {
    let places = Places::new(&[0.0, 0.5, 1.0], 1);
    assert_eq!((places.typed(" 0,6 s"), places.typed("1")), (Ok(6), Ok(10)));
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
                assert!(spans.iter().all(|s| s.start < s.end && s.end <= places.last()), "{draft}");
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
            let _ = (places.step(7, 1), places.step(Tick::MIN, -1), places.steps(Tick::MIN, Tick::MAX));
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
