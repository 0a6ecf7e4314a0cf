//! Bonuses that depend on a whole group of answers: Video-R1's T-GRPO and its length bonus (methods §5).

/// What the bonuses are worth and when they are paid.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Temporal {
    /// Paid to each correct answer on the ordered frames.
    pub bonus: f64,
    /// Ordered frames must do at least this many times as well as shuffled ones.
    pub factor: f64,
    /// Accuracy above which an answer counts as correct.
    pub correct: f64,
}

impl Default for Temporal {
    /// Video-R1's values.
    fn default() -> Self {
        Self { bonus: 0.3, factor: 0.8, correct: 0.1 }
    }
}

/// T-GRPO: what is added to the accuracy of each answer on the ordered frames, given the accuracies of answers on the
/// same frames in shuffled order. Nothing for a group that shuffling does not hurt enough.
#[must_use]
pub fn temporal(ordered: &[f64], shuffled: &[f64], how: Temporal) -> Vec<f64> {
    let mean = |v: &[f64]| if v.is_empty() { 0.0 } else { v.iter().sum::<f64>() / v.len() as f64 };
    let earned = mean(ordered) >= how.factor * mean(shuffled);
    ordered.iter().map(|a| if earned && *a > how.correct { how.bonus } else { 0.0 }).collect()
}

/// The length bonus and the band of lengths that earns it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Length {
    /// Paid to each correct answer within the band.
    pub bonus: f64,
    /// Shortest answer in tokens.
    pub shortest: usize,
    /// Longest answer in tokens.
    pub longest: usize,
    /// Accuracy above which an answer counts as correct.
    pub correct: f64,
}

impl Default for Length {
    /// Video-R1's values; VideoReasoner's trainer has 100 to 256 tokens.
    fn default() -> Self {
        Self { bonus: 0.2, shortest: 320, longest: 512, correct: 0.1 }
    }
}

/// What is added to each correct answer of a length within the band, if more than one answer is correct.
#[must_use]
pub fn length(accuracies: &[f64], tokens: &[usize], how: Length) -> Vec<f64> {
    let right = accuracies.iter().filter(|a| **a > how.correct).count();
    accuracies
        .iter()
        .zip(tokens)
        .map(|(a, n)| {
            let paid = right > 1 && *a > how.correct && (how.shortest..=how.longest).contains(n);
            if paid { how.bonus } else { 0.0 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_cases() {
        let group = |right: usize| -> Vec<f64> { (0..10).map(|i| f64::from(u8::from(i < right))).collect() };
        let paid =
            |p: usize, q: usize| temporal(&group(p), &group(q), Temporal::default()).iter().sum::<f64>();
        assert!((paid(5, 6) - 1.5).abs() < 1e-12, "0.5 is at least 0.48");
        assert_eq!(paid(4, 6), 0.0);
        assert_eq!(paid(0, 0), 0.0);
        assert_eq!(temporal(&[], &[], Temporal::default()), Vec::<f64>::new());
    }

    #[test]
    fn length_pays_correct_answers_in_the_band_if_there_are_two() {
        let how = Length::default();
        assert_eq!(length(&[1.0, 1.0, 0.0], &[320, 600, 400], how), [0.2, 0.0, 0.0]);
        assert_eq!(length(&[1.0, 0.0], &[400, 400], how), [0.0, 0.0]);
    }
}
