//! Ends a phase early when its reward no longer rises (ours; MUSEG's phases end by step).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// When a phase counts as having levelled off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct How {
    /// Steps over which mean rewards are averaged, at least 1.
    pub window: usize,
    /// By how much, in reward, the last window must be better than the one before it.
    pub gain: f64,
}

/// The mean rewards of the last steps of a phase.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    rewards: VecDeque<f64>,
}

impl Plateau {
    /// Notes a step's mean reward and says whether the phase has levelled off: two windows are full, and the later is
    /// not better by the gain. A reward that is not finite is not noted.
    pub fn note(&mut self, reward: f64, how: How) -> bool {
        let window = how.window.max(1);
        if reward.is_finite() {
            self.rewards.push_back(reward);
        }
        while self.rewards.len() > window.saturating_mul(2) {
            self.rewards.pop_front();
        }
        if self.rewards.len() < window.saturating_mul(2) {
            return false;
        }
        let mean = |part: &mut dyn Iterator<Item = &f64>| part.sum::<f64>() / window as f64;
        let before = mean(&mut self.rewards.iter().take(window));
        let after = mean(&mut self.rewards.iter().skip(window));
        after - before < how.gain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_ends_when_reward_stops_rising_and_a_resumed_one_at_the_same_step() {
        let how = How { window: 3, gain: 0.05 };
        let rewards: Vec<f64> = (0..30).map(|i| f64::from(i.min(12)) * 0.1).collect();
        let end = |mut state: Plateau, from: usize| {
            (from..rewards.len()).find(|&i| state.note(rewards[i], how)).expect("it levels off")
        };
        let whole = end(Plateau::default(), 0);
        assert_eq!(whole, 16, "1.2 over steps 14 to 16, 1.167 over 11 to 13");
        let mut half = Plateau::default();
        assert!((0..10).all(|i| !half.note(rewards[i], how)));
        let half = serde_json::from_str(&serde_json::to_string(&half).expect("writes")).expect("reads");
        assert_eq!(end(half, 10), whole);
    }
}
