//! Text to tokens and back, by a model's own `tokenizer.json`.
//!
//! The file's rules are carried out by the crate `tokenizers`; what is added here is what a chat model needs around
//! it: which ids a policy must never say, and text that comes out token by token without cut characters.

use crate::config::Config;

/// Why a tokenizer cannot be used, or a text not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenizerError {
    /// The file is no tokenizer.
    #[error("tokenizer.json: {0}")]
    File(String),
    /// The tokenizer refuses a text.
    #[error("the tokenizer cannot read the text: {0}")]
    Text(String),
    /// The configuration names an id without a token.
    #[error("config.json: {key} = {id} is no token of tokenizer.json, which has {tokens}")]
    Missing {
        /// The key of `config.json`.
        key: &'static str,
        /// Its value.
        id: u32,
        /// Tokens of the tokenizer.
        tokens: usize,
    },
    /// The tokenizer has ids that the model has no embedding for.
    #[error(
        "tokenizer.json: token {token:?} has id {id}, the model has only {vocab} embeddings (vocab_size)"
    )]
    TooMany {
        /// The token.
        token: String,
        /// Its id.
        id: u32,
        /// Rows of the embedding table.
        vocab: usize,
    },
}

/// A model's tokenizer.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    tokens: usize,
}

impl Tokenizer {
    /// Reads the bytes of a `tokenizer.json`. Cutting and padding that it may ask for are left out: prompts are
    /// measured against the context, and batches padded, elsewhere.
    ///
    /// # Errors
    /// [`TokenizerError::File`] saying what is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TokenizerError> {
        sound(bytes).map_err(TokenizerError::File)?;
        let fail = |e: tokenizers::Error| TokenizerError::File(e.to_string());
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(fail)?;
        inner.with_truncation(None).map_err(fail)?;
        inner.with_padding(None);
        inner.set_encode_special_tokens(false);
        let tokens = inner.get_vocab_size(true);
        if tokens == 0 {
            return Err(TokenizerError::File("has no tokens".to_owned()));
        }
        Ok(Self { inner, tokens })
    }

    /// The ids of a text. Nothing is put before or after it; the names of special tokens in it are read as those.
    ///
    /// # Errors
    /// [`TokenizerError::Text`] where the tokenizer has no token for a part of it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        let read = self.inner.encode_fast(text, false).map_err(|e| TokenizerError::Text(e.to_string()))?;
        Ok(read.get_ids().to_vec())
    }

    /// The text of ids; ids without a token vanish, and special tokens too if asked. Bytes that are not UTF-8 become
    /// U+FFFD.
    #[must_use]
    pub fn decode(&self, ids: &[u32], skip_special: bool) -> String {
        // Only decoders that no chat model uses can fail.
        self.inner.decode(ids, skip_special).unwrap_or_default()
    }

    /// The id of a token by its name.
    #[must_use]
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// The name of a token by its id.
    #[must_use]
    pub fn token(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }

    /// Number of tokens, added ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens
    }

    /// Never: a tokenizer without tokens is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens == 0
    }

    /// Whether the file flags a token as special, so that it is left out of what people read.
    #[must_use]
    pub fn special(&self, id: u32) -> bool {
        self.inner.get_added_vocabulary().get_added_tokens_decoder().get(&id).is_some_and(|t| t.special)
    }

    /// Whether a configuration's ids and this tokenizer's belong together.
    ///
    /// # Errors
    /// [`TokenizerError::Missing`] or [`TokenizerError::TooMany`].
    pub fn check(&self, config: &Config) -> Result<(), TokenizerError> {
        let t = &config.tokens;
        let named = [
            ("image_token_id", t.image_pad),
            ("video_token_id", t.video_pad),
            ("vision_start_token_id", t.vision_start),
            ("vision_end_token_id", t.vision_end),
        ];
        let ends = t.ends.iter().map(|id| ("eos_token_id", *id));
        if let Some((key, id)) = named.into_iter().chain(ends).find(|(_, id)| self.token(*id).is_none()) {
            return Err(TokenizerError::Missing { key, id, tokens: self.tokens });
        }
        let vocab = config.text.vocab;
        // The smallest one, since a map has no order of its own.
        match self
            .inner
            .get_vocab(true)
            .into_iter()
            .filter(|(_, id)| *id as usize >= vocab)
            .min_by_key(|t| t.1)
        {
            Some((token, id)) => Err(TokenizerError::TooMany { token, id, vocab }),
            None => Ok(()),
        }
    }

    /// For each id below `vocab_size` whether a policy must never say it: special tokens other than those that end
    /// an answer, the marks around and in place of pictures, and rows of the embedding table without a token.
    #[must_use]
    pub fn forbidden(&self, config: &Config) -> Vec<bool> {
        let t = &config.tokens;
        let never = |id: u32| {
            let mark = [t.image_pad, t.video_pad, t.vision_start, t.vision_end].contains(&id);
            mark || (!t.ends.contains(&id) && (self.special(id) || self.token(id).is_none()))
        };
        (0..config.text.vocab).map(|id| u32::try_from(id).map_or(true, never)).collect()
    }
}

/// The parts of the file that the crate panics on where they are damaged.
#[derive(serde::Deserialize)]
struct Parts {
    normalizer: Option<serde_json::Value>,
    #[serde(rename = "decoder")]
    _decoder: Option<serde_json::Value>,
}

/// Refuses what would end in a panic: a decoder that is no JSON, and tables of a kind that no such model has.
fn sound(bytes: &[u8]) -> Result<(), String> {
    let parts: Parts = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    match parts.normalizer {
        Some(normalizer) if normalizer.to_string().contains("\"Precompiled\"") => {
            Err("normalizers of type Precompiled are not supported".to_owned())
        }
        _ => Ok(()),
    }
}

/// Text that appears token by token: only whole characters are given out.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    ids: Vec<u32>,
    /// Where the tokens begin that the next text is decoded with, since some decoders look back.
    start: usize,
    /// How many tokens have been given out.
    given: usize,
}

impl Stream {
    /// What a further token makes readable; empty while a character is incomplete. Special tokens are left out.
    pub fn push(&mut self, tokenizer: &Tokenizer, id: u32) -> String {
        self.ids.push(id);
        self.take(tokenizer, false)
    }

    /// What is left at the end, an incomplete character as U+FFFD.
    pub fn finish(&mut self, tokenizer: &Tokenizer) -> String {
        self.take(tokenizer, true)
    }

    fn take(&mut self, tokenizer: &Tokenizer, all: bool) -> String {
        let before = tokenizer.decode(&self.ids[self.start..self.given], true);
        let now = tokenizer.decode(&self.ids[self.start..], true);
        let Some(new) = now.get(before.len()..) else { return String::new() };
        if new.is_empty() || (!all && new.ends_with(char::REPLACEMENT_CHARACTER)) {
            return String::new();
        }
        self.start = self.given;
        self.given = self.ids.len();
        new.to_owned()
    }
}
