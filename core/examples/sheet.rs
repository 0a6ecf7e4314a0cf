//! Paints a contact sheet of a scene family, for looking at: one row a seed, time to the right, as PPM on
//! standard output. Arguments: family, first seed, number of seeds, width and height of a picture, columns.

use std::io::Write as _;

use scrubjay_core::scene::{Family, Scene};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: u32| args.get(i).map_or(Ok(default), |a| a.parse());
    let family: Family = args.first().map_or(Ok(Family::Day), |a| a.parse())?;
    let (first, rows) = (number(1, 0)?, number(2, 4)?);
    let (width, height, columns) = (number(3, 320)?, number(4, 180)?, number(5, 6)?);
    let mut sheet = vec![0_u8; (width * columns * height * rows * 3) as usize];
    for row in 0..rows {
        let scene = Scene::new(family, u64::from(first + row), 480);
        for event in scene.events() {
            eprintln!(
                "{:4} {:3}..{:3} {:12} {:7} {}",
                first + row,
                event.from,
                event.to,
                event.kind,
                event.place,
                event.what
            );
        }
        for column in 0..columns {
            let picture = scene.draw(479 * column / (columns - 1).max(1), width, height);
            for (y, line) in picture.rgb.chunks_exact(width as usize * 3).enumerate() {
                let at =
                    (((row * height) as usize + y) * columns as usize + column as usize) * width as usize * 3;
                sheet[at..at + line.len()].copy_from_slice(line);
            }
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "P6 {} {} 255", width * columns, height * rows)?;
    out.write_all(&sheet)?;
    Ok(())
}
