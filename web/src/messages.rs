//! The message files, and what must hold of them.

use std::collections::HashMap;

/// A language that the site speaks.
#[derive(Debug)]
pub struct Language {
    /// Its tag, as in `<html lang>`.
    pub tag: &'static str,
    /// Its own name.
    pub name: &'static str,
    json: &'static str,
}

/// All of them; the first is what is spoken where nothing else is asked for.
pub const LANGUAGES: [Language; 2] = [
    Language { tag: "en", name: "English", json: include_str!("../locales/en.json") },
    Language { tag: "de", name: "Deutsch", json: include_str!("../locales/de.json") },
];

impl Language {
    /// Key to text.
    ///
    /// # Errors
    /// When the file is no flat JSON object of texts, which a test rules out.
    pub fn texts(&self) -> Result<HashMap<String, String>, serde_json::Error> {
        serde_json::from_str(self.json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The names in braces.
    fn blanks(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_has_the_same_keys_and_blanks() {
        let [first, others @ ..] = LANGUAGES.each_ref();
        let texts = first.texts().expect("flat JSON");
        assert!(texts.len() > 20, "the file holds the site's words");
        for other in others {
            let there = other.texts().expect("flat JSON");
            let keys = |t: &HashMap<String, String>| t.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(keys(&texts), keys(&there), "{}", other.tag);
            for (key, text) in &texts {
                assert_eq!(blanks(text), blanks(&there[key]), "{key} in {}", other.tag);
                assert!(!there[key].trim().is_empty(), "{key} in {}", other.tag);
            }
        }
    }

    /// Every string literal of the site's sources.
    fn literals(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                literals(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let source = std::fs::read_to_string(&path).expect("readable");
                found.extend(source.split('"').skip(1).step_by(1).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_key_is_used_and_every_used_key_is_there() {
        let mut words = BTreeSet::new();
        literals(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut words);
        let texts = LANGUAGES[0].texts().expect("flat JSON");
        // Keys that are put together end in a name: `task.jigsaw` from `task.{}`.
        let made = |key: &str| {
            key.match_indices('.').any(|(dot, _)| words.contains(&format!("{}.{{}}", &key[..dot])))
        };
        for key in texts.keys() {
            assert!(words.contains(key) || made(key), "{key} is not used");
        }
        let mut sources = String::new();
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app"), &mut sources);
        // `t!` and `say!`, and no other macro whose name ends like theirs (`format!`).
        let told = ["t!(\"", "say!(\""].into_iter().flat_map(|call| {
            let parts: Vec<&str> = sources.split(call).collect();
            let after =
                |pair: &[&str]| (!pair[0].ends_with(char::is_alphanumeric)).then(|| pair[1].to_owned());
            parts.windows(2).filter_map(after).collect::<Vec<_>>()
        });
        for part in told {
            let key = part.split('"').next().unwrap_or_default();
            assert!(texts.contains_key(key), "{key} is told and in no message file");
        }
    }

    fn read(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                read(&path, into);
            } else {
                let source = std::fs::read_to_string(&path).expect("readable");
                // Comments tell nobody anything.
                source.lines().filter(|l| !l.trim_start().starts_with("//")).for_each(|l| {
                    into.push_str(l);
                    into.push('\n');
                });
            }
        }
    }
}
