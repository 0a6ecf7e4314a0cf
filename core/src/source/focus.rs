//! VideoReasoner's merge of what two looks at a video found: dense inside the windows, sparse elsewhere (methods §4.4,
//! with its guards: windows end where they end, last two seconds at least, and the frames never exceed the budget).

use serde::{Deserialize, Serialize};

use super::qwen::evenly;

/// Most windows: the event's own and one of each of eight key elements.
pub(super) const WINDOWS: usize = 9;
/// Part of the budget that windows may take.
const KEY_SHARE: f64 = 0.5;
/// Most frames of a second inside a window.
const MAX_RATE: f64 = 6.0;
/// Shortest window in milliseconds.
const SHORTEST: u32 = 2000;

/// Stretches of a source in milliseconds of its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "Vec<[u32; 2]>", try_from = "Vec<[u32; 2]>")]
pub struct Windows {
    /// Those that are used come first; an empty one is none.
    spans: [[u32; 2]; WINDOWS],
    used: usize,
}

impl From<Windows> for Vec<[u32; 2]> {
    fn from(windows: Windows) -> Self {
        windows.spans[..windows.used].to_vec()
    }
}

impl TryFrom<Vec<[u32; 2]>> for Windows {
    type Error = String;

    fn try_from(list: Vec<[u32; 2]>) -> Result<Self, String> {
        if list.len() > WINDOWS {
            return Err(format!("{} windows; at most {WINDOWS} are taken", list.len()));
        }
        if let Some([start, end]) = list.iter().find(|[start, end]| start > end) {
            return Err(format!("the window {start}-{end} ms ends before it begins"));
        }
        let mut spans = [[0; 2]; WINDOWS];
        spans[..list.len()].copy_from_slice(&list);
        Ok(Self { spans, used: list.len() })
    }
}

impl Windows {
    /// The windows as seconds of a source that lasts `duration`: each at least two seconds long, within the source,
    /// in order, and merged where they touch.
    fn merged(&self, duration: f64) -> Vec<[f64; 2]> {
        let mut spans: Vec<[f64; 2]> = self.spans[..self.used]
            .iter()
            .map(|&[start, end]| [start, end.max(start.saturating_add(SHORTEST))])
            .map(|span| span.map(|ms| (f64::from(ms) / 1000.0).min(duration)))
            .filter(|[start, end]| start < end)
            .collect();
        spans.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let mut merged: Vec<[f64; 2]> = Vec::new();
        for span in spans {
            match merged.last_mut() {
                Some(last) if span[0] <= last[1] => last[1] = last[1].max(span[1]),
                _ => merged.push(span),
            }
        }
        merged
    }

    /// Frames inside the windows, at most half of `count` and at most six of a second; `at` tells the frame that is shown
    /// at an instant, in seconds.
    fn dense(&self, duration: f64, count: u32, at: impl Fn(f64) -> u32) -> Vec<u32> {
        let spans = self.merged(duration);
        let length: f64 = spans.iter().map(|[start, end]| end - start).sum();
        let budget = (f64::from(count) * KEY_SHARE).floor();
        if length <= 0.0 || budget < 1.0 {
            return Vec::new();
        }
        let rate = (budget / length).min(MAX_RATE);
        let mut frames = Vec::new();
        for [start, end] in spans {
            let (first, last) = ((start * rate) as u32, (end * rate) as u32);
            if first < last {
                frames.extend((first..=last).map(|tick| at(f64::from(tick) / rate)));
            }
        }
        frames.sort_unstable();
        frames.dedup();
        frames
    }

    /// Exactly `count` frames of a source of `total` frames that lasts `duration` seconds, or all of fewer; rising.
    pub(super) fn frames(&self, total: u32, duration: f64, count: u32, at: impl Fn(f64) -> u32) -> Vec<u32> {
        if total <= count {
            return (0..total).collect();
        }
        let mut chosen = self.dense(duration, count, at);
        if chosen.len() > count as usize {
            chosen = spread(&chosen, count as usize);
        }
        // Cells of an even grid that no window reaches into are shown first, then the rest of the grid, which alone has as
        // many frames as are wanted.
        let grid = evenly(total, count);
        let empty = |cell: &[u32]| {
            let from = chosen.partition_point(|k| *k < cell[0]);
            chosen.get(from).is_none_or(|k| *k > cell[1])
        };
        let mut waiting: Vec<u32> = grid.windows(2).filter(|c| empty(c)).flatten().copied().collect();
        waiting.dedup();
        let rest: Vec<u32> = grid.iter().copied().filter(|g| waiting.binary_search(g).is_err()).collect();
        for source in [&waiting, &rest] {
            fill(&mut chosen, source, count as usize);
        }
        chosen
    }
}

/// Adds evenly chosen frames of a list, as many as are missing and not yet there.
fn fill(chosen: &mut Vec<u32>, from: &[u32], count: usize) {
    let new: Vec<u32> = from.iter().copied().filter(|f| chosen.binary_search(f).is_err()).collect();
    chosen.extend(spread(&new, count.saturating_sub(chosen.len())));
    chosen.sort_unstable();
}

/// At most `count` members of a list, evenly from the first to the last.
fn spread(list: &[u32], count: usize) -> Vec<u32> {
    if list.len() <= count {
        return list.to_vec();
    }
    evenly(list.len() as u32, count as u32).into_iter().map(|i| list[i as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn windows(list: &[[u32; 2]]) -> Windows {
        list.to_vec().try_into().expect("sound")
    }

    fn frames(list: &[[u32; 2]], total: u32, fps: f64, count: u32) -> Vec<u32> {
        let at = |t: f64| ((t * fps) as u32).min(total - 1);
        windows(list).frames(total, f64::from(total) / fps, count, at)
    }

    #[test]
    fn half_the_budget_goes_where_it_matters() {
        // 100 s at 10 a second; 20 frames, of which 10 for the 10 s from 40 to 50: one a second.
        let chosen = frames(&[[40_000, 50_000]], 1000, 10.0, 20);
        let inside: Vec<u32> = chosen.iter().copied().filter(|f| (400..=500).contains(f)).collect();
        assert_eq!(inside, (40..=50).map(|s| s * 10).collect::<Vec<u32>>());
        assert_eq!((chosen.len(), chosen[0], chosen[19]), (20, 0, 999));
    }

    #[test]
    fn touching_windows_are_one_and_short_ones_last_two_seconds() {
        let merged = windows(&[[5000, 5000], [6500, 9000], [99_000, 200_000]]).merged(100.0);
        assert_eq!(merged, [[5.0, 9.0], [99.0, 100.0]]);
        assert_eq!(frames(&[], 100, 10.0, 4), evenly(100, 4));
    }

    proptest! {
        #[test]
        fn the_budget_is_met_and_frames_rise(
            list in proptest::collection::vec((0_u32..200_000, 0_u32..40_000), 0..=WINDOWS),
            total in 2_u32..4000,
            fps in 0.5..120.0,
            count in 2_u32..128,
        ) {
            let list: Vec<[u32; 2]> = list.iter().map(|(s, l)| [*s, s + l]).collect();
            let chosen = frames(&list, total, fps, count);
            prop_assert_eq!(chosen.len() as u32, count.min(total));
            prop_assert!(chosen.windows(2).all(|w| w[0] < w[1]) && chosen.iter().all(|f| *f < total));
        }
    }
}
