//! What holds for every family: the log's rules, that the picture shows what the log says, an arrow of time.

use std::collections::{BTreeMap, BTreeSet};

use super::script::END;
use super::*;

const SEEDS: u64 = 50;

fn scenes(frames: u32) -> impl Iterator<Item = (Family, u64, Scene)> {
    Family::ALL.into_iter().flat_map(move |f| (0..SEEDS).map(move |s| (f, s, Scene::new(f, s, frames))))
}

#[test]
fn logs_keep_their_rules() {
    const FRAMES: u32 = 1_000;
    let mut counted: BTreeMap<Family, u32> = BTreeMap::new();
    let mut orders: BTreeMap<Family, BTreeSet<Vec<&str>>> = BTreeMap::new();
    for (family, seed, scene) in scenes(FRAMES) {
        let events = scene.events();
        let name = format!("{family} {seed}: {events:#?}");
        assert!((4..=9).contains(&events.len()), "{name}");
        assert!(events.is_sorted_by_key(|e| (e.from, e.to)), "{name}");
        let mut texts: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for event in &events {
            assert!(event.from < event.to && event.to <= FRAMES, "{name}");
            assert!((40..=400).contains(&(event.to - event.from)), "{name}");
            let text = (event.what.as_str(), event.element.as_str());
            assert_eq!(*texts.entry(event.kind).or_insert(text), text, "{name}");
            assert!(["left", "middle", "right", "sky", "ground"].contains(&event.place), "{name}");
            for text in [&event.what, &event.element] {
                assert!(!text.is_empty() && !text.contains(['.', '{']) && *text == text.to_lowercase());
                assert!(
                    !["a a", "a e", "a i", "a o", "a u"]
                        .iter()
                        .any(|w| format!(" {text}").contains(&format!(" {w}"))),
                    "{text}"
                );
            }
        }
        let kinds = texts.len();
        assert!(kinds >= 3, "{name}");
        assert_eq!(texts.values().map(|t| t.0).collect::<BTreeSet<_>>().len(), kinds, "{name}");
        assert_eq!(texts.values().map(|t| t.1).collect::<BTreeSet<_>>().len(), kinds, "{name}");
        for (i, a) in events.iter().enumerate() {
            for b in &events[i + 1..] {
                assert!(a.from.abs_diff(b.from) >= 20, "{name}");
                assert!(a.kind != b.kind || b.from >= a.to + 30, "{name}");
            }
        }
        let times = |kind| events.iter().filter(|e| e.kind == kind).count();
        *counted.entry(family).or_default() += u32::from(texts.keys().any(|k| (2..=3).contains(&times(*k))));
        orders.entry(family).or_default().insert(events.iter().map(|e| e.kind).collect());
        let fixed = scene.static_elements();
        assert!(
            fixed.len() >= 3
                && fixed.iter().all(|f| *f == f.to_lowercase() && texts.values().all(|t| t.1 != f))
        );
    }
    // Counting and multi-segment questions need repeated events, and what happens differs between seeds.
    for family in Family::ALL {
        assert!(counted[&family] > SEEDS as u32 / 2, "{family}: {}", counted[&family]);
        assert!(orders[&family].len() > SEEDS as usize / 3, "{family}: {}", orders[&family].len());
    }
}

#[test]
fn frames_of_events_are_those_painted_inside_them() {
    for frames in [1, 2, 7, 48, 99, 576] {
        for (family, seed, scene) in scenes(frames) {
            for event in scene.events() {
                assert!(event.from < event.to && event.to <= frames, "{family} {seed} {frames} {event:?}");
            }
            if frames < 48 {
                continue;
            }
            let phase = |i: u32| (u64::from(i) * 65_535 / u64::from(frames - 1)) as i32;
            for (event, act) in scene.events().iter().zip(sorted(&scene)) {
                let span = act.span;
                let inside = |i: u32| (span.from..span.to).contains(&phase(i));
                assert!(inside(event.from) && inside(event.to - 1), "{family} {seed} {frames} {event:?}");
                assert!(event.from == 0 || !inside(event.from - 1), "{family} {seed} {frames} {event:?}");
                assert!(event.to == frames || !inside(event.to), "{family} {seed} {frames} {event:?}");
            }
        }
    }
    assert!(Scene::new(Family::Day, 1, 0).events().is_empty());
}

fn sorted(scene: &Scene) -> Vec<script::Act> {
    let mut acts = scene.painter.script().acts.clone();
    acts.sort_by_key(|a| (a.span.from, a.span.to));
    acts
}

/// Pixels in which two pictures clearly differ, and by how much.
fn differing(a: &Frame, b: &Frame) -> Vec<(u32, u32, u32)> {
    let pixels = a.rgb.chunks_exact(3).zip(b.rgb.chunks_exact(3)).enumerate();
    let far = pixels.filter_map(|(i, (p, q))| {
        let most = p.iter().zip(q).map(|(x, y)| u32::from(x.abs_diff(*y))).max().unwrap_or(0);
        (most > 24).then_some((i as u32 % a.width, i as u32 / a.width, most))
    });
    far.collect()
}

/// Whether an act leaves something behind: an open flower, a set block, a fallen pin.
fn lasts(family: Family, kind: &str) -> bool {
    match family {
        Family::Garden => kind.ends_with("flower"),
        Family::Harbour => kind == "castle",
        Family::Tower => kind.ends_with("block") || kind == "flag",
        Family::Bounce => kind.ends_with("ball") || kind == "pins",
        _ => false,
    }
}

