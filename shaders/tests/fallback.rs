//! A device that is refused, lost or out of memory: core's result in the same call, and the reason.

mod support;

use scrubjay_core::frame::Frame;
use scrubjay_core::item::PixelWork;
use scrubjay_core::perturb::shape::{Shape, Sprite};
use scrubjay_core::perturb::{Perturbation, Strength};
use scrubjay_core::resample::Filter;
use scrubjay_core::rng::Stream;
use scrubjay_shaders::{Done, Gpu, GpuError, Options, block_on, wgpu, work_or_cpu};
use support::cases::sprites;
use support::{any, difference, gpu, picture};

fn perturbations() -> [Perturbation; 4] {
    let noise = Perturbation::Noise { tenths: Strength::Steady(444), key: 9 };
    let zoom = Perturbation::ZoomOut { permille: Strength::Steady(1333) };
    [Perturbation::Invert, noise, zoom, Perturbation::Blur { tenths: 20 }]
}

fn clip() -> Vec<Frame> {
    (0..4).map(|i| picture(61, 35, i)).collect()
}

/// Shapes for each frame of a clip.
fn sprites_of(clip: &[Frame]) -> Vec<Vec<(Shape, Sprite)>> {
    let mut stream = Stream::keyed(2, "shaders", "fallback", 0);
    clip.iter().map(|frame| sprites(&mut stream, frame)).collect()
}

/// Does each kind of piece of work, and compares with core: who did it is told to `by`.
fn each_piece(gpu: Result<&Gpu, &GpuError>, by: impl Fn(Done)) {
    for perturbation in perturbations() {
        let (mut found, mut expected) = (clip(), clip());
        let work = PixelWork::Perturb { perturbation: &perturbation, pictures: &mut found };
        by(block_on(work_or_cpu(gpu, work)));
        perturbation.apply(&mut expected);
        assert_eq!(difference(&found, &expected), None, "{perturbation:?}");
    }
    let (mut found, mut expected) = (clip(), clip());
    let shapes = sprites_of(&found);
    by(block_on(work_or_cpu(gpu, PixelWork::Draw { shapes: &shapes, pictures: &mut found })));
    PixelWork::Draw { shapes: &shapes, pictures: &mut expected }.run();
    assert_ne!(difference(&expected, &clip()), None, "there are shapes");
    assert_eq!(difference(&found, &expected), None, "shapes");
}

/// Core's result with a reason of the expected kind, whatever is done.
fn core_steps_in(gpu: Result<&Gpu, &GpuError>, reason: impl Fn(&GpuError) -> bool) {
    each_piece(gpu, |done| match done {
        Done::Cpu(why) if reason(&why) => eprintln!("core, because {why}"),
        other => panic!("{other:?}"),
    });
}

#[test]
fn a_working_device_does_the_work() {
    let Some(gpu) = gpu(&any()) else { return };
    each_piece(Ok(&gpu), |done| assert_eq!(done, Done::Gpu));
}

#[test]
fn an_adapter_that_is_not_there() {
    let options = Options { adapter: Some("no such adapter".to_owned()), ..any() };
    let refused = block_on(Gpu::open(&options));
    core_steps_in(refused.as_ref(), |e| matches!(e, GpuError::NoAdapter(w) if w.contains("no such adapter")));
}

#[test]
fn software_is_refused_unless_it_is_asked_for() {
    let Some(any) = gpu(&any()) else { return };
    match block_on(Gpu::open(&Options::default())) {
        Ok(gpu) => assert!(!gpu.name().contains("(Cpu"), "{}", gpu.name()),
        Err(error) => {
            assert!(any.name().contains("(Cpu"), "{error}");
            core_steps_in(Err(&error), |e| matches!(e, GpuError::NoAdapter(_)));
        }
    }
}

/// Whether the work was done by then or not, the pictures are what core makes of them.
#[test]
fn a_device_that_is_lost_while_it_works() {
    let Some(gpu) = gpu(&any()) else { return };
    let mut warm = clip();
    block_on(gpu.perturb(&Perturbation::Invert, &mut warm)).expect("the device works");
    let perturbation = Perturbation::Blur { tenths: 20 };
    let mut found: Vec<Frame> = (0..4).map(|i| picture(1920, 1080, i)).collect();
    let mut expected = found.clone();
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            gpu.device().destroy();
        });
        let work = PixelWork::Perturb { perturbation: &perturbation, pictures: &mut found };
        block_on(work_or_cpu(Ok(&gpu), work))
    });
    eprintln!("{done:?}");
    assert!(matches!(done, Done::Gpu | Done::Cpu(GpuError::Lost(_))), "{done:?}");
    perturbation.apply(&mut expected);
    assert_eq!(difference(&found, &expected), None);
    core_steps_in(Ok(&gpu), |e| matches!(e, GpuError::Lost(_)));
}

