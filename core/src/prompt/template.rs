//! Texts with named placeholders in braces.

use std::collections::BTreeMap;

use super::Piece;

/// Why a template file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Not TOML of the right form, or a table that names no task.
    #[error("{0}")]
    Syntax(String),
    /// A placeholder that this text does not know.
    #[error("[{text}]: unknown placeholder {{{name}}}; known: {known}")]
    Unknown {
        /// The text.
        text: String,
        /// The placeholder.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A placeholder without which the question cannot be asked.
    #[error("[{text}]: the placeholder {{{name}}} is missing")]
    Missing {
        /// The text.
        text: String,
        /// The placeholder.
        name: String,
    },
    /// A brace that opens or closes nothing.
    #[error("[{text}]: a single brace at byte {at}; write {{{{ or }}}} for a brace of the text")]
    Brace {
        /// The text.
        text: String,
        /// Where.
        at: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Placeholder(String),
}

/// A parsed text.
#[derive(Debug, Clone)]
pub(super) struct Template(Vec<Part>);

impl Template {
    /// Parses a text that must have all of `needed` and may have any of `allowed`. `text` names it in errors.
    pub(super) fn parse(
        text: &str,
        source: &str,
        needed: &[&str],
        allowed: &[&str],
    ) -> Result<Self, TemplateError> {
        let brace = |at: usize| TemplateError::Brace { text: text.to_owned(), at };
        let mut parts = Vec::new();
        let mut words = String::new();
        let mut rest = source;
        while let Some(next) = rest.find(['{', '}']) {
            let at = source.len() - rest.len() + next;
            words.push_str(&rest[..next]);
            let tail = &rest[next..];
            if let Some(after) = tail.strip_prefix("{{").or_else(|| tail.strip_prefix("}}")) {
                words.push_str(&tail[..1]);
                rest = after;
                continue;
            }
            let inside = tail.strip_prefix('{').and_then(|t| t.split_once('}')).ok_or_else(|| brace(at))?;
            let (name, after) = inside;
            if !needed.contains(&name) && !allowed.contains(&name) {
                let known = [needed, allowed].concat().join(", ");
                return Err(TemplateError::Unknown { text: text.to_owned(), name: name.to_owned(), known });
            }
            if !words.is_empty() {
                parts.push(Part::Words(std::mem::take(&mut words)));
            }
            parts.push(Part::Placeholder(name.to_owned()));
            rest = after;
        }
        words.push_str(rest);
        if !words.is_empty() {
            parts.push(Part::Words(words));
        }
        let template = Self(parts);
        match needed.iter().find(|n| !template.has(n)) {
            Some(name) => Err(TemplateError::Missing { text: text.to_owned(), name: (*name).to_owned() }),
            None => Ok(template),
        }
    }

    /// Whether a placeholder stands in the text.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|p| matches!(p, Part::Placeholder(n) if n == name))
    }

    /// The text with its placeholders filled; neighbouring words are joined.
    pub(super) fn fill(&self, given: &Given) -> Vec<Piece> {
        let mut out: Vec<Piece> = Vec::new();
        let mut push = |piece: Piece| match (out.last_mut(), piece) {
            (Some(Piece::Text(last)), Piece::Text(more)) => last.push_str(&more),
            (_, piece) => out.push(piece),
        };
        for part in &self.0 {
            match part {
                Part::Words(words) => push(Piece::Text(words.clone())),
                Part::Placeholder(name) => {
                    given.0.get(name.as_str()).into_iter().flatten().cloned().for_each(&mut push);
                }
            }
        }
        out
    }
}

/// What the placeholders stand for.
#[derive(Debug, Default)]
pub(super) struct Given(BTreeMap<&'static str, Vec<Piece>>);

impl Given {
    pub(super) fn text(&mut self, name: &'static str, text: String) -> &mut Self {
        self.0.insert(name, vec![Piece::Text(text)]);
        self
    }

    pub(super) fn clip(&mut self, name: &'static str, clip: usize) -> &mut Self {
        self.0.insert(name, vec![Piece::Clip(clip)]);
        self
    }

    /// `count` clips from `first` on, each with its number, from 1.
    pub(super) fn list(
        &mut self,
        name: &'static str,
        around: &Template,
        first: usize,
        count: usize,
    ) -> &mut Self {
        let one = |i: usize| {
            let mut given = Self::default();
            given.clip("video", first + i).text("number", (i + 1).to_string());
            around.fill(&given)
        };
        self.0.insert(name, (0..count).flat_map(one).collect());
        self
    }
}
