//! One turn of a conversation: the prompt is read, the answer appears as it is written.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use scrubjay_core::rng::Stream;
use scrubjay_model::generate::{Request, Rollout, Sampling, generate};
use scrubjay_model::processor::{Media, Processor};
use scrubjay_model::prompt::Prompt;
use scrubjay_model::template::Message;
use scrubjay_model::tokenizer;
use serde_json::json;

use crate::error::Error;
use crate::media::Shown;
use crate::model::Loaded;
use crate::say;

/// What has been said so far.
pub(super) struct Conversation<'a> {
    loaded: &'a Loaded,
    shown: &'a [Shown],
    sampling: Sampling,
    seed: u64,
    json: bool,
    prefix: &'a str,
    /// All messages, the newest last.
    pub(super) messages: Vec<Message>,
    /// Which file stands at each place for one.
    pub(super) order: Vec<usize>,
    turn: u64,
}

/// The prompt of a conversation.
pub(super) fn prompt(
    processor: &Processor,
    messages: &[Message],
    shown: &[Shown],
    order: &[usize],
    prefix: &str,
) -> Result<Prompt, Error> {
    let media: Vec<Media<'_>> = order.iter().filter_map(|i| shown.get(*i)).map(Shown::media).collect();
    let prompt = processor.prompt(messages, &media, prefix).map_err(|e| Error::failed(e.to_string()))?;
    let (tokens, context) = (prompt.ids.len(), processor.config.text.context);
    if tokens < context {
        return Ok(prompt);
    }
    Err(Error::failed(format!(
        "the prompt has {tokens} tokens and leaves no room for an answer in the model's context of {context}"
    )))
}

impl<'a> Conversation<'a> {
    pub(super) fn new(
        loaded: &'a Loaded,
        shown: &'a [Shown],
        sampling: Sampling,
        seed: u64,
        json: bool,
        prefix: &'a str,
    ) -> Self {
        let (messages, order) = (Vec::new(), Vec::new());
        Self { loaded, shown, sampling, seed, json, prefix, messages, order, turn: 0 }
    }

    /// Answers the messages so far and adds the answer to them. False when nobody reads any more.
    pub(super) fn answer(&mut self) -> Result<bool, Error> {
        let Loaded { processor, policy, .. } = self.loaded;
        let prompt = prompt(processor, &self.messages, self.shown, &self.order, self.prefix)?;
        // The context holds prompt and answer.
        let room = processor.config.text.context - prompt.ids.len();
        let sampling = Sampling { max_tokens: self.sampling.max_tokens.min(room), ..self.sampling };
        if room < self.sampling.max_tokens {
            say::note(format_args!("note: the context leaves room for an answer of {room} tokens"));
        }
        let mut out = Out::new(!self.json);
        let mut text = tokenizer::Stream::default();
        let begun = Instant::now();
        let mut first = None;
        let mut streams = [Stream::keyed(self.seed, "chat", "", self.turn)];
        let mut tell = |_, id| {
            first.get_or_insert_with(|| begun.elapsed());
            out.write(&text.push(&processor.tokenizer, id));
            out.open
        };
        let written = generate(policy, &Request::new(&[&prompt], sampling), &mut streams, &mut tell);
        let took = begun.elapsed();
        let written = written.map_err(|e| Error::failed(e.to_string()))?;
        let rollout = written.into_iter().flatten().next();
        let rollout = rollout.ok_or_else(|| Error::failed("the model wrote no answer"))?;
        out.write(&text.finish(&processor.tokenizer));
        out.write("\n");
        out.failure.map_or(Ok(()), Err)?;
        let answer = processor.tokenizer.decode(&rollout.ids, true);
        self.report(&prompt, &rollout, &answer, (first.unwrap_or(took), took))?;
        self.messages.push(Message::text("assistant", &format!("{}{answer}", self.prefix)));
        self.turn += 1;
        Ok(out.open)
    }

    /// `times`: until the first token, and until the last.
    fn report(
        &self,
        prompt: &Prompt,
        rollout: &Rollout,
        answer: &str,
        times: (Duration, Duration),
    ) -> Result<(), Error> {
        let Loaded { processor, device, dtype, .. } = self.loaded;
        let (first, all) = times;
        let (read, written) = (prompt.ids.len(), rollout.ids.len());
        let visual = prompt.features(&processor.config);
        // The first token comes out of reading the prompt.
        let further = written.saturating_sub(1) as f64;
        let rate = (written > 1).then(|| further / (all - first).as_secs_f64().max(1e-9));
        if self.json {
            let sum: f64 = rollout.log_probabilities.iter().map(|p| f64::from(*p)).sum();
            return super::super::print(json!({
                "answer": answer,
                "ids": rollout.ids,
                "log_probability": sum,
                "truncated": rollout.truncated,
                "prompt_tokens": read,
                "visual_tokens": visual,
                "answer_tokens": written,
                "prefill_seconds": first.as_secs_f64(),
                "decode_tokens_per_second": rate,
                "device": device.name.to_string(),
                "description": device.description,
                "dtype": dtype.to_string(),
            }));
        }
        let rate = rate.map_or_else(String::new, |r| format!(", {r:.1} tokens/s"));
        let end = if rollout.truncated { "; cut off there" } else { "" };
        say::note(format_args!(
            "read {read} tokens ({visual} of pictures) in {:.2} s; wrote {written} in {:.2} s{rate}{end}",
            first.as_secs_f64(),
            (all - first).as_secs_f64()
        ));
        Ok(())
    }
}

/// Standard output while an answer is written.
struct Out {
    wanted: bool,
    terminal: bool,
    /// Whether somebody still reads.
    open: bool,
    failure: Option<Error>,
}

impl Out {
    fn new(wanted: bool) -> Self {
        Self { wanted, terminal: std::io::stdout().is_terminal(), open: true, failure: None }
    }

    fn write(&mut self, text: &str) {
        if !self.wanted || !self.open || text.is_empty() {
            return;
        }
        // A model may write what a terminal takes as commands.
        let tame =
            |c: char| if c.is_control() && c != '\n' && c != '\t' { char::REPLACEMENT_CHARACTER } else { c };
        let tamed: Option<String> = self.terminal.then(|| text.chars().map(tame).collect());
        let mut out = std::io::stdout().lock();
        let bytes = tamed.as_deref().unwrap_or(text).as_bytes();
        if let Err(e) = out.write_all(bytes).and_then(|()| out.flush()) {
            self.open = false;
            if e.kind() != ErrorKind::BrokenPipe {
                self.failure = Some(Error::failed(format!("stdout: {e}")));
            }
        }
    }
}
