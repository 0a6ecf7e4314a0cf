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
    #[expect(clippy::needless_range_loop, reason = "two rows of one array at the same place")]
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

/// Writes a block's rows as columns: byte `j` of row `r` goes to `columns[j * ROWS + r]`.
///
/// The block is the first `count` rows (at most [`ROWS`]) of `bytes` bytes, `stride` bytes apart; what it lacks
/// becomes 0.
#[inline(always)]
pub(crate) fn to_columns(source: &[u8], stride: usize, bytes: usize, count: usize, columns: &mut [u8]) {
    let mut rows: [&[u8]; ROWS] = [&[]; ROWS];
    for (r, row) in rows.iter_mut().enumerate().take(count) {
        *row = source.get(r * stride..r * stride + bytes).unwrap_or_default();
    }
    if bytes < SIDE {
        for (j, column) in columns.chunks_exact_mut(ROWS).take(bytes).enumerate() {
            for (to, row) in column.iter_mut().zip(rows) {
                *to = row.get(j).copied().unwrap_or(0);
            }
        }
        return;
    }
    let mut squares: [&[[u8; SIDE]]; ROWS] = [&[]; ROWS];
    for (square, row) in squares.iter_mut().zip(rows) {
        *square = row.as_chunks().0;
    }
    for (i, block) in columns.as_chunks_mut::<{ SIDE * ROWS }>().0.iter_mut().take(bytes / SIDE).enumerate() {
        let mut words = [[0; GROUPS]; SIDE];
        for r in 0..SIDE {
            for g in 0..GROUPS {
                if let Some(square) = squares[g * SIDE + r].get(i) {
                    words[r][g] = u64::from_le_bytes(*square);
                }
            }
        }
        turn(&mut words);
        write_columns(&words, block);
    }
    // What is left is less than a square: the last one overlaps its neighbour.
    if let Some(block) = columns.get_mut(..bytes * ROWS).and_then(|c| c.last_chunk_mut()) {
        let mut words = [[0; GROUPS]; SIDE];
        for (r, row) in rows.iter().enumerate() {
            words[r % SIDE][r / SIDE] = row.last_chunk().map_or(0, |b| u64::from_le_bytes(*b));
        }
        turn(&mut words);
        write_columns(&words, block);
    }
}

#[inline(always)]
fn write_columns(words: &Squares, block: &mut [u8; SIDE * ROWS]) {
    for (column, word) in block.as_chunks_mut::<ROWS>().0.iter_mut().zip(words) {
        for (to, w) in column.as_chunks_mut().0.iter_mut().zip(word) {
            *to = w.to_le_bytes();
        }
    }
}

/// The way back from [`to_columns`]; rows beyond `count` are left out.
#[inline(always)]
pub(crate) fn from_columns(columns: &[u8], target: &mut [u8], stride: usize, bytes: usize, count: usize) {
    let mut rows: [&mut [u8]; ROWS] = std::array::from_fn(|_| Default::default());
    for (row, line) in rows.iter_mut().zip(target.chunks_mut(stride.max(1))).take(count) {
        *row = line.get_mut(..bytes).unwrap_or_default();
    }
    if bytes < SIDE {
        for (r, row) in rows.iter_mut().enumerate() {
            for (to, column) in row.iter_mut().zip(columns.chunks_exact(ROWS)) {
                *to = column[r];
            }
        }
        return;
    }
    if let Some(block) = columns.get(..bytes * ROWS).and_then(|c| c.last_chunk()) {
        let mut words = read_columns(block);
        turn(&mut words);
        for (r, row) in rows.iter_mut().enumerate() {
            if let Some(to) = row.last_chunk_mut() {
                *to = words[r % SIDE][r / SIDE].to_le_bytes();
            }
        }
    }
    let mut squares: [&mut [[u8; SIDE]]; ROWS] = std::array::from_fn(|_| Default::default());
    for (square, row) in squares.iter_mut().zip(rows) {
        *square = row.as_chunks_mut().0;
    }
    for (i, block) in columns.as_chunks().0.iter().take(bytes / SIDE).enumerate() {
        let mut words = read_columns(block);
        turn(&mut words);
        for r in 0..SIDE {
            for g in 0..GROUPS {
                if let Some(to) = squares[g * SIDE + r].get_mut(i) {
                    *to = words[r][g].to_le_bytes();
                }
            }
        }
    }
}

#[inline(always)]
fn read_columns(block: &[u8; SIDE * ROWS]) -> Squares {
    let mut words = [[0; GROUPS]; SIDE];
    for (column, word) in block.as_chunks::<ROWS>().0.iter().zip(&mut words) {
        for (from, w) in column.as_chunks().0.iter().zip(word) {
            *w = u64::from_le_bytes(*from);
        }
    }
    words
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
                    let wanted = if r < count { source[r * stride + j] } else { 0 };
                    prop_assert_eq!(columns[j * ROWS + r], wanted);
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
