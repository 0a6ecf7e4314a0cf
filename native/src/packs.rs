//! Built-in films: the packs that the program carries, the same files that the site serves.

pub mod make;

use std::sync::LazyLock;

use scrubjay_core::link::LinkError;
use scrubjay_core::pack::Pack;

/// The films, in the order of their index.
const FILES: [&[u8]; 6] = [
    include_bytes!("../../public/packs/bunny.pack"),
    include_bytes!("../../public/packs/flower.pack"),
    include_bytes!("../../public/packs/friday.pack"),
    include_bytes!("../../public/packs/frog.pack"),
    include_bytes!("../../public/packs/monster.pack"),
    include_bytes!("../../public/packs/rabbit.pack"),
];

/// Headers are read once. A file that could not be read would be missing here, which a test would notice.
static PACKS: LazyLock<Vec<Pack<'static>>> =
    LazyLock::new(|| FILES.iter().filter_map(|bytes| Pack::read(*bytes).ok()).collect());

/// All of them.
#[must_use]
pub fn all() -> &'static [Pack<'static>] {
    &PACKS
}

/// The film that a link names.
///
/// # Errors
/// [`LinkError::UnknownClip`], with the names that there are.
pub fn named(name: &str) -> Result<&'static Pack<'static>, LinkError> {
    all().iter().find(|p| p.about().name == name).ok_or_else(|| {
        let known: Vec<&str> = all().iter().map(|p| p.about().name.as_str()).collect();
        LinkError::UnknownClip { name: name.to_owned(), known: known.join(", ") }
    })
}

/// The film that a recipe knows by the SHA-256 of its file.
#[must_use]
pub fn of_content(sha256: &str) -> Option<&'static Pack<'static>> {
    all().iter().find(|p| p.sha256() == sha256)
}
