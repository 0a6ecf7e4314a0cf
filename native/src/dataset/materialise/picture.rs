//! Pictures as PNG: lossless, and the same rule for every one, so that a file tells nothing about a frame but its
//! pixels.

use scrubjay_core::frame::Frame;

/// A PNG file's bytes. Every line is filtered by the one above it and packed by the fastest method that packs at all:
/// decoding the video must stay the larger part of the work.
pub(crate) fn png(frame: &Frame) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::with_capacity(frame.rgb.len() / 2 + 1024);
    let mut encoder = png::Encoder::new(&mut bytes, frame.width, frame.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_deflate_compression(png::DeflateCompression::FdeflateUltraFast);
    encoder.set_filter(png::Filter::Up);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&frame.rgb)?;
    writer.finish()?;
    Ok(bytes)
}
