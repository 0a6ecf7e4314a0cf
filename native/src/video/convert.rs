//! From a decoded picture to an upright RGB frame of the wanted size, in one pass.

use std::path::Path;

use ffmpeg::format::Pixel;
use ffmpeg::software::scaling::{Context, Flags};
use ffmpeg::util::color;
use ffmpeg::util::frame::Video as Picture;
use ffmpeg_next as ffmpeg;
use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::Perturbation;
use scrubjay_core::recipe::Size;

use super::{VideoError, raw};

/// How a decoded picture must be turned to stand upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Turn {
    /// Quarter turns clockwise, 0 to 3.
    quarters: u8,
    /// Whether left and right change places after that.
    mirrored: bool,
}

impl Turn {
    /// From the stream's display matrix; one that does more than turn by quarters and mirror is left alone.
    pub(super) fn of(stream: &ffmpeg::Stream) -> Self {
        let matrix =
            stream.side_data().find(|d| d.kind() == ffmpeg::codec::packet::side_data::Type::DisplayMatrix);
        let Some(matrix) = matrix else { return Self::default() };
        let cell = |i: usize| {
            let bytes = matrix.data().get(i * 4..i * 4 + 4).and_then(|b| b.try_into().ok());
            bytes.map_or(0, i32::from_ne_bytes).signum()
        };
        // Rows of the matrix are three numbers long; the first two of the first two rows hold the turn.
        let (quarters, mirrored) = match (cell(0), cell(1), cell(3), cell(4)) {
            (0, 1, -1, 0) => (1, false),
            (-1, 0, 0, -1) => (2, false),
            (0, -1, 1, 0) => (3, false),
            (-1, 0, 0, 1) => (0, true),
            (0, 1, 1, 0) => (1, true),
            (1, 0, 0, -1) => (2, true),
            (0, -1, -1, 0) => (3, true),
            _ => (0, false),
        };
        Self { quarters, mirrored }
    }

    /// Width and height after the turn.
    pub(super) fn size(self, width: u32, height: u32) -> (u32, u32) {
        if self.quarters.is_multiple_of(2) { (width, height) } else { (height, width) }
    }

    fn apply(self, frame: Frame) -> Frame {
        let mut turned = match self.quarters {
            0 => frame,
            1 => frame.quarter_turn(),
            2 => frame.quarter_turn().quarter_turn(),
            _ => frame.quarter_turn_back(),
        };
        if self.mirrored {
            Perturbation::Mirror.apply(std::slice::from_mut(&mut turned));
        }
        turned
    }
}

/// Everything of a picture that decides how it is converted; it may change within a stream.
type Form = (Pixel, u32, u32, color::Space, color::Range);

/// Converts pictures to one size.
pub(super) struct Converter<'a> {
    path: &'a Path,
    turn: Turn,
    /// Upright.
    size: Size,
    scaler: Option<(Context, Form)>,
}

impl<'a> Converter<'a> {
    /// A converter for a file's pictures, to an upright `size`.
    pub(super) fn new(path: &'a Path, turn: Turn, size: Size) -> Self {
        Self { path, turn, size, scaler: None }
    }

    /// The size of a picture as it is coded, upright.
    pub(super) fn coded(&self, picture: &Picture) -> Size {
        let (width, height) = self.turn.size(picture.width(), picture.height());
        Size { width, height }
    }

    /// The picture, upright, at the size.
    ///
    /// # Errors
    /// [`VideoError::Decode`] when FFmpeg has no conversion from the picture's format.
    pub(super) fn frame(&mut self, picture: &Picture) -> Result<Frame, VideoError> {
        let fail = |e: ffmpeg::Error| VideoError::Decode(self.path.to_owned(), e.to_string());
        let (width, height) = self.turn.size(self.size.width, self.size.height);
        let (from_width, from_height) = (picture.width(), picture.height());
        let form = (picture.format(), from_width, from_height, picture.color_space(), picture.color_range());
        let scaler = match self.scaler.take() {
            Some((scaler, old)) if old == form => scaler,
            _ => {
                // The bit-exact paths give the same pixels on every processor.
                let flags = Flags::AREA | Flags::ACCURATE_RND | Flags::BITEXACT | Flags::FULL_CHR_H_INT;
                let mut scaler =
                    Context::get(form.0, from_width, from_height, Pixel::RGB24, width, height, flags)
                        .map_err(fail)?;
                raw::set_colours(&mut scaler, picture);
                scaler
            }
        };
        let (scaler, _) = self.scaler.insert((scaler, form));
        let mut rgb = Picture::empty();
        scaler.run(picture, &mut rgb).map_err(fail)?;
        let row = width as usize * 3;
        let mut bytes = Vec::with_capacity(row * height as usize);
        for line in rgb.data(0).chunks(rgb.stride(0).max(1)).take(height as usize) {
            bytes.extend_from_slice(&line[..row.min(line.len())]);
        }
        let frame = Frame::from_rgb(width, height, bytes).ok_or_else(|| {
            VideoError::Decode(self.path.to_owned(), "a scaled frame has the wrong size".to_owned())
        })?;
        Ok(self.turn.apply(frame))
    }
}
