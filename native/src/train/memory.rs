//! What a run will need in memory, told before its first step, and refused where it cannot fit.

use std::fmt::Write as _;

use scrubjay_core::preset::{Preset, Tower};
use scrubjay_model::plan::{Load, Part, Use, parts, total};
use scrubjay_model::spec::{Spec, parameters};

use super::data::Example;
use super::plan::Plan;
use super::stage::{Stage, Work};
use super::subject::Subject;
use crate::doctor::amount;
use crate::error::Error;
use crate::model::{room, width};

/// The largest micro-batch of a use: prompts as long as the longest that was seen, answers as long as they may be.
fn load(
    preset: &Preset,
    subject: &Subject,
    seen: &[Example],
    prompts: usize,
    group: usize,
    answer: usize,
) -> Load {
    let longest = seen.iter().map(|e| e.prompt.ids.len()).max().unwrap_or(0);
    let tokens = &subject.config().tokens;
    let visual = |e: &Example| e.prompt.ids.iter().filter(|id| tokens.is_visual(**id)).count();
    let visual = seen.iter().map(visual).max().unwrap_or(0);
    let each = (longest + group * answer).max(1);
    let fit = match preset.train.micro_tokens {
        0 => prompts,
        most => (most / each).clamp(1, prompts.max(1)),
    };
    Load {
        prompts: fit as u64,
        prompt_tokens: longest as u64,
        visual_tokens: visual as u64,
        group: group as u64,
        answer_tokens: answer as u64,
        bytes: width(subject.dtype),
    }
}

/// The plans of a run: a name and its parts.
fn plans(preset: &Preset, subject: &Subject, stages: &[Stage], seen: &[Example]) -> Vec<(String, Vec<Part>)> {
    let t = &preset.train;
    let purpose = match &t.lora {
        Some(lora) => Use::Lora { rank: lora.rank as u64 },
        None => Use::Full,
    };
    let config = subject.config();
    let learning = |load: &Load| {
        let mut parts = parts(config, load, purpose);
        for part in &mut parts {
            // Without recomputation the tape holds every layer and not one.
            if !t.recompute && matches!(part.name, "one layer's tape" | "its scores") {
                part.bytes = part.bytes.saturating_mul(config.text.layers as u64);
            }
        }
        if t.tower == Tower::Trained && t.lora.is_none() {
            let tower: u64 = parameters(config).iter().filter(|s| s.is_vision()).map(Spec::count).sum();
            // Gradients and two moments; the tape of its blocks, as many numbers as a block holds at once each.
            parts.push(Part { name: "tower: gradients, optimiser", bytes: tower * 12 });
            let pictures = parts.iter().find(|p| p.name == "pictures").map_or(0, |p| p.bytes);
            let blocks = if t.recompute { 1 } else { config.vision.depth as u64 };
            parts.push(Part { name: "tower: tape", bytes: pictures * 3 * blocks });
        }
        parts
    };
    let mut plans = Vec::new();
    for stage in stages.iter().filter(|s| s.steps > 0) {
        match (&stage.work, &preset.grpo) {
            (Work::Supervised(sft), _) => {
                let longest = seen.iter().map(|e| e.completion.chars().count()).max().unwrap_or(0);
                let load = load(preset, subject, seen, sft.batch, 1, longest);
                plans.push((format!("{}: learning", stage.name), learning(&load)));
            }
            (Work::Reinforced(_), Some(g)) => {
                let load = load(preset, subject, seen, g.prompts, g.group, g.max_tokens);
                let mut learns = learning(&load);
                let resident = |parts: &[Part], name: &'static str| {
                    parts.iter().find(|p| p.name == name).map_or(0, |p| p.bytes)
                };
                let mut held = vec![Part { name: "optimiser", bytes: resident(&learns, "optimiser") }];
                if g.kl > 0.0 && t.lora.is_none() {
                    held.push(Part { name: "reference", bytes: resident(&learns, "weights") });
                }
                if subject.tower_is_frozen() {
                    // Of all prompts of a step; the plan counts those of a micro-batch.
                    let all = resident(&learns, "features") / load.prompts.max(1) * g.prompts as u64;
                    held.push(Part { name: "features of the step", bytes: all });
                }
                let mut writes = parts(config, &load, Use::Rollout);
                learns.extend(held.iter().skip(1).cloned());
                writes.extend(held);
                plans.push((format!("{}: writing answers", stage.name), writes));
                plans.push((format!("{}: learning", stage.name), learns));
            }
            _ => {}
        }
    }
    if preset.train.eval_items > 0 {
        let answer = preset.grpo.as_ref().map_or(64, |g| g.max_tokens);
        let load = load(preset, subject, seen, super::examine::TOGETHER, 1, answer);
        plans.push(("evaluation".to_owned(), parts(config, &load, Use::Rollout)));
    }
    plans
}

/// Tells the plan and writes it to `plan.txt`.
///
/// # Errors
/// [`Error`] where more is needed than there is, saying what to change.
pub fn check(
    plan: &Plan,
    subject: &Subject,
    stages: &[Stage],
    seen: &[Example],
    folder: &super::folder::Folder,
) -> Result<(), Error> {
    let plans = plans(&plan.preset, subject, stages, seen);
    let there = room(&subject.device);
    let mut text =
        format!("Memory on {} ({}), in {}\n", subject.device.name, subject.device.description, subject.dtype);
    let mut most: Option<(&String, u64)> = None;
    for (name, parts) in &plans {
        let sum = total(parts);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n{name}: {}", amount(sum));
        for part in parts {
            let _ = writeln!(text, "  {:<28} {}", part.name, amount(part.bytes));
        }
        if most.is_none_or(|m| m.1 < sum) {
            most = Some((name, sum));
        }
    }
    folder.write("plan.txt", &text)?;
    let Some((name, needed)) = most else { return Ok(()) };
    let known = there.map_or("how much there is is not known".to_owned(), |t| format!("{} there", amount(t)));
    folder.view.say(&format!("memory: {name} takes {} at most, {known} (plan.txt)", amount(needed)));
    if let Some(there) = there.filter(|there| *there < needed) {
        return Err(Error::failed(format!(
            "{name} would take {}, {} has {}: see {}; set train.micro_tokens lower, train.lora, train.recompute = true, \
             shorter answers (grpo.max_tokens) or fewer pixels (data.picture)",
            amount(needed),
            subject.device.name,
            amount(there),
            folder.path().join("plan.txt").display()
        )));
    }
    Ok(())
}
