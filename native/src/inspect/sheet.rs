//! The frames of a clip on one sheet: a picture that a page holds, plays from and shows as a whole.

use scrubjay_core::frame::{Clip, Frame};
use scrubjay_core::recipe::Size;
use scrubjay_core::resample::{Filter, resize};

use super::html::base64;
use crate::error::Error;

/// Longest sides, in pixels, that the frames of a page are shrunk to: the first with which all fit.
const SIDES: [u32; 7] = [320, 256, 192, 160, 128, 96, 64];

/// Most bytes of pixels in a page. As PNG in base64, films take about 0.6 of this and drawn scenes 0.3.
const BUDGET: u64 = 64 << 20;

/// The longest side that the frames of a page may have: `items` is their size and number, item by item.
///
/// # Errors
/// [`Error`] when there are too many frames for one page at any size.
pub(super) fn side(items: &[(Size, u64)]) -> Result<u32, Error> {
    let bytes = |side: u32| -> u64 {
        items
            .iter()
            .map(|(size, frames)| {
                let Size { width, height } = fit(*size, side);
                frames * u64::from(width) * u64::from(height) * 3
            })
            .sum()
    };
    SIDES.into_iter().find(|s| bytes(*s) <= BUDGET).ok_or_else(|| {
        let frames: u64 = items.iter().map(|i| i.1).sum();
        Error::usage(format!("{frames} frames are too many for one page; ask for fewer items with --limit"))
    })
}

/// A size within a square, never larger than it is.
pub(super) fn fit(size: Size, side: u32) -> Size {
    let longest = size.width.max(size.height);
    if longest <= side {
        return size;
    }
    let scale = |x: u32| (u64::from(x) * u64::from(side) / u64::from(longest)).max(1) as u32;
    Size { width: scale(size.width), height: scale(size.height) }
}

/// All frames of a clip, row by row, as an image address.
pub(super) struct Sheet {
    /// `data:image/png;base64,…`
    pub(super) address: String,
    /// Frames in a row.
    pub(super) columns: usize,
    /// Size of each frame on the sheet.
    pub(super) frame: Size,
}

/// The frames of a clip as a sheet, shrunk to fit a square of `side` pixels. `None` for a clip without frames.
pub(super) fn sheet(clip: &Clip, side: u32) -> Result<Option<Sheet>, Error> {
    let Some((whole, columns, frame)) = lay(clip, side) else { return Ok(None) };
    let address = format!("data:image/png;base64,{}", base64(&encode(&whole)?));
    Ok(Some(Sheet { address, columns, frame }))
}

/// The sheet, how many frames lie in a row of it, and the size of each.
fn lay(clip: &Clip, side: u32) -> Option<(Frame, usize, Size)> {
    let first = clip.frames.first()?;
    let size = fit(Size { width: first.width, height: first.height }, side);
    let columns = columns(clip.frames.len());
    let rows = clip.frames.len().div_ceil(columns);
    let mut whole = Frame::black(size.width * columns as u32, size.height * rows as u32);
    let (row, line) = (size.width as usize * 3, whole.width as usize * 3);
    for (i, frame) in clip.frames.iter().enumerate() {
        let small = resize(frame, size.width, size.height, Filter::Lanczos3);
        let corner = (i / columns) * size.height as usize * line + (i % columns) * row;
        for (y, pixels) in small.rgb.chunks_exact(row).enumerate() {
            let at = corner + y * line;
            whole.rgb[at..at + row].copy_from_slice(pixels);
        }
    }
    Some((whole, columns, size))
}

/// Nearly square; without a gap in the last row if that takes no more than two columns more.
fn columns(frames: usize) -> usize {
    let square = (1..=frames).find(|c| c * c >= frames).unwrap_or(1);
    (square..=square + 2).find(|c| frames.is_multiple_of(*c)).unwrap_or(square)
}

fn encode(frame: &Frame) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, frame.width, frame.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .and_then(|mut w| w.write_image_data(&frame.rgb))
        .map_err(|e| Error::failed(format!("a sheet of frames cannot be encoded: {e}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_lie_on_the_sheet_row_by_row() {
        let frame = |v: u8| Frame::from_rgb(1, 2, vec![v; 6]).expect("six bytes");
        let clip = Clip { frames: (1..=6).map(frame).collect(), shown: vec![0.0; 6] };
        let (whole, columns_of_six, size) = lay(&clip, 320).expect("has frames");
        assert_eq!(
            (whole.width, whole.height, columns_of_six, size),
            (3, 4, 3, Size { width: 1, height: 2 })
        );
        let reds: Vec<u8> = whole.rgb.iter().step_by(3).copied().collect();
        assert_eq!(reds, [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
        assert!(lay(&Clip { frames: Vec::new(), shown: Vec::new() }, 320).is_none());
        assert_eq!([1, 2, 6, 7, 16, 48, 49].map(columns), [1, 2, 3, 3, 4, 8, 7]);
    }

    #[test]
    fn more_frames_are_smaller_and_too_many_are_refused() {
        let hd = Size { width: 1920, height: 1080 };
        assert_eq!(side(&[(hd, 48)]).expect("fits"), 320);
        let many = side(&[(hd, 48); 20]).expect("fits");
        assert!((64..320).contains(&many));
        assert!(side(&[(hd, 768); 100]).is_err());
        assert_eq!(fit(Size { width: 8192, height: 1 }, 320), Size { width: 320, height: 1 });
    }
}
