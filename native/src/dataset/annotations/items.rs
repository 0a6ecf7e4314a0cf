//! From annotations and the videos they name to recipes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use scrubjay_core::preset::Data;
use scrubjay_core::recipe::{Recipe, RecipeError, Size};
use scrubjay_core::source::{Source, Times};
use scrubjay_core::task::Task;
use scrubjay_core::task::segments::Sought;

use super::{Annotation, Dropped, Files, Found, tasks};
use crate::dataset::recipes::Line;
use crate::error::Error;

/// A video that can be decoded and sampled.
#[derive(Debug, Clone, Copy)]
pub struct Usable<'a> {
    /// What it is.
    pub source: &'a Source,
    /// Picture size of its items.
    pub size: Size,
    /// Where it is.
    pub file: &'a Path,
    /// When the sampled frames are presented, where items carry that.
    pub times: Option<&'a Times>,
}

/// What became of a list of annotations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Items {
    /// The items, in the annotations' order.
    pub lines: Vec<Line>,
    /// The annotations of which there is none, or not all.
    pub dropped: Vec<Dropped>,
    /// Items that were left out because enough were made.
    pub beyond: usize,
    /// Items of which a span ended after its video and was cut off there.
    pub cut: usize,
}

/// The files that the annotations name: the others need not be looked at.
#[must_use]
pub fn named_files(annotations: &[Annotation], files: &[PathBuf]) -> Vec<PathBuf> {
    let known = Files::new(files);
    let named: HashSet<&Path> = annotations
        .iter()
        .filter_map(|a| match known.find(&a.video) {
            Found::One(file) => Some(file),
            _ => None,
        })
        .collect();
    files.iter().filter(|f| named.contains(f.as_path())).cloned().collect()
}

