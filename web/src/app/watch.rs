//! How long a puzzle was looked at: the time to an answer, without what passed while its tab was hidden.

use leptos::ev;
use leptos::prelude::*;

/// A stopwatch that stands still while the page is hidden.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    /// Seconds before `since`.
    spent: StoredValue<f64>,
    /// Since when it runs, seconds since 1970; `None` while it stands still.
    since: StoredValue<Option<f64>>,
}

fn now() -> f64 {
    js_sys::Date::now() / 1000.0
}

impl Watch {
    /// Goes on from so many seconds. `hidden` is told the time whenever the page was hidden, which is also the last
    /// that a page hears.
    pub(crate) fn new(spent: f64, hidden: impl Fn(f64) + 'static) -> Self {
        let watch = Self { spent: StoredValue::new(spent), since: StoredValue::new(None) };
        watch.look();
        let listens = window_event_listener(ev::visibilitychange, move |_| {
            watch.look();
            if document().hidden() {
                hidden(watch.seconds());
            }
        });
        on_cleanup(move || listens.remove());
        watch
    }

    /// Runs or stands still, as the page is seen or not.
    fn look(self) {
        self.spent.set_value(self.seconds());
        self.since.set_value((!document().hidden()).then(now));
    }

    /// Seconds until now. A clock that was set back takes nothing away.
    pub(crate) fn seconds(self) -> f64 {
        self.spent.get_value() + self.since.get_value().map_or(0.0, |since| (now() - since).max(0.0))
    }
}
