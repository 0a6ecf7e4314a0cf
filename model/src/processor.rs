//! Everything between a conversation, or an item, and the [`Prompt`] that a model reads, as a model's folder says.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scrubjay_core::frame::Frame;
use scrubjay_core::item::Item;
use scrubjay_core::prompt::Piece;
use serde_json::Value;

use crate::config::{Config, ConfigError};
use crate::layout::{Layout, LayoutError, Marks, Placed, expand};
use crate::pixels::{PixelsError, Visual};
use crate::prompt::{Prompt, PromptError};
use crate::settings::{self, Settings, SettingsError};
use crate::template::{ChatTemplate, Content, Message, TemplateError};
use crate::tokenizer::{Tokenizer, TokenizerError};

/// A model's files other than its weights, read.
#[derive(Debug, Clone)]
pub struct Processor {
    /// Sizes and ids.
    pub config: Config,
    /// Text to ids.
    pub tokenizer: Tokenizer,
    /// Conversation to text.
    pub template: ChatTemplate,
    /// Pictures to patches.
    pub settings: Settings,
    /// How clips stand in the text.
    pub layout: Layout,
    marks: Marks,
    files: Files,
    folder: Option<PathBuf>,
}

/// Files as they were read, by name.
#[derive(Clone)]
struct Files(Arc<BTreeMap<String, Vec<u8>>>);

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// A picture of a conversation, in the order of the places for it.
#[derive(Debug, Clone, Copy)]
pub enum Media<'a> {
    /// One picture.
    Image(&'a Frame),
    /// Frames and the time of each in seconds.
    Clip {
        /// The pictures, all of one size.
        frames: &'a [Frame],
        /// Their times.
        times: &'a [f64],
    },
}

/// Why a folder is no model, or something cannot be shown to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessorError {
    /// In a folder.
    #[error("{folder}: {cause}")]
    Folder {
        /// The folder.
        folder: String,
        /// What is wrong in it.
        cause: Box<ProcessorError>,
    },
    /// A file that every model has is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A file is there but cannot be read.
    #[error("{file} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        file: &'static str,
        /// Why.
        cause: std::io::Error,
    },
    /// A file's content is not what its name says.
    #[error("{file}: {what}")]
    File {
        /// The file.
        file: &'static str,
        /// What is wrong.
        what: String,
    },
    /// A configuration that cannot be used.
    #[error("{file}: {cause}")]
    Config {
        /// The file.
        file: &'static str,
        /// What is wrong.
        cause: ConfigError,
    },
    /// See there.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// See there.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// See there.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// See there.
    #[error(transparent)]
    Pixels(#[from] PixelsError),
    /// See there.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// See there.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// A question names a clip that its item does not have.
    #[error("the question names clip {0}, which the item does not have")]
    Clip(usize),
}

const CONFIG: &str = "config.json";
const GENERATION: &str = "generation_config.json";
const TOKENIZER: &str = "tokenizer.json";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const TEMPLATE: &str = "chat_template.jinja";
const TEMPLATE_JSON: &str = "chat_template.json";

/// The files of a model's folder that are read here, as far as they are there.
pub const FILES: [&str; 9] = [
    CONFIG,
    GENERATION,
    TOKENIZER,
    TOKENIZER_CONFIG,
    TEMPLATE,
    TEMPLATE_JSON,
    settings::BOTH,
    settings::IMAGE,
    settings::VIDEO,
];

impl Processor {
    /// Reads a model's folder.
    ///
    /// # Errors
    /// [`ProcessorError::Folder`] naming folder, file and fault.
    pub fn open(folder: &Path) -> Result<Self, ProcessorError> {
        let read = read_files(folder).and_then(|files| Self::from_files(&files));
        let folder_of = |processor: Self| Self { folder: Some(folder.to_owned()), ..processor };
        read.map(folder_of).map_err(|e| e.within(folder))
    }

