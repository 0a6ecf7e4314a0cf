//! Quarter turns of packed RGB bytes.
//!
//! A line of the turned picture is a column of the other. Columns are taken from a tile of the picture, copied to an
//! array of fixed size so that the loops need no checks, four columns of eight pixels at a time.

use pulp::{Arch, NullaryFnOnce};

/// Rows of a tile: what they add to a line is written at once.
const ROWS: usize = 8;

/// Columns of a tile: so many lines are written by turns, and the ends of all stay in the nearest cache.
const COLUMNS: usize = 256;

/// Rows of a tile, each with room to read its last four pixels as sixteen bytes.
type Tile = [[u8; 3 * COLUMNS + 4]; ROWS];

/// Four neighbouring columns of a tile.
type Columns = [[u8; 3 * ROWS]; 4];

/// The bytes of a picture turned by a quarter; black if their number is not `width * height * 3`.
pub(crate) fn quarter_turn(rgb: &[u8], (width, height): (usize, usize), clockwise: bool) -> Vec<u8> {
    let mut turned = vec![0; width * height * 3];
    if turned.is_empty() || turned.len() != rgb.len() {
        return turned;
    }
    let mut rows: Vec<&[u8]> = rgb.chunks_exact(width * 3).collect();
    let mut lines: Vec<&mut [u8]> = turned.chunks_exact_mut(height * 3).collect();
    // Clockwise, the lowest row comes first and columns become lines from the top; the other way round, both are
    // reversed.
    if clockwise {
        rows.reverse();
    } else {
        lines.reverse();
    }
    lines.resize_with(lines.len().next_multiple_of(COLUMNS), Default::default);
    match Arch::new() {
        #[cfg(target_arch = "x86_64")]
        Arch::V3(simd) => simd.vectorize(Turn { rows: &rows, lines: &mut lines, taker: simd }),
        arch => arch.dispatch(Turn { rows: &rows, lines: &mut lines, taker: Plain }),
    }
    turned
}

/// Takes columns `4 * k` to `4 * k + 3` of a tile. No closure, which the compiler may leave out of line.
trait Taker {
    fn columns(&self, tile: &Tile, k: usize) -> Columns;
}

struct Turn<'a, 'b, T> {
    rows: &'a [&'b [u8]],
    lines: &'a mut [&'b mut [u8]],
    taker: T,
}

impl<T: Taker> NullaryFnOnce for Turn<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let mut tile: Tile = [[0; _]; ROWS];
        let (groups, rest) = self.rows.as_chunks::<ROWS>();
        for (i, strip) in self.lines.as_chunks_mut::<COLUMNS>().0.iter_mut().enumerate() {
            for (j, rows) in groups.iter().enumerate() {
                let mut bytes = 0;
                for (to, row) in tile.iter_mut().zip(rows) {
                    let part = row.chunks(3 * COLUMNS).nth(i).unwrap_or_default();
                    bytes = part.len();
                    to[..bytes].copy_from_slice(part);
                }
                for (k, lines) in strip.as_chunks_mut::<4>().0.iter_mut().enumerate().take(bytes.div_ceil(12))
                {
                    for (line, column) in lines.iter_mut().zip(self.taker.columns(&tile, k)) {
                        if let Some(to) = line.get_mut(3 * ROWS * j..3 * ROWS * (j + 1)) {
                            to.copy_from_slice(&column);
                        }
                    }
                }
            }
        }
        for (line, x) in self.lines.iter_mut().zip((0..).step_by(3)) {
            let pixels = line.as_chunks_mut::<3>().0;
            for (to, row) in pixels.iter_mut().skip(groups.len() * ROWS).zip(rest) {
                to.copy_from_slice(&row[x..x + 3]);
            }
        }
    }
}

/// Pixel by pixel, where there is no AVX2.
struct Plain;

impl Taker for Plain {
    #[inline(always)]
    fn columns(&self, tile: &Tile, k: usize) -> Columns {
        let mut columns = [[0; 3 * ROWS]; 4];
        for (r, row) in tile.iter().enumerate() {
            if let Some(pixels) = row.as_chunks::<12>().0.get(k) {
                for (column, pixel) in columns.iter_mut().zip(pixels.as_chunks::<3>().0) {
                    column[3 * r..3 * r + 3].copy_from_slice(pixel);
                }
            }
        }
        columns
    }
}

