//! Every kernel gives the bytes that core gives, on whatever device there is: mostly the software one of Mesa.

mod support;

use scrubjay_core::frame::Frame;
use scrubjay_core::perturb::shape::{Shape, Sprite, draw};
use scrubjay_core::perturb::{Kind, Perturbation, Strength, Work, exactly};
use scrubjay_core::resample::{Filter, resize};
use scrubjay_core::rng::Stream;
use scrubjay_core::yuv::{Format, Matrix, Plane, Planes, Range, to_rgb};
use scrubjay_shaders::{Gpu, Options, block_on};
use support::cases::{Decoded, decoded, numbers, patches, sprites};
use support::{any, difference, gpu, picture, pictures};

/// Core's and the device's result of one perturbation.
fn compare(gpu: &Gpu, perturbation: &Perturbation, frames: &[Frame]) {
    let (mut found, mut expected) = (frames.to_vec(), frames.to_vec());
    block_on(gpu.perturb(perturbation, &mut found)).unwrap_or_else(|e| panic!("{perturbation:?}: {e}"));
    perturbation.apply(&mut expected);
    assert_eq!(difference(&found, &expected), None, "{perturbation:?} on {}", gpu.name());
}

/// 52 pictures as one segment of many sizes, a clip of seven of one size, and one of 3840 × 2160.
fn everywhere(each: &[Perturbation]) {
    let Some(gpu) = gpu(&any()) else { return };
    let (pictures, clip) = (pictures(), (0..7).map(|i| picture(57, 42, i)).collect::<Vec<_>>());
    for perturbation in each {
        compare(&gpu, perturbation, &pictures);
        compare(&gpu, perturbation, &clip);
    }
    if let Some(first) = each.first() {
        compare(&gpu, first, &[picture(3840, 2160, 99)]);
    }
}

/// Not a comparison: a run of the tests shows this line, whatever the others find.
#[test]
fn the_adapter_is_named() {
    match block_on(Gpu::open(&any())) {
        Ok(gpu) => eprintln!("kernels: on {}", gpu.name()),
        Err(error) => eprintln!("kernels: skipped, since there is {error}"),
    }
}

/// More pictures than fit when their shapes are counted in: many tall shapes in small pictures.
#[test]
fn shapes_that_take_more_than_their_pictures() {
    let Some(gpu) = gpu(&Options { batch: 40_000, ..any() }) else { return };
    let mut stream = Stream::keyed(11, "shaders", "tall", 0);
    let mut found: Vec<Frame> = (0..9).map(|i| picture(4, 300, i)).collect();
    let tall = |stream: &mut Stream| {
        let (x, y) = (stream.range(-20, 20), stream.range(0, 300));
        (Shape::Circle, Sprite { x, y, size: 300, turn: 0, rgb: [stream.bits() as u8; 3] })
    };
    let lists: Vec<Vec<(Shape, Sprite)>> =
        found.iter().map(|_| (0..7).map(|_| tall(&mut stream)).collect()).collect();
    let mut expected = found.clone();
    block_on(gpu.shapes(&lists, &mut found)).expect("painted");
    for (frame, list) in expected.iter_mut().zip(&lists) {
        for (shape, sprite) in list {
            draw(frame, *shape, sprite);
        }
    }
    assert_eq!(difference(&found, &expected), None);
}

#[test]
fn saturation() {
    let at = |permille| Perturbation::Saturation { permille };
    everywhere(&[at(2000), at(0), at(1100), at(10_000)]);
}

#[test]
fn grayscale() {
    everywhere(&[Perturbation::Grayscale]);
}

#[test]
fn luma_of_all_colours() {
    let Some(gpu) = gpu(&any()) else { return };
    let rgb = (0..1_u32 << 24).flat_map(|c| [c as u8, (c >> 8) as u8, (c >> 16) as u8]).collect();
    compare(&gpu, &Perturbation::Grayscale, &[Frame { width: 4096, height: 4096, rgb }]);
}

