//! Prints the lines of `tests/golden/items.txt`:
//! `cargo run -p scrubjay-core --example golden > tests/golden/items.txt`.

use scrubjay_core::item::realize_scene;
use scrubjay_core::link;
use scrubjay_core::task::TaskName;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for task in TaskName::ALL {
        for seed in [0, 1, 2, 3, 4, 5, 6, 7, 123_456_789, u64::MAX] {
            let item = realize_scene(&link::recipe(task, seed)?)?;
            println!("{task} {seed} {} {} {}", item.id, item.stimulus, item.truth.text());
        }
    }
    Ok(())
}
