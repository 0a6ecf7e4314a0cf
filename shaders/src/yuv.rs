//! Decoded pictures in planes become RGB.

use scrubjay_core::frame::Frame;
use scrubjay_core::yuv::{Format, Matrix, Planes, Range, Weights};

use crate::error::GpuError;
use crate::gpu::{Gpu, Step};
use crate::kernel::{Kernel, Made};
use crate::layout;
use crate::rows::Rows;

/// How planes of one picture lie on the device, in words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed {
    format: Format,
    size: (u32, u32),
    /// Of a row of Y, and of a row of chroma.
    strides: [u32; 2],
    /// Before U and V; the same where they lie in one plane.
    starts: [u64; 2],
    /// Of all planes.
    words: u64,
}

impl Packed {
    pub(crate) fn new(format: Format, size: (u32, u32)) -> Self {
        // A row of Y is less than 2^32 bytes, and so is one of chroma, pairs of half as many.
        let plane = |plane| {
            let (row, rows) = format.extent(plane, size);
            let stride = row.div_ceil(4);
            (stride as u32, stride * u64::from(rows))
        };
        let ((luma, of_y), (chroma, of_chroma)) = (plane(0), plane(1));
        let v = if format == Format::Nv12 { of_y } else { of_y + of_chroma };
        Self { format, size, strides: [luma, chroma], starts: [of_y, v], words: v + of_chroma }
    }

    pub(crate) fn bytes(self) -> u64 {
        self.words.saturating_mul(4)
    }

    /// Gives `put` the rows of pictures and where they go.
    fn pack(self, pictures: &[Planes<'_>], put: &mut dyn FnMut(usize, &[u8])) {
        for (i, picture) in pictures.iter().enumerate() {
            let start = i as u64 * self.bytes();
            for plane in 0..self.format.planes() {
                let (stride, before) = match plane {
                    0 => (self.strides[0], 0),
                    plane => (self.strides[1], self.starts[plane - 1]),
                };
                for (y, row) in (0..).zip(picture.rows(plane)) {
                    put((start + (before + y * u64::from(stride)) * 4) as usize, row);
                }
            }
        }
    }

    pub(crate) fn step(self, to: Rows, weights: &Weights, count: u32) -> Step {
        let (across, down) = self.format.shifts();
        let paired = u32::from(self.format == Format::Nv12);
        let constants =
            [(layout::Yuv::ACROSS, across), (layout::Yuv::DOWN, down), (layout::Yuv::PAIRED, paired)]
                .map(Some);
        let Weights { luma, red_v, green_u, green_v, blue_u, red, green, blue } = *weights;
        // What does not fit into 32 bits does not fit into a binding, and is refused before it is run.
        let params = layout::Yuv {
            width: to.width,
            height: to.height,
            stride: to.stride,
            src_picture: self.words as u32,
            src_stride: self.strides[0],
            chroma_stride: self.strides[1],
            u_start: self.starts[0] as u32,
            v_start: self.starts[1] as u32,
            luma,
            red_v,
            green_u,
            green_v,
            blue_u,
            red,
            green,
            blue,
        };
        let reads = self.bytes().saturating_mul(u64::from(count));
        Step::picture(Made { kernel: Kernel::Yuv, constants }, to, count, params.bytes()).of(reads)
    }
}

/// How all pictures lie.
fn one_layout(pictures: &[Planes<'_>]) -> Result<Packed, GpuError> {
    let Some(first) = pictures.first() else {
        return Err(GpuError::Input("there are no pictures".to_owned()));
    };
    let like = |p: &Planes<'_>| (p.format, p.width, p.height) == (first.format, first.width, first.height);
    for (i, picture) in pictures.iter().enumerate() {
        picture.check().map_err(|e| GpuError::Input(format!("picture {i}: {e}")))?;
        if !like(picture) {
            let Planes { format, width, height, .. } = picture;
            return Err(GpuError::Input(format!(
                "picture {i} ({format:?}, {width}x{height}) is not like the first ({:?}, {}x{})",
                first.format, first.width, first.height
            )));
        }
    }
    Ok(Packed::new(first.format, (first.width, first.height)))
}

impl Gpu {
    /// Pictures of one format and size in RGB, to the bytes of [`scrubjay_core::yuv::to_rgb`].
    ///
    /// # Errors
    /// [`GpuError`]; [`GpuError::Input`] for no pictures, planes that are no picture, and pictures that differ in format or
    /// size.
    pub async fn yuv(
        &self,
        pictures: &[Planes<'_>],
        matrix: Matrix,
        range: Range,
    ) -> Result<Vec<Frame>, GpuError> {
        let packed = one_layout(pictures)?;
        let (to, weights) = (Rows::new(packed.size), Weights::new(matrix, range));
        let most = self.at_once(packed.bytes(), &[packed.step(to, &weights, 1)])?;
        let mut out = Vec::with_capacity(pictures.len());
        for batch in pictures.chunks(most) {
            let bytes = packed.bytes() * batch.len() as u64;
            let step = packed.step(to, &weights, batch.len() as u32);
            out.extend(self.run(bytes, |put| packed.pack(batch, put), &[step], |b| to.unpack(b)).await?);
        }
        Ok(out)
    }
}
