//! Each puzzle to its full score, by keyboard alone, by mouse alone and by a finger on a phone.

use scrubjay_core::item::Truth;
use scrubjay_core::task::TaskName;

use crate::solve::{By, PLAYED, edge, edges, solve};
use crate::support::{DESK, ENTER, PHONE, Session};
use crate::truth::{recipe, truth};

async fn full_score(task: TaskName, by: By) {
    let setting = if by == By::Finger { PHONE } else { DESK };
    let session = Session::with(setting, "/").await;
    for (_, seed) in PLAYED.into_iter().filter(|(t, _)| *t == task) {
        session.goto(&format!("/p/{task}/{seed}")).await;
        solve(&session, by, task, seed).await;
        assert_eq!(session.score().await, "1.0000", "{task} {seed} by {by:?}");
        assert!(session.text(".verdict").await.contains("100 %"));
    }
    session.close().await;
}

macro_rules! played {
    ($($name:ident: $task:ident by $by:ident;)+) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            full_score(TaskName::$task, By::$by).await;
        }
    )+ };
}

played! {
    jigsaw_by_keyboard: Jigsaw by Keyboard;
    jigsaw_by_mouse: Jigsaw by Mouse;
    jigsaw_by_finger: Jigsaw by Finger;
    grounding_by_keyboard: Grounding by Keyboard;
    grounding_by_mouse: Grounding by Mouse;
    grounding_by_finger: Grounding by Finger;
    counting_by_keyboard: Counting by Keyboard;
    counting_by_mouse: Counting by Mouse;
    counting_by_finger: Counting by Finger;
    masked_by_keyboard: Masked by Keyboard;
    masked_by_mouse: Masked by Mouse;
    masked_by_finger: Masked by Finger;
    segments_by_keyboard: Segments by Keyboard;
    segments_by_mouse: Segments by Mouse;
    segments_by_finger: Segments by Finger;
}

/// Events of a scene begin and end when they do, which may be between two of the frames that are shown. Who marks the
/// frames that show them earns what core says of just these times; who writes the times earns the whole.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_marked_by_frames_and_written_exactly() {
    let (task, seed) = (TaskName::Segments, 5);
    let (right, edges) = (truth(task, seed), edges(&recipe(task, seed)));
    let Truth::Segments(spans) = &right else { unreachable!("segments") };
    let near: Vec<[f64; 2]> = spans.iter().map(|s| s.map(|at| edges[edge(&edges, at)])).collect();
    let best = right.score(&right.tagged(&Truth::Segments(near).plain())).total;
    assert!((0.9..1.0).contains(&best), "ends lie between frames, but near: {best}");
    let session = Session::open(&format!("/p/{task}/{seed}")).await;
    solve(&session, By::Mouse, task, seed).await;
    assert_eq!(session.score().await, format!("{best:.4}"));
    session.close().await;

    let session = Session::open(&format!("/p/{task}/{seed}")).await;
    session.wait_for("[data-stimulus]").await;
    for (k, span) in spans.iter().enumerate() {
        session.enter("#add").await;
        for (end, at) in ["end", "start"].into_iter().zip([span[1], span[0]]) {
            session.tab_to(&format!("#{end}-seconds-{k}")).await;
            session.js("document.activeElement.select()").await;
            session.write(&format!("{at:.2}")).await;
            session.press(ENTER).await;
        }
    }
    session.enter("#check").await;
    assert_eq!(session.score().await, "1.0000");
    session.close().await;
}
