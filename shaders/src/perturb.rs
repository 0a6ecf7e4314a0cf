//! Perturbing the frames of a segment.

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::{Perturbation, Work};
use scrubjay_core::resample::Filter;

use crate::batch::plain;
use crate::error::GpuError;
use crate::fit::{Fit, fit};
use crate::gpu::{Gpu, Step};
use crate::kernel::{Kernel, Made};
use crate::layout;
use crate::rows::{Rows, has_pixels};

impl Gpu {
    /// Changes the frames of a segment in place, as [`Perturbation::apply`] does and to the same bytes. Perturbations of
    /// time move frames about without looking at them, which stays core's.
    ///
    /// # Errors
    /// [`GpuError`]; the frames are then as they were.
    pub async fn perturb(&self, perturbation: &Perturbation, segment: &mut [Frame]) -> Result<(), GpuError> {
        if matches!(perturbation, Perturbation::Shuffle { .. } | Perturbation::StutterHold { .. }) {
            perturbation.apply(segment);
            return Ok(());
        }
        let work = |(i, f): (usize, &Frame)| {
            has_pixels(f).then(|| perturbation.work(i, (f.width, f.height))).flatten()
        };
        let works: Vec<Option<Work>> = segment.iter().enumerate().map(work).collect();
        self.work(&works, segment).await
    }

    /// Does each frame's work, in place. A frame without work stays, and so does one without pixels.
    ///
    /// # Errors
    /// [`GpuError`]; the frames are then as they were.
    pub async fn work(&self, works: &[Option<Work>], frames: &mut [Frame]) -> Result<(), GpuError> {
        let mut done: Vec<(usize, Vec<Frame>)> = Vec::new();
        let mut start = 0;
        while let Some(frame) = frames.get(start) {
            let size = (frame.width, frame.height);
            let first = works.get(start).copied().flatten().filter(|_| has_pixels(frame));
            let steps_of_one = first.map(|work| steps(&[work], size)).unwrap_or_default();
            let Some(first) = first.filter(|_| !steps_of_one.is_empty()) else {
                start += 1;
                continue;
            };
            let rows = Rows::new(size);
            let most = self.at_once(rows.bytes(), &steps_of_one)?;
            let mut batch: Vec<Work> = frames[start..]
                .iter()
                .zip(works.get(start..).unwrap_or_default())
                .take(most)
                .map_while(|(f, work)| {
                    work.filter(|w| (f.width, f.height) == size && has_pixels(f) && alike(&first, w))
                })
                .collect();
            let steps = loop {
                let steps = steps(&batch, size);
                // Works that differ may take more than the first.
                if batch.len() == 1 || steps.iter().all(|step| step.size() <= self.most()) {
                    break steps;
                }
                batch.truncate(batch.len() / 2);
            };
            let pictures = &frames[start..start + batch.len()];
            let bytes = rows.bytes() * batch.len() as u64;
            let made = self.run(bytes, |put| rows.pack(pictures, put), &steps, |b| rows.unpack(b)).await?;
            start += batch.len();
            done.push((start - batch.len(), made));
        }
        for (start, made) in done {
            for (to, frame) in frames.iter_mut().skip(start).zip(made) {
                *to = frame;
            }
        }
        Ok(())
    }
}

/// Whether frames with these works go together; noise and zooms may differ from frame to frame.
fn alike(a: &Work, b: &Work) -> bool {
    match (a, b) {
        (Work::Noise { .. }, Work::Noise { .. }) => true,
        (Work::Fit { quarters: a, .. }, Work::Fit { quarters: b, .. }) => a == b,
        _ => a == b,
    }
}

