//! Turning blocks of rows on their side, so that work along a row becomes the same work on many rows at once.
//!
//! A filter along a row has different neighbours and weights at every place, which leaves vector units little to
//! do. Across rows everything is alike: with [`ROWS`] rows side by side, one place of all of them is one column of
//! consecutive bytes.

/// Rows of a block.
pub(crate) const ROWS: usize = 32;

/// Bytes of one pixel's column: three channels, each for all rows of the block.
pub(crate) const COLUMN: usize = 3 * ROWS;

/// Side of the squares that are turned in registers: the bytes of a `u64`.
const SIDE: usize = 8;
const GROUPS: usize = ROWS / SIDE;

/// `SIDE` words for each of the groups of `SIDE` rows.
type Squares = [[u64; GROUPS]; SIDE];

/// Transposes every group's 8 x 8 bytes, by exchanging halves, quarters and single bytes.
#[inline(always)]
fn turn(words: &mut Squares) {
    #[inline(always)]
    fn exchange(words: &mut Squares, i: usize, j: usize, shift: u32, mask: u64) {
        for g in 0..GROUPS {
            let swap = ((words[i][g] >> shift) ^ words[j][g]) & mask;
            words[j][g] ^= swap;
            words[i][g] ^= swap << shift;
        }
    }
    for i in [0, 1, 2, 3] {
        exchange(words, i, i + 4, 32, 0x0000_0000_ffff_ffff);
    }
    for i in [0, 1, 4, 5] {
        exchange(words, i, i + 2, 16, 0x0000_ffff_0000_ffff);
    }
    for i in [0, 2, 4, 6] {
        exchange(words, i, i + 1, 8, 0x00ff_00ff_00ff_00ff);
    }
}

/// Where the squares of a block of `bytes` bytes a row begin; the last one overlaps its neighbour where needed.
#[inline(always)]
fn squares(bytes: usize) -> impl Iterator<Item = usize> {
    let last = bytes.saturating_sub(SIDE);
    (0..bytes.div_ceil(SIDE)).map(move |i| (i * SIDE).min(last))
}

/// Writes a block's rows as columns: byte `j` of row `r` goes to `columns[j * ROWS + r]`.
///
/// The block is the first `count` rows (at most [`ROWS`]) of `bytes` bytes, `stride` bytes apart; rows that it
/// lacks repeat its last one.
#[inline(always)]
pub(crate) fn to_columns(source: &[u8], stride: usize, bytes: usize, count: usize, columns: &mut [u8]) {
    let row = |r: usize| {
        let at = r.min(count.saturating_sub(1)).wrapping_mul(stride);
        source.get(at..at.wrapping_add(bytes)).unwrap_or_default()
    };
    let rows: [&[u8]; ROWS] = std::array::from_fn(row);
    if bytes < SIDE {
        for (j, column) in columns.chunks_exact_mut(ROWS).take(bytes).enumerate() {
            for (to, row) in column.iter_mut().zip(rows) {
                *to = row.get(j).copied().unwrap_or(0);
            }
        }
        return;
    }
    for j in squares(bytes) {
        let mut words = [[0; GROUPS]; SIDE];
        for (r, row) in rows.iter().enumerate() {
            if let Some(b) = row.get(j..).and_then(|b| b.first_chunk()) {
                words[r % SIDE][r / SIDE] = u64::from_le_bytes(*b);
            }
        }
        turn(&mut words);
        let Some(block) = columns.get_mut(j * ROWS..(j + SIDE) * ROWS) else { continue };
        for (column, word) in block.chunks_exact_mut(ROWS).zip(words) {
            for (to, w) in column.chunks_exact_mut(SIDE).zip(word) {
                to.copy_from_slice(&w.to_le_bytes());
            }
        }
    }
}

/// The way back from [`to_columns`]; rows beyond `count` are left out.
#[inline(always)]
pub(crate) fn from_columns(columns: &[u8], target: &mut [u8], stride: usize, bytes: usize, count: usize) {
    if bytes < SIDE {
        for (j, column) in columns.chunks_exact(ROWS).take(bytes).enumerate() {
            for (r, from) in column.iter().take(count).enumerate() {
                if let Some(to) = target.get_mut(r * stride + j) {
                    *to = *from;
                }
            }
        }
        return;
    }
    for j in squares(bytes) {
        let Some(block) = columns.get(j * ROWS..(j + SIDE) * ROWS) else { continue };
        let mut words = [[0; GROUPS]; SIDE];
        for (column, word) in block.chunks_exact(ROWS).zip(&mut words) {
            for (from, w) in column.as_chunks::<SIDE>().0.iter().zip(word) {
                *w = u64::from_le_bytes(*from);
            }
        }
        turn(&mut words);
        for r in 0..count.min(ROWS) {
            let at = r * stride + j;
            if let Some(to) = target.get_mut(at..at + SIDE) {
                to.copy_from_slice(&words[r % SIDE][r / SIDE].to_le_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn there_and_back_is_nothing(bytes in 1_usize..70, count in 1_usize..=ROWS, gap in 0_usize..5) {
            let stride = bytes + gap;
            let source: Vec<u8> = (0..stride * count).map(|i| (i * 31 % 251) as u8).collect();
            let mut columns = vec![0; bytes * ROWS];
            to_columns(&source, stride, bytes, count, &mut columns);
            for r in 0..ROWS {
                for j in 0..bytes {
                    prop_assert_eq!(columns[j * ROWS + r], source[r.min(count - 1) * stride + j]);
                }
            }
            let mut back = vec![0; stride * count];
            from_columns(&columns, &mut back, stride, bytes, count);
            for r in 0..count {
                let row = r * stride..r * stride + bytes;
                prop_assert_eq!(&back[row.clone()], &source[row]);
            }
        }
    }
}
