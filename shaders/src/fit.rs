//! The steps that resize a part of each picture onto a part of a black one: first along the rows, then across them.

use std::collections::BTreeMap;

use scrubjay_core::perturb::Rect;
use scrubjay_core::resample::{Filter, Taps};

use crate::batch::plain;
use crate::gpu::Step;
use crate::kernel::Kernel;
use crate::layout::{ResampleAcross, ResampleDown};
use crate::rows::Rows;

/// What is done to a picture: the part that is read, and where it is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    pub(crate) from: Rect,
    pub(crate) to: Rect,
}

/// The steps that resize whole pictures.
pub(crate) fn whole(from: (u32, u32), to: (u32, u32), filter: Filter, count: u32) -> Vec<Step> {
    let each = Fit { from: Rect::whole(from), to: Rect::whole(to) };
    fit(from, to, &vec![each; count as usize], filter)
}

/// The steps for pictures of `from` that become pictures of `to`; none where nothing changes.
pub(crate) fn fit(from: (u32, u32), to: (u32, u32), each: &[Fit], filter: Filter) -> Vec<Step> {
    if from == to && each.iter().all(|f| f.from == Rect::whole(from) && f.to == Rect::whole(to)) {
        return Vec::new();
    }
    let count = each.len() as u32;
    let most = |side: fn(&Fit) -> u32| each.iter().map(side).max().unwrap_or(0);
    let (source, canvas) = (Rows::new(from), Rows::new(to));
    let between = Rows::new((most(|f| f.to.width), most(|f| f.from.height)));
    let across = ResampleAcross {
        width: between.width,
        height: between.height,
        stride: between.stride,
        src_stride: source.stride,
        src_height: source.height,
    };
    let widths = each.iter().map(|Fit { from, to }| Pass {
        sides: (from.width, to.width),
        place: [from.left, from.top],
        made: [to.width, from.height],
    });
    let first = Step::picture(plain(Kernel::ResampleAcross), between, count, across.bytes());
    let bytes = |side: fn(&Fit) -> (u32, u32)| each.iter().map(|f| Rows::new(side(f)).bytes()).sum();
    let first = first.with_table(table(widths, filter)).of(bytes(|f| (f.from.width, f.from.height)));

    let down = ResampleDown {
        width: canvas.width,
        height: canvas.height,
        stride: canvas.stride,
        src_stride: between.stride,
        src_height: between.height,
    };
    let heights = each.iter().map(|Fit { from, to }| Pass {
        sides: (from.height, to.height),
        place: [to.left, to.top],
        made: [to.width, to.height],
    });
    let second = Step::picture(plain(Kernel::ResampleDown), canvas, count, down.bytes());
    vec![first, second.with_table(table(heights, filter)).of(bytes(|f| (f.to.width, f.from.height)))]
}

/// One pass over one picture, as the kernels' `Fit` has it.
struct Pass {
    /// Places along the side that is resized, read and made.
    sides: (u32, u32),
    place: [u32; 2],
    made: [u32; 2],
}

/// Words of a `Fit` in the kernels' tables.
const HEAD: usize = 6;

/// Each picture's `Fit`, then first places and weights, once for all that have the same.
fn table(passes: impl ExactSizeIterator<Item = Pass>, filter: Filter) -> Vec<u8> {
    let start = passes.len() * HEAD;
    let (mut heads, mut words): (Vec<u32>, Vec<i32>) = (Vec::new(), Vec::new());
    let mut known: BTreeMap<(u32, u32), (u32, u32)> = BTreeMap::new();
    for Pass { sides, place, made } in passes {
        // Places of words, in 32 bits: a table that is too large for them is too large for the device, which refuses it.
        let mut new = || ((start + words.len()) as u32, weights(&mut words, sides, filter));
        let (at, count) = *known.entry(sides).or_insert_with(&mut new);
        heads.extend([at, count].into_iter().chain(place).chain(made));
    }
    let words = words.into_iter().map(|w| w as u32);
    heads.into_iter().chain(words).flat_map(u32::to_le_bytes).collect()
}

/// Appends the first place read for each place made and the weights of each; answers how many weights a place has. Where nothing
/// changes each place is its own with the whole weight, which rounding leaves as it is.
fn weights(words: &mut Vec<i32>, (input, output): (u32, u32), filter: Filter) -> u32 {
    let Some(taps) = Taps::new(input, output, filter) else {
        words.extend((0..).take(output as usize));
        words.resize(words.len() + output as usize, 1 << 22);
        return 1;
    };
    words.extend(taps.windows().map(|(start, _)| start as i32));
    words.extend(taps.windows().flat_map(|(_, window)| window));
    taps.count() as u32
}
