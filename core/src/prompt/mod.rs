//! The words an item is asked in, and where its clips stand among them.
//!
//! Every text comes from a template with named placeholders. The built-in wordings are template files, too
//! (`wordings/`): VideoSSR's is its supplement word for word, the others keep the documented contracts in words of
//! ours. A file of one's own replaces what it names, so that a published checkpoint can be asked in its own words.

mod template;

use serde::Deserialize;

use crate::named::named;
use crate::task::segments::Sought;
use crate::task::{Task, TaskName};
pub use template::TemplateError;
use template::{Given, Template};

named! {
    /// The built-in wordings. A wording without a text for some task uses the plain one's.
    pub enum Wording, "wording",
    /// An unknown wording.
    UnknownWording {
        /// Direct answers for every task, ours.
        Plain = "plain",
        /// The question alone, for people on a page that shows the clips.
        People = "people",
        /// VideoSSR's supplement.
        Videossr = "videossr",
        /// A few characters, for models trained from scratch (ours).
        Toy = "toy",
        /// MUSEG's second phase.
        Museg = "museg",
        /// MUSEG's first phase: time stamps are cited.
        MusegCite = "museg-cite",
        /// VideoReasoner, with its answer prefixes.
        Videoreasoner = "videoreasoner",
        /// MVP.
        Mvp = "mvp",
        /// Visual Jigsaw.
        VisualJigsaw = "visual-jigsaw",
        /// Video-R1.
        VideoR1 = "video-r1",
    }
}

impl Wording {
    fn text(self) -> &'static str {
        match self {
            Self::Plain => include_str!("wordings/plain.toml"),
            Self::People => include_str!("wordings/people.toml"),
            Self::Videossr => include_str!("wordings/videossr.toml"),
            Self::Toy => include_str!("wordings/toy.toml"),
            Self::Museg => include_str!("wordings/museg.toml"),
            Self::MusegCite => include_str!("wordings/museg-cite.toml"),
            Self::Videoreasoner => include_str!("wordings/videoreasoner.toml"),
            Self::Mvp => include_str!("wordings/mvp.toml"),
            Self::VisualJigsaw => include_str!("wordings/visual-jigsaw.toml"),
            Self::VideoR1 => include_str!("wordings/video-r1.toml"),
        }
    }
}

/// A piece of a user message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// The item's clip of this number, from 0.
    Clip(usize),
}

/// A filled-in prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The system message; may be empty.
    pub system: String,
    /// The user message.
    pub user: Vec<Piece>,
    /// How the assistant's answer begins before the model goes on (VideoReasoner §4.1); mostly empty.
    pub prefix: String,
}

impl Prompt {
    /// The user message as text, each clip as `<video>`.
    #[must_use]
    pub fn text(&self) -> String {
        let piece = |p: &Piece| match p {
            Piece::Text(t) => t.clone(),
            Piece::Clip(_) => "<video>".to_owned(),
        };
        self.user.iter().map(piece).collect()
    }
}

impl Prompt {
    /// The words alone, without clips, for a page that shows the clips itself.
    #[must_use]
    pub fn question(&self) -> String {
        let words = |p: &Piece| match p {
            Piece::Text(t) => Some(t.trim().to_owned()),
            Piece::Clip(_) => None,
        };
        self.user.iter().filter_map(words).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// One text of a template file, as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    user: String,
    #[serde(default)]
    prefix: String,
    /// Around each clip of a list.
    clip: Option<String>,
}

/// A checked text.
#[derive(Debug, Clone)]
struct Text {
    user: Template,
    prefix: String,
    clip: Template,
}

/// A set of templates: one text a task, checked.
#[derive(Debug, Clone)]
pub struct Templates {
    system: String,
    texts: std::collections::BTreeMap<String, Text>,
}

impl Templates {
    /// A built-in wording.
    #[must_use]
    pub fn built_in(wording: Wording) -> Self {
        let plain = Self { system: String::new(), texts: std::collections::BTreeMap::new() };
        // The built-in files are checked by a test; a fault in one could only leave the plain text in its place.
        let plain = plain.overlay(Wording::Plain.text()).unwrap_or_else(|(base, _)| *base);
        match wording {
            Wording::Plain => plain,
            other => plain.overlay(other.text()).unwrap_or_else(|(base, _)| *base),
        }
    }

    /// A built-in wording in which a template file (TOML) replaces what it names: `system`, and a table with `user`
    /// and, where wanted, `prefix` and `clip` for each task, or `jigsaw-N` for a jigsaw of N clips.
    ///
    /// # Errors
    /// [`TemplateError`] naming the text and the placeholder that is unknown or missing.
    pub fn replaced(wording: Wording, file: &str) -> Result<Self, TemplateError> {
        Self::built_in(wording).overlay(file).map_err(|(_, e)| e)
    }

