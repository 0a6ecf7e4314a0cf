//! How quick the site is, in figures. Each is taken alone on the machine, three times at most, and the best one counts:
//! whatever else the machine does only makes it worse.

use scrubjay_core::task::TaskName;

use crate::solve::{By, PLAYED, solve};
use crate::support::{DESK, PHONE, Session, Setting};

/// From the navigation in a fresh browser to a puzzle that can be answered, milliseconds.
const PLAYABLE: f64 = 2000.0;
/// The longest that the main thread may be busy at a stretch while somebody plays, milliseconds.
const BUSY: f64 = 50.0;

async fn playable(path: &str) -> f64 {
    let session = Session::open(path).await;
    session.wait_until("witness.playable !== null").await;
    let at = session.js("witness.playable").await.as_f64().expect("a time");
    session.close().await;
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_puzzle_comes_soon() {
    let mut late = Vec::new();
    for path in ["/", "/p/jigsaw/1", "/p/grounding/1", "/p/counting/1", "/p/masked/1", "/p/segments/1"] {
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            best = best.min(playable(path).await);
            if best <= PLAYABLE {
                break;
            }
        }
        println!("budget: {path} is playable {best:.0} ms after navigation (at most {PLAYABLE:.0})");
        if best > PLAYABLE {
            late.push(path);
        }
    }
    assert!(late.is_empty(), "too late: {late:?}");
}

/// The longest tasks of the main thread, milliseconds: until a puzzle was playable, and from then to its verdict. The browser
/// tells those over 50; 0 where there was none.
async fn busy(setting: Setting, by: By, task: TaskName, seed: u64) -> [f64; 2] {
    let session = Session::with(setting, &format!("/p/{task}/{seed}")).await;
    session.wait_until("witness.playable !== null").await;
    solve(&session, by, task, seed).await;
    session.wait_for(".score").await;
    // What the verdict set off may come a little later.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let longest = "[0, 1].map(after => Math.max(0, ...witness.long\
        .filter(([at]) => after == (at > witness.playable)).map(([, long]) => long)))";
    let longest = serde_json::from_value(session.js(longest).await).expect("two times");
    // Who saw nothing may have been asleep.
    let idle = "witness.long = []; setTimeout(() => { const t = performance.now(); while (performance.now() - t < 80); })";
    session.run(idle, Vec::new()).await;
    session.wait_until("witness.long.some(([, long]) => long >= 80)").await;
    session.close().await;
    longest
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_answers_at_once_while_somebody_plays() {
    let told = |long: f64| if long == 0.0 { "never over 50 ms".to_owned() } else { format!("{long:.0} ms") };
    let mut slow = Vec::new();
    for (task, seed) in PLAYED {
        for (setting, by) in [(DESK, By::Mouse), (PHONE, By::Finger)] {
            let [mut load, mut play] = [f64::INFINITY; 2];
            for _ in 0..3 {
                let [before, after] = busy(setting.clone(), by, task, seed).await;
                (load, play) = (load.min(before), play.min(after));
                if play <= BUSY {
                    break;
                }
            }
            println!(
                "budget: main thread busy at a stretch, {task} by {by:?}: {} (at most {BUSY:.0} ms); while it loads: {}",
                told(play),
                told(load)
            );
            if play > BUSY {
                slow.push((task, by));
            }
        }
    }
    assert!(slow.is_empty(), "too long: {slow:?}");
}
