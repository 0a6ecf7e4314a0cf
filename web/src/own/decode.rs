//! Chosen samples' pictures from the browser's `VideoDecoder`.
//!
//! Pictures come in any order and at any time, some never; each is known by its timestamp alone, which is its sample's
//! place in the order of presentation, so that no two are alike. A picture is copied as soon as it comes and given back,
//! since decoders have few of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Seek, SeekFrom};
use std::rc::Rc;

use js_sys::{Date, Object, Uint8Array};
use scrubjay_core::frame::Frame;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::blob::FileBytes;
use super::codecs::{EncodedVideoChunk, Held, VideoDecoder, VideoFrame, field, object, present, words};
use super::container::{Colours, ContainerError, Run, Track};
use super::convert::rgb;
use super::signal::Signal;
use super::{OwnError, Reason};

/// Samples that wait in the decoder. Some need sixteen before the first picture comes.
const QUEUED: f64 = 24.0;

/// Seconds without any news after which the decoder is given up.
const PATIENCE: u32 = 20;

/// Milliseconds between two looks at a decoder that does not tell what it took.
const LOOK: i32 = 25;

/// Microseconds between the timestamps of two samples: any number does.
const STEP: u32 = 1000;

/// What callbacks tell.
#[derive(Debug, Default)]
struct News {
    /// Pictures that are wanted and have come.
    came: RefCell<VecDeque<Held>>,
    /// Samples whose pictures are wanted, by timestamp.
    wanted: RefCell<BTreeMap<u64, u32>>,
    /// Why the decoder closed itself.
    failed: RefCell<Option<String>>,
    /// Everything that was put in has come out.
    flushed: RefCell<Option<Result<(), String>>>,
    signal: Signal,
}

/// A decoder for one track.
pub(super) struct Decoder {
    inner: VideoDecoder,
    news: Rc<News>,
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // One that closed itself says so by an exception. What it still tells is let go.
        let _ = self.inner.close();
        self.news.wanted.borrow_mut().clear();
        self.news.came.borrow_mut().clear();
    }
}

/// What a decoder is told of a track.
pub(super) async fn supported(track: &Track) -> Result<Object, OwnError> {
    if !present() {
        return Err(OwnError::NeedsElement(Reason::NoWebCodecs));
    }
    let config = object(&[("codec", JsValue::from_str(&track.codec.name))]);
    let mut fields = Vec::new();
    if let Some(description) = &track.codec.description {
        fields.push(("description", Uint8Array::from(&description[..]).into()));
    }
    if track.coded.0 > 0 && track.coded.1 > 0 {
        fields.push(("codedWidth", track.coded.0.into()));
        fields.push(("codedHeight", track.coded.1.into()));
    }
    Object::assign(&config, &object(&fields));
    let unknown = || OwnError::NeedsElement(Reason::Codec(track.codec.name.clone()));
    // What is no codec at all to the browser is an exception.
    let asked = VideoDecoder::is_config_supported(&config).map_err(|_| unknown())?;
    let answer = JsFuture::from(asked).await.map_err(|_| unknown())?;
    if field(&answer, "supported").as_bool() == Some(true) { Ok(config) } else { Err(unknown()) }
}

impl Decoder {
    /// A decoder of its own settings.
    pub(super) fn new(config: &Object) -> Result<Self, OwnError> {
        let news = Rc::new(News::default());
        let told = Rc::clone(&news);
        let output = Closure::<dyn FnMut(VideoFrame)>::new(move |frame: VideoFrame| {
            let held = Held(frame);
            if told.wanted.borrow().contains_key(&(held.0.timestamp().max(0.0) as u64)) {
                told.came.borrow_mut().push_back(held);
            }
            told.signal.raise();
        });
        let told = Rc::clone(&news);
        let error = Closure::<dyn FnMut(JsValue)>::new(move |error: JsValue| {
            *told.failed.borrow_mut() = Some(words(&error));
            told.signal.raise();
        });
        let told = Rc::clone(&news);
        let dequeued = Closure::<dyn FnMut()>::new(move || told.signal.raise());
        let fail = |e: JsValue| OwnError::Decode(words(&e));
        // Callbacks belong to the browser, which may call them after the decoder was closed.
        let init = object(&[("output", output.into_js_value()), ("error", error.into_js_value())]);
        let inner = VideoDecoder::new(&init).map_err(fail)?;
        inner.set_ondequeue(dequeued.into_js_value().unchecked_ref());
        let decoder = Self { inner, news };
        decoder.inner.configure(config).map_err(fail)?;
        Ok(decoder)
    }

