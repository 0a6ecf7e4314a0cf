//! YUV to RGB beside the real equations, in all formats, matrices and ranges.

use super::*;

const RANGES: [Range; 2] = [Range::Full, Range::Limited];

/// The real equations of H.273, solved for red, green and blue from 0 to 255, unrounded and unbounded.
fn real(matrix: Matrix, range: Range, [y, u, v]: [u8; 3]) -> [f64; 3] {
    let (red, blue) = match matrix {
        Matrix::Bt601 => (0.299, 0.114),
        Matrix::Bt709 => (0.2126, 0.0722),
        Matrix::Bt2020 => (0.2627, 0.0593),
    };
    let (y, u, v) = (f64::from(y), f64::from(u) - 128.0, f64::from(v) - 128.0);
    let (light, cb, cr) = match range {
        Range::Full => (y, u, v),
        Range::Limited => ((y - 16.0) * 255.0 / 219.0, u * 255.0 / 224.0, v * 255.0 / 224.0),
    };
    let (r, b) = (light + 2.0 * (1.0 - red) * cr, light + 2.0 * (1.0 - blue) * cb);
    [r, (light - red * r - blue * b) / (1.0 - red - blue), b]
}

/// Y, U and V of red, green and blue, as an encoder rounds them.
fn encode(matrix: Matrix, range: Range, rgb: [u8; 3]) -> [u8; 3] {
    let (red, blue) = matrix.shares();
    let (red, blue) = (f64::from(red) / 1e4, f64::from(blue) / 1e4);
    let [r, g, b] = rgb.map(|c| f64::from(c) / 255.0);
    let light = red * r + (1.0 - red - blue) * g + blue * b;
    let (cb, cr) = ((b - light) / (2.0 - 2.0 * blue), (r - light) / (2.0 - 2.0 * red));
    let (black, reach, colour) = match range {
        Range::Full => (0.0, 255.0, 255.0),
        Range::Limited => (16.0, 219.0, 224.0),
    };
    let byte = |value: f64| value.round().clamp(0.0, 255.0) as u8;
    [byte(black + reach * light), byte(128.0 + colour * cb), byte(128.0 + colour * cr)]
}

#[test]
fn every_byte_is_within_a_hundredth_of_rounding_the_real_equations() {
    for (matrix, range) in Matrix::ALL.into_iter().flat_map(|m| RANGES.map(|r| (m, r))) {
        let weights = Weights::new(matrix, range);
        for y in 0..=255 {
            // Steps that share no divisor with 256 and reach both ends.
            for (u, v) in (0..=255).step_by(3).flat_map(|u| (0..=255).step_by(5).map(move |v| (u, v))) {
                let (found, exact) = (weights.rgb([y, u, v]), real(matrix, range, [y, u, v]));
                for (found, exact) in found.into_iter().zip(exact) {
                    let off = (f64::from(found) - exact.clamp(0.0, 255.0)).abs();
                    assert!(off < 0.51, "{matrix:?} {range:?} {:?}: {found}, not {exact}", [y, u, v]);
                }
            }
        }
    }
}

#[test]
fn published_weights_of_limited_range() {
    // What BT.601 and BT.709 are commonly stated as, to three decimals.
    for (matrix, expected) in [
        (Matrix::Bt601, [1.164, 1.596, 0.392, 0.813, 2.017]),
        (Matrix::Bt709, [1.164, 1.793, 0.213, 0.533, 2.112]),
    ] {
        let w = Weights::new(matrix, Range::Limited);
        for (found, expected) in [w.luma, w.red_v, w.green_u, w.green_v, w.blue_u].into_iter().zip(expected) {
            assert!(
                (f64::from(found) / 65_536.0 - expected).abs() < 0.001,
                "{matrix:?}: {found}, {expected}"
            );
        }
    }
}

