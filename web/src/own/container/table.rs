//! The tables of a track in `stbl`: where samples lie, when they are shown, which are key frames; and its edit list.

use super::bytes::Bytes;
use super::mp4::find;
use super::{ContainerError, MOST, Sample, Shown, damaged};

/// What the tables say.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// In decoding order.
    pub(super) samples: Vec<Sample>,
    /// Ticks that all of them last.
    pub(super) lasting: u64,
}

impl Tables {
    pub(super) fn read(table: &[u8]) -> Result<Self, ContainerError> {
        let sizes = sizes(table)?;
        let offsets = offsets(table, &sizes)?;
        let (times, lasting) = times(table, sizes.len())?;
        let keys = find(table, b"stss").map(|b| Bytes(b.get(8..).unwrap_or_default()));
        let mut keys = keys.map(|mut b| std::iter::from_fn(move || b.u32()).peekable());
        let samples = (1_u32..).zip(sizes).zip(offsets).zip(times).map(|(((number, size), offset), time)| {
            let key = keys.as_mut().is_none_or(|keys| {
                while keys.next_if(|k| *k < number).is_some() {}
                keys.next_if_eq(&number).is_some()
            });
            Sample { offset, size, key, time }
        });
        Ok(Self { samples: samples.collect(), lasting })
    }
}

/// Sizes of all samples.
fn sizes(table: &[u8]) -> Result<Vec<u32>, ContainerError> {
    let cut = || damaged("its table of sizes is cut off");
    let check = |count: u32| match count as usize {
        count if count > MOST => Err(ContainerError::TooLong),
        count => Ok(count),
    };
    if let Some(inner) = find(table, b"stsz") {
        let mut b = Bytes(inner);
        let (Some(_), Some(all), Some(count)) = (b.u32(), b.u32(), b.u32()) else { return Err(cut()) };
        if all > 0 {
            return Ok(vec![all; check(count)?]);
        }
        // Told by what is there before it is told by number.
        if (b.0.len() as u64) < 4 * u64::from(count) {
            return Err(cut());
        }
        return Ok(std::iter::from_fn(|| b.u32()).take(check(count)?).collect());
    }
    let Some(inner) = find(table, b"stz2") else { return Ok(Vec::new()) };
    let mut b = Bytes(inner);
    let (Some(_), Some(bits), Some(count)) = (b.u32(), b.u32(), b.u32()) else { return Err(cut()) };
    let count = check(count)?;
    let sizes: Vec<u32> = match bits & 0xff {
        4 => b.0.iter().flat_map(|v| [v >> 4, v & 15]).map(u32::from).take(count).collect(),
        8 => b.0.iter().map(|v| u32::from(*v)).take(count).collect(),
        16 => std::iter::from_fn(|| b.u16()).map(u32::from).take(count).collect(),
        _ => return Err(cut()),
    };
    if sizes.len() == count { Ok(sizes) } else { Err(cut()) }
}

/// Where samples begin, from where chunks begin and how many each holds.
fn offsets(table: &[u8], sizes: &[u32]) -> Result<Vec<u64>, ContainerError> {
    let wrong = || damaged("its tables of places contradict each other");
    let places = |name: &[u8; 4], wide: bool| -> Option<Vec<u64>> {
        let mut b = Bytes(find(table, name)?.get(4..)?);
        let count = b.u32()? as usize;
        Some(std::iter::from_fn(|| b.wide(wide)).take(count).collect())
    };
    let chunks = places(b"stco", false).or_else(|| places(b"co64", true)).unwrap_or_default();
    let mut b = Bytes(find(table, b"stsc").and_then(|b| b.get(8..)).unwrap_or_default());
    let groups = std::iter::from_fn(|| Some((b.u32()?, b.u32()?, b.u32()?)));
    let mut groups = groups.peekable();
    let (mut offsets, mut held, mut last) = (Vec::with_capacity(sizes.len()), 0, None);
    let mut sizes = sizes.iter();
    for (number, chunk) in (1_u32..).zip(chunks) {
        while let Some((first, each, description)) = groups.next_if(|g| g.0 <= number) {
            // Groups begin at ever later chunks, the first at the first.
            if last.is_none_or(|l| first > l) && first > 0 {
                (held, last) = (each, Some(first));
                if description > 1 && sizes.len() > 0 {
                    return Err(ContainerError::Foreign("MP4 whose video changes its coding".to_owned()));
                }
            } else {
                return Err(wrong());
            }
        }
        let mut at = chunk;
        for size in sizes.by_ref().take(held as usize) {
            offsets.push(at);
            at = at.saturating_add(u64::from(*size));
        }
        if sizes.len() == 0 {
            break;
        }
    }
    if sizes.len() == 0 { Ok(offsets) } else { Err(wrong()) }
}

