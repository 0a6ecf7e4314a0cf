//! Every kernel gives the bytes that core gives in a browser too, whose compiler of WGSL is not naga, on the pictures
//! that `tests/twins.rs` has. Where the browser has no adapter that is said and nothing is compared.

#![cfg(target_arch = "wasm32")]

mod support;

use scrubjay_core::frame::Frame;
use scrubjay_core::item::PixelWork;
use scrubjay_core::perturb::shape::{Shape, Sprite, draw};
use scrubjay_core::perturb::{Perturbation, Strength};
use scrubjay_core::resample::{Filter, resize};
use scrubjay_core::rng::Stream;
use scrubjay_core::yuv::{Plane, Planes, to_rgb};
use scrubjay_shaders::{Done, Gpu, GpuError, Options, work_or_cpu};
use support::cases::{Decoded, decoded, numbers, patches, sprites};
use support::{any, difference, picture, pictures, sizes};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A device, told by name; `None` is told too.
async fn gpu(options: &Options) -> Option<Gpu> {
    match Gpu::open(options).await {
        Ok(gpu) => {
            console_log!("on {}", gpu.name());
            Some(gpu)
        }
        Err(error) => {
            console_log!("skipped: {error}");
            None
        }
    }
}

/// What was compared on a device, which is given back in the end: a browser keeps it otherwise.
struct Compared {
    gpu: Gpu,
    pictures: usize,
}

impl Compared {
    async fn start() -> Option<Self> {
        gpu(&any()).await.map(|gpu| Self { gpu, pictures: 0 })
    }

    fn same(&mut self, found: &[Frame], expected: &[Frame], what: &str) {
        assert_eq!(difference(found, expected), None, "{what} on {}", self.gpu.name());
        self.pictures += expected.len();
    }

    async fn perturb(&mut self, perturbation: &Perturbation, frames: &[Frame]) {
        let (mut found, mut expected) = (frames.to_vec(), frames.to_vec());
        let done = self.gpu.perturb(perturbation, &mut found).await;
        done.unwrap_or_else(|e| panic!("{perturbation:?}: {e}"));
        perturbation.apply(&mut expected);
        self.same(&found, &expected, &format!("{perturbation:?}"));
    }

    fn end(self) {
        console_log!("{} pictures are equal", self.pictures);
        self.gpu.device().destroy();
    }
}

/// Each perturbation of 52 pictures as one segment of many sizes and of a clip of seven of one size, the first of one of
/// 3840 × 2160 too.
async fn everywhere(each: &[Perturbation]) {
    let Some(mut compared) = Compared::start().await else { return };
    let (pictures, clip) = (pictures(), (0..7).map(|i| picture(57, 42, i)).collect::<Vec<_>>());
    for perturbation in each {
        compared.perturb(perturbation, &pictures).await;
        compared.perturb(perturbation, &clip).await;
    }
    if let Some(first) = each.first() {
        compared.perturb(first, &[picture(3840, 2160, 99)]).await;
    }
    compared.end();
}

#[wasm_bindgen_test]
async fn saturation() {
    let at = |permille| Perturbation::Saturation { permille };
    everywhere(&[at(2000), at(0), at(1100), at(10_000)]).await;
}

#[wasm_bindgen_test]
async fn grayscale() {
    everywhere(&[Perturbation::Grayscale]).await;
}

#[wasm_bindgen_test]
async fn luma_of_all_colours() {
    let Some(mut compared) = Compared::start().await else { return };
    let rgb = (0..1_u32 << 24).flat_map(|c| [c as u8, (c >> 8) as u8, (c >> 16) as u8]).collect();
    compared.perturb(&Perturbation::Grayscale, &[Frame { width: 4096, height: 4096, rgb }]).await;
    compared.end();
}

#[wasm_bindgen_test]
async fn invert() {
    everywhere(&[Perturbation::Invert]).await;
}

#[wasm_bindgen_test]
async fn channel_swap() {
    everywhere(&[Perturbation::ChannelSwap]).await;
}

#[wasm_bindgen_test]
async fn mirror() {
    everywhere(&[Perturbation::Mirror]).await;
}

#[wasm_bindgen_test]
async fn half_turn() {
    everywhere(&[Perturbation::Rotate180]).await;
}

#[wasm_bindgen_test]
async fn quarter_turns_that_fit() {
    everywhere(&[Perturbation::Rotate90, Perturbation::Rotate270]).await;
}

#[wasm_bindgen_test]
async fn quarter_turns_at_their_own_size() {
    let Some(mut compared) = Compared::start().await else { return };
    for frame in pictures().into_iter().chain([picture(3840, 2160, 3)]) {
        let one = std::slice::from_ref(&frame);
        for (back, expected) in [(false, frame.quarter_turn()), (true, frame.quarter_turn_back())] {
            let found = compared.gpu.turn(one, back).await.expect("turned");
            compared.same(&found, &[expected], "a quarter turn");
        }
    }
    compared.end();
}

