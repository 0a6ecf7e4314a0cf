//! dev
use scrubjay_core::scene::{Family, Scene};
fn main() {
    let (w, h) = (320u32, 180u32);
    let mut out = vec![0u8; (w * 4 * h * 4 * 3) as usize];
    for s in 0..4u32 {
        let sc = Scene::new(Family::Day, s as u64 + 1, 576);
        for k in 0..4u32 {
            let f = sc.draw(k * 180 + (s * 9), w, h);
            for y in 0..h {
                let o = (((s * h + y) * w * 4 + k * w) * 3) as usize;
                out[o..o + (w * 3) as usize]
                    .copy_from_slice(&f.rgb[(y * w * 3) as usize..((y + 1) * w * 3) as usize]);
            }
        }
    }
    let mut v = format!("P6 {} {} 255\n", w * 4, h * 4).into_bytes();
    v.extend(out);
    std::fs::write("/tmp/sheet.ppm", v).unwrap();
    let t = std::time::Instant::now();
    let sc = Scene::new(Family::Day, 5, 576);
    for i in 0..48 {
        std::hint::black_box(sc.draw(i * 12, w, h));
    }
    println!("48 frames {:?}", t.elapsed());
    let t = std::time::Instant::now();
    for i in 0..16 {
        std::hint::black_box(sc.draw(i * 36, 32, 32));
    }
    println!("16 tiny {:?}", t.elapsed());
}
