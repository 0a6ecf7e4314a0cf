//! The items whose ids, pixels and truths are pinned: every question on every scene family, small, and every link's
//! item at its own size. Shared by the test and by the example that writes the golden file.

use scrubjay_core::item::{Item, realize_scene};
use scrubjay_core::link;
use scrubjay_core::perturb::Kind;
use scrubjay_core::prompt::Wording;
use scrubjay_core::recipe::{Draw, Question, Recipe, Size};
use scrubjay_core::scene::Family;
use scrubjay_core::source::{Clock, Pick, Sampling, Source};
use scrubjay_core::task::counting::Level;
use scrubjay_core::task::{TaskName, masked};
use scrubjay_core::time::Rate;

/// The questions, each with a name.
fn questions() -> Vec<(String, Question, Sampling)> {
    let ssr = Sampling::videossr();
    let own_time = Sampling { pick: Pick::Uniform { count: 48 }, clock: Clock::Pts };
    let mut all = Vec::new();
    let mut add = |name: String, question, sampling| all.push((name, question, sampling));
    for kind in Kind::ALL {
        add(format!("grounding-{kind}"), Question::Grounding { kind, compat: false }, ssr);
    }
    for kind in [Kind::Noise, Kind::ZoomIn, Kind::ZoomOut] {
        add(format!("grounding-{kind}-compat"), Question::Grounding { kind, compat: true }, ssr);
    }
    for level in Level::ALL {
        for compat in [false, true] {
            let name = format!("counting-{level}{}", if compat { "-compat" } else { "" });
            add(name, Question::Counting { level, compat }, ssr);
        }
    }
    for clips in 2..=9 {
        let pick = Pick::Parts { count: clips * 5, parts: clips, trim: 50 };
        add(
            format!("jigsaw-{clips}"),
            Question::Jigsaw(clips),
            Sampling { pick, clock: Clock::Fixed { fps: 2 } },
        );
    }
    let shape = masked::Shape { frames: 10, masked: 3, distractors: 3, ..masked::Shape::default() };
    let pool = Sampling { pick: Pick::Rate { rate: 4, count: 96 }, clock: Clock::Fixed { fps: 4 } };
    add("masked".to_owned(), Question::Masked(shape), pool);
    for kind in [Kind::Mirror, Kind::Blur, Kind::Shuffle] {
        add(format!("segments-{kind}"), Question::Tampered(kind), ssr);
    }
    add("segments-events".to_owned(), Question::Events, own_time);
    add("event".to_owned(), Question::Event, own_time);
    add("elements".to_owned(), Question::Elements, own_time);
    add("qa".to_owned(), Question::Qa, own_time);
    all
}

/// The first scene of a family, from `seed` on, that admits a question.
fn draw(family: Family, question: Question, sampling: Sampling, seed: u64) -> Recipe {
    let scene = |seed: u64| Source::Scene { family, seed, frames: 480, rate: Rate { num: 24, den: 1 } };
    (seed..seed + 64)
        .find_map(|seed| {
            Recipe::draw(&Draw {
                seed,
                index: 0,
                source: &scene(seed),
                sampling,
                size: Size { width: 64, height: 36 },
                question,
                wording: Wording::Plain,
                other: Some(&scene(seed + 1000)),
                pool: None,
                times: None,
            })
            .ok()
        })
        .unwrap_or_else(|| panic!("no scene of {family} admits {question:?}"))
}

fn line(name: &str, item: &Item) -> String {
    format!("{name} {} {} {}", item.id, item.stimulus, item.truth.text())
}

/// One line for each item: name, id, stimulus hash, truth.
pub(crate) fn lines() -> impl Iterator<Item = String> {
    let small = questions().into_iter().enumerate().flat_map(|(i, (name, question, sampling))| {
        Family::ALL.into_iter().map(move |family| {
            let recipe = draw(family, question, sampling, 100 + 7 * i as u64);
            line(&format!("{family}/{name}"), &realize_scene(&recipe).expect("the scene realizes"))
        })
    });
    let links = TaskName::ALL.into_iter().flat_map(|task| {
        [0, 1, 123_456_789, u64::MAX].map(|seed| {
            let recipe = link::recipe(task, seed).expect("every link draws");
            line(&format!("/p/{task}/{seed}"), &realize_scene(&recipe).expect("every link realizes"))
        })
    });
    small.chain(links)
}
