//! The same recipe gives the same pixels everywhere: items against golden hashes, natively and, compiled to
//! wasm, in a browser.

use scrubjay_core::item::realize_scene;
use scrubjay_core::link;
use scrubjay_core::task::TaskName;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// Lines of `<task> <seed> <item id> <stimulus hash> <truth>`.
const GOLDEN: &str = include_str!("../../tests/golden/items.txt");

fn line(task: TaskName, seed: u64) -> String {
    let recipe = link::recipe(task, seed).expect("every link draws");
    let item = realize_scene(&recipe).expect("every scene realizes");
    format!("{task} {seed} {} {} {}", item.id, item.stimulus, item.truth.text())
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn items_match_their_golden_hashes() {
    let mut checked = 0;
    for golden in GOLDEN.lines() {
        let mut words = golden.split(' ');
        let (Some(task), Some(seed)) = (words.next(), words.next()) else {
            panic!("malformed line: {golden}")
        };
        let made = line(task.parse().expect("a task"), seed.parse().expect("a seed"));
        assert_eq!(made, golden, "an item changed: bump GENERATOR_VERSION and run the `golden` example");
        checked += 1;
    }
    assert_eq!(checked, 20);
}
