//! Pictures of a film that only a `<video>` plays: it is sought in at a fixed pace, and each picture counts for the time
//! that the browser says it has, not for the one that was asked for. Runs on a page.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Date, Function};
use scrubjay_core::frame::Frame;
use scrubjay_core::recipe::Size;
use scrubjay_core::time::Rate;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlVideoElement, Url};

use super::codecs::{field, number, object, words};
use super::container::ContainerError;
use super::signal::Signal;
use super::{OwnError, Progress, Sampled, Stage};

#[wasm_bindgen]
extern "C" {
    // `web-sys` has it only behind a flag for the whole build.
    #[wasm_bindgen(extends = HtmlVideoElement, js_name = HTMLVideoElement)]
    type CertifiedVideo;

    #[wasm_bindgen(method, js_name = requestVideoFrameCallback, catch)]
    fn request_video_frame_callback(this: &CertifiedVideo, call: &Function) -> Result<f64, JsValue>;
}

/// Milliseconds between two samples at least: eight a second.
const PACE: f64 = 125.0;

/// Most samples of a film.
const MOST: f64 = 240.0;

/// Seconds that a player may take to open a file or to seek in it.
const PATIENCE: u32 = 15;

/// Milliseconds after a seek within which the browser tells which picture it shows; else it still shows the one before.
const TELLS: f64 = 600.0;

/// What a player tells.
#[derive(Debug, Default)]
struct News {
    /// Size and length are known.
    opened: Cell<bool>,
    /// A seek has ended.
    sought: Cell<bool>,
    failed: Cell<bool>,
    /// The time of the picture that is shown, as the browser states it.
    shows: Cell<Option<f64>>,
    signal: Signal,
}

/// A player that is not seen or heard, and the file's address, both of which go when it is dropped.
struct Player {
    video: CertifiedVideo,
    url: String,
    news: Rc<News>,
    told: Closure<dyn FnMut(f64, JsValue)>,
    _calls: Vec<Closure<dyn FnMut()>>,
}

impl Drop for Player {
    fn drop(&mut self) {
        for event in EVENTS {
            let _ = js_sys::Reflect::set(&self.video, &JsValue::from_str(event), &JsValue::NULL);
        }
        // Without a source the browser lets go of the file.
        let _ = self.video.remove_attribute("src");
        self.video.load();
        self.video.remove();
        let _ = Url::revoke_object_url(&self.url);
    }
}

const EVENTS: [&str; 3] = ["onloadedmetadata", "onseeked", "onerror"];

impl Player {
    fn new(file: &File) -> Result<Self, OwnError> {
        let fail = |e: JsValue| OwnError::CannotPlay(words(&e));
        let absent = || OwnError::CannotPlay("there is no page to play it on".to_owned());
        let document = web_sys::window().and_then(|w| w.document()).ok_or_else(absent)?;
        let video = document.create_element("video").map_err(fail)?;
        let video: CertifiedVideo = video.dyn_into().map_err(|_| absent())?;
        if !field(&video, "requestVideoFrameCallback").is_function() {
            let what = "it does not tell which frame it shows (requestVideoFrameCallback)";
            return Err(OwnError::CannotPlay(what.to_owned()));
        }
        let news = Rc::new(News::default());
        let marks: [fn(&News); 3] = [|n| n.opened.set(true), |n| n.sought.set(true), |n| n.failed.set(true)];
        let mut calls = Vec::new();
        for (event, mark) in EVENTS.into_iter().zip(marks) {
            let told = Rc::clone(&news);
            let call = Closure::<dyn FnMut()>::new(move || {
                mark(&told);
                told.signal.raise();
            });
            js_sys::Reflect::set(&video, &JsValue::from_str(event), call.as_ref()).map_err(fail)?;
            calls.push(call);
        }
        let shows = Rc::clone(&news);
        let told = Closure::<dyn FnMut(f64, JsValue)>::new(move |_, frame: JsValue| {
            shows.shows.set(number(&frame, "mediaTime"));
            shows.signal.raise();
        });
        video.set_muted(true);
        video.set_preload("auto");
        // Phones would fill the screen otherwise.
        let _ = video.set_attribute("playsinline", "");
        let _ = video.set_attribute("aria-hidden", "true");
        let _ = video.set_attribute("tabindex", "-1");
        // Some browsers decode nothing for a player that is not part of the page.
        let style = video.style();
        for (name, value) in [
            ("position", "fixed"),
            ("width", "1px"),
            ("height", "1px"),
            ("opacity", "0"),
            ("pointer-events", "none"),
        ] {
            style.set_property(name, value).map_err(fail)?;
        }
        document.body().ok_or_else(absent)?.append_child(&video).map_err(fail)?;
        let url = Url::create_object_url_with_blob(file).map_err(fail)?;
        video.set_src(&url);
        Ok(Self { video, url, news, told, _calls: calls })
    }

    /// What the player says of its failure.
    fn check(&self) -> Result<(), OwnError> {
        if !self.news.failed.get() {
            return Ok(());
        }
        let error = self.video.error();
        let code = error.as_ref().map_or("unknown reason", |e| match e.code() {
            2 => "the file could not be read",
            3 => "it could not be decoded",
            4 => "its format is not known",
            _ => "unknown reason",
        });
        let more = error.map(|e| e.message()).filter(|m| !m.is_empty());
        Err(OwnError::CannotPlay(more.map_or(code.to_owned(), |more| format!("{code}: {more}"))))
    }

    /// Waits until something holds.
    async fn until(&self, holds: impl Fn(&News) -> bool, milliseconds: f64) -> Result<bool, OwnError> {
        let end = Date::now() + milliseconds;
        loop {
            self.check()?;
            if holds(&self.news) {
                return Ok(true);
            }
            let left = end - Date::now();
            if left <= 0.0 {
                return Ok(false);
            }
            self.news.signal.wait(left.min(1000.0) as i32).await;
        }
    }

