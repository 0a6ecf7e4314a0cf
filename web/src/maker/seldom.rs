//! Progress that is told at most ten times a second.

/// Tells progress now and then.
pub(super) struct Seldom<F> {
    tell: F,
    last: f64,
}

impl<F: Fn(f64, f64)> Seldom<F> {
    pub(super) fn new(tell: F) -> Self {
        Self { tell, last: 0.0 }
    }
}

/// Somebody to whom progress is told: so much of so much.
pub(super) trait Listener {
    /// How far it is.
    fn hear(&mut self, done: f64, all: f64);
}

impl<F: Fn(f64, f64)> Listener for Seldom<F> {
    fn hear(&mut self, done: f64, all: f64) {
        let now = js_sys::Date::now();
        if now - self.last > 100.0 {
            self.last = now;
            (self.tell)(done, all);
        }
    }
}