#[test]
fn a_device_that_is_lost_between_two_calls() {
    let Some(gpu) = gpu(&any()) else { return };
    let mut warm = clip();
    block_on(gpu.perturb(&Perturbation::Invert, &mut warm)).expect("the device works");
    gpu.device().destroy();
    core_steps_in(Ok(&gpu), |e| matches!(e, GpuError::Lost(_)));
    let frames = clip();
    let error = block_on(gpu.resize(&frames, (9, 9), Filter::Box)).expect_err("lost");
    assert!(matches!(error, GpuError::Lost(_)), "{error}");
}

/// Says to the same program that it is to run short of memory.
const STARVED: &str = "SCRUBJAY_TEST_STARVED";

/// A software device's memory is the program's, so a program that is given no more of it runs short: another one than
/// this, since it concerns all its tests.
#[test]
fn a_device_without_memory() {
    if std::env::var_os(STARVED).is_some() {
        return starve();
    }
    let Some(gpu) = gpu(&any()) else { return };
    if !gpu.name().contains("llvmpipe") {
        eprintln!("skipped: this device's memory is not the program's");
        return;
    }
    let program = std::env::current_exe().expect("a program");
    let result = std::process::Command::new(program)
        .args(["--exact", "a_device_without_memory", "--nocapture"])
        .env(STARVED, "1")
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&result.stderr);
    eprintln!("{text}");
    assert!(result.status.success() && text.contains("core, because the GPU is out of memory"), "{text}");
}

fn starve() {
    let Some(gpu) = gpu(&any()) else { return };
    let (mut small, mut found) = (clip(), vec![picture(3840, 2160, 5)]);
    let mut expected = found.clone();
    Perturbation::Invert.apply(&mut expected);
    block_on(gpu.perturb(&Perturbation::Invert, &mut small)).expect("a little works");
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let used = status.lines().find_map(|l| l.strip_prefix("VmSize:")).expect("with its size");
    let used: u64 = used.trim().trim_end_matches(" kB").parse().expect("in kB");
    // Less than one of the buffers that the large picture takes.
    let most = (used + 20_000) * 1024;
    let limited = std::process::Command::new("prlimit")
        .args([format!("--pid={}", std::process::id()), format!("--as={most}")])
        .status();
    assert!(limited.is_ok_and(|s| s.success()), "prlimit");
    let work = PixelWork::Perturb { perturbation: &Perturbation::Invert, pictures: &mut found };
    match block_on(work_or_cpu(Ok(&gpu), work)) {
        Done::Cpu(why) => eprintln!("core, because {why}"),
        Done::Gpu => panic!("{most} bytes were enough"),
    }
    assert_eq!(difference(&found, &expected), None);
}

#[test]
fn a_frame_that_is_more_than_a_binding() {
    let Some(gpu) = gpu(&Options { batch: 1000, ..any() }) else { return };
    core_steps_in(Ok(&gpu), |e| matches!(e, GpuError::TooLarge { needed, most: 1000 } if *needed > 1000));
}

#[test]
fn a_device_of_somebody_else() {
    let opened = block_on(async {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = instance.request_adapter(&wgpu::RequestAdapterOptions::default()).await.ok()?;
        adapter.request_device(&wgpu::DeviceDescriptor::default()).await.ok()
    });
    let Some((device, queue)) = opened else {
        eprintln!("skipped: no device");
        return;
    };
    let gpu = Gpu::on(device.clone(), queue);
    eprintln!("on {}", gpu.name());
    let (mut found, mut expected) = (clip(), clip());
    block_on(gpu.perturb(&Perturbation::Mirror, &mut found)).expect("works");
    Perturbation::Mirror.apply(&mut expected);
    assert_eq!(difference(&found, &expected), None);
    device.destroy();
    core_steps_in(Ok(&gpu), |e| matches!(e, GpuError::Lost(_)));
}

#[test]
fn frames_that_do_not_fit_together_are_named() {
    let Some(gpu) = gpu(&any()) else { return };
    let uneven = [picture(8, 8, 1), picture(8, 9, 1)];
    let error = block_on(gpu.resize(&uneven, (4, 4), Filter::Box)).expect_err("two sizes");
    assert!(error.to_string().contains("frame 1 (8x9"), "{error}");
    let short = [Frame { width: 8, height: 8, rgb: vec![0; 5] }];
    let error = block_on(gpu.resize(&short, (4, 4), Filter::Box)).expect_err("too few bytes");
    assert!(error.to_string().contains("5 bytes"), "{error}");
    assert!(block_on(gpu.resize(&[], (4, 4), Filter::Box)).is_err());
}