    fn overlay(mut self, file: &str) -> Result<Self, (Box<Self>, TemplateError)> {
        let before = self.clone();
        match self.apply(file) {
            Ok(()) => Ok(self),
            Err(e) => Err((Box::new(before), e)),
        }
    }

    fn apply(&mut self, file: &str) -> Result<(), TemplateError> {
        let mut table: toml::Table =
            toml::from_str(file).map_err(|e| TemplateError::Syntax(e.to_string()))?;
        if let Some(system) = table.remove("system") {
            let text =
                system.as_str().ok_or_else(|| TemplateError::Syntax("system must be a text".to_owned()))?;
            self.system = plain_text("system", text)?;
        }
        for (key, value) in table {
            let (task, count) = read_key(&key)?;
            let entry: Entry =
                value.try_into().map_err(|e| TemplateError::Syntax(format!("[{key}]: {e}")))?;
            let (needed, allowed) = placeholders(task);
            let user = Template::parse(&key, &entry.user, needed, allowed)?;
            // Either of two says what happened.
            if task == TaskName::Grounding && !user.has("description") && !user.has("kind") {
                return Err(TemplateError::Missing { text: key, name: "description".to_owned() });
            }
            let around = entry.clip.as_deref().unwrap_or(match task {
                TaskName::Masked => "{number}. {video}\n",
                _ => "Clip {number}: {video}\n",
            });
            let clip = Template::parse(&format!("{key}.clip"), around, &["video"], &["number"])?;
            if count.is_none() {
                // A text for every number of clips takes the place of those for some.
                self.texts.retain(|k, _| !k.starts_with(&format!("{key}-")));
            }
            let prefix = plain_text(&format!("{key}.prefix"), &entry.prefix)?;
            self.texts.insert(key, Text { user, prefix, clip });
        }
        Ok(())
    }

    /// The prompt of a task.
    #[must_use]
    pub fn prompt(&self, task: &Task) -> Prompt {
        let name = task.name().name();
        let special = match task {
            Task::Jigsaw { order } => self.texts.get(&format!("{name}-{}", order.len())),
            _ => None,
        };
        let Some(text) = special.or_else(|| self.texts.get(name)) else {
            return Prompt { system: self.system.clone(), user: Vec::new(), prefix: String::new() };
        };
        let user = text.user.fill(&given(task, &text.clip, &text.user));
        Prompt { system: self.system.clone(), user, prefix: text.prefix.clone() }
    }
}

/// A text without placeholders.
fn plain_text(name: &str, source: &str) -> Result<String, TemplateError> {
    let pieces = Template::parse(name, source, &[], &[])?.fill(&Given::default());
    Ok(pieces.into_iter().filter_map(|p| if let Piece::Text(t) = p { Some(t) } else { None }).collect())
}

/// A table's name: a task, or `jigsaw-N`.
fn read_key(key: &str) -> Result<(TaskName, Option<u32>), TemplateError> {
    if let Some(n) = key.strip_prefix("jigsaw-") {
        let count = n.parse().ok().filter(|n| crate::task::jigsaw::CLIPS.contains(n));
        return count
            .map(|n| (TaskName::Jigsaw, Some(n)))
            .ok_or_else(|| TemplateError::Syntax(format!("[{key}]: a jigsaw has 2 to 9 clips")));
    }
    key.parse().map(|t| (t, None)).map_err(|e: crate::task::UnknownTask| TemplateError::Syntax(e.to_string()))
}

/// The placeholders that a task's text must have and those that it may have.
fn placeholders(task: TaskName) -> (&'static [&'static str], &'static [&'static str]) {
    match task {
        TaskName::Grounding => (&["video"], &["description", "kind"]),
        TaskName::Counting => (&["video"], &[]),
        TaskName::Jigsaw => (&["clips"], &["count", "count_word", "example", "example_list"]),
        TaskName::Masked => (&["before", "after", "candidates"], &["missing", "example"]),
        TaskName::Segments | TaskName::Event | TaskName::Elements => (&["video", "question"], &[]),
        TaskName::Qa => (&["video", "question"], &["options"]),
    }
}