#[test]
fn primaries_that_standards_tables_list() {
    // Bytes of 100 % colour bars, and the matrix that they are of; both ranges' blacks and whites.
    let cases = [
        (Matrix::Bt601, Range::Limited, [81, 90, 240], [255, 0, 0]),
        (Matrix::Bt601, Range::Limited, [145, 54, 34], [0, 255, 0]),
        (Matrix::Bt601, Range::Limited, [41, 240, 110], [0, 0, 255]),
        (Matrix::Bt709, Range::Limited, [63, 102, 240], [255, 0, 0]),
        (Matrix::Bt709, Range::Limited, [173, 42, 26], [0, 255, 0]),
        (Matrix::Bt709, Range::Limited, [32, 240, 118], [0, 0, 255]),
        (Matrix::Bt601, Range::Full, [76, 85, 255], [255, 0, 0]),
        (Matrix::Bt601, Range::Full, [150, 44, 21], [0, 255, 0]),
        (Matrix::Bt601, Range::Full, [29, 255, 107], [0, 0, 255]),
    ];
    for (matrix, range, yuv, rgb) in cases {
        let found = Weights::new(matrix, range).rgb(yuv);
        assert!(
            found.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 2),
            "{matrix:?} {range:?} {yuv:?}: {found:?}"
        );
    }
}

#[test]
fn greys_blacks_and_whites() {
    for matrix in Matrix::ALL {
        let (full, limited) = (Weights::new(matrix, Range::Full), Weights::new(matrix, Range::Limited));
        for y in 0..=255 {
            assert_eq!(full.rgb([y, 128, 128]), [y; 3]);
            let grey = ((f64::from(y) - 16.0) * 255.0 / 219.0).round().clamp(0.0, 255.0) as u8;
            assert_eq!(limited.rgb([y, 128, 128]), [grey; 3], "{matrix:?} {y}");
        }
        for yuv in (0..8).map(|k| [0, 1, 2].map(|bit| if k >> bit & 1 == 1 { 255 } else { 0 })) {
            // The largest sums there are do not wrap.
            for (weights, range) in [(full, Range::Full), (limited, Range::Limited)] {
                for (found, exact) in weights.rgb(yuv).into_iter().zip(real(matrix, range, yuv)) {
                    let off = (f64::from(found) - exact.clamp(0.0, 255.0)).abs();
                    assert!(off < 0.51, "{matrix:?} {range:?} {yuv:?}: {found}, not {exact}");
                }
            }
        }
    }
}

#[test]
fn what_was_encoded_comes_back() {
    // Half a step of each sample, weighed: at most so far in limited range, where a step is the coarsest.
    for (matrix, range) in Matrix::ALL.into_iter().flat_map(|m| RANGES.map(|r| (m, r))) {
        let weights = Weights::new(matrix, range);
        for rgb in (0..4096_u32).map(|i| [i, i >> 4, i >> 8].map(|c| (c as u8 & 15) * 17)) {
            let found = weights.rgb(encode(matrix, range, rgb));
            assert!(
                found.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 2),
                "{matrix:?} {range:?} {rgb:?}: {found:?}"
            );
        }
    }
}

/// A buffer with planes of strides beyond their rows, whose samples are told by place.
fn buffer(format: Format, (width, height): (u32, u32)) -> (Vec<u8>, Vec<(usize, usize)>) {
    let (mut bytes, mut places) = (vec![0xee; 5], Vec::new());
    for plane in 0..format.planes() {
        let (row, rows) = format.extent(plane, (width, height));
        let stride = row as usize + 3 + plane;
        places.push((bytes.len(), stride));
        bytes.extend((0..rows as usize * stride).map(|i| (i * 31 + plane * 77 + i / 7) as u8));
    }
    (bytes, places)
}