/// Presentation times of `count` samples, and how long all of them last, in ticks.
fn times(table: &[u8], count: usize) -> Result<(Vec<i64>, u64), ContainerError> {
    let pairs = |name: &[u8; 4]| {
        let mut b = Bytes(find(table, name).and_then(|b| b.get(8..)).unwrap_or_default());
        std::iter::from_fn(move || Some((b.u32()?, b.i32()?))).flat_map(|(times, value)| {
            // No table is longer than the film.
            std::iter::repeat_n(value, (times as usize).min(MOST))
        })
    };
    let mut deltas = pairs(b"stts");
    let mut late = pairs(b"ctts");
    let mut delta = deltas.next();
    if count > 0 && delta.is_none() {
        return Err(damaged("its table of times is missing"));
    }
    let (mut times, mut now, mut lasting) = (Vec::with_capacity(count), 0_i64, 0_u64);
    for _ in 0..count {
        times.push(now.saturating_add(i64::from(late.next().unwrap_or(0))));
        let step = i64::from(delta.unwrap_or(0));
        now = now.saturating_add(step);
        lasting = lasting.saturating_add(step.max(0) as u64);
        // Where the table ends early its last entry goes on.
        delta = deltas.next().or(delta);
    }
    Ok((times, lasting))
}

/// A part of the media that is shown, in ticks of the media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edit {
    /// First tick of the part; nothing for a pause.
    from: Option<i64>,
    /// How long it is shown; 0 for all that follows.
    lasts: i64,
}

/// Most parts of an edit list.
const MOST_EDITS: usize = 1 << 12;

impl Edit {
    /// Reads an edit list; durations in it are in ticks of the movie.
    pub(super) fn list(inner: &[u8], timescale: u32, movie_scale: u32) -> Vec<Self> {
        let mut b = Bytes(inner);
        let wide = b.u32().is_some_and(|v| v >> 24 == 1);
        let count = b.u32().unwrap_or(0) as usize;
        let entry = || {
            let lasts = i128::from(b.wide(wide)?);
            let from = if wide { b.u64()? as i64 } else { i64::from(b.i32()?) };
            b.u32()?;
            // To the nearest tick.
            let (scale, movie) = (i128::from(timescale), i128::from(movie_scale));
            let lasts = i64::try_from((lasts * scale * 2 + movie) / (movie * 2)).unwrap_or(i64::MAX);
            Some(Self { from: (from >= 0).then_some(from), lasts })
        };
        std::iter::from_fn(entry).take(count.min(MOST_EDITS)).collect()
    }

    /// The frames that are shown, and when; all of them where there is no list.
    pub(super) fn shown(edits: &[Self], samples: &[Sample]) -> Vec<Shown> {
        let numbered = || (0_u32..).zip(samples);
        if !edits.iter().any(|e| e.from.is_some()) {
            return numbered().map(|(sample, s)| Shown { sample, time: s.time }).collect();
        }
        // By time, so that a list of thousands of parts takes no look at every sample for each of them.
        let mut order: Vec<Shown> = numbered().map(|(sample, s)| Shown { sample, time: s.time }).collect();
        order.sort_by_key(|s| s.time);
        let (mut shown, mut start) = (Vec::new(), 0_i64);
        for edit in edits {
            if let Some(from) = edit.from {
                let end = if edit.lasts == 0 { i64::MAX } else { from.saturating_add(edit.lasts) };
                let begins = order.partition_point(|s| s.time < from);
                let ends = order.partition_point(|s| s.time < end).max(begins);
                let moved = |time: i64| time.saturating_sub(from).saturating_add(start);
                let part = order[begins..ends].iter();
                shown.extend(part.map(|s| Shown { time: moved(s.time), ..*s }));
                // A list that shows more than a film can hold is refused later.
                if shown.len() > MOST {
                    break;
                }
            }
            start = start.saturating_add(edit.lasts);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(times: &[i64]) -> Vec<Sample> {
        times.iter().map(|&time| Sample { offset: 0, size: 1, key: true, time }).collect()
    }

    #[test]
    fn edits_show_parts_of_samples_that_are_decoded_in_another_order() {
        let edit = |from, lasts| Edit { from, lasts };
        let times = [0, 40, 10, 30, 20];
        let shown = Edit::shown(&[edit(Some(20), 20), edit(None, 100), edit(Some(0), 0)], &samples(&times));
        let told: Vec<(u32, i64)> = shown.iter().map(|s| (s.sample, s.time)).collect();
        assert_eq!(told, [(4, 0), (3, 10), (0, 120), (2, 130), (4, 140), (3, 150), (1, 160)]);
        let backwards = Edit::shown(&[edit(Some(30), -20)], &samples(&times));
        assert_eq!(backwards, [], "a part that lasts less than nothing shows nothing");
    }

    #[test]
    fn thousands_of_edits_of_a_long_film_are_looked_through_at_once() {
        // Told by looking at every sample for every edit, this takes minutes.
        let all = samples(&(0..1 << 20).collect::<Vec<i64>>());
        let beside: Vec<Edit> =
            (0..MOST_EDITS as i64).map(|k| Edit { from: Some(i64::MAX / 2 + k), lasts: 1 }).collect();
        assert_eq!(Edit::shown(&beside, &all), []);
    }
}
