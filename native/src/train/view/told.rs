//! What is told of a step, in words.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

/// Steps whose mean is told, and with which those before them are compared.
const WINDOW: usize = 20;

/// What differs from run to run, and so is not in the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pace {
    /// Tokens read and written in a second.
    pub tokens_per_second: Option<f64>,
    /// Bytes held on the device; where it is not known, those of this process are told.
    pub memory: Option<u64>,
}

/// What the steps of a phase were, as far as it is told.
#[derive(Debug, Default)]
pub struct Told {
    /// The last rewards by task, at most two windows of them.
    rewards: BTreeMap<String, VecDeque<f64>>,
}

impl Told {
    /// Takes a line of the metrics in.
    pub fn add(&mut self, line: &Value) {
        for (task, reward) in line.get("reward_by_task").and_then(Value::as_object).into_iter().flatten() {
            let Some(reward) = reward.as_f64() else { continue };
            let own = self.rewards.entry(task.clone()).or_default();
            own.push_back(reward);
            if own.len() > 2 * WINDOW {
                own.pop_front();
            }
        }
    }

    /// Each task's mean reward over its last 20 steps and, where there are as many before them, how much that is more.
    #[must_use]
    pub fn rewards(&self) -> String {
        let one = |(task, rewards): (&String, &VecDeque<f64>)| {
            let mean = |from: usize, to: usize| {
                rewards.range(from..to).sum::<f64>() / to.saturating_sub(from).max(1) as f64
            };
            let n = rewards.len();
            let begin = n.saturating_sub(WINDOW);
            let now = mean(begin, n);
            if n < 2 * WINDOW {
                return format!("{task} {now:.3}");
            }
            format!("{task} {now:.3} ({:+.3})", now - mean(0, begin))
        };
        let all: Vec<String> = self.rewards.iter().map(one).collect();
        if all.is_empty() { String::new() } else { format!("reward {}", all.join("  ")) }
    }

    /// What went wrong with the step's answers, and how fast it went with how much memory.
    #[must_use]
    pub fn health(line: &Value, pace: &Pace) -> String {
        let number = |key: &str| line.get(key).and_then(Value::as_f64);
        let mut parts = Vec::new();
        let rollouts = number("rollouts").filter(|n| *n > 0.0);
        if let Some(share) = number("zero_advantage_groups") {
            parts.push(format!("no advantage {:.0} %", share * 100.0));
        }
        for (key, words) in [("parse_failures", "not read"), ("truncated", "truncated")] {
            match (number(key), rollouts) {
                (Some(n), Some(all)) => parts.push(format!("{words} {:.0} %", n / all * 100.0)),
                (Some(n), None) => parts.push(format!("{words} {n}")),
                (None, _) => {}
            }
        }
        if let Some(pace) = pace.tokens_per_second.filter(|p| p.is_finite()) {
            parts.push(format!("{pace:.0} tokens/s"));
        }
        if let Some(bytes) = pace.memory.or_else(resident) {
            parts.push(format!("{:.1} GiB", bytes as f64 / (1_u64 << 30) as f64));
        }
        parts.join("  ")
    }

    /// How far the policy moved in the step.
    #[must_use]
    pub fn moved(line: &Value) -> String {
        let one = |(key, words): (&str, &str)| {
            Some(format!("{words} {}", short(line.get(key).and_then(Value::as_f64)?)))
        };
        let all = [("loss", "loss"), ("kl", "KL"), ("entropy", "entropy"), ("grad_norm", "gradient norm")];
        all.into_iter().filter_map(one).collect::<Vec<_>>().join("  ")
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    if value != 0.0 && (value.abs() < 0.001 || value.abs() >= 10_000.0) {
        format!("{value:.1e}")
    } else {
        format!("{value:.3}")
    }
}

/// Bytes of memory that this process holds, where the system tells.
fn resident() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = told.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rewards_are_compared_with_the_steps_before_and_shares_are_of_rollouts() {
        let mut told = Told::default();
        for step in 0..50 {
            let reward = f64::from(step / 30);
            told.add(&json!({ "reward_by_task": { "jigsaw": reward, "odd": null } }));
            if step == 38 {
                assert_eq!(told.rewards(), "reward jigsaw 0.450");
            }
        }
        assert_eq!(told.rewards(), "reward jigsaw 1.000 (+1.000)");
        let line = json!({ "rollouts": 8, "parse_failures": 2, "truncated": 0, "zero_advantage_groups": 0.5,
                           "kl": 0.00001, "loss": -0.25, "entropy": null });
        let pace = Pace { tokens_per_second: Some(1234.4), memory: Some(3 << 29) };
        assert_eq!(
            Told::health(&line, &pace),
            "no advantage 50 %  not read 25 %  truncated 0 %  1234 tokens/s  1.5 GiB"
        );
        assert_eq!(Told::moved(&line), "loss -0.250  KL 1.0e-5");
        assert!(resident().is_none_or(|b| b > 1 << 20));
        assert_eq!(Told::default().rewards(), "");
    }
}
