//! Which tokens a place may choose among, and where a token lies in a part of the vocabulary.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::attention::{HIDDEN, indices};

/// The place of each token within the part `from..to`, `[places, 1]`, and 1 where it is there at all, 0 elsewhere; the
/// latter is none where all are, and there is nothing where none is.
pub(super) fn found(
    tokens: &[u32],
    from: usize,
    to: usize,
    device: &Device,
) -> Option<(Tensor<2, Int>, Option<Tensor<2>>)> {
    let n = tokens.len();
    let here = |t: u32| (from..to).contains(&(t as usize));
    if !tokens.iter().any(|t| here(*t)) {
        return None;
    }
    let at = tokens.iter().map(|&t| if here(t) { t as usize - from } else { 0 } as i32).collect();
    let at = indices(at, device).reshape([n, 1]);
    if tokens.iter().all(|t| here(*t)) {
        return Some((at, None));
    }
    let keep = tokens.iter().map(|&t| f32::from(here(t))).collect::<Vec<_>>();
    Some((at, Some(Tensor::<2>::from_data(TensorData::new(keep, [n, 1]), device))))
}

/// Tokens among which one is drawn, in ascending order; none for all.
pub type Allowed = Option<Arc<[u32]>>;

/// What some places may choose among: each set of tokens once.
pub(super) struct Among<'a> {
    sets: Vec<&'a [u32]>,
    /// Of each place: 0 for all tokens, else one more than the number of its set.
    which: Vec<i32>,
}

impl<'a> Among<'a> {
    pub(super) fn new(allowed: Option<&'a [Allowed]>, from: usize, to: usize) -> Self {
        let mut among = Self { sets: Vec::new(), which: Vec::new() };
        let mut known: BTreeMap<(usize, usize), i32> = BTreeMap::new();
        for set in allowed.and_then(|a| a.get(from..to)).unwrap_or_default() {
            let Some(set) = set else {
                among.which.push(0);
                continue;
            };
            // Sets that lie in one place are one; equal ones elsewhere only take more room.
            let number = *known.entry((set.as_ptr().addr(), set.len())).or_insert_with(|| {
                among.sets.push(set);
                among.sets.len() as i32
            });
            among.which.push(number);
        }
        among
    }

    /// Logits of tokens `from..to` without what a place may not choose.
    pub(super) fn hide(&self, part: Tensor<2>, from: usize, to: usize) -> Tensor<2> {
        if self.sets.is_empty() {
            return part;
        }
        let (width, device) = (to - from, part.device());
        let mut table = vec![HIDDEN; (self.sets.len() + 1) * width];
        table[..width].fill(0.0);
        for (row, set) in table.chunks_exact_mut(width).skip(1).zip(&self.sets) {
            let first = set.partition_point(|&t| (t as usize) < from);
            for &token in set[first..].iter().take_while(|t| (**t as usize) < to) {
                row[token as usize - from] = 0.0;
            }
        }
        let table = TensorData::new(table, [self.sets.len() + 1, width]);
        let table = Tensor::<2>::from_data(table, (&device, DType::F32));
        part + table.select(0, indices(self.which.clone(), &device))
    }
}