    /// The files that it was read from, by name, byte for byte.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files.0
    }

    /// The folder that it was read from, if it was one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// How `config.json` says that the weights are stored: `float32`, `bfloat16` or `float16`; the first where it
    /// says nothing of these.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        let text = self.files().get(CONFIG).map(Vec::as_slice).unwrap_or_default();
        let config: Value = serde_json::from_slice(text).unwrap_or_default();
        let stated =
            [&config, &config["text_config"]].into_iter().flat_map(|c| [&c["dtype"], &c["torch_dtype"]]);
        match stated.filter_map(Value::as_str).next() {
            Some("bfloat16") => "bfloat16",
            Some("float16") => "float16",
            _ => "float32",
        }
    }

    /// Reads a folder's configuration alone, with what `generation_config.json` adds to it.
    ///
    /// # Errors
    /// [`ProcessorError::Folder`] naming folder, file and fault.
    pub fn configuration(folder: &Path) -> Result<Config, ProcessorError> {
        read_files(folder).and_then(|files| configuration(&files)).map_err(|e| e.within(folder))
    }

    /// Reads a model's files by their names ([`FILES`]); others are ignored.
    ///
    /// # Errors
    /// [`ProcessorError`] naming the file that is missing or at fault.
    pub fn from_files(files: &BTreeMap<String, Vec<u8>>) -> Result<Self, ProcessorError> {
        let config = configuration(files)?;
        let file = |name: &str| files.get(name).map(Vec::as_slice);
        let text = |name| text(files, name);
        let tokenizer = Tokenizer::from_bytes(file(TOKENIZER).ok_or(ProcessorError::Missing(TOKENIZER))?)?;
        tokenizer.check(&config)?;
        let template = template(&text)?;
        let settings = Settings::read(&config, file)?;
        let nameless = || TokenizerError::File("a vision token has no name".to_owned());
        let marks = Marks::of(&config, &tokenizer).ok_or_else(nameless)?;
        let known = |name: &&String| FILES.contains(&name.as_str());
        let kept = files.keys().filter(known).map(|name| (name.clone(), files[name].clone()));
        let files = Files(Arc::new(kept.collect()));
        Ok(Self {
            config,
            tokenizer,
            template,
            settings,
            layout: Layout::default(),
            marks,
            files,
            folder: None,
        })
    }

    /// The same with another layout.
    #[must_use]
    pub fn with_layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// A conversation up to where the assistant begins to speak, and `prefix` as the answer's first words. Pictures
    /// are used at the size they have ([`crate::pixels::fit_clip`] resizes).
    ///
    /// # Errors
    /// [`ProcessorError`] where template, pictures or context refuse.
    pub fn prompt(
        &self,
        messages: &[Message],
        media: &[Media<'_>],
        prefix: &str,
    ) -> Result<Prompt, ProcessorError> {
        self.read(&(self.template.render(messages, true)? + prefix), media)
    }

    /// A text in which each picture has a mark, as a chat template leaves it.
    ///
    /// # Errors
    /// [`ProcessorError`] where pictures, marks or context refuse.
    pub fn read(&self, text: &str, media: &[Media<'_>]) -> Result<Prompt, ProcessorError> {
        let merge = self.settings.merge;
        let (mut visuals, mut placed) = (Vec::new(), Vec::new());
        for media in media {
            let visual = match media {
                Media::Image(frame) => Visual::image(frame, &self.settings)?,
                Media::Clip { frames, .. } => Visual::clip(frames, &self.settings)?,
            };
            placed.push(match media {
                Media::Image(_) => Placed::image(&visual, merge),
                Media::Clip { frames, times } if frames.len() != times.len() => {
                    return Err(LayoutError::Times { frames: frames.len(), times: times.len() }.into());
                }
                Media::Clip { times, .. } => Placed::clip(&visual, merge, times)?,
            });
            visuals.push(visual);
        }
        let expanded = expand(text, &self.marks, &placed, self.layout)?;
        Ok(Prompt::new(self.tokenizer.encode(&expanded)?, visuals, &self.config)?)
    }

    /// An item's question with its clips, at the size and the times that the item has them.
    ///
    /// # Errors
    /// [`ProcessorError`] as [`Self::prompt`].
    pub fn item(&self, item: &Item) -> Result<Prompt, ProcessorError> {
        let mut messages = Vec::new();
        if !item.prompt.system.is_empty() {
            messages.push(Message::text("system", &item.prompt.system));
        }
        let (mut content, mut media) = (Vec::new(), Vec::new());
        for piece in &item.prompt.user {
            match piece {
                Piece::Text(text) => content.push(Content::Text(text.clone())),
                Piece::Clip(i) => {
                    let clip = item.clips.get(*i).ok_or(ProcessorError::Clip(*i))?;
                    content.push(Content::Video);
                    media.push(Media::Clip { frames: &clip.frames, times: &clip.shown });
                }
            }
        }
        messages.push(Message { role: "user".to_owned(), content });
        self.prompt(&messages, &media, &item.prompt.prefix)
    }
}

impl ProcessorError {
    fn within(self, folder: &Path) -> Self {
        Self::Folder { folder: folder.display().to_string(), cause: Box::new(self) }
    }
}

/// Those of [`FILES`] that a folder has.
fn read_files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, ProcessorError> {
    let mut files = BTreeMap::new();
    for file in FILES {
        match std::fs::read(folder.join(file)) {
            Ok(bytes) => {
                files.insert(file.to_owned(), bytes);
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(ProcessorError::Unreadable { file, cause }),
        }
    }
    Ok(files)
}

fn text<'a>(
    files: &'a BTreeMap<String, Vec<u8>>,
    name: &'static str,
) -> Result<Option<&'a str>, ProcessorError> {
    let wrong = |e| ProcessorError::File { file: name, what: format!("is not UTF-8: {e}") };
    files.get(name).map(|bytes| std::str::from_utf8(bytes)).transpose().map_err(wrong)
}

