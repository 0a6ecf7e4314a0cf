//! Prints the lines of `tests/golden/items.txt`, or those of `tests/golden/packs.txt`:
//! `cargo run -p scrubjay-core --example golden -- items > tests/golden/items.txt`.

#[path = "../tests/cases/mod.rs"]
mod cases;
#[path = "../tests/films/mod.rs"]
mod films;

fn main() {
    match std::env::args().nth(1).as_deref() {
        None | Some("items") => cases::lines().for_each(|line| println!("{line}")),
        Some("packs") => films::lines().for_each(|line| println!("{line}")),
        Some(other) => {
            eprintln!("error: {other:?} is not items or packs");
            std::process::exit(2);
        }
    }
}