    /// Decodes a run and hands over the pictures that are wanted, as they come; `fed` is told of every sample.
    ///
    /// # Errors
    /// [`OwnError`] when the decoder gives up. Pictures that do not come are no error here.
    pub(super) async fn run(
        &mut self,
        bytes: &mut FileBytes,
        track: &Track,
        ranks: &[u32],
        run: &Run,
        mut visit: impl FnMut(u32, Frame),
        mut fed: impl FnMut(),
    ) -> Result<(), OwnError> {
        let stamp =
            |sample: u32| u64::from(ranks.get(sample as usize).copied().unwrap_or(0)) * u64::from(STEP);
        *self.news.wanted.borrow_mut() = run.wanted.iter().map(|&s| (stamp(s), s)).collect();
        *self.news.flushed.borrow_mut() = None;
        let fail = |e: JsValue| OwnError::Decode(words(&e));
        let mut patience = Patience::new();
        for place in run.first..=run.last {
            fed();
            let Some(sample) = track.samples.get(place as usize).filter(|s| s.size > 0) else { continue };
            while self.inner.queued() >= QUEUED || !self.news.came.borrow().is_empty() {
                if !self.drain(track.codec.colours, &mut visit).await? {
                    patience.wait(&self.news.signal, self.inner.queued()).await?;
                }
            }
            self.check()?;
            let mut data = track.prefix.clone();
            bytes.seek(SeekFrom::Start(sample.offset)).map_err(ContainerError::from)?;
            let read = bytes.take(u64::from(sample.size)).read_to_end(&mut data);
            read.map_err(ContainerError::from)?;
            // A run begins where decoding may begin, or it will be said that it may not.
            let key = sample.key || place == run.first;
            let chunk = EncodedVideoChunk::new(&object(&[
                ("type", JsValue::from_str(if key { "key" } else { "delta" })),
                ("timestamp", JsValue::from_f64(stamp(place) as f64)),
                ("data", Uint8Array::from(&data[..]).into()),
            ]));
            self.inner.decode(&chunk.map_err(fail)?).map_err(|e| self.why(&e))?;
        }
        let flushed = self.inner.flush().map_err(|e| self.why(&e))?;
        let told = Rc::clone(&self.news);
        spawn_local(async move {
            let end = JsFuture::from(flushed).await;
            *told.flushed.borrow_mut() = Some(end.map(|_| ()).map_err(|e| words(&e)));
            told.signal.raise();
        });
        loop {
            let more = self.drain(track.codec.colours, &mut visit).await?;
            self.check()?;
            if !more {
                if let Some(end) = self.news.flushed.borrow_mut().take() {
                    return end.map_err(OwnError::Decode);
                }
                patience.wait(&self.news.signal, self.inner.queued()).await?;
            } else {
                patience = Patience::new();
            }
        }
    }

    /// Hands over what has come; whether anything had.
    async fn drain(
        &self,
        stated: Option<Colours>,
        visit: &mut impl FnMut(u32, Frame),
    ) -> Result<bool, OwnError> {
        let mut any = false;
        loop {
            let held = self.news.came.borrow_mut().pop_front();
            let Some(held) = held else { break };
            any = true;
            // A second picture of one time is not wanted any more.
            let sample = self.news.wanted.borrow_mut().remove(&(held.0.timestamp().max(0.0) as u64));
            if let Some(sample) = sample {
                visit(sample, rgb(&held.0, stated).await?);
            }
        }
        self.check()?;
        Ok(any)
    }

    /// Whether the decoder has closed itself.
    fn check(&self) -> Result<(), OwnError> {
        self.news.failed.borrow().clone().map_or(Ok(()), |why| Err(OwnError::Decode(why)))
    }

    /// What the decoder said when it closed itself, else the exception that a later call met.
    fn why(&self, error: &JsValue) -> OwnError {
        self.check().err().unwrap_or_else(|| OwnError::Decode(words(error)))
    }
}

/// Waiting that ends when nothing has happened for long.
struct Patience {
    since: f64,
    queued: f64,
}

impl Patience {
    fn new() -> Self {
        Self { since: Date::now(), queued: f64::NAN }
    }

    /// Waits for news. A queue of another length is news, too.
    async fn wait(&mut self, signal: &Signal, queued: f64) -> Result<(), OwnError> {
        if signal.wait(LOOK).await || queued != self.queued {
            (self.since, self.queued) = (Date::now(), queued);
        }
        if Date::now() - self.since > f64::from(PATIENCE) * 1000.0 {
            return Err(OwnError::Stalled { seconds: PATIENCE });
        }
        Ok(())
    }
}
