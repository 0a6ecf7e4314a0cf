//! The same recipe gives the same pixels everywhere: items against golden hashes, natively and, compiled to
//! wasm, in a browser.

mod cases;
mod films;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// The same of built-in films.
const FILMS: &str = include_str!("../../tests/golden/packs.txt");

/// Lines of `<name> <item id> <stimulus hash> <truth>`.
const GOLDEN: &str = include_str!("../../tests/golden/items.txt");

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn items_match_their_golden_hashes() {
    let mut golden = GOLDEN.lines();
    let mut checked = 0;
    for made in cases::lines() {
        let wanted = golden.next().unwrap_or_default();
        assert_eq!(made, wanted, "an item changed: bump GENERATOR_VERSION and run the `golden` example");
        checked += 1;
    }
    assert_eq!(golden.next(), None);
    assert!(checked >= 200, "{checked}");
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn films_match_their_golden_hashes() {
    let made: Vec<String> = films::lines().collect();
    let golden: Vec<&str> = FILMS.lines().collect();
    assert_eq!(
        made, golden,
        "an item changed: bump GENERATOR_VERSION and run the `golden` example with `packs`"
    );
    assert!(made.len() >= 60, "{}", made.len());
}
