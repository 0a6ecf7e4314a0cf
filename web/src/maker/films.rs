//! Films of the visitor's that are open in this worker, by the hash of their files.

use js_sys::{Array, ArrayBuffer, Uint8Array};
use scrubjay_core::frame::Frame;
use scrubjay_core::item::{Item, PixelWork};
use scrubjay_core::link::{self, FilmError, FilmSource};
use scrubjay_core::recipe::{Recipe, Size};
use scrubjay_core::source::Source;
use wasm_bindgen::JsCast as _;
use web_sys::File;

use super::hands::Hands;
use super::seldom::Listener;
use crate::own::{self, By, Facts, Film, OwnError, Sampled};
use crate::wire::{Address, Fault, Kind, Opened};

/// Pixels of a picture of a puzzle, about: as many as scenes have, and half as many again.
const AREA: u32 = 320 * 180 * 3 / 2;

/// Most bytes that the pictures of played films take together; a worker's memory ends at four gigabytes, and a phone's
/// tab long before.
const MOST_BYTES: u64 = 256 << 20;

/// The films, the last one opened at the end.
#[derive(Debug, Default)]
pub(super) struct Films(Vec<Open>);

/// How frames are come by.
#[derive(Debug)]
enum Road {
    /// One by one.
    Film(Box<Film>),
    /// They are all there.
    Sampled(Sampled),
}

#[derive(Debug)]
struct Open {
    facts: Facts,
    road: Road,
}

fn fault(error: &OwnError) -> Fault {
    let kind = if matches!(error, OwnError::NeedsElement(_)) { Kind::Element } else { Kind::Film };
    let words = Some((error.key().to_owned(), error.detail()));
    Fault { kind, text: error.to_string(), words }
}

impl Open {
    /// Bytes that are kept for it, about.
    fn bytes(&self) -> u64 {
        match &self.road {
            Road::Film(_) => 0,
            Road::Sampled(sampled) => sampled.bytes(),
        }
    }
}

impl Films {
    /// Opens a film frame by frame.
    pub(super) async fn open(&mut self, file: File, hear: &mut dyn Listener) -> Result<Opened, Fault> {
        let mut progress = |p: own::Progress| hear.hear(p.done, p.total);
        let film = Film::open(file, &mut progress).await.map_err(|e| fault(&e))?;
        Ok(self.add(Open { facts: film.facts().clone(), road: Road::Film(Box::new(film)) }))
    }

    /// Takes what was played as a film's frames.
    pub(super) async fn played(
        &mut self,
        file: &File,
        sampled: Sampled,
        hear: &mut dyn Listener,
    ) -> Result<Opened, Fault> {
        if sampled.frames.is_empty() || sampled.frames.len() != sampled.seconds.len() {
            return Err(Fault::new(Kind::Film, "the player showed no frame of the film"));
        }
        let mut progress = |p: own::Progress| hear.hear(p.done, p.total);
        let sha256 = own::sha256(file, &mut progress).await.map_err(|e| fault(&e))?;
        Ok(self.add(Open { facts: sampled.facts(sha256), road: Road::Sampled(sampled) }))
    }

    fn add(&mut self, open: Open) -> Opened {
        let Facts { sha256, frames, rate, duration, size, how, .. } = open.facts.clone();
        let codec = (how.by == By::WebCodecs).then_some(how.codec);
        self.0.retain(|o| o.facts.sha256 != sha256);
        self.0.push(open);
        Opened { sha256, frames, fps: rate.fps(), duration, size, codec, closed: self.close() }
    }

    /// Closes the oldest films whose pictures are too many together, but never the last one; says which.
    fn close(&mut self) -> Vec<String> {
        let mut closed = Vec::new();
        let mut held: u64 = self.0.iter().map(Open::bytes).sum();
        let last = self.0.len().saturating_sub(1);
        let mut at = 0;
        self.0.retain(|open| {
            at += 1;
            let keep = held <= MOST_BYTES || at > last || open.bytes() == 0;
            if !keep {
                held -= open.bytes();
                closed.push(open.facts.sha256.clone());
            }
            keep
        });
        closed
    }

    /// A puzzle of a film that is open.
    pub(super) async fn puzzle(
        &mut self,
        address: &Address,
        sha256: &str,
        hands: &mut Hands,
        hear: &mut dyn Listener,
    ) -> Result<(Recipe, Item), Fault> {
        let found = self.0.iter_mut().find(|o| o.facts.sha256 == sha256);
        let Some(Open { facts, road }) = found else {
            return Err(Fault::new(Kind::Absent, "the film of this link is not open in this tab"));
        };
        let size = facts.size.shown(AREA);
        let source = Source::Video { sha256: facts.sha256.clone(), frames: facts.frames, rate: facts.rate };
        let film = FilmSource { source: &source, size, times: facts.times.as_ref() };
        let frames = async |numbers: &[u32]| match &mut *road {
            Road::Film(film) => {
                let mut progress = |p: own::Progress| hear.hear(p.done, p.total);
                film.frames(numbers, size, &mut progress).await
            }
            Road::Sampled(sampled) => sampled.frames(numbers, size),
        };
        let work = async |work: PixelWork<'_>| hands.work(work).await;
        link::film_item(address.task, address.seed, &film, frames, work).await.map_err(|e| match e {
            FilmError::Frames(e) => fault(&e),
            other => Fault::new(Kind::Film, other),
        })
    }
}

/// Frames that lie beside a question as RGB bytes; those of another size than was said are left out.
pub(super) fn frames(parts: &Array, size: Size) -> Vec<Frame> {
    let buffers = parts.iter().skip(2).filter_map(|b| b.dyn_into::<ArrayBuffer>().ok());
    buffers.filter_map(|b| Frame::from_rgb(size.width, size.height, Uint8Array::new(&b).to_vec())).collect()
}
