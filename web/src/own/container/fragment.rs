//! Films in fragments, as cameras, streams and `MediaRecorder` write them: each `moof` has tables of its own.

use super::bytes::Bytes;
use super::mp4::{boxes, find};
use super::{ContainerError, MOST, Sample};

/// What holds for a track's samples where a fragment does not say otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Defaults {
    track: u32,
    duration: u32,
    size: u32,
    flags: u32,
}

impl Defaults {
    /// Of all tracks.
    pub(super) fn list(moov: &[u8]) -> Vec<Self> {
        let read = |inner: &[u8]| {
            let mut b = Bytes(inner);
            b.u32()?;
            let track = b.u32()?;
            b.u32()?;
            Some(Self { track, duration: b.u32()?, size: b.u32()?, flags: b.u32()? })
        };
        let of = find(moov, b"mvex").unwrap_or_default();
        boxes(of).filter(|(name, _)| name == b"trex").filter_map(|(_, inner)| read(inner)).collect()
    }
}

/// A track's samples from all fragments.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    track: u32,
    defaults: Vec<Defaults>,
    pub(super) samples: Vec<Sample>,
    /// Ticks that all of them last.
    pub(super) lasting: u64,
    /// Decoding time of the sample that comes next.
    next: i64,
}

/// Flags of a sample: it is no key frame, or it depends on others.
const DEPENDS: u32 = 0x0101_0000;

impl Fragments {
    pub(super) fn new(track: u32, defaults: Vec<Defaults>) -> Self {
        Self { track, defaults, ..Self::default() }
    }

    /// Takes the samples of a `moof` whose header begins at `start` in the file.
    pub(super) fn add(&mut self, moof: &[u8], start: u64) -> Result<(), ContainerError> {
        let mut implied = start;
        for (_, traf) in boxes(moof).filter(|(name, _)| name == b"traf") {
            // A piece that is cut off has no frames that could be told.
            let Some((defaults, base)) = self.head(traf, start, implied) else { continue };
            let ours = defaults.track == self.track;
            if let Some(time) = decode_time(traf).filter(|_| ours) {
                self.next = time;
            }
            let mut at = base;
            for (_, run) in boxes(traf).filter(|(name, _)| name == b"trun") {
                at = self.run(run, base, at, &defaults, ours)?;
            }
            implied = at;
        }
        Ok(())
    }

    /// What holds in a fragment of a track, and where its bytes are counted from.
    fn head(&self, traf: &[u8], start: u64, implied: u64) -> Option<(Defaults, u64)> {
        let mut b = Bytes(find(traf, b"tfhd")?);
        let (flags, track) = (b.u32()?, b.u32()?);
        let has = |flag: u32| flags & flag != 0;
        let usual = self.defaults.iter().find(|d| d.track == track).copied();
        let mut defaults = Defaults { track, ..usual.unwrap_or_default() };
        let mut base = if has(0x02_0000) { start } else { implied };
        if has(0x01) {
            base = b.u64()?;
        }
        if has(0x02) {
            b.u32()?;
        }
        if has(0x08) {
            defaults.duration = b.u32()?;
        }
        if has(0x10) {
            defaults.size = b.u32()?;
        }
        if has(0x20) {
            defaults.flags = b.u32()?;
        }
        Some((defaults, base))
    }

    /// Reads a run of samples; where the next one begins.
    fn run(
        &mut self,
        inner: &[u8],
        base: u64,
        at: u64,
        defaults: &Defaults,
        ours: bool,
    ) -> Result<u64, ContainerError> {
        let mut b = Bytes(inner);
        let (Some(flags), Some(count)) = (b.u32(), b.u32()) else { return Ok(at) };
        let has = |flag: u32| flags & flag != 0;
        let mut at = at;
        if has(0x01) {
            at = base.saturating_add_signed(i64::from(b.i32().unwrap_or(0)));
        }
        if !ours && !has(0xf00) {
            // Samples without fields, however many, take no reading.
            return Ok(at.saturating_add(u64::from(defaults.size) * u64::from(count)));
        }
        let first = if has(0x04) { b.u32() } else { None };
        for number in 0..count {
            let mut field = |flag: u32, usual: u32| if has(flag) { b.u32() } else { Some(usual) };
            let usual = first.filter(|_| number == 0).unwrap_or(defaults.flags);
            let mut fields = || {
                let (duration, size) = (field(0x100, defaults.duration)?, field(0x200, defaults.size)?);
                Some((duration, size, field(0x400, usual)?, field(0x800, 0)? as i32))
            };
            let Some((duration, size, flags, late)) = fields() else { break };
            if ours {
                if self.samples.len() >= MOST {
                    return Err(ContainerError::TooLong);
                }
                let time = self.next.saturating_add(i64::from(late));
                self.samples.push(Sample { offset: at, size, key: flags & DEPENDS == 0, time });
                self.next = self.next.saturating_add(i64::from(duration));
                self.lasting = self.lasting.saturating_add(u64::from(duration));
            }
            at = at.saturating_add(u64::from(size));
        }
        Ok(at)
    }
}

/// Decoding time of a fragment's first sample.
fn decode_time(traf: &[u8]) -> Option<i64> {
    let mut b = Bytes(find(traf, b"tfdt")?);
    let wide = b.u32()? >> 24 == 1;
    i64::try_from(b.wide(wide)?).ok()
}
