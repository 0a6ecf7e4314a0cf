//! What is wrong with a configuration, in words: the key with its whole path, what was given, what is wanted, and what
//! was probably meant. Made from the parser's own messages, so that the list of keys exists once, in the types.

use serde::de::DeserializeOwned;

use super::{Data, Grpo, Model, Preset, Sft, Train};

/// What others call it (TRL, verl, Hugging Face's trainer), and where it is here.
const ELSEWHERE: [(&str, &str); 50] = [
    ("num_generations", "grpo.group"),
    ("rollout_n", "grpo.group"),
    ("group_size", "grpo.group"),
    ("beta", "grpo.kl"),
    ("kl_coef", "grpo.kl"),
    ("kl_loss_coef", "grpo.kl"),
    ("epsilon", "grpo.clip"),
    ("clip_ratio", "grpo.clip"),
    ("epsilon_high", "grpo.clip_high"),
    ("clip_ratio_high", "grpo.clip_high"),
    ("clip_ratio_c", "grpo.dual_clip"),
    ("num_iterations", "grpo.updates"),
    ("ppo_epochs", "grpo.updates"),
    ("loss_agg_mode", "grpo.loss_type"),
    ("reduction", "grpo.loss_type"),
    ("importance_sampling_level", "grpo.importance"),
    ("multi_objective_aggregation", "grpo.aggregation"),
    ("norm_adv_by_std_in_grpo", "grpo.scale_rewards"),
    ("per_device_train_batch_size", "grpo.prompts"),
    ("train_batch_size", "grpo.prompts"),
    ("ppo_mini_batch_size", "grpo.prompts"),
    ("max_completion_length", "grpo.max_tokens"),
    ("max_response_length", "grpo.max_tokens"),
    ("max_new_tokens", "grpo.max_tokens"),
    ("max_prompt_length", "grpo.max_prompt_tokens"),
    ("mask_truncated_completions", "grpo.mask_truncated"),
    ("overlong_filter", "grpo.mask_truncated"),
    ("overlong_buffer", "grpo.overlong"),
    ("filter_groups", "grpo.resample"),
    ("dynamic_sampling", "grpo.resample"),
    ("reward_weights", "grpo.rewards"),
    ("reward_funcs", "grpo.rewards"),
    ("max_steps", "grpo.steps"),
    ("lr", "learning_rate"),
    ("lr_scheduler_type", "schedule"),
    ("lr_scheduler", "schedule"),
    ("warmup_steps", "warmup"),
    ("lr_warmup_steps", "warmup"),
    ("clip_grad", "max_grad_norm"),
    ("grad_clip", "max_grad_norm"),
    ("num_train_epochs", "sft.epochs"),
    ("gradient_checkpointing", "train.recompute"),
    ("enable_gradient_checkpointing", "train.recompute"),
    ("freeze_vision_tower", "train.tower"),
    ("save_steps", "train.checkpoint_every"),
    ("save_freq", "train.checkpoint_every"),
    ("save_total_limit", "train.keep_last"),
    ("eval_steps", "train.eval_every"),
    ("test_freq", "train.eval_every"),
    ("lora_rank", "train.lora"),
];

/// The message of an error met in a table, with the key's path.
pub(super) fn explain(error: &toml::de::Error) -> String {
    // The path is in the display only.
    let shown = error.to_string();
    let path = shown.rsplit_once("\nin `").and_then(|(_, p)| p.trim_end().strip_suffix('`')).unwrap_or("");
    let message = error.message();
    let at = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    if let Some((key, known)) = quoted(message, "unknown field `") {
        let meant = meant(path, key, &known).map(|m| format!("; did you mean '{m}'?")).unwrap_or_default();
        let place = if path.is_empty() { "a configuration" } else { path };
        return format!("unknown key '{}'{meant} (known in {place}: {})", at(key), known.join(", "));
    }
    if let Some((given, known)) = quoted(message, "unknown variant `") {
        let meant = nearest(given, &known).map(|m| format!("; did you mean '{m}'?")).unwrap_or_default();
        return format!("{path}: unknown value '{given}'{meant} (known: {})", known.join(", "));
    }
    if let Some((key, _)) = quoted(message, "missing field `") {
        return format!("{} is missing", at(key));
    }
    let wrong = ["invalid type: ", "invalid value: "].iter().find_map(|p| message.strip_prefix(p));
    if let Some((given, wanted)) = wrong.and_then(|w| w.rsplit_once(", expected ")) {
        return format!("{path}: {} is wanted, not {given}", plain(wanted));
    }
    if path.is_empty() { message.to_owned() } else { format!("{path}: {message}") }
}