fn configuration(files: &BTreeMap<String, Vec<u8>>) -> Result<Config, ProcessorError> {
    let wrong = |file| move |cause| ProcessorError::Config { file, cause };
    let stated = text(files, CONFIG)?.ok_or(ProcessorError::Missing(CONFIG))?;
    let mut config = Config::from_json(stated).map_err(wrong(CONFIG))?;
    if let Some(generation) = text(files, GENERATION)? {
        config = config.with_generation(generation).map_err(wrong(GENERATION))?;
    }
    if config.tokens.ends.is_empty() {
        let what = format!("neither it nor {GENERATION} has an eos_token_id: no answer would end");
        return Err(ProcessorError::File { file: CONFIG, what });
    }
    Ok(config)
}

/// The chat template: a file of its own, or the key `chat_template` of one of two others.
fn template<'a>(
    text: &impl Fn(&'static str) -> Result<Option<&'a str>, ProcessorError>,
) -> Result<ChatTemplate, ProcessorError> {
    let json = |file| -> Result<Value, ProcessorError> {
        let Some(text) = text(file)? else { return Ok(Value::Null) };
        let wrong = |e| ProcessorError::File { file, what: format!("is not JSON: {e}") };
        serde_json::from_str(text).map_err(wrong)
    };
    let names = json(TOKENIZER_CONFIG)?;
    let found = match text(TEMPLATE)? {
        Some(text) => Some(text.to_owned()),
        None => match named_template(&json(TEMPLATE_JSON)?) {
            Some(text) => Some(text),
            None => named_template(&names),
        },
    };
    let mut template = ChatTemplate::parse(&found.ok_or(ProcessorError::Missing(TEMPLATE))?)?;
    for name in ["bos_token", "eos_token", "pad_token", "unk_token"] {
        let value = &names[name];
        // Either the name, or an object that has it.
        if let Some(value) = value.as_str().or_else(|| value["content"].as_str()) {
            template = template.with(name, value);
        }
    }
    Ok(template)
}

/// The text under `chat_template`; of a list of named ones the default.
fn named_template(value: &Value) -> Option<String> {
    match &value["chat_template"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            let default = list.iter().find(|t| t["name"] == "default")?;
            default["template"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}
