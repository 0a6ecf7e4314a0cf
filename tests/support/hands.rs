//! Fingers on keys, a mouse, and a finger on glass: input as the browser gets it, never events made by script.

use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use serde_json::{Value, json};

use super::Session;

pub(crate) const ARROW_LEFT: char = '\u{e012}';
pub(crate) const ARROW_RIGHT: char = '\u{e014}';
pub(crate) const HOME: char = '\u{e011}';
pub(crate) const END: char = '\u{e010}';
pub(crate) const ENTER: char = '\u{e007}';
const TAB: char = '\u{e004}';
const CONTROL: char = '\u{e009}';

/// A place in the window, CSS pixels.
pub(crate) type Point = (f64, f64);

/// What points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pointer {
    Mouse,
    Finger,
}

/// Steps in which a pointer travels when it drags.
const STEPS: u32 = 8;
/// Steps in which a finger comes to rest before it is lifted.
const STILL: u32 = 4;

impl Session {
    /// Presses and releases a key, wherever the focus is.
    pub(crate) async fn press(&self, key: char) {
        self.keys(&[key]).await;
    }

    /// Presses and releases keys one after the other.
    pub(crate) async fn keys(&self, keys: &[char]) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in keys {
            actions = actions.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key });
        }
        self.client().perform_actions(actions).await.expect("the keys are pressed");
    }

    /// Writes over what a field holds, with the keyboard.
    pub(crate) async fn write(&self, text: &str) {
        let all = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: CONTROL })
            .then(KeyAction::Down { value: 'a' })
            .then(KeyAction::Up { value: 'a' })
            .then(KeyAction::Up { value: CONTROL });
        self.client().perform_actions(all).await.expect("the keys are pressed");
        self.keys(&text.chars().collect::<Vec<_>>()).await;
    }

    pub(crate) async fn tab(&self) {
        self.press(TAB).await;
    }

    /// Moves the focus with the tab key until it is on the selected element.
    pub(crate) async fn tab_to(&self, selector: &str) {
        self.wait_for(selector).await;
        for _ in 0..120 {
            let there = "return document.activeElement?.matches(arguments[0])";
            if self.run(there, vec![selector.into()]).await == Value::Bool(true) {
                return;
            }
            self.tab().await;
        }
        panic!("{selector} cannot be reached with the tab key");
    }

    /// Moves the focus to something and presses Enter.
    pub(crate) async fn enter(&self, selector: &str) {
        self.tab_to(selector).await;
        self.press(ENTER).await;
    }

    /// Middles of elements as they lie in the window, once the first of them is in its middle; all must be in view.
    pub(crate) async fn middles(&self, selectors: &[&str]) -> Vec<Point> {
        for selector in selectors {
            self.wait_for(selector).await;
        }
        let script = "const found = arguments[0].map(s => document.querySelector(s)); \
            found[0].scrollIntoView({ block: 'center', behavior: 'instant' }); \
            return found.map(e => { const r = e.getBoundingClientRect(); \
              return [r.x + r.width / 2, r.y + r.height / 2]; })";
        let size = self.size();
        let found = self.run(script, vec![json!(selectors)]).await;
        let points: Vec<Point> = serde_json::from_value(found).expect("two numbers for each");
        for ((x, y), selector) in points.iter().zip(selectors) {
            let inside = (0.0..f64::from(size.0)).contains(x) && (0.0..f64::from(size.1)).contains(y);
            assert!(inside, "{selector} at {x}, {y} is not in the window of {size:?}");
        }
        points
    }

    /// Clicks on or taps something.
    pub(crate) async fn touch(&self, with: Pointer, selector: &str) {
        let at = self.middles(&[selector]).await[0];
        self.down(with, at).await;
        self.up(with, at).await;
    }

    /// Presses at one place, travels to another and lets go there.
    pub(crate) async fn drag(&self, with: Pointer, from: Point, to: Point) {
        self.down(with, from).await;
        for step in 1..=STEPS {
            let part = f64::from(step) / f64::from(STEPS);
            self.travel(with, (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)).await;
        }
        if with == Pointer::Finger {
            // A finger that is lifted in full motion flings, and the browser takes the next tap for a hand that stops it.
            for step in 0..STILL {
                tokio::time::sleep(Duration::from_millis(50)).await;
                self.travel(with, (to.0 + f64::from(step % 2), to.1)).await;
            }
        }
        self.up(with, to).await;
    }

    async fn down(&self, with: Pointer, at: Point) {
        match with {
            Pointer::Mouse => {
                self.mouse("mouseMoved", at, 0).await;
                self.mouse("mousePressed", at, 1).await;
            }
            Pointer::Finger => self.finger("touchStart", Some(at)).await,
        }
    }

    async fn travel(&self, with: Pointer, to: Point) {
        match with {
            Pointer::Mouse => self.mouse("mouseMoved", to, 1).await,
            Pointer::Finger => self.finger("touchMove", Some(to)).await,
        }
    }

    async fn up(&self, with: Pointer, at: Point) {
        match with {
            Pointer::Mouse => self.mouse("mouseReleased", at, 0).await,
            Pointer::Finger => self.finger("touchEnd", None).await,
        }
    }

    async fn mouse(&self, kind: &str, (x, y): Point, buttons: u32) {
        let button = if kind == "mouseMoved" && buttons == 0 { "none" } else { "left" };
        let event = json!({
            "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1,
            "pointerType": "mouse",
        });
        self.cdp("Input.dispatchMouseEvent", event).await;
    }

    async fn finger(&self, kind: &str, at: Option<Point>) {
        let points: Vec<Value> = at.into_iter().map(|(x, y)| json!({ "x": x, "y": y })).collect();
        self.cdp("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
    }
}
