//! What a step works on: a prompt as the model reads it, with what is needed to score its answers.

use scrubjay_core::answer::grammar::Grammar;
use scrubjay_core::answer::target::target;
use scrubjay_core::frame::Clip;
use scrubjay_core::item::Item;
use scrubjay_core::prompt::{Templates, Wording};
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use scrubjay_model::processor::{Processor, ProcessorError};
use scrubjay_model::prompt::{Prompt, PromptError};

use super::dropped::Left;
use super::read::Listed;
use crate::error::Error;
use crate::loader::{Failure, Loader};

/// How items become prompts; a phase has its own.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The model's files.
    pub processor: Processor,
    /// The prompts' texts.
    pub templates: Templates,
    /// The wording that the texts are of, or replace: it says what form answers have.
    pub wording: Wording,
    /// Tasks that are read; all if empty.
    pub tasks: Vec<TaskName>,
    /// Whether answers are held to their grammar, so that true ones are taught in its form.
    pub held: bool,
    /// Whether the words that an answer begins with belong to what is taught, and not to the prompt.
    pub prefix_is_learned: bool,
    /// Longest prompt in tokens, pictures included; no bound but the model's context if absent.
    pub max_prompt_tokens: Option<usize>,
    /// Whether examples keep their frames, which [`Example::shuffled`] needs: three bytes a pixel.
    pub keep_frames: bool,
}

/// A prompt with what is needed to score its answers.
#[derive(Debug)]
pub struct Example {
    /// The item's id.
    pub id: String,
    /// The key of its source.
    pub source: String,
    /// Its task.
    pub task: TaskName,
    /// Where its recipe stands, `FILE:LINE`, as `scrubjay item` and `scrubjay inspect` take it.
    pub place: String,
    /// What the model reads.
    pub prompt: Prompt,
    /// The item, without its pixels.
    pub item: Item,
    /// A true answer in the wording's form.
    pub completion: String,
    /// What its answers may look like.
    pub grammar: Grammar,
    /// The frames, if they are kept.
    clips: Option<Vec<Clip>>,
}

impl Example {
    /// The same prompt with the frames of every clip in one random order (T-GRPO, methods §5). Times stay those of the
    /// places: only the pictures change theirs. As in the public code, any order may come out, the old one too.
    ///
    /// # Errors
    /// [`Error`] when the frames were not kept, or the model's files refuse them.
    pub fn shuffled(&self, stream: &mut Stream, processor: &Processor) -> Result<Prompt, Error> {
        let Some(clips) = &self.clips else {
            return Err(Error::failed(format!(
                "item {}: its frames were not kept, so that they cannot be shuffled",
                self.id
            )));
        };
        let mix = |clip: &Clip| {
            let mut places: Vec<usize> = (0..clip.frames.len()).collect();
            stream.shuffle(&mut places);
            let frames = places.into_iter().map(|p| clip.frames[p].clone()).collect();
            Clip { frames, shown: clip.shown.clone() }
        };
        let item = Item { clips: clips.iter().map(mix).collect(), ..self.item.clone() };
        processor.item(&item).map_err(|e| Error::failed(format!("item {}: {e}", self.id)))
    }
}

impl Reading {
    /// Makes an example of a line.
    pub(super) fn example(&self, loader: &Loader, listed: &Listed) -> Result<Example, Left> {
        let line = &listed.line;
        let left = |cause: &str, detail: String| Left {
            id: line.id.clone(),
            task: Some(line.recipe.task.name()),
            cause: cause.to_owned(),
            detail,
        };
        let mut item = loader.load(line).map_err(|Failure { cause, detail }| left(cause, detail))?;
        item.prompt = self.templates.prompt(&line.recipe.task);
        let prefix =
            if self.prefix_is_learned { std::mem::take(&mut item.prompt.prefix) } else { String::new() };
        let prompt = self.processor.item(&item).map_err(|e| {
            let long = matches!(e, ProcessorError::Prompt(PromptError::Long { .. }));
            left(if long { "too-long" } else { "prompt" }, format!("item {}: {e}", line.id))
        })?;
        let tokens = prompt.ids.len();
        if let Some(most) = self.max_prompt_tokens.filter(|most| tokens > *most) {
            let what = format!("item {}: its prompt has {tokens} tokens, {most} are taken", line.id);
            return Err(left("too-long", what));
        }
        let timeline =
            line.recipe.timeline().map_err(|e| left("recipe", format!("item {}: {e}", line.id)))?;
        let clips = std::mem::take(&mut item.clips);
        let grammar = Grammar::new(&line.recipe.task, &timeline, self.wording);
        let completion = match self.held {
            true => grammar.answer(&item.truth),
            false => target(self.wording, &line.recipe.task, &item.truth),
        };
        Ok(Example {
            id: line.id.clone(),
            source: line.recipe.source.key(),
            task: item.task,
            place: listed.place(),
            prompt,
            completion: prefix + &completion,
            grammar,
            item,
            clips: self.keep_frames.then_some(clips),
        })
    }
}