#[wasm_bindgen_test]
async fn noise() {
    let at = |tenths, key| Perturbation::Noise { tenths: Strength::Steady(tenths), key };
    // The list is shorter than the segment: what is past its end stays.
    let each = Strength::PerFrame((0..50).map(|i| i * 50).collect());
    everywhere(&[at(500, 42), at(2550, u32::MAX), Perturbation::Noise { tenths: each, key: 7 }]).await;
}

#[wasm_bindgen_test]
async fn blur() {
    let at = |tenths| Perturbation::Blur { tenths };
    everywhere(&[at(20), at(7), at(93), at(1000)]).await;
}

#[wasm_bindgen_test]
async fn zoom_in() {
    let at = |permille| Perturbation::ZoomIn { permille: Strength::Steady(permille) };
    let each = Strength::PerFrame((0..50).map(|i| 1300 + i).collect());
    everywhere(&[at(1400), at(1001), at(10_000), Perturbation::ZoomIn { permille: each }]).await;
}

#[wasm_bindgen_test]
async fn zoom_out() {
    let at = |permille| Perturbation::ZoomOut { permille: Strength::Steady(permille) };
    let each = Strength::PerFrame((0..50).map(|i| 1200 + i).collect());
    everywhere(&[at(1300), at(1001), at(10_000), Perturbation::ZoomOut { permille: each }]).await;
}

#[wasm_bindgen_test]
async fn clips_are_cut_where_a_binding_ends() {
    // Of seven frames that take 50 400 bytes together two fit.
    let Some(gpu) = gpu(&Options { batch: 16_000, ..any() }).await else { return };
    let mut compared = Compared { gpu, pictures: 0 };
    let clip: Vec<Frame> = (0..7).map(|i| picture(57, 42, i)).collect();
    let noise = Perturbation::Noise { tenths: Strength::Steady(400), key: 3 };
    for perturbation in
        [Perturbation::Invert, noise, Perturbation::Rotate270, Perturbation::Blur { tenths: 20 }]
    {
        compared.perturb(&perturbation, &clip).await;
    }
    compared.end();
}

#[wasm_bindgen_test]
async fn resizing() {
    let Some(mut compared) = Compared::start().await else { return };
    let mut stream = Stream::keyed(5, "shaders", "resize", 0);
    let cases = pictures().into_iter().enumerate().map(|(i, frame)| {
        let to = (stream.range(1, 140) as u32, stream.range(1, 140) as u32);
        (frame, to, [Filter::Box, Filter::Bicubic, Filter::Lanczos3][i % 3])
    });
    for (frame, to, filter) in cases.chain([(picture(3840, 2160, 4), (1120, 640), Filter::Bicubic)]) {
        let found = compared.gpu.resize(std::slice::from_ref(&frame), to, filter).await.expect("resized");
        compared.same(&found, &[resize(&frame, to.0, to.1, filter)], &format!("{filter:?} to {to:?}"));
    }
    compared.end();
}

#[wasm_bindgen_test]
async fn shapes() {
    let Some(mut compared) = Compared::start().await else { return };
    let mut stream = Stream::keyed(6, "shaders", "shapes", 0);
    let each = pictures().into_iter().map(|frame| vec![frame]);
    let clips = [(0..7).map(|i| picture(57, 42, i)).collect(), vec![picture(3840, 2160, 1)]];
    for mut found in each.chain(clips) {
        let lists: Vec<Vec<(Shape, Sprite)>> = found.iter().map(|f| sprites(&mut stream, f)).collect();
        let mut expected = found.clone();
        compared.gpu.shapes(&lists, &mut found).await.expect("painted");
        for (frame, list) in expected.iter_mut().zip(&lists) {
            for (shape, sprite) in list {
                draw(frame, *shape, sprite);
            }
        }
        compared.same(&found, &expected, &format!("{lists:?}"));
    }
    compared.end();
}

