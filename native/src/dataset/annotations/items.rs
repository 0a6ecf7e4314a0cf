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
}

/// How far a span may end after its video, in milliseconds: annotators' times are rounded, and their copies were
/// encoded anew. Such a span is cut off; one that ends later belongs to another video.
const SLACK: u32 = 1000;

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
                Ok(line) if !ids.insert(line.id.clone()) => {
                    made.dropped
                        .push(lose("same-item", format!("an earlier row makes the item {}", line.id)));
                }
                Ok(_) if count.is_some_and(|most| made.lines.len() >= most) => made.beyond += 1,
                Ok(line) => made.lines.push(line),
                Err((cause, detail)) => made.dropped.push(lose(cause, format!("{name}: {detail}"))),
            }
        }
    }
    Ok(made)
}

type Refused = (&'static str, String);

fn line(mut task: Task, video: &Usable<'_>, data: &Data) -> Result<Result<Line, Refused>, Error> {
    let Usable { source, size, file, times } = *video;
    if let Err(refused) = fit(&mut task, video) {
        return Ok(Err(refused));
    }
    match Recipe::stated(source.clone(), data.sampling, size, task, data.wording, times.cloned()) {
        Ok(recipe) => {
            Ok(Ok(Line { id: recipe.id(), recipe, file: Some(file.to_owned()), others: BTreeMap::new() }))
        }
        Err(RecipeError::Task(e)) => Ok(Err(("not-in-sight", e.to_string()))),
        Err(RecipeError::Sampling(e)) => Ok(Err(("too-short", e.to_string()))),
        Err(e) => Err(Error::path(file, e)),
    }
}

/// Cuts spans off at the video's end.
fn fit(task: &mut Task, video: &Usable<'_>) -> Result<(), Refused> {
    let spans = match task {
        Task::Event { span, .. } => std::slice::from_mut(span),
        Task::Segments(Sought::Event { spans, .. }) => spans.as_mut_slice(),
        _ => return Ok(()),
    };
    // A source without a frame rate lasts no time here, and is refused for it by its sampling.
    let seconds = match video.times {
        Some(Times { rate, whole, .. }) => *whole as f64 / rate.fps().max(f64::MIN_POSITIVE),
        None => f64::from(video.source.frames()) / video.source.rate().fps().max(f64::MIN_POSITIVE),
    };
    let whole = (seconds * 1000.0).min(f64::from(u32::MAX)) as u32;
    for [start, end] in spans {
        if *end > whole.saturating_add(SLACK) || *start >= whole {
            let detail = format!("the span {start}-{end} ms is outside the video, which lasts {whole} ms");
            return Err(("outside-video", detail));
        }
        *end = (*end).min(whole);
    }
    Ok(())
}
