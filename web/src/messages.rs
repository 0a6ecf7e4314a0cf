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
    use crate::difficulty::Difficulty;
    use crate::figures::Figures;
    use scrubjay_core::perturb::Kind;
    use scrubjay_core::perturb::shape::Shape;
    use scrubjay_core::scene::Family;
    use scrubjay_core::task::TaskName;
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

    /// Every string literal of the site's sources; and what stands between them, which is no key's name.
    fn literals(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("the sources are there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                literals(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let source = std::fs::read_to_string(&path).expect("readable");
                found.extend(source.split('"').skip(1).map(str::to_owned));
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

    /// Keys are also handed on before they are told, so that no macro names them.
    #[test]
    fn what_looks_like_a_key_is_one() {
        let texts = LANGUAGES[0].texts().expect("flat JSON");
        let rooms: BTreeSet<&str> = texts.keys().filter_map(|k| k.split('.').next()).collect();
        let mut sources = String::new();
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app"), &mut sources);
        let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b"-_".contains(&b));
        let mut known = 0;
        for literal in sources.lines().flat_map(|line| line.split('"').skip(1)) {
            let like = literal.contains('.') && literal.split('.').all(word);
            if like && literal.split('.').next().is_some_and(|room| rooms.contains(room)) {
                assert!(texts.contains_key(literal), "{literal} is in no message file");
                known += 1;
            }
        }
        assert!(known > 200, "{known} keys were found");
    }

    /// Keys that end in a name are there for every name.
    #[test]
    fn every_name_has_its_words() {
        let texts = LANGUAGES[0].texts().expect("flat JSON");
        let mut keys = Vec::new();
        let mut all = |rooms: &[&str], names: Vec<String>| {
            let of = |room: &&str| names.iter().map(|n| format!("{room}.{n}")).collect::<Vec<_>>();
            keys.extend(rooms.iter().flat_map(of));
        };
        all(&["task", "name", "gallery.rule"], TaskName::ALL.map(|t| t.to_string()).to_vec());
        all(&["kind", "sort"], Kind::ALL.map(|k| k.to_string()).to_vec());
        all(&["family"], Family::ALL.map(|f| f.to_string()).to_vec());
        all(&["shape"], Shape::ALL.map(|s| s.to_string()).to_vec());
        all(&["grade"], Difficulty::ALL.map(|d| d.name().to_owned()).to_vec());
        let chance = Figures::read().chance.into_iter();
        all(&["compare.of"], chance.map(|c| c.of).filter(|of| !of.is_empty()).collect());
        assert!(keys.len() > 70, "{}", keys.len());
        for key in keys {
            assert!(texts.contains_key(&key), "{key} is in no message file");
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