#[test]
fn invert() {
    everywhere(&[Perturbation::Invert]);
}

#[test]
fn channel_swap() {
    everywhere(&[Perturbation::ChannelSwap]);
}

#[test]
fn mirror() {
    everywhere(&[Perturbation::Mirror]);
}

#[test]
fn half_turn() {
    everywhere(&[Perturbation::Rotate180]);
}

#[test]
fn quarter_turns_clockwise() {
    everywhere(&[Perturbation::Rotate90]);
}

#[test]
fn quarter_turns_back() {
    everywhere(&[Perturbation::Rotate270]);
}

#[test]
fn quarter_turns_at_their_own_size() {
    let Some(gpu) = gpu(&any()) else { return };
    for frame in pictures().into_iter().chain([picture(3840, 2160, 3)]) {
        let one = std::slice::from_ref(&frame);
        let found = [false, true].map(|back| block_on(gpu.turn(one, back)).expect("turned"));
        let expected = [frame.quarter_turn(), frame.quarter_turn_back()];
        assert_eq!(difference(&found.concat(), &expected), None, "on {}", gpu.name());
    }
}

#[test]
fn noise() {
    let at = |tenths, key| Perturbation::Noise { tenths: Strength::Steady(tenths), key };
    // The list is shorter than the segment: what is past its end stays.
    let each = Strength::PerFrame((0..50).map(|i| i * 50).collect());
    everywhere(&[at(500, 42), at(0, 1), at(2550, u32::MAX), Perturbation::Noise { tenths: each, key: 7 }]);
}

#[test]
fn blur() {
    let at = |tenths| Perturbation::Blur { tenths };
    everywhere(&[at(20), at(0), at(7), at(93), at(1000)]);
}

#[test]
fn zoom_in() {
    let at = |permille| Perturbation::ZoomIn { permille: Strength::Steady(permille) };
    let each = Strength::PerFrame((0..50).map(|i| 1300 + i).collect());
    everywhere(&[at(1400), at(1000), at(1001), at(10_000), Perturbation::ZoomIn { permille: each }]);
}

#[test]
fn zoom_out() {
    let at = |permille| Perturbation::ZoomOut { permille: Strength::Steady(permille) };
    let each = Strength::PerFrame((0..50).map(|i| 1200 + i).collect());
    everywhere(&[at(1300), at(1000), at(1001), at(10_000), Perturbation::ZoomOut { permille: each }]);
}

#[test]
fn strengths_between_thousandths() {
    let Some(gpu) = gpu(&any()) else { return };
    for (kind, strength) in [(Kind::ZoomIn, 1.234_567), (Kind::ZoomOut, 1.234_567), (Kind::Blur, 3.21)] {
        let (mut found, mut expected) = (pictures(), pictures());
        let works: Vec<Option<Work>> =
            found.iter().map(|f| Work::exactly(kind, (f.width, f.height), strength)).collect();
        block_on(gpu.work(&works, &mut found)).expect("works");
        for frame in &mut expected {
            assert!(exactly(kind, frame, strength));
        }
        assert_eq!(difference(&found, &expected), None, "{kind} on {}", gpu.name());
    }
}

#[test]
fn time_and_frames_without_pixels_are_cores() {
    let Some(gpu) = gpu(&any()) else { return };
    let mut frames = pictures();
    frames.insert(3, Frame { width: 0, height: 4, rgb: Vec::new() });
    frames.insert(9, Frame { width: 5, height: 4, rgb: vec![1; 7] });
    let mut order: Vec<u8> = (0..frames.len() as u8).collect();
    order.rotate_left(11);
    for perturbation in [
        Perturbation::Shuffle { order },
        Perturbation::StutterHold { holds: 5 },
        Perturbation::Slow { permille: 300 },
        Perturbation::Fast { permille: 3000 },
        Perturbation::Invert,
        Perturbation::Rotate90,
    ] {
        compare(&gpu, &perturbation, &frames);
    }
    compare(&gpu, &Perturbation::Mirror, &[]);
}

