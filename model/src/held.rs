//! Sampling held to a grammar: which tokens may come next, so that whatever is written is an answer.
//!
//! A grammar speaks of texts, a model of tokens. The texts of all tokens are read from the tokenizer once; those that a
//! grammar can use at all are looked up once for each alphabet; and the tokens that may follow a text are worked
//! out once for each text, since the answers of a group pass through the same ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use scrubjay_core::answer::grammar::Grammar;

use crate::config::Config;
use crate::tokenizer::Tokenizer;

/// Why an answer cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeldError {
    /// No token keeps the text within the grammar.
    #[error(
        "after {said:?} no token of the tokenizer keeps the answer in its form: the tokenizer lacks a character of it, \
         or nothing can follow"
    )]
    Stuck {
        /// The answer so far.
        said: String,
    },
    /// A token that may not come where it stands.
    #[error("after {said:?} token {id} leaves the form of the answer")]
    Outside {
        /// The answer before it.
        said: String,
        /// The token.
        id: u32,
    },
}

/// The texts of a model's tokens.
#[derive(Debug)]
pub struct Vocabulary {
    /// By id; empty for tokens that must not be said, that end an answer, or that are no whole text.
    texts: Vec<Box<str>>,
    /// The tokens that end an answer, rising.
    ends: Vec<u32>,
    /// The tokens made of an alphabet's characters alone, rising.
    written: Mutex<BTreeMap<Option<String>, Arc<[u32]>>>,
}

/// Tables whose entries are whole: a panic elsewhere cannot have left one half-written.
fn locked<T>(table: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vocabulary {
    /// Reads the texts of all tokens, which takes a second for 150,000. Those with a part of a character, as the parts
    /// of an emoji are, have none.
    #[must_use]
    pub fn new(tokenizer: &Tokenizer, config: &Config) -> Self {
        // A token's text behind another: some decoders drop a blank at the very beginning.
        let anchor: Vec<u32> = tokenizer.encode("0").unwrap_or_default().into_iter().take(1).collect();
        let before = tokenizer.decode(&anchor, true);
        let text = |id: u32| -> Box<str> {
            let whole = tokenizer.decode(&[&anchor[..], &[id]].concat(), true);
            match whole.strip_prefix(&before) {
                Some(text) if !text.contains(char::REPLACEMENT_CHARACTER) => text.into(),
                _ => Box::default(),
            }
        };
        let forbidden = tokenizer.forbidden(config);
        let sayable = |id: u32| !config.tokens.ends.contains(&id);
        let texts = (0_u32..).zip(&forbidden);
        let texts = texts.map(|(id, never)| if *never || !sayable(id) { Box::default() } else { text(id) });
        let texts = texts.collect();
        let mut ends = config.tokens.ends.clone();
        ends.retain(|id| (*id as usize) < config.text.vocab);
        ends.sort_unstable();
        ends.dedup();
        Self { texts, ends, written: Mutex::default() }
    }

    /// The text that a token adds to an answer; empty for one that ends it.
    #[must_use]
    pub fn text(&self, id: u32) -> &str {
        self.texts.get(id as usize).map_or("", |text| text)
    }

    fn of(&self, alphabet: Option<String>) -> Arc<[u32]> {
        if let Some(known) = locked(&self.written).get(&alphabet) {
            return Arc::clone(known);
        }
        let fits = |text: &str| match &alphabet {
            Some(alphabet) => text.chars().all(|c| alphabet.contains(c)),
            None => !text.contains(char::is_control),
        };
        let texts = (0_u32..).zip(&self.texts);
        let found: Arc<[u32]> =
            texts.filter(|(_, text)| !text.is_empty() && fits(text)).map(|(id, _)| id).collect();
        locked(&self.written).insert(alphabet, Arc::clone(&found));
        found
    }
}

/// A grammar in a model's tokens. Copies share what they have worked out.
#[derive(Debug, Clone)]
pub struct Held(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    grammar: Grammar,
    vocabulary: Arc<Vocabulary>,
    alphabet: Option<String>,
    /// Tokens of the grammar's characters.
    usable: Arc<[u32]>,
    /// What may follow, by the grammar's key of the text so far.
    known: Mutex<BTreeMap<String, Arc<[u32]>>>,
}

impl Held {
    /// Holds answers to a grammar.
    #[must_use]
    pub fn new(grammar: Grammar, vocabulary: &Arc<Vocabulary>) -> Self {
        let alphabet = grammar.alphabet();
        let usable = vocabulary.of(alphabet.clone());
        let vocabulary = Arc::clone(vocabulary);
        Self(Arc::new(Inner { grammar, vocabulary, alphabet, usable, known: Mutex::default() }))
    }

    /// What answers are held to.
    #[must_use]
    pub fn grammar(&self) -> &Grammar {
        &self.0.grammar
    }

    /// The text that a token adds to an answer; empty for one that ends it.
    #[must_use]
    pub fn text(&self, id: u32) -> &str {
        self.0.vocabulary.text(id)
    }

    /// The tokens that may follow a text, rising: those that keep it in the grammar, and those that end an answer
    /// where it is one.
    ///
    /// # Errors
    /// [`HeldError::Stuck`] where there is none.
    pub fn allowed(&self, said: &str) -> Result<Arc<[u32]>, HeldError> {
        let Inner { grammar, known, .. } = &*self.0;
        let key = grammar.key(said);
        if let Some(allowed) = locked(known).get(&key) {
            return Ok(Arc::clone(allowed));
        }
        let allowed = self.search(&key);
        if allowed.is_empty() {
            return Err(HeldError::Stuck { said: said.to_owned() });
        }
        let allowed: Arc<[u32]> = allowed.into();
        locked(known).insert(key, Arc::clone(&allowed));
        Ok(allowed)
    }

    fn search(&self, said: &str) -> Vec<u32> {
        let Inner { grammar, vocabulary, alphabet, usable, .. } = &*self.0;
        let mut text = said.to_owned();
        let mut goes_on = |more: &str| {
            text.truncate(said.len());
            text.push_str(more);
            grammar.viable(&text)
        };
        // Most tokens fail by their first character, of which there are few.
        let first: Option<String> = alphabet
            .as_ref()
            .map(|all| all.chars().filter(|c| goes_on(c.encode_utf8(&mut [0; 4]))).collect());
        let mut allowed: Vec<u32> = usable
            .iter()
            .copied()
            .filter(|id| {
                let more = vocabulary.text(*id);
                let begins =
                    first.as_ref().is_none_or(|f| more.chars().next().is_some_and(|c| f.contains(c)));
                begins && goes_on(more)
            })
            .collect();
        if grammar.complete(said) {
            allowed.extend(&vocabulary.ends);
            allowed.sort_unstable();
        }
        allowed
    }

    /// Among which tokens each token of an answer stands, in the form of
    /// [`crate::generate::Rollout::allowed`]: for scoring an answer that was not drawn here.
    ///
    /// # Errors
    /// [`HeldError::Outside`] at the first token that may not come where it stands.
    pub fn along(&self, ids: &[u32]) -> Result<Vec<Option<Arc<[u32]>>>, HeldError> {
        let mut said = String::new();
        let mut sets = Vec::with_capacity(ids.len());
        for &id in ids {
            let allowed = self.allowed(&said)?;
            if allowed.binary_search(&id).is_err() {
                return Err(HeldError::Outside { said, id });
            }
            said.push_str(self.text(id));
            sets.push(Some(allowed));
        }
        Ok(sets)
    }
}