/// The steps for frames of one size whose works are alike; none where nothing changes.
pub(crate) fn steps(works: &[Work], size: (u32, u32)) -> Vec<Step> {
    let (rows, count) = (Rows::new(size), works.len() as u32);
    let Rows { width, height, stride } = rows;
    let step = |kernel, params| Step::picture(plain(kernel), rows, count, params);
    let reverse = |half_turn: bool| {
        let constants = [Some((layout::Reverse::HALF_TURN, u32::from(half_turn))), None, None];
        let params = layout::Reverse { width, height, stride }.bytes();
        Step::picture(Made { kernel: Kernel::Reverse, constants }, rows, count, params)
    };
    let Some(first) = works.first() else { return Vec::new() };
    match *first {
        Work::Saturate { factor } => {
            let params = layout::Saturation { width, height, stride, factor };
            vec![step(Kernel::Saturation, params.bytes())]
        }
        Work::Noise { .. } => {
            let params = layout::Noise { width, height, stride };
            vec![step(Kernel::Noise, params.bytes()).with_table(noise(works))]
        }
        Work::Blur { radius, inner, outer } => blur(rows, count, (radius, inner, outer)),
        Work::Grayscale => {
            vec![step(Kernel::Grayscale, layout::Grayscale { width, height, stride }.bytes())]
        }
        Work::Invert => vec![step(Kernel::Invert, layout::Invert { width, height, stride }.bytes())],
        Work::ChannelSwap => {
            vec![step(Kernel::ChannelSwap, layout::ChannelSwap { width, height, stride }.bytes())]
        }
        Work::Mirror => vec![reverse(false)],
        Work::Rotate180 => vec![reverse(true)],
        Work::Fit { quarters, from, to } => {
            let mut steps = Vec::new();
            let mut turned = size;
            if quarters != 0 {
                turned = (height, width);
                steps.push(quarter_turn(rows, Rows::new(turned), quarters == 3, count));
            }
            let fits = works.iter().map(|work| match *work {
                Work::Fit { from, to, .. } => Fit { from, to },
                _ => Fit { from, to },
            });
            steps.extend(fit(turned, size, &fits.collect::<Vec<_>>(), Filter::Lanczos3));
            steps
        }
    }
}

/// For each frame its scale, its two keys, and nothing.
fn noise(works: &[Work]) -> Vec<u8> {
    let row = |work: &Work| match *work {
        Work::Noise { scale, keys: [first, second] } => [scale as u32, first, second, 0],
        _ => [0; 4],
    };
    works.iter().flat_map(row).flat_map(u32::to_le_bytes).collect()
}

/// Pixels or rows that one thread blurs; `RUN` in the kernels.
const RUN: u32 = 32;
const _: () = assert!(RUN.is_multiple_of(4), "threads write whole units");

fn blur(rows: Rows, count: u32, (radius, inner, outer): (u32, u32, u32)) -> Vec<Step> {
    let Rows { width, height, stride } = rows;
    let across = || {
        let constants = [Some((layout::BlurAcross::RUN, RUN)), None, None];
        let params = layout::BlurAcross { width, height, stride, radius, inner, outer };
        let step = Step::picture(Made { kernel: Kernel::BlurAcross, constants }, rows, count, params.bytes());
        Step { threads: [width.div_ceil(RUN), height, count], ..step }
    };
    let down = || {
        let constants = [Some((layout::BlurDown::RUN, RUN)), None, None];
        let params = layout::BlurDown { width, height, stride, radius, inner, outer };
        let step = Step::picture(Made { kernel: Kernel::BlurDown, constants }, rows, count, params.bytes());
        Step { threads: [rows.units(), height.div_ceil(RUN), count], ..step }
    };
    vec![across(), across(), across(), down(), down(), down()]
}

/// The step that turns pictures clockwise or back.
pub(crate) fn quarter_turn(from: Rows, to: Rows, back: bool, count: u32) -> Step {
    let constants = [Some((layout::QuarterTurn::BACK, u32::from(back))), None, None];
    let params = layout::QuarterTurn {
        width: to.width,
        height: to.height,
        stride: to.stride,
        src_stride: from.stride,
    };
    let reads = from.bytes().saturating_mul(u64::from(count));
    Step::picture(Made { kernel: Kernel::QuarterTurn, constants }, to, count, params.bytes()).of(reads)
}
