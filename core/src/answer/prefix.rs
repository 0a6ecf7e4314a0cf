//! Whether a text that is still being written can become what an answer holds: numbers within bounds, intervals,
//! lists, orders. The pieces that [`super::grammar`] puts between a wording's tags.

use super::ParseFailure;
use crate::reward::elements;

/// What a text is, seen as the beginning of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fit {
    /// Whether something that may be said begins with it, itself included.
    pub(super) viable: bool,
    /// Whether it may be said as it is.
    pub(super) complete: bool,
}

impl Fit {
    pub(super) const NONE: Self = Self { viable: false, complete: false };

    fn open(viable: bool) -> Self {
        Self { viable, complete: false }
    }
}

/// Numbers from `low` to `high`, both in units of the last decimal, written without sign, without leading zeros and
/// with all `decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) decimals: u32,
    pub(super) low: u64,
    pub(super) high: u64,
}

/// Digits before the point that are looked at; what has more is larger than any bound.
const DIGITS: usize = 18;

impl Number {
    pub(super) fn fit(self, text: &str) -> Fit {
        let (low, high, scale) = (u128::from(self.low), u128::from(self.high), 10_u128.pow(self.decimals));
        if text.is_empty() {
            return Fit::open(low <= high);
        }
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if self.decimals > 0 => (whole, Some(fraction)),
            Some(_) => return Fit::NONE,
            None => (text, None),
        };
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        let sound = !whole.is_empty()
            && whole.len() <= DIGITS
            && digits(whole)
            && (whole == "0" || !whole.starts_with('0'));
        let Some(value) = whole.parse::<u128>().ok().filter(|_| sound) else { return Fit::NONE };
        let meets = |first: u128, last: u128| first <= high && last >= low;
        match fraction {
            Some(f) if digits(f) && f.len() <= self.decimals as usize => {
                let left = 10_u128.pow(self.decimals - f.len() as u32);
                let said = f.bytes().fold(value, |v, b| v * 10 + u128::from(b - b'0'));
                let viable = meets(said * left, said * left + left - 1);
                Fit { viable, complete: viable && left == 1 }
            }
            Some(_) => Fit::NONE,
            None => {
                let complete = self.decimals == 0 && meets(value, value);
                // With so many further digits before the point.
                let more = if value == 0 { 0 } else { DIGITS - whole.len() };
                let viable = (0..=more as u32).any(|k| {
                    let step = 10_u128.pow(k) * scale;
                    meets(value * step, (value + 1) * step - 1)
                });
                Fit { viable, complete }
            }
        }
    }

    /// The value of a whole number of this kind, in its units.
    fn value(self, text: &str) -> Option<u64> {
        let digits = || text.bytes().filter(u8::is_ascii_digit);
        self.fit(text).complete.then(|| digits().fold(0, |v, b| v * 10 + u64::from(b - b'0')))
    }
}

/// Two numbers in order with a mark between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) decimals: u32,
    /// Largest number in units of the last decimal; the smallest is 0.
    pub(super) most: u64,
    pub(super) mark: char,
    /// Units that lie between the two at least.
    pub(super) apart: u64,
}

impl Pair {
    pub(super) fn fit(self, text: &str) -> Fit {
        let Self { decimals, most, mark, apart } = self;
        let Some(last) = most.checked_sub(apart) else { return Fit::NONE };
        let start = Number { decimals, low: 0, high: last };
        let Some((first, second)) = text.split_once(mark) else { return Fit::open(start.fit(text).viable) };
        let Some(low) = start.value(first) else { return Fit::NONE };
        Number { decimals, low: low + apart, high: most }.fit(second)
    }
}

/// Texts between commas or blanks, the last of which is still open.
fn parts(text: &str, mark: char) -> (Vec<&str>, &str) {
    let mut parts: Vec<&str> = text.split(mark).collect();
    let last = parts.pop().unwrap_or_default();
    (parts, last)
}

/// One or more pairs with blanks between them.
pub(super) fn pairs(text: &str, pair: Pair) -> Fit {
    let (done, last) = parts(text, ' ');
    if done.iter().all(|p| pair.fit(p).complete) { pair.fit(last) } else { Fit::NONE }
}

/// `count` whole numbers from 1 to `most` with commas between them; all different where `distinct` says so.
pub(super) fn list(text: &str, count: usize, most: u64, distinct: bool) -> Fit {
    let number = Number { decimals: 0, low: 1, high: most };
    let (done, last) = parts(text, ',');
    let values: Option<Vec<u64>> = done.iter().map(|p| number.value(p)).collect();
    let Some(values) = values.filter(|v| v.len() < count) else { return Fit::NONE };
    let repeated = |v: &[u64], x: u64| distinct && v.contains(&x);
    if values.iter().enumerate().any(|(i, x)| repeated(&values[..i], *x)) {
        return Fit::NONE;
    }
    let complete = values.len() + 1 == count && number.value(last).is_some_and(|x| !repeated(&values, x));
    let viable = if distinct {
        let free = |x: &u64| !values.contains(x);
        (1..=most).filter(free).any(|x| x.to_string().starts_with(last))
    } else {
        number.fit(last).viable
    };
    Fit { viable, complete: viable && complete }
}

/// Each digit from 1 to `count` once.
pub(super) fn order(text: &str, count: usize) -> Fit {
    let sound = text.bytes().enumerate().all(|(i, b)| {
        let place = usize::from(b.wrapping_sub(b'0'));
        (1..=count.min(9)).contains(&place) && !text.as_bytes()[..i].contains(&b)
    });
    Fit { viable: sound, complete: sound && text.len() == count }
}

/// One of the first `count` capital letters.
pub(super) fn letter(text: &str, count: usize) -> Fit {
    match text.as_bytes() {
        [] => Fit::open(count > 0),
        [b] if usize::from(b.wrapping_sub(b'A')) < count.min(26) => Fit { viable: true, complete: true },
        _ => Fit::NONE,
    }
}

/// A line of things with commas between them, as far as it can be gone on with: one that says something may follow.
pub(super) fn line(text: &str) -> bool {
    !text.contains(char::is_control) && text.matches(',').count() < elements::MOST
}

/// Such a line, of which at least one thing says something.
pub(super) fn things(text: &str) -> Fit {
    let viable = line(text);
    let complete = viable && elements::f1(text, &[]).failure != Some(ParseFailure::Empty);
    Fit { viable, complete }
}