    async fn must(&self, holds: impl Fn(&News) -> bool) -> Result<(), OwnError> {
        let seconds = PATIENCE;
        let held = self.until(holds, f64::from(seconds) * 1000.0).await?;
        if held { Ok(()) } else { Err(OwnError::Stalled { seconds }) }
    }

    /// Seeks; the time of the picture that is shown then, if the browser tells it.
    async fn seek(&self, seconds: f64) -> Result<Option<f64>, OwnError> {
        self.news.sought.set(false);
        self.news.shows.set(None);
        let call = self.told.as_ref().unchecked_ref();
        self.video.request_video_frame_callback(call).map_err(|e| OwnError::CannotPlay(words(&e)))?;
        self.video.set_current_time(seconds);
        self.must(|n| n.sought.get()).await?;
        self.until(|n| n.shows.get().is_some(), TELLS).await?;
        Ok(self.news.shows.get().filter(|s| s.is_finite()))
    }

    /// The film's length in seconds. A recording without one is sought to its end.
    async fn duration(&self) -> Result<f64, OwnError> {
        let stated = self.video.duration();
        if stated.is_finite() {
            return Ok(stated);
        }
        self.seek(1e9).await?;
        let (found, reached) = (self.video.duration(), self.video.current_time());
        Ok(if found.is_finite() { found } else { reached })
    }
}

/// Something to draw pictures on and to read them from.
struct Easel {
    context: CanvasRenderingContext2d,
    width: u32,
    height: u32,
}

impl Easel {
    fn new(width: u32, height: u32) -> Result<Self, OwnError> {
        let fail = |what: &str| OwnError::CannotPlay(format!("no canvas to draw it on: {what}"));
        let document = web_sys::window().and_then(|w| w.document()).ok_or_else(|| fail("no page"))?;
        let canvas = document.create_element("canvas").map_err(|e| fail(&words(&e)))?;
        let canvas: HtmlCanvasElement = canvas.dyn_into().map_err(|_| fail("no canvas"))?;
        canvas.set_width(width);
        canvas.set_height(height);
        let options = object(&[("willReadFrequently", JsValue::TRUE)]);
        let context = canvas.get_context_with_context_options("2d", &options);
        let context = context.map_err(|e| fail(&words(&e)))?.ok_or_else(|| fail("no context"))?;
        let context: CanvasRenderingContext2d = context.dyn_into().map_err(|_| fail("no context"))?;
        Ok(Self { context, width, height })
    }

    fn picture(&self, video: &HtmlVideoElement) -> Result<Frame, OwnError> {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let read = || {
            self.context.draw_image_with_html_video_element_and_dw_and_dh(video, 0.0, 0.0, width, height)?;
            self.context.get_image_data(0.0, 0.0, width, height)
        };
        let pixels = read().map_err(|e| OwnError::CannotPlay(words(&e)))?.data().0;
        let rgb = pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        let wrong = || OwnError::CannotPlay("a picture has the wrong size".to_owned());
        Frame::from_rgb(self.width, self.height, rgb).ok_or_else(wrong)
    }
}

/// Takes pictures of a film at eight a second, or so that there are 240, no larger than `within` (their aspect is kept).
/// Pictures that the browser says are the same are taken once.
///
/// # Errors
/// [`OwnError::CannotPlay`] in the player's words, [`OwnError::Stalled`], or that there is no picture.
pub async fn sample(
    file: &File,
    within: Size,
    progress: &mut dyn FnMut(Progress),
) -> Result<Sampled, OwnError> {
    if file.size() <= 0.0 {
        return Err(ContainerError::Empty.into());
    }
    let player = Player::new(file)?;
    player.must(|n| n.opened.get()).await?;
    let size = Size { width: player.video.video_width(), height: player.video.video_height() };
    if size.width == 0 || size.height == 0 {
        return Err(ContainerError::NoVideo.into());
    }
    let duration = player.duration().await?;
    if !(duration.is_finite() && duration > 0.0) {
        return Err(ContainerError::NoFrames.into());
    }
    let pace = (duration * 1000.0 / MOST).max(PACE).ceil().min(1e9);
    let count = (duration * 1000.0 / pace).floor().clamp(1.0, MOST);
    let (width, height) = fitted(size, within);
    let easel = Easel::new(width, height)?;
    let (mut frames, mut seconds) = (Vec::new(), Vec::<f64>::new());
    for k in 0..count as u32 {
        // The middle of its part: at an edge, rounding would decide.
        let goal = (f64::from(k) + 0.5) * pace / 1000.0;
        let shown = player.seek(goal.min(duration)).await?;
        if let Some(time) = shown.filter(|t| seconds.last().is_none_or(|last| t > last)) {
            frames.push(easel.picture(&player.video)?);
            seconds.push(time);
        }
        progress(Progress { stage: Stage::Sample, done: f64::from(k) + 1.0, total: count });
    }
    if frames.is_empty() {
        return Err(OwnError::Stalled { seconds: PATIENCE });
    }
    let rate = if pace == PACE { Rate { num: 8, den: 1 } } else { Rate { num: 1000, den: pace as u32 } };
    Ok(Sampled { frames, seconds, rate, duration, size })
}

/// The largest size of the same aspect within another, and not larger than it is.
fn fitted(size: Size, within: Size) -> (u32, u32) {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let scale = (f64::from(within.width) / width).min(f64::from(within.height) / height).min(1.0);
    let side = |v: f64| (v * scale).round().max(1.0) as u32;
    (side(width), side(height))
}