#[test]
fn each_pixel_takes_its_nearest_samples() {
    let weights = Weights::new(Matrix::Bt709, Range::Limited);
    for format in [Format::I420, Format::I422, Format::I444, Format::Nv12] {
        for size @ (width, height) in [(1, 1), (2, 2), (3, 1), (1, 5), (7, 4), (8, 3), (33, 17)] {
            let (bytes, places) = buffer(format, size);
            let planes: Vec<Plane<'_>> =
                places.iter().map(|&(at, stride)| Plane::at(&bytes, at, stride)).collect();
            let picture = Planes { format, width, height, planes: &planes };
            let found = to_rgb(&picture, Matrix::Bt709, Range::Limited).expect("a picture");
            let sample = |plane: usize, x: u32, y: u32| {
                let (at, stride) = places[plane];
                bytes[at + y as usize * stride + x as usize]
            };
            for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                let [u, v] = match format {
                    Format::I420 => [1, 2].map(|p| sample(p, x / 2, y / 2)),
                    Format::I422 => [1, 2].map(|p| sample(p, x / 2, y)),
                    Format::I444 => [1, 2].map(|p| sample(p, x, y)),
                    Format::Nv12 => [0, 1].map(|c| sample(1, x / 2 * 2 + c, y / 2)),
                };
                let at = (y * width + x) as usize * 3;
                let expected = weights.rgb([sample(0, x, y), u, v]);
                assert_eq!(found.rgb[at..at + 3], expected, "{format:?} {size:?} at {x}, {y}");
            }
        }
    }
}

#[test]
fn planes_that_are_no_picture_are_told() {
    let bytes = [0; 64];
    let convert = |format, (width, height), planes: &[Plane<'_>]| {
        to_rgb(&Planes { format, width, height, planes }, Matrix::Bt601, Range::Full)
    };
    let plane = |length: usize, stride| Plane { bytes: &bytes[..length], stride };
    let good = [plane(9, 3), plane(4, 2), plane(4, 2)];
    assert!(convert(Format::I420, (3, 3), &good).is_ok());
    // The last row need not be filled up.
    assert!(convert(Format::I420, (3, 3), &[plane(11, 4), plane(4, 2), plane(5, 3)]).is_ok());
    assert_eq!(convert(Format::I420, (0, 3), &good), Err(YuvError::Empty { width: 0, height: 3 }));
    let count = YuvError::Count { format: Format::Nv12, expected: 2, found: 3 };
    assert_eq!(convert(Format::Nv12, (3, 3), &good), Err(count));
    assert!(matches!(convert(Format::I444, (3, 3), &[]), Err(YuvError::Count { found: 0, .. })));
    let short = [plane(9, 3), plane(3, 2), plane(4, 2)];
    let told = convert(Format::I420, (3, 3), &short);
    assert_eq!(told, Err(YuvError::Short { plane: 1, found: 3, least: 4 }));
    let narrow = [plane(9, 3), plane(4, 2), plane(4, 1)];
    assert_eq!(
        convert(Format::I420, (3, 3), &narrow),
        Err(YuvError::Stride { plane: 2, stride: 1, least: 2 })
    );
    // Sizes and strides beyond everything.
    let most = Plane { bytes: &bytes, stride: usize::MAX };
    assert!(matches!(convert(Format::I444, (u32::MAX, u32::MAX), &[most; 3]), Err(YuvError::Short { .. })));
    assert!(convert(Format::I444, (64, 1), &[most; 3]).is_ok());
    assert!(matches!(convert(Format::I444, (64, 2), &[most; 3]), Err(YuvError::Short { plane: 0, .. })));
    let beyond = Plane::at(&bytes, 65, 3);
    assert!(matches!(convert(Format::I444, (3, 3), &[beyond; 3]), Err(YuvError::Short { found: 0, .. })));
}

#[test]
fn names_as_browsers_have_them() {
    assert_eq!(Format::named("NV12"), Some(Format::Nv12));
    assert_eq!(
        ["I420", "I422", "I444"].map(|n| Format::named(n).map(Format::shifts)),
        [(1, 1), (1, 0), (0, 0)].map(Some)
    );
    assert_eq!([Format::named("RGBA"), Format::named("")], [None; 2]);
    let named = ["smpte170m", "bt470bg", "bt709", "bt2020-ncl", "rgb", ""].map(Matrix::named);
    let [a, b, c] = Matrix::ALL.map(Some);
    assert_eq!(named, [a, a, b, c, None, None]);
}