/// What the placeholders of a task stand for.
fn given(task: &Task, clip: &Template, user: &Template) -> Given {
    let mut given = Given::default();
    given.clip("video", 0);
    match task {
        Task::Grounding(segment) => {
            let kind = segment.perturbation.kind();
            given.text("description", description(kind)).text("kind", kind.name().to_owned());
        }
        Task::Counting { .. } => {}
        Task::Jigsaw { order } => {
            let n = order.len();
            let words = ["two", "three", "four", "five", "six", "seven", "eight", "nine"];
            let word = n.checked_sub(2).and_then(|i| words.get(i)).copied().unwrap_or("several");
            let example: Vec<String> = (2..=n).chain([1]).map(|d| d.to_string()).collect();
            given.list("clips", clip, 0, n).text("count", n.to_string()).text("count_word", word.to_owned());
            given.text("example", example.concat()).text("example_list", example.join(","));
        }
        Task::Masked(masked) => {
            let n = masked.candidates.len();
            let example: Vec<String> = (1..=masked.targets.len()).rev().map(|d| d.to_string()).collect();
            given.clip("before", 0).clip("after", 1).list("candidates", clip, 2, n);
            given.text("missing", masked.targets.len().to_string()).text("example", example.join(","));
        }
        Task::Segments(Sought::Event { query, .. }) | Task::Event { query, .. } => {
            given.text("question", query.clone());
        }
        Task::Segments(Sought::Tampered(segments)) => {
            let kind = segments.first().map(|s| s.perturbation.kind());
            given.text("question", kind.map(description).unwrap_or_default());
        }
        Task::Elements { question, .. } => {
            given.text("question", question.clone());
        }
        Task::Qa { question, options, .. } => {
            let line = |(i, o): (usize, &String)| format!("{}. {o}", char::from(b'A' + i.min(25) as u8));
            let options = options.iter().enumerate().map(line).collect::<Vec<_>>().join("\n");
            if user.has("options") {
                given.text("question", question.clone()).text("options", options);
            } else {
                given.text("question", format!("{question}\n{options}"));
            }
        }
    }
    given
}

/// What a kind's prompt says happened, with the note that goes with changes of speed. Table 4's full stops are left
/// to the sentence around.
fn description(kind: crate::perturb::Kind) -> String {
    match kind.note() {
        Some(note) => format!("{}. {}", kind.description(), note.trim_end_matches('.')),
        None => kind.description().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link;

    fn ask(templates: &Templates, task: TaskName) -> Prompt {
        templates.prompt(&link::recipe(task, 1).expect("draws").task)
    }

    #[test]
    fn every_built_in_wording_is_sound_and_asks_every_task() {
        for wording in Wording::ALL {
            let read = Templates::replaced(Wording::Plain, wording.text());
            assert!(read.is_ok(), "{wording}: {read:?}");
            for task in TaskName::ALL {
                let prompt = ask(&Templates::built_in(wording), task);
                assert!(prompt.user.iter().any(|p| matches!(p, Piece::Clip(_))), "{wording} {task}");
                assert!(!prompt.text().contains(['{', '}']), "{wording} {task}");
            }
        }
    }

    #[test]
    fn videossr_is_the_supplement_to_the_byte() {
        let seed: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/golden/videossr_prompts.json"))
                .expect("parses");
        let file: toml::Table = toml::from_str(Wording::Videossr.text()).expect("parses");
        for task in ["grounding", "counting", "jigsaw-6", "event", "qa"] {
            let text = file[task]["user"].as_str().expect("a text");
            let text =
                text.strip_prefix("{video}\n").or(text.strip_prefix("{clips}")).expect("the video first");
            // The figures print a new line as backslash and n.
            assert_eq!(Some(text.replace('\n', "\\n").as_str()), seed[task].as_str(), "{task}");
        }
        let note = crate::perturb::Kind::Slow.note().expect("a note");
        assert_eq!(Some(note), seed["note"].as_str());
    }

    #[test]
    fn wrong_placeholders_are_named() {
        let error = |file: &str| Templates::replaced(Wording::Plain, file).expect_err(file).to_string();
        assert!(error("[grounding]\nuser = \"{video} {colour}\"").contains("{colour}"));
        assert!(error("[event]\nuser = \"{video}\"").contains("{question}"));
        assert!(error("[chess]\nuser = \"{video}\"").contains("chess"));
        assert!(error("[qa]\nuser = \"{video} {question\"").contains("qa"));
        assert!(error("[jigsaw-12]\nuser = \"{clips}\"").contains("jigsaw-12"));
        assert!(error("[qa]\nuse = \"\"").contains("use"));
        assert!(error("system = \"hello {question}\"").contains("{question}"));
        assert!(error("[counting]\nuser = \"{video}\"\nprefix = \"I see {things}\"").contains("{things}"));
        assert!(error("[grounding]\nuser = \"{video} when?\"").contains("{description}"));
    }

    #[test]
    fn a_file_replaces_what_it_names() {
        let file = "system = \"s\"\n[counting]\nuser = \"Count {{all}} in {video}!\"\nprefix = \"I see \"";
        let t = Templates::replaced(Wording::Videossr, file).expect("sound");
        let p = ask(&t, TaskName::Counting);
        assert_eq!(
            (p.text().as_str(), p.prefix.as_str(), p.system.as_str()),
            ("Count {all} in <video>!", "I see ", "s")
        );
        assert!(ask(&t, TaskName::Grounding).text().starts_with("<video>\nIn a segment of this video, "));
        let own = Templates::replaced(
            Wording::Videossr,
            "[jigsaw]\nuser = \"{clips}?\"\nclip = \"{number}{video} \"",
        )
        .expect("sound");
        assert_eq!(
            ask(&own, TaskName::Jigsaw).text(),
            "1<video> 2<video> 3<video> 4<video> 5<video> 6<video> ?"
        );
    }
}
