//! From a decoder's picture to RGB.
//!
//! The planes are taken as they were decoded and made RGB by core's integers, so that the same planes give the same
//! pixels in every browser. Only what has no planes (a hardware surface) is left to the browser's own conversion. What
//! a film does not state is taken as ITU-R 601 in limited range, as the native reader takes it.
//!
//! The native reader resizes each plane to the item's size and makes RGB of that; here pictures become RGB, with the
//! nearest sample of chroma, and are resized then. Both take averages over areas when they shrink, so that they differ by
//! rounding, and where colours change sharply.

use js_sys::{Array, Uint8Array};
use scrubjay_core::frame::Frame;
use scrubjay_core::yuv::{Format, Matrix, Plane, Planes, Range, to_rgb};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::codecs::{VideoFrame, field, number, object, words};
use super::container::Colours;
use super::{OwnError, Reason};

/// Most pixels of a picture: 8192 × 8192 take 200 MB as RGB.
const MOST_PIXELS: f64 = 67_108_864.0;

/// Samples of a plane: one byte, or two with the value in the lower bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    Byte,
    /// Bits of a sample.
    Word(u32),
}

/// What a WebCodecs pixel format holds: planes, or red, green and blue in places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Planes(Format, Depth),
    /// Places of red, green and blue among four bytes.
    Colours([usize; 3]),
}

impl Layout {
    fn named(name: &str) -> Option<Self> {
        let colours = match name {
            "RGBA" | "RGBX" => Some([0, 1, 2]),
            "BGRA" | "BGRX" => Some([2, 1, 0]),
            _ => None,
        };
        if let Some(places) = colours {
            return Some(Self::Colours(places));
        }
        // A fourth plane of opacity is not looked at; ten and twelve bits are marked behind.
        let bare = name.replace('A', "");
        let (base, depth) = match bare.split_once('P') {
            None => (bare.as_str(), Depth::Byte),
            Some((base, "10")) => (base, Depth::Word(10)),
            Some((base, "12")) => (base, Depth::Word(12)),
            Some(_) => return None,
        };
        Format::named(base).map(|format| Self::Planes(format, depth))
    }
}

/// The visible part of a picture, as it is coded: not turned, not resized. What the film states of its colours comes
/// before what the browser says, which may be a guess.
///
/// # Errors
/// [`OwnError`] when the browser does not hand the pixels over.
pub(super) async fn rgb(frame: &VideoFrame, stated: Option<Colours>) -> Result<Frame, OwnError> {
    let fail = |e: JsValue| OwnError::Decode(words(&e));
    let rect = frame.visible();
    let side = |name: &str| number(&rect, name).filter(|v| *v >= 1.0).unwrap_or(0.0);
    let (across, down) = (side("width"), side("height"));
    let (width, height) = (across as u32, down as u32);
    if across * down > MOST_PIXELS {
        return Err(OwnError::TooLarge { width, height });
    }
    // Planes of green, blue and red are the browser's to sort.
    let space = frame.colours();
    let is_rgb = field(&space, "matrix").as_string().as_deref() == Some("rgb");
    // One that takes such planes for others would show wrong colours.
    if stated.is_some_and(|c| c.matrix == 0) && !is_rgb {
        return Err(OwnError::NeedsElement(Reason::Codec("planes of red, green and blue".to_owned())));
    }
    let known = frame.format().and_then(|name| Layout::named(&name));
    let known = known.filter(|layout| !is_rgb || matches!(layout, Layout::Colours(_)));
    let (layout, options) = match known {
        Some(layout) => (layout, object(&[])),
        None => (Layout::Colours([0, 1, 2]), object(&[("format", JsValue::from_str("RGBA"))])),
    };
    let size = frame.allocation_size(&options).map_err(fail)?;
    // Four words for each pixel are more than any format takes.
    if !(0.0..=MOST_PIXELS * 8.0).contains(&size) {
        return Err(OwnError::TooLarge { width, height });
    }
    let buffer = Uint8Array::new_with_length(size as u32);
    let places = JsFuture::from(frame.copy_to(&buffer, &options).map_err(fail)?).await.map_err(fail)?;
    let bytes = buffer.to_vec();
    let places: Vec<(usize, usize)> = Array::from(&places)
        .iter()
        .map(|p| (number(&p, "offset").unwrap_or(0.0) as usize, number(&p, "stride").unwrap_or(0.0) as usize))
        .collect();
    let wrong = || OwnError::Decode(format!("a picture of {width}x{height} has too few bytes"));
    match layout {
        Layout::Colours(order) => colours(&bytes, &places, (width, height), order).ok_or_else(wrong),
        Layout::Planes(format, depth) => {
            let places = places.get(..format.planes()).ok_or_else(wrong)?;
            let narrow: Vec<Vec<u8>>;
            let planes: Vec<Plane<'_>> = match depth {
                Depth::Byte => places.iter().map(|(at, stride)| Plane::at(&bytes, *at, *stride)).collect(),
                Depth::Word(bits) => {
                    narrow = places.iter().map(|(at, _)| narrowed(bytes.get(*at..), bits)).collect();
                    let rows = narrow.iter().zip(places);
                    rows.map(|(plane, (_, stride))| Plane { bytes: plane, stride: stride / 2 }).collect()
                }
            };
            let (matrix, range) = stated.map_or_else(|| colour_space(&space), numbered);
            let planes = Planes { format, width, height, planes: &planes };
            to_rgb(&planes, matrix, range).map_err(|e| OwnError::Decode(e.to_string()))
        }
    }
}

/// Samples of two bytes, rounded to one.
fn narrowed(bytes: Option<&[u8]>, bits: u32) -> Vec<u8> {
    let shift = bits - 8;
    let round = |pair: &[u8]| {
        let value = u32::from(pair[0]) | u32::from(pair[1]) << 8;
        ((value + (1 << (shift - 1))) >> shift).min(255) as u8
    };
    bytes.unwrap_or_default().chunks_exact(2).map(round).collect()
}

/// RGB out of four bytes a pixel.
fn colours(bytes: &[u8], places: &[(usize, usize)], size: (u32, u32), order: [usize; 3]) -> Option<Frame> {
    let &(at, stride) = places.first()?;
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let from = at.checked_add(y.checked_mul(stride)?)?;
        let row = bytes.get(from..from.checked_add(width * 4)?)?;
        rgb.extend(row.chunks_exact(4).flat_map(|p| order.map(|k| p[k])));
    }
    Frame::from_rgb(size.0, size.1, rgb)
}

/// What a film says of its colours.
fn numbered(stated: Colours) -> (Matrix, Range) {
    let matrix = match stated.matrix {
        1 => Matrix::Bt709,
        9 | 10 => Matrix::Bt2020,
        _ => Matrix::Bt601,
    };
    (matrix, if stated.full { Range::Full } else { Range::Limited })
}

/// What the browser says of a picture's colours.
fn colour_space(of: &JsValue) -> (Matrix, Range) {
    let matrix = field(of, "matrix").as_string().and_then(|name| Matrix::named(&name));
    let matrix = matrix.unwrap_or(Matrix::Bt601);
    let full = field(of, "fullRange").as_bool().unwrap_or(false);
    (matrix, if full { Range::Full } else { Range::Limited })
}