#[cfg(target_arch = "x86_64")]
mod vector {
    use pulp::cast;
    use pulp::x86::V3;

    use super::{Columns, ROWS, Taker, Tile};

    /// Nothing, to a shuffle.
    const NO: u8 = 0x80;
    const TO_WORDS: [u8; 16] = [0, 1, 2, NO, 3, 4, 5, NO, 6, 7, 8, NO, 9, 10, 11, NO];
    const FROM_WORDS: [u8; 16] = [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, NO, NO, NO, NO];

    impl Taker for V3 {
        /// With pixels as words: four rows in one half of the registers, four in the other.
        #[inline(always)]
        fn columns(&self, tile: &Tile, k: usize) -> Columns {
            let Self { avx2, .. } = self;
            let mut columns = [[0; 3 * ROWS]; 4];
            let mut rows = [cast([0_u8; 32]); 4];
            for (r, row) in rows.iter_mut().enumerate() {
                let (Some(upper), Some(lower)) =
                    (tile[r][12 * k..].first_chunk::<16>(), tile[r + 4][12 * k..].first_chunk::<16>())
                else {
                    return columns;
                };
                *row = avx2._mm256_shuffle_epi8(cast([*upper, *lower]), cast([TO_WORDS; 2]));
            }
            let [a, b, c, d] = rows;
            let low = [avx2._mm256_unpacklo_epi32(a, b), avx2._mm256_unpacklo_epi32(c, d)];
            let high = [avx2._mm256_unpackhi_epi32(a, b), avx2._mm256_unpackhi_epi32(c, d)];
            let words = [
                avx2._mm256_unpacklo_epi64(low[0], low[1]),
                avx2._mm256_unpackhi_epi64(low[0], low[1]),
                avx2._mm256_unpacklo_epi64(high[0], high[1]),
                avx2._mm256_unpackhi_epi64(high[0], high[1]),
            ];
            for (column, words) in columns.iter_mut().zip(words) {
                let halves = avx2._mm256_shuffle_epi8(words, cast([FROM_WORDS; 2]));
                let joined = avx2._mm256_permutevar8x32_epi32(halves, cast([0_u32, 1, 2, 4, 5, 6, 7, 7]));
                let bytes: [u8; 32] = cast(joined);
                column.copy_from_slice(&bytes[..24]);
            }
            columns
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(width: usize, height: usize) {
        let rgb: Vec<u8> = (0..width * height * 3).map(|i| (i * 31 % 251) as u8).collect();
        let pixel = |x: usize, y: usize| rgb.as_chunks::<3>().0[y * width + x];
        let places = (0..width).flat_map(|x| (0..height).map(move |y| (x, y)));
        let clockwise: Vec<u8> = places.clone().flat_map(|(x, y)| pixel(x, height - 1 - y)).collect();
        let back: Vec<u8> = places.flat_map(|(x, y)| pixel(width - 1 - x, y)).collect();
        assert!(quarter_turn(&rgb, (width, height), true) == clockwise, "{width}x{height}, clockwise");
        assert!(quarter_turn(&rgb, (width, height), false) == back, "{width}x{height}, back");
    }

    #[test]
    fn every_pixel_goes_to_its_place() {
        for (width, height) in
            [(1, 1), (1, 70), (70, 1), (17, 33), (64, 65), (255, 9), (257, 8), (520, 31), (0, 4), (4, 0)]
        {
            check(width, height);
        }
    }

    proptest! {
        #[test]
        fn at_any_size(width in 1_usize..300, height in 1_usize..40) {
            check(width, height);
        }

        #[test]
        fn with_vectors_and_without_is_the_same(bytes in prop::collection::vec(any::<u8>(), 6_176), k in 0_usize..64) {
            let mut tile: Tile = [[0; _]; ROWS];
            for (row, bytes) in tile.iter_mut().zip(bytes.as_chunks().0) {
                *row = *bytes;
            }
            let columns = Plain.columns(&tile, k);
            for (c, column) in columns.iter().enumerate() {
                for (r, pixel) in column.as_chunks::<3>().0.iter().enumerate() {
                    prop_assert_eq!(pixel, &tile[r][3 * (4 * k + c)..][..3]);
                }
            }
            #[cfg(target_arch = "x86_64")]
            if let Arch::V3(simd) = Arch::new() {
                prop_assert_eq!(simd.columns(&tile, k), columns);
            }
        }
    }
}