#[wasm_bindgen_test]
async fn rows_of_patches() {
    let Some(mut compared) = Compared::start().await else { return };
    let mut stream = Stream::keyed(8, "shaders", "patches", 0);
    let cases = sizes().into_iter().enumerate().map(|(i, size)| {
        let shape = [[16, 2, 2], [14, 2, 2], [4, 1, 1], [3, 3, 3]][i % 4];
        let side = shape[0] * shape[1];
        let to = (stream.range(1, 3) as u32 * side, stream.range(1, 3) as u32 * side);
        let count = stream.range(1, 5) as u64;
        (shape, to, (0..count).map(|k| picture(size.0, size.1, k)).collect::<Vec<Frame>>())
    });
    let large = ([16, 2, 2], (1120, 640), vec![picture(3840, 2160, 1)]);
    let whole = ([16, 1, 1], (3840, 2160), vec![picture(3840, 2160, 2)]);
    let least = ([1, 1, 1], (1, 1), vec![picture(1, 1, 3)]);
    for ([patch, merge, span], to, frames) in cases.chain([large, whole, least]) {
        let layout = numbers(patch, merge, span);
        let found = compared.gpu.patches(&frames, to, Filter::Bicubic, &layout).await.expect("patches");
        let resized: Vec<Frame> = frames.iter().map(|f| resize(f, to.0, to.1, Filter::Bicubic)).collect();
        let equal =
            found.iter().map(|v| v.to_bits()).eq(patches(&resized, &layout).iter().map(|v| v.to_bits()));
        assert!(equal, "{frames:?} to {to:?}, {patch} {merge} {span} on {}", compared.gpu.name());
        compared.pictures += frames.len();
    }
    compared.end();
}

#[wasm_bindgen_test]
async fn planes_to_rgb() {
    let Some(mut compared) = Compared::start().await else { return };
    for (clip, matrix, range) in decoded(&sizes()) {
        let planes: Vec<Vec<Plane<'_>>> = clip.iter().map(Decoded::planes).collect();
        let pictures: Vec<Planes<'_>> = clip.iter().zip(&planes).map(|(d, p)| d.picture(p)).collect();
        let found = compared.gpu.yuv(&pictures, matrix, range).await.expect("converted");
        let expected: Vec<Frame> =
            pictures.iter().map(|p| to_rgb(p, matrix, range).expect("a picture")).collect();
        compared.same(&found, &expected, &format!("{:?} {matrix:?} {range:?}", pictures[0].format));
    }
    compared.end();
}

/// Core's result with a reason of the expected kind, of each kind of piece.
async fn core_steps_in(gpu: Result<&Gpu, &GpuError>, reason: impl Fn(&GpuError) -> bool) {
    let clip: Vec<Frame> = (0..4).map(|i| picture(61, 35, i)).collect();
    let by_core = |done| match done {
        Done::Cpu(why) if reason(&why) => console_log!("core, because {why}"),
        other => panic!("{other:?}"),
    };
    for perturbation in [Perturbation::Invert, Perturbation::Blur { tenths: 20 }] {
        let (mut found, mut expected) = (clip.clone(), clip.clone());
        let work = PixelWork::Perturb { perturbation: &perturbation, pictures: &mut found };
        by_core(work_or_cpu(gpu, work).await);
        perturbation.apply(&mut expected);
        assert_eq!(difference(&found, &expected), None, "{perturbation:?}");
    }
    let mut stream = Stream::keyed(2, "shaders", "fallback", 0);
    let shapes: Vec<_> = clip.iter().map(|frame| sprites(&mut stream, frame)).collect();
    let (mut found, mut expected) = (clip.clone(), clip.clone());
    by_core(work_or_cpu(gpu, PixelWork::Draw { shapes: &shapes, pictures: &mut found }).await);
    PixelWork::Draw { shapes: &shapes, pictures: &mut expected }.run();
    assert_ne!(difference(&expected, &clip), None, "there are shapes");
    assert_eq!(difference(&found, &expected), None, "shapes");
}

#[wasm_bindgen_test]
async fn a_device_that_is_lost() {
    let Some(gpu) = gpu(&any()).await else { return };
    let mut warm = vec![picture(61, 35, 1)];
    gpu.perturb(&Perturbation::Invert, &mut warm).await.expect("the device works");
    gpu.device().destroy();
    core_steps_in(Ok(&gpu), |e| matches!(e, GpuError::Lost(_))).await;
}

#[wasm_bindgen_test]
async fn an_adapter_that_is_not_there() {
    let options = Options { adapter: Some("no such adapter".to_owned()), ..any() };
    let refused = Gpu::open(&options).await;
    core_steps_in(refused.as_ref(), |e| matches!(e, GpuError::NoAdapter(_))).await;
}

#[wasm_bindgen_test]
async fn software_is_refused_unless_it_is_asked_for() {
    let Some(any) = gpu(&any()).await else { return };
    match Gpu::open(&Options::default()).await {
        Ok(gpu) => assert!(!gpu.name().contains("(Cpu"), "{}", gpu.name()),
        Err(error) => {
            assert!(any.name().contains("(Cpu"), "{error}");
            core_steps_in(Err(&error), |e| matches!(e, GpuError::NoAdapter(_))).await;
        }
    }
}
