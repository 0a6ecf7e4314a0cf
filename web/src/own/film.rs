//! A film whose frames are had one by one: its index, and a decoder for what is wanted of it.

use std::collections::BTreeMap;

use js_sys::Object;
use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;
use scrubjay_core::resample::{Filter, resize};
use web_sys::File;

use super::blob::{FileBytes, sha256};
use super::container::{Run, Track, read};
use super::decode::{Decoder, supported};
use super::{By, Facts, How, OwnError, Progress, Stage};

/// A visitor's film, open for reading in a dedicated worker.
pub struct Film {
    bytes: FileBytes,
    track: Track,
    ranks: Vec<u32>,
    config: Object,
    decoder: Option<Decoder>,
    facts: Facts,
}

impl std::fmt::Debug for Film {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Film").field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// Pictures by sample: upright, resized, and the size each had before that.
type Pictures = BTreeMap<u32, (Frame, Size)>;

impl Film {
    /// Lists a film's frames, decodes the first and computes the file's hash.
    ///
    /// # Errors
    /// [`OwnError`]: [`OwnError::NeedsElement`] when the film may still be played by a `<video>`.
    pub async fn open(file: File, progress: &mut dyn FnMut(Progress)) -> Result<Self, OwnError> {
        let mut bytes = FileBytes::new(file.clone())?;
        let length = bytes.size();
        let track = read(&mut bytes, length)?;
        let config = supported(&track).await?;
        let ranks = track.ranks();
        let size = Size { width: 16, height: 16 };
        let facts = Facts {
            sha256: String::new(),
            // The index is bounded.
            frames: track.shown.len() as u32,
            rate: track.rate,
            times: track.times(),
            duration: track.duration(),
            size,
            how: How { by: By::WebCodecs, codec: track.codec.name.clone() },
        };
        let mut film = Self { bytes, track, ranks, config, decoder: None, facts };
        let first = film.pictures(&[0], size, &mut |_| {}).await?;
        film.facts.size = first.values().next().map(|(_, coded)| *coded).ok_or(OwnError::Missing(0))?;
        film.facts.sha256 = sha256(&file, progress).await?;
        film.rest();
        Ok(film)
    }

    /// What is known of the film.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The frames of these numbers, in the order in which they are asked for and as often, upright, of exactly `size`.
    ///
    /// # Errors
    /// [`OwnError`] when one of them cannot be had: frames are right or refused.
    pub async fn frames(
        &mut self,
        numbers: &[u32],
        size: Size,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Frame>, OwnError> {
        let has = self.facts.frames;
        if let Some(&wanted) = numbers.iter().find(|n| **n >= has) {
            return Err(OwnError::NoSuchFrame { wanted, has });
        }
        let pictures = self.pictures(numbers, size, progress).await;
        self.rest();
        let pictures = pictures?;
        let one = |n: &u32| {
            let sample = self.track.shown.get(*n as usize).map(|s| s.sample);
            let picture = sample.and_then(|s| pictures.get(&s));
            picture.map(|(frame, _)| frame.clone()).ok_or(OwnError::Missing(*n))
        };
        numbers.iter().map(one).collect()
    }

    /// Lets go of what is had again in no time, so that many films can be open: browsers have few decoders.
    fn rest(&mut self) {
        self.decoder = None;
        self.bytes.forget();
    }

    async fn pictures(
        &mut self,
        numbers: &[u32],
        size: Size,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Pictures, OwnError> {
        let runs = self.track.runs(numbers);
        let total: u64 = runs.iter().map(|r| u64::from(r.last - r.first) + 1).sum();
        let (mut done, mut pictures) = (0_u64, Pictures::new());
        for run in runs {
            let mut tell = || {
                done += 1;
                let (done, total) = (done.min(total) as f64, total as f64);
                progress(Progress { stage: Stage::Decode, done, total });
            };
            self.persist(run, size, &mut pictures, &mut tell).await?;
        }
        Ok(pictures)
    }

    /// Decodes a run; what does not come is tried again by a fresh decoder, then from the key frame before, then from
    /// the start: some key frames are none, and decoders close themselves.
    async fn persist(
        &mut self,
        run: Run,
        size: Size,
        pictures: &mut Pictures,
        tell: &mut dyn FnMut(),
    ) -> Result<(), OwnError> {
        let further = self.track.from_further_back(&run);
        let start = further.as_ref().filter(|f| f.first > 0).map(|_| Run { first: 0, ..run.clone() });
        let tries = [Some(run.clone()), Some(run), further, start];
        let mut fault = None;
        for mut run in tries.into_iter().flatten() {
            run.wanted.retain(|s| !pictures.contains_key(s));
            let Some(&missing) = run.wanted.first() else { return Ok(()) };
            run.last = run.wanted.last().copied().unwrap_or(run.last);
            match self.once(&run, size, pictures, tell).await {
                Ok(()) => fault = Some(self.missing(missing)),
                // Only decoders are worth another try.
                Err(error @ OwnError::Decode(_)) => fault = Some(error),
                Err(error) => return Err(error),
            }
            if run.wanted.iter().all(|s| pictures.contains_key(s)) {
                return Ok(());
            }
            self.decoder = None;
        }
        Err(fault.unwrap_or_else(|| self.missing(0)))
    }

    async fn once(
        &mut self,
        run: &Run,
        size: Size,
        pictures: &mut Pictures,
        tell: &mut dyn FnMut(),
    ) -> Result<(), OwnError> {
        let mut decoder = match self.decoder.take() {
            Some(decoder) => decoder,
            None => Decoder::new(&self.config)?,
        };
        let turn = self.track.turn;
        let (width, height) = turn.size((size.width.max(1), size.height.max(1)));
        let visit = |sample: u32, frame: Frame| {
            let (across, down) = turn.size((frame.width, frame.height));
            let upright = turn.apply(resize(&frame, width, height, Filter::Box));
            pictures.insert(sample, (upright, Size { width: across, height: down }));
        };
        decoder.run(&mut self.bytes, &self.track, &self.ranks, run, visit, tell).await?;
        self.decoder = Some(decoder);
        Ok(())
    }

    /// That a sample's frame does not come, by the number that the visitor knows.
    fn missing(&self, sample: u32) -> OwnError {
        let number = self.track.shown.iter().position(|s| s.sample == sample).unwrap_or(0);
        OwnError::Missing(number as u32)
    }
}
