//! The films that the site carries.

use serde::Deserialize;

/// A built-in film, as `public/packs/index.json` lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Clip {
    /// Its name in links and of its file.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Whose it is.
    pub credit: String,
    /// Under what licence.
    pub licence: String,
    /// Where the licence stands.
    pub licence_url: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// How long it is, seconds.
    pub seconds: f64,
}

/// All of them, in the order of the list.
#[must_use]
pub fn all() -> Vec<Clip> {
    // The list is part of the program; a test reads it.
    serde_json::from_str(include_str!("../../public/packs/index.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_film_of_the_list_is_there() {
        let all = super::all();
        assert!(!all.is_empty(), "the list can be read");
        for clip in all {
            let path = format!("{}/../public/packs/{}.pack", env!("CARGO_MANIFEST_DIR"), clip.name);
            assert!(std::path::Path::new(&path).is_file(), "{path}");
        }
    }
}