#[test]
fn clips_are_cut_where_a_binding_ends() {
    // Seven frames of 57 × 42 take 50 400 bytes on the device; two fit.
    let Some(gpu) = gpu(&Options { batch: 16_000, ..any() }) else { return };
    let clip: Vec<Frame> = (0..7).map(|i| picture(57, 42, i)).collect();
    let noise = Perturbation::Noise { tenths: Strength::Steady(400), key: 3 };
    for perturbation in
        [Perturbation::Invert, noise, Perturbation::Rotate270, Perturbation::Blur { tenths: 20 }]
    {
        compare(&gpu, &perturbation, &clip);
    }
    let found = block_on(gpu.resize(&clip, (30, 20), Filter::Bicubic)).expect("resized");
    let expected: Vec<Frame> = clip.iter().map(|f| resize(f, 30, 20, Filter::Bicubic)).collect();
    assert_eq!(difference(&found, &expected), None);
    let error = block_on(gpu.resize(&clip, (300, 200), Filter::Bicubic)).expect_err("180 000 bytes");
    assert!(error.to_string().contains("180000 bytes"), "{error}");
}

#[test]
fn resizing() {
    let Some(gpu) = gpu(&any()) else { return };
    let mut stream = Stream::keyed(5, "shaders", "resize", 0);
    for (i, frame) in pictures().into_iter().enumerate() {
        let to = (stream.range(1, 140) as u32, stream.range(1, 140) as u32);
        let filter = [Filter::Box, Filter::Bicubic, Filter::Lanczos3][i % 3];
        let found = block_on(gpu.resize(std::slice::from_ref(&frame), to, filter)).expect("resized");
        let expected = [resize(&frame, to.0, to.1, filter)];
        assert_eq!(difference(&found, &expected), None, "{filter:?} to {to:?} on {}", gpu.name());
    }
    let large = picture(3840, 2160, 4);
    let found =
        block_on(gpu.resize(std::slice::from_ref(&large), (1120, 640), Filter::Bicubic)).expect("resized");
    assert_eq!(difference(&found, &[resize(&large, 1120, 640, Filter::Bicubic)]), None);
}

#[test]
fn shapes() {
    let Some(gpu) = gpu(&any()) else { return };
    let mut stream = Stream::keyed(6, "shaders", "shapes", 0);
    let mut check = |frames: Vec<Frame>| {
        let (mut found, mut expected) = (frames.clone(), frames);
        let lists: Vec<Vec<(Shape, Sprite)>> = found.iter().map(|f| sprites(&mut stream, f)).collect();
        block_on(gpu.shapes(&lists, &mut found)).expect("painted");
        for (frame, list) in expected.iter_mut().zip(&lists) {
            for (shape, sprite) in list {
                draw(frame, *shape, sprite);
            }
        }
        assert_eq!(difference(&found, &expected), None, "{lists:?} on {}", gpu.name());
    };
    for frame in pictures() {
        check(vec![frame]);
    }
    check((0..7).map(|i| picture(57, 42, i)).collect());
    check(vec![picture(3840, 2160, 1)]);
}