/// The name in backticks after a beginning, and the names in backticks after it.
fn quoted<'a>(message: &'a str, begin: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let (name, rest) = message.strip_prefix(begin)?.split_once('`')?;
    Some((name, rest.split('`').skip(1).step_by(2).collect()))
}

/// What a type is called where people write configurations.
fn plain(wanted: &str) -> &str {
    match wanted {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number, 0 or more,",
        "f64" | "f32" => "a number",
        "a boolean" => "true or false",
        "a string" => "a text in quotes",
        "a sequence" => "a list",
        _ if wanted.starts_with("struct ") => "a table",
        _ => wanted,
    }
}

/// What was probably meant by a key that a table does not have.
fn meant(path: &str, key: &str, known: &[&str]) -> Option<String> {
    let full = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some((_, here)) = ELSEWHERE.iter().find(|(name, _)| *name == key) {
        let (_, last) = here.rsplit_once('.').unwrap_or(("", here));
        return if known.contains(&last) {
            Some(full(last))
        } else {
            here.contains('.').then(|| (*here).to_owned())
        };
    }
    if let Some(near) = nearest(key, known) {
        return Some(full(near));
    }
    let tables = [
        ("data", keys::<Data>()),
        ("model", keys::<Model>()),
        ("sft", keys::<Sft>()),
        ("grpo", keys::<Grpo>()),
        ("train", keys::<Train>()),
        ("", keys::<Preset>()),
    ];
    let (table, _) = tables.iter().find(|(_, keys)| keys.iter().any(|k| k == key))?;
    Some(if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") })
}

/// The keys of a table, by asking for one that it cannot have.
fn keys<T: DeserializeOwned>() -> Vec<String> {
    let Err(error) = toml::from_str::<T>("\"?\" = 0") else { return Vec::new() };
    let known = quoted(error.message(), "unknown field `").map(|(_, known)| known).unwrap_or_default();
    known.into_iter().map(str::to_owned).collect()
}

/// The known name nearest to what was written, if it is near: few letters apart, or one begins the other.
pub(super) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    // Longer than any name there is; the distance costs the product of lengths.
    if written.len() > 64 {
        return None;
    }
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    let near = known.iter().map(|k| (distance(written, k), *k)).filter(|(d, _)| *d <= allowed).min();
    let begins = |k: &&&str| {
        written.len() > 2 && (k.starts_with(written) || (k.len() > 2 && written.starts_with(**k)))
    };
    near.map(|(_, k)| k).or_else(|| known.iter().find(begins).copied())
}

/// Letters to insert, remove, replace or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                _ => {
                    let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        least = least.min(rows[i - 2][j - 2] + 1);
                    }
                    least
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

/// The line, from 1, of the key that a message begins with, or of the nearest table around it.
pub(super) fn line(text: &str, message: &str) -> Option<usize> {
    let key: &str = message.split(|c: char| !c.is_ascii_alphanumeric() && !"._".contains(c)).next()?;
    let table = toml::de::DeTable::parse(text).ok()?;
    let (mut at, mut found) = (table.get_ref(), None);
    for part in key.split('.') {
        let Some((key, value)) = at.iter().find(|(k, _)| k.get_ref().as_ref() == part) else { break };
        found = Some(key.span().start);
        let toml::de::DeValue::Table(inner) = value.get_ref() else { break };
        at = inner;
    }
    found.map(|at| line_at(text, at))
}

/// The line, from 1, of a byte.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count()
}
