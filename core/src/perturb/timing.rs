//! Perturbations of time that stay within the segment: which of its frames is shown when.

use crate::frame::Frame;

/// The frame shown at each of `length` places when `holds` frames, evenly spread from the first to the last, are
/// held in turn; the first of them are held one place longer where the places do not divide evenly (the public
/// `grounding.py`).
pub(super) fn stutter(length: usize, holds: u32) -> Vec<usize> {
    let holds = (holds as usize).clamp(1, length.max(1));
    let (each, longer) = (length / holds, length % holds);
    (0..holds)
        .flat_map(|j| {
            let held = (j * length.saturating_sub(1)).checked_div(holds - 1).unwrap_or(0);
            std::iter::repeat_n(held, each + usize::from(j < longer))
        })
        .collect()
}

/// Shows frame `order[p]` at place `p`; nothing changes when that is not one frame of the segment for each place.
pub(super) fn arrange(segment: &mut [Frame], order: &[usize]) {
    if order.len() != segment.len() || order.iter().any(|&i| i >= segment.len()) {
        return;
    }
    let shown: Vec<Frame> = order.iter().map(|&i| segment[i].clone()).collect();
    for (to, frame) in segment.iter_mut().zip(shown) {
        *to = frame;
    }
}