#[test]
fn an_event_is_seen_at_its_place_exactly_while_it_lasts() {
    let (w, h) = (128, 72);
    let mut faults = Vec::new();
    for family in Family::ALL {
        for seed in 0..12 {
            let full = painter(family, seed);
            for (n, act) in full.script().acts.iter().enumerate() {
                let mut without = painter(family, seed);
                without.script_mut().acts.remove(n);
                let at = |phase| {
                    differing(&picture(full.as_ref(), phase, w, h), &picture(without.as_ref(), phase, w, h))
                };
                let (span, kind, place) = (act.span, act.actor.kind, act.actor.place);
                let name = format!("{family} {seed} {kind} {span:?}");
                let mut all = Vec::new();
                for k in 0..8 {
                    let phase = span.from + (span.to - 1 - span.from) * k / 7;
                    let seen = at(phase);
                    // Half a wheel is enough while somebody comes or goes.
                    if seen.len() < if (1..7).contains(&k) { 3 } else { 1 } {
                        faults.push(format!("{name}: {} pixels at {phase}", seen.len()));
                    }
                    all.extend(seen);
                }
                for phase in [span.from / 2, span.from - 1].into_iter().filter(|p| (0..span.from).contains(p))
                {
                    if !at(phase).is_empty() {
                        faults.push(format!("{name}: seen before it, at {phase}"));
                    }
                }
                for phase in [span.to, (span.to + END) / 2].into_iter().filter(|p| *p < END) {
                    if !lasts(family, kind) && !at(phase).is_empty() {
                        faults.push(format!("{name}: seen after it, at {phase}"));
                    }
                }
                // The middle of what it changes, in parts of 4096.
                let weight = all.iter().map(|p| u64::from(p.2)).sum::<u64>().max(1);
                let middle = |at: fn(&(u32, u32, u32)) -> u32, of: u32| {
                    all.iter().map(|p| u64::from(at(p) * p.2)).sum::<u64>() * 4_096 / weight / u64::from(of)
                };
                let (x, y) = (middle(|p| p.0, w), middle(|p| p.1, h));
                let there = match place {
                    "left" => x < 2_200,
                    "middle" => (1_000..3_100).contains(&x),
                    "right" => x > 1_900,
                    "sky" => y < 2_600,
                    _ => y > 2_300,
                };
                if !there {
                    faults.push(format!("{name}: {place} is at {x}, {y}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Mean difference of the bytes of two pictures.
fn distance(a: &Frame, b: &Frame) -> f64 {
    let sum: u64 = a.rgb.iter().zip(&b.rgb).map(|(x, y)| u64::from(x.abs_diff(*y))).sum();
    sum as f64 / a.rgb.len() as f64
}

#[test]
fn moments_differ_also_when_small() {
    for (family, seed, scene) in scenes(21) {
        for (size, least) in [((32, 32), 0.4), ((96, 54), 0.4)] {
            let frames: Vec<Frame> = (0..21).map(|i| scene.draw(i, size.0, size.1)).collect();
            for i in 0..20 {
                for j in i + 1..21 {
                    let far = distance(&frames[i], &frames[j]);
                    assert!(far > least, "{family} {seed}: {i} and {j} differ by {far}");
                }
            }
        }
    }
}

#[test]
fn no_symmetry_hides_a_mirror_or_a_swap_of_colours() {
    for (family, seed, scene) in scenes(8) {
        if seed >= 10 {
            continue;
        }
        for i in 0..8 {
            let frame = scene.draw(i, 64, 36);
            let row = |y: usize| frame.rgb.chunks_exact(3).skip(y * 64).take(64);
            let wrap = |rgb: Vec<u8>| Frame::from_rgb(64, 36, rgb).expect("as large");
            let mirrored = wrap((0..36).flat_map(|y| row(y).rev().flatten().copied()).collect());
            let upturned = wrap((0..36).rev().flat_map(|y| row(y).flatten().copied()).collect());
            let swapped = wrap(frame.rgb.chunks_exact(3).flat_map(|p| [p[2], p[1], p[0]]).collect());
            for (what, other, least) in
                [("mirrored", mirrored, 3.0), ("upturned", upturned, 10.0), ("swapped", swapped, 6.0)]
            {
                let far = distance(&frame, &other);
                assert!(far > least, "{family} {seed} frame {i} {what}: {far}");
            }
        }
    }
}

#[test]
fn every_size_and_frame_draws() {
    for family in Family::ALL {
        for seed in 0..6 {
            for frames in [0, 1, 2, 48] {
                let scene = Scene::new(family, seed, frames);
                for (w, h) in [(1, 1), (1, 200), (200, 1), (33, 17), (32, 32), (17, 90)] {
                    for index in [0, 1, frames / 2, frames, u32::MAX] {
                        let frame = scene.draw(index, w, h);
                        assert_eq!((frame.width, frame.height), (w, h));
                        assert_eq!(frame, scene.clone().draw(index, w, h));
                    }
                }
            }
        }
        let scene = Scene::new(family, 3, 100);
        for (w, h) in [(8_192, 9), (9, 8_192), (4_100, 1_100)] {
            assert_eq!(scene.draw(37, w, h).rgb.len(), (w * h * 3) as usize);
        }
        assert_eq!(scene.draw(99, 20, 20), scene.draw(5_000, 20, 20));
    }
}
