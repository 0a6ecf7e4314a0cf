//! A curriculum by measured difficulty (ours): items that are always right or always wrong are asked less often.
//!
//! A group of equal rewards has no advantage and teaches nothing. Which items those are is not known beforehand and
//! changes as the policy learns, so each item's success is measured as it is asked, and no item is ever dropped for
//! good: what was hopeless early is asked again later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::rng::Stream;

/// How strongly difficulty decides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct How {
    /// What the past weighs in an item's running success, in [0, 1).
    #[serde(default = "decay")]
    pub decay: f64,
    /// Probability, in [0, 1), of skipping an item that has long been always right or always wrong.
    #[serde(default = "most")]
    pub most: f64,
}

fn decay() -> f64 {
    0.5
}

fn most() -> f64 {
    0.9
}

/// An item's running success.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Success {
    rate: f64,
    times: u32,
}

/// What is known of the items so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Curriculum {
    items: BTreeMap<String, Success>,
}

impl Curriculum {
    /// Notes how well an item went: the mean reward of its group as a share of the most it can earn, in [0, 1]. Values
    /// outside count as the nearer end; what is not a number is not noted.
    pub fn note(&mut self, id: &str, reward: f64, how: How) {
        if reward.is_nan() {
            return;
        }
        let reward = reward.clamp(0.0, 1.0);
        match self.items.get_mut(id) {
            Some(success) => {
                success.rate = how.decay * success.rate + (1.0 - how.decay) * reward;
                success.times = success.times.saturating_add(1);
            }
            None => {
                self.items.insert(id.to_owned(), Success { rate: reward, times: 1 });
            }
        }
    }

    /// The probability of skipping an item: 0 where half is earned and for items never asked; it grows with the square
    /// of the distance from half, and with how often the item was asked, towards `how.most`.
    #[must_use]
    pub fn skip(&self, id: &str, how: How) -> f64 {
        let Some(Success { rate, times }) = self.items.get(id) else { return 0.0 };
        let extreme = 2.0 * rate - 1.0;
        let sure = f64::from(*times) / (f64::from(*times) + 1.0);
        how.most * extreme * extreme * sure
    }

    /// Whether an item is asked this time. Draws once, whatever is known.
    #[must_use]
    pub fn keep(&self, id: &str, how: How, stream: &mut Stream) -> bool {
        let drawn = stream.unit();
        drawn >= self.skip(id, how)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middling_items_are_preferred_and_none_is_dropped_for_good() {
        let how = How { decay: decay(), most: most() };
        let mut known = Curriculum::default();
        for i in 0..40 {
            known.note("always", 1.0, how);
            known.note("never", 0.0, how);
            known.note("even", f64::from(i % 2), how);
            known.note("nan", f64::NAN, how);
        }
        let kept = |id: &str| {
            let mut stream = Stream::keyed(1, "curriculum", id, 0);
            (0..2000).filter(|_| known.keep(id, how, &mut stream)).count()
        };
        let counts = ["always", "never", "even", "nan", "new"].map(kept);
        assert!(counts[0] > 150 && counts[0] < 400, "{counts:?}");
        assert!(counts[1] > 150 && counts[1] < 400, "{counts:?}");
        assert!(counts[2] > 1500, "{counts:?}");
        assert_eq!(counts[3..], [2000, 2000]);
        // It recovers when it begins to go otherwise.
        let before = known.skip("never", how);
        known.note("never", 0.8, how);
        assert!(known.skip("never", how) < before / 2.0);
        let copy: Curriculum =
            serde_json::from_str(&serde_json::to_string(&known).expect("writes")).expect("reads");
        assert_eq!(copy, known);
    }
}
