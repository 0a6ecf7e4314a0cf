//! The items of built-in films whose ids, pixels and truths are pinned. Shared by the test and by the example that writes the
//! golden file.

use scrubjay_core::link::{Link, film_item_now};
use scrubjay_core::pack::Pack;
use scrubjay_core::task::TaskName;

/// The files that the site serves.
const PACKS: [&[u8]; 6] = [
    include_bytes!("../../../public/packs/bunny.pack"),
    include_bytes!("../../../public/packs/flower.pack"),
    include_bytes!("../../../public/packs/friday.pack"),
    include_bytes!("../../../public/packs/frog.pack"),
    include_bytes!("../../../public/packs/monster.pack"),
    include_bytes!("../../../public/packs/rabbit.pack"),
];

/// The tasks that a film admits.
const TASKS: [TaskName; 5] =
    [TaskName::Jigsaw, TaskName::Grounding, TaskName::Counting, TaskName::Masked, TaskName::Segments];

/// One line for each item: link, id, stimulus hash, truth.
pub(crate) fn lines() -> impl Iterator<Item = String> {
    PACKS.into_iter().flat_map(|bytes| {
        let pack = Pack::read(bytes).expect("a built-in film is sound");
        TASKS.into_iter().flat_map(move |task| {
            let pack = pack.clone();
            [0, 1_000_003].into_iter().map(move |seed| {
                let made = film_item_now(task, seed, &pack.film(), |numbers| pack.frames(numbers));
                let (_, item) = made.expect("every link of a built-in film makes an item");
                let link = Link { task, seed, clip: Some(pack.about().name.clone()) };
                format!("{link} {} {} {}", item.id, item.stimulus, item.truth.text())
            })
        })
    })
}