#[test]
fn rows_of_patches() {
    let Some(gpu) = gpu(&any()) else { return };
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<u32>>();
    let mut stream = Stream::keyed(8, "shaders", "patches", 0);
    for (i, size) in support::sizes().into_iter().enumerate() {
        let [patch, merge, span] = [[16, 2, 2], [14, 2, 2], [4, 1, 1], [3, 3, 3]][i % 4];
        let layout = numbers(patch, merge, span);
        let side = patch * merge;
        let to = (stream.range(1, 3) as u32 * side, stream.range(1, 3) as u32 * side);
        let frames: Vec<Frame> = (0..stream.range(1, 5) as u64).map(|k| picture(size.0, size.1, k)).collect();
        let found = block_on(gpu.patches(&frames, to, Filter::Bicubic, &layout)).expect("patches");
        let resized: Vec<Frame> = frames.iter().map(|f| resize(f, to.0, to.1, Filter::Bicubic)).collect();
        assert!(
            bits(&found) == bits(&patches(&resized, &layout)),
            "{size:?} to {to:?}, {patch} {merge} {span}"
        );
    }
    let (large, layout) = ([picture(3840, 2160, 1)], numbers(16, 2, 2));
    let found = block_on(gpu.patches(&large, (1120, 640), Filter::Bicubic, &layout)).expect("patches");
    let resized = [resize(&large[0], 1120, 640, Filter::Bicubic)];
    assert!(bits(&found) == bits(&patches(&resized, &layout)), "3840x2160");
    for (size, layout) in [((3840, 2160), numbers(16, 1, 1)), ((1, 1), numbers(1, 1, 1))] {
        let frames = [picture(size.0, size.1, 2)];
        let found = block_on(gpu.patches(&frames, size, Filter::Bicubic, &layout)).expect("patches");
        assert!(bits(&found) == bits(&patches(&frames, &layout)), "{size:?} as it is");
    }
    let error = block_on(gpu.patches(&[picture(9, 9, 1)], (33, 32), Filter::Box, &numbers(16, 2, 2)));
    assert!(error.expect_err("33 is no multiple").to_string().contains("33x32"));
    assert!(block_on(gpu.patches(&[picture(9, 9, 1)], (32, 32), Filter::Box, &numbers(0, 2, 2))).is_err());
}

#[test]
fn planes_to_rgb() {
    let Some(gpu) = gpu(&any()) else { return };
    for (clip, matrix, range) in decoded(&support::sizes()) {
        let planes: Vec<Vec<Plane<'_>>> = clip.iter().map(Decoded::planes).collect();
        let pictures: Vec<Planes<'_>> = clip.iter().zip(&planes).map(|(d, p)| d.picture(p)).collect();
        let found = block_on(gpu.yuv(&pictures, matrix, range)).expect("converted");
        let expected: Vec<Frame> =
            pictures.iter().map(|p| to_rgb(p, matrix, range).expect("a picture")).collect();
        let format = pictures[0].format;
        assert_eq!(difference(&found, &expected), None, "{format:?} {matrix:?} {range:?} on {}", gpu.name());
    }
}

#[test]
fn planes_are_cut_where_a_binding_ends_and_checked() {
    let Some(gpu) = gpu(&Options { batch: 20_000, ..any() }) else { return };
    let mut stream = Stream::keyed(10, "shaders", "planes", 0);
    let mut decode = |format, size| Decoded::new(&mut stream, format, size);
    let clip: Vec<Decoded> = (0..7).map(|_| decode(Format::Nv12, (57, 43))).collect();
    let planes: Vec<Vec<Plane<'_>>> = clip.iter().map(Decoded::planes).collect();
    let pictures: Vec<Planes<'_>> = clip.iter().zip(&planes).map(|(d, p)| d.picture(p)).collect();
    let convert = |pictures: &[Planes<'_>]| block_on(gpu.yuv(pictures, Matrix::Bt709, Range::Limited));
    let expected: Vec<Frame> =
        pictures.iter().map(|p| to_rgb(p, Matrix::Bt709, Range::Limited).expect("a picture")).collect();
    assert_eq!(difference(&convert(&pictures).expect("converted"), &expected), None);
    let refused = |pictures: &[Planes<'_>]| convert(pictures).expect_err("no clip").to_string();
    assert!(refused(&[]).contains("no pictures"));
    let other = decode(Format::I420, (57, 43));
    let planes = other.planes();
    assert!(refused(&[pictures[0], other.picture(&planes)]).contains("picture 1 (I420, 57x43)"));
    assert!(refused(&[pictures[0], Planes { width: 58, ..pictures[1] }]).contains("picture 1"));
    assert!(refused(&[Planes { height: 430, ..pictures[0] }]).contains("picture 0: plane 0 has"));
    let large = decode(Format::I444, (300, 200));
    let planes = large.planes();
    assert!(refused(&[large.picture(&planes)]).contains("180000 bytes"));
}
