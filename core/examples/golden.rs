//! Prints the lines of `tests/golden/items.txt`:
//! `cargo run -p scrubjay-core --example golden > tests/golden/items.txt`.

#[path = "../tests/cases/mod.rs"]
mod cases;

fn main() {
    for line in cases::lines() {
        println!("{line}");
    }
}