/// Makes items of annotations, at most `count`. `files` are all that were given, `usable` those that can be used.
///
/// # Errors
/// [`Error`] where the preset's own pictures or sampling are impossible.
pub fn lines(
    annotations: &[Annotation],
    files: &[PathBuf],
    usable: &[Usable<'_>],
    data: &Data,
    count: Option<usize>,
) -> Result<Items, Error> {
    let known = Files::new(files);
    let videos: HashMap<&Path, &Usable<'_>> = usable.iter().map(|u| (u.file, u)).collect();
    let (mut made, mut ids) = (Items::default(), HashSet::new());
    for annotation in annotations {
        let lose = |cause: &'static str, detail: String| Dropped { at: annotation.at.clone(), cause, detail };
        let name = &annotation.video;
        let video = match known.find(name) {
            Found::One(file) => videos.get(file).ok_or_else(|| {
                lose("video-unusable", format!("{} cannot be used, see its own line", file.display()))
            }),
            Found::Several(a, b) => Err(lose(
                "several-video-files",
                format!("'{name}' may be {} or {}", a.display(), b.display()),
            )),
            Found::None => {
                Err(lose("no-video-file", format!("none of {} files is named '{name}'", files.len())))
            }
        };
        let video = match video {
            Ok(video) => video,
            Err(dropped) => {
                made.dropped.push(dropped);
                continue;
            }
        };
        for task in tasks(annotation, data) {
            match line(task, video, data)? {
                Ok((line, _)) if !ids.insert(line.id.clone()) => {
                    made.dropped
                        .push(lose("same-item", format!("an earlier row makes the item {}", line.id)));
                }
                Ok(_) if count.is_some_and(|most| made.lines.len() >= most) => made.beyond += 1,
                Ok((line, cut)) => {
                    made.lines.push(line);
                    made.cut += usize::from(cut);
                }
                Err((cause, detail)) => made.dropped.push(lose(cause, format!("{name}: {detail}"))),
            }
        }
    }
    Ok(made)
}

type Refused = (&'static str, String);

/// The item of a task, and whether a span of it was cut off.
fn line(mut task: Task, video: &Usable<'_>, data: &Data) -> Result<Result<(Line, bool), Refused>, Error> {
    let Usable { source, size, file, times } = *video;
    let cut = match fit(&mut task, video) {
        Ok(cut) => cut,
        Err(refused) => return Ok(Err(refused)),
    };
    match Recipe::stated(source.clone(), data.sampling, size, task, data.wording, times.cloned()) {
        Ok(recipe) => {
            let line = Line { id: recipe.id(), recipe, file: Some(file.to_owned()), others: BTreeMap::new() };
            Ok(Ok((line, cut)))
        }
        Err(RecipeError::Task(e)) => Ok(Err(("not-in-sight", e.to_string()))),
        Err(RecipeError::Sampling(e)) => Ok(Err(("too-short", e.to_string()))),
        Err(e) => Err(Error::path(file, e)),
    }
}

/// Cuts spans off at the video's end, as MUSEG's must be (methods §3.1): annotators' times are rounded, and their copies
/// were encoded anew. Says whether there was one to be cut.
fn fit(task: &mut Task, video: &Usable<'_>) -> Result<bool, Refused> {
    let spans = match task {
        Task::Event { span, .. } => std::slice::from_mut(span),
        Task::Segments(Sought::Event { spans, .. }) => spans.as_mut_slice(),
        _ => return Ok(false),
    };
    // A source without a frame rate lasts no time here, and is refused for it by its sampling.
    let seconds = match video.times {
        Some(Times { rate, whole, .. }) => *whole as f64 / rate.fps().max(f64::MIN_POSITIVE),
        None => f64::from(video.source.frames()) / video.source.rate().fps().max(f64::MIN_POSITIVE),
    };
    let whole = (seconds * 1000.0).min(f64::from(u32::MAX)) as u32;
    let mut cut = false;
    for [start, end] in spans {
        if *start >= whole {
            let detail = format!("the span {start}-{end} ms is outside the video, which lasts {whole} ms");
            return Err(("outside-video", detail));
        }
        cut |= *end > whole;
        *end = (*end).min(whole);
    }
    Ok(cut)
}

#[cfg(test)]
mod tests {
    use scrubjay_core::item::Truth;
    use scrubjay_core::preset::Preset;
    use scrubjay_core::source::{Clock, Pick, Sampling, SourceTimes};
    use scrubjay_core::time::Rate;

    use super::*;
    use crate::dataset::annotations::Ask;

    /// Seconds are no frame numbers where the rate is not constant: the times that go with the frames tell.
    #[test]
    fn instants_of_an_uneven_video_are_found_by_its_times() {
        // 30 frames a second for 5 s, then one a second until 155 s.
        let source = Source::Video { sha256: "0".repeat(64), frames: 300, rate: Rate { num: 60, den: 31 } };
        let ticks = (0..150).map(|n| n * 1000 / 30).chain((0..=150).map(|n| 5000 + n * 1000)).collect();
        let known = SourceTimes { rate: Rate { num: 1000, den: 1 }, ticks };
        let file = PathBuf::from("/v/a.mp4");
        let ask = |ask: Ask| Annotation {
            id: "1".to_owned(),
            video: "a".to_owned(),
            ask,
            split: None,
            duration_s: None,
            at: "f:1".to_owned(),
        };
        let annotations = [
            ask(Ask::Segments {
                query: "a lamp is lit".to_owned(),
                spans: vec![[2000, 4000], [5000, 200_000]],
            }),
            ask(Ask::Choice {
                question: "what is lit".to_owned(),
                options: vec!["a lamp".to_owned(), "a fire".to_owned()],
                answer: 0,
                evidence: Vec::new(),
            }),
        ];
        for clock in [Clock::Pts, Clock::Virtual] {
            let mut data = Preset::built_in("videossr").expect("a preset").data;
            data.sampling = Sampling { pick: Pick::Linspace { count: 50 }, clock };
            let (timeline, times) =
                data.sampling.choose(300, 60.0 / 31.0, Some(&known)).expect("long enough");
            let size = Size { width: 64, height: 48 };
            let usable = [Usable { source: &source, size, file: &file, times: times.as_ref() }];
            let made = lines(&annotations, std::slice::from_ref(&file), &usable, &data, None).expect("sound");
            assert_eq!((made.lines.len(), made.cut, made.dropped.len()), (2, 1, 0));
            let recipe = &made.lines[0].recipe;
            let told = recipe.timeline().expect("sound");
            let Truth::Segments(spans) = Truth::of(&recipe.task, &recipe.source, &told) else {
                unreachable!("segments")
            };
            // The frame that is shown when a span begins is the one whose own time that is.
            for (span, second) in spans.iter().zip([2.0, 5.0]) {
                let place = (0..50).rev().find(|i| timeline.edge(*i) <= span[0] + 0.006).expect("within");
                let own = known.ticks[timeline.indices[place as usize] as usize] as f64 / 1000.0;
                assert!((own - second).abs() < 0.25, "{clock:?}: {span:?} is at {own} s");
            }
        }
    }
}
