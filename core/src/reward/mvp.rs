//! Masked segment prediction's reward. The paper's formula is not public; this one is ours (methods §2.4): half for
//! choosing the right frames, half for their right places, and a tenth for the requested form; `[0, 1.1]`.

use super::Score;
use crate::answer::ParseFailure;
use crate::answer::python::strip;
use crate::answer::tags::{integers, only, think_answer};

/// What the requested form is worth.
pub const FORMAT: f64 = 0.1;

/// Selection and order of the named candidates, in `[0, 1]`: the mean of the share of right ones and the share of
/// right places. `candidates` is how many were shown, if known.
#[must_use]
pub fn accuracy(completion: &str, truth: &[u32], candidates: Option<u32>) -> Score {
    let read = only(completion, "<answer>", "</answer>").and_then(|body| {
        let said = integers(strip(body))?;
        check(&said, truth, candidates)?;
        Ok(said)
    });
    let said = match read {
        Ok(said) => said,
        Err(failure) => return Score::failed("accuracy", failure),
    };
    let n = truth.len().max(1) as f64;
    let selection = said.iter().filter(|s| truth.contains(s)).count() as f64 / n;
    let position = said.iter().zip(truth).filter(|(a, b)| a == b).count() as f64 / n;
    let total = if said == truth { 1.0 } else { 0.5 * selection + 0.5 * position };
    let mut score = Score::single("accuracy", Ok((total, said)));
    score.parts.extend([("selection", selection), ("position", position)]);
    score
}

fn check(said: &[u32], truth: &[u32], candidates: Option<u32>) -> Result<(), ParseFailure> {
    if said.len() != truth.len() {
        return Err(ParseFailure::Count);
    }
    let mut distinct = said.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let most = candidates.unwrap_or(u32::MAX);
    if distinct.len() < said.len() || said.iter().any(|s| !(1..=most).contains(s)) {
        return Err(ParseFailure::NotAPermutation);
    }
    Ok(())
}

/// [`accuracy`] plus a tenth for `<think>…</think><answer>…</answer>`, in `[0, 1.1]`.
#[must_use]
pub fn whole(completion: &str, truth: &[u32], candidates: Option<u32>) -> Score {
    let mut score = accuracy(completion, truth, candidates);
    let format = if think_answer(completion).is_ok() { FORMAT } else { 0.0 };
    score.parts.insert("format", format);
    score.total += format;
    score
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_add_up() {
        let at = |text: &str| whole(text, &[3, 1, 4, 2], Some(8)).total;
        assert!((at("<think>a</think><answer>3,1,4,2</answer>") - 1.1).abs() < 1e-12);
        assert_eq!(at("<answer>3, 1, 4, 2</answer>"), 1.0);
        // All chosen, two in place; two chosen, one in place.
        assert_eq!(at("<answer>3,1,2,4</answer>"), 0.75);
        assert_eq!(at("<answer>3,5,6,1</answer>"), 0.375);
        for wrong in
            ["3,1,4,2", "<answer>3,1,4</answer>", "<answer>3,3,4,2</answer>", "<answer>3,1,4,9</answer>"]
        {
            assert_eq!(at(wrong), 0.0, "{wrong}");
        }
        assert_eq!(at("<answer>0,1,4,2</answer>"), 0.0);
    }

    proptest! {
        #[test]
        fn rewards_stay_in_range(text in any::<String>()) {
            for completion in [format!("<answer>{text}</answer>"), text] {
                prop_assert!((0.0..=1.1).contains(&whole(&completion, &[1, 2], None).total));
            }
        }
    }
}
