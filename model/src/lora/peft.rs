//! Adapters in PEFT's files: `adapter_config.json` and `adapter_model.safetensors`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::tensor::DType;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::{Value, json};

use super::{LoraConfig, LoraError, attach, parameter};
use crate::export::named;
use crate::nn::{Adapter, LORA_A, LORA_B};
use crate::policy::Policy;
use crate::shard::{Shard, Values};

/// PEFT's file of settings.
pub const CONFIG: &str = "adapter_config.json";
/// PEFT's file of numbers.
pub const MODEL: &str = "adapter_model.safetensors";
/// What PEFT puts before a parameter's own name.
const PREFIX: &str = "base_model.model.";

fn fault(file: &str, what: impl ToString) -> LoraError {
    LoraError::File { file: file.to_owned(), what: what.to_string() }
}

/// Writes a policy's adapters into an existing folder as PEFT does. `base` is the name or folder of the model below.
///
/// # Errors
/// [`LoraError::Plain`], or [`LoraError::File`]. What was there before is then damaged: write into a folder of its own.
pub fn save(policy: &Policy, folder: &Path, base: Option<&str>) -> Result<(), LoraError> {
    let config = policy.lora().ok_or(LoraError::Plain)?;
    let mut files: Vec<(String, [usize; 2], Vec<u8>)> = Vec::new();
    for (name, flat) in named(policy) {
        let Some(part) = [LORA_A, LORA_B].into_iter().find(|part| name.ends_with(part)) else { continue };
        let data = flat.try_into_data().map_err(|e| fault(MODEL, e))?.convert_dtype(DType::F32);
        let bytes = data.as_bytes().to_vec();
        let other = bytes.len() / 4 / config.rank;
        let shape = if part == LORA_A { [config.rank, other] } else { [other, config.rank] };
        files.push((format!("{PREFIX}{name}"), shape, bytes));
    }
    let views: Result<Vec<_>, _> = files
        .iter()
        .map(|(name, shape, bytes)| TensorView::new(Dtype::F32, shape.to_vec(), bytes).map(|v| (name, v)))
        .collect();
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let views = views.map_err(|e| fault(MODEL, e))?;
    serialize_to_file(views, Some(metadata), &folder.join(MODEL)).map_err(|e| fault(MODEL, e))?;
    let whole = config.alpha.fract() == 0.0 && config.alpha < 1e15;
    let alpha = if whole { json!(config.alpha as u64) } else { json!(config.alpha) };
    let settings = json!({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": base, "inference_mode": true,
        "r": config.rank, "lora_alpha": alpha, "lora_dropout": 0.0, "bias": "none", "fan_in_fan_out": false,
        "target_modules": config.targets, "modules_to_save": null, "init_lora_weights": true,
        "use_rslora": false, "use_dora": false, "rank_pattern": {}, "alpha_pattern": {},
        "layers_to_transform": null, "layers_pattern": null,
    });
    std::fs::write(folder.join(CONFIG), format!("{settings:#}\n")).map_err(|e| fault(CONFIG, e))
}

/// Puts a folder's adapters beside a policy's matrices, all else frozen.
///
/// # Errors
/// [`LoraError`] naming file and fault: settings that would change the numbers in a way that is not done here, adapters
/// that are missing, of another shape, not finite, or of no matrix of the decoder.
pub fn load(policy: Policy, folder: &Path) -> Result<Policy, LoraError> {
    let shown = |name: &str| folder.join(name).display().to_string();
    let (settings, numbers) = (shown(CONFIG), shown(MODEL));
    let text = std::fs::read(folder.join(CONFIG)).map_err(|e| fault(&settings, e))?;
    let text: Value =
        serde_json::from_slice(&text).map_err(|e| fault(&settings, format!("is not JSON: {e}")))?;
    let file = std::fs::File::open(folder.join(MODEL)).map_err(|e| fault(&numbers, e))?;
    let mut shard = Shard::open(Box::new(file)).map_err(|e| fault(&numbers, e))?;
    let mut found: BTreeMap<String, Values> = BTreeMap::new();
    for full in shard.tensors().keys().cloned().collect::<Vec<_>>() {
        let values = shard.reals(&full).map_err(|e| fault(&numbers, e))?;
        let name = full.strip_prefix(PREFIX).unwrap_or(&full).to_owned();
        found.extend(values.map(|v| (name, v)));
    }
    let config = stated(&text, &found).map_err(|what| fault(&settings, what))?;
    let device = policy.device();
    let policy = attach(policy, &config, |path, [out, inputs]| {
        let mut take = |part: &str, shape: [usize; 2]| {
            let name = format!("{path}.{part}");
            let values = found.remove(&name).ok_or_else(|| fault(&numbers, format!("{name} is missing")))?;
            if values.shape != shape {
                let what = format!("{name} has shape {:?}, the model wants {shape:?}", values.shape);
                return Err(fault(&numbers, what));
            }
            if let Some(at) = values.values.iter().position(|x| !x.is_finite()) {
                return Err(fault(&numbers, format!("{name} holds {} at place {at}", values.values[at])));
            }
            Ok(parameter(values.values, shape, &device))
        };
        let lora_a = take(LORA_A, [config.rank, inputs])?;
        Ok(Adapter { lora_a, lora_b: take(LORA_B, [out, config.rank])?, scale: config.scale() })
    })?;
    match found.into_keys().next() {
        Some(name) => {
            Err(fault(&numbers, format!("{name} belongs to no matrix of the decoder that is adapted")))
        }
        None => Ok(policy),
    }
}

/// The settings of a file of PEFT's; an error names the key.
fn stated(text: &Value, found: &BTreeMap<String, Values>) -> Result<LoraConfig, String> {
    if text["peft_type"].as_str() != Some("LORA") {
        return Err(format!("peft_type: {} is not \"LORA\"", text["peft_type"]));
    }
    // What would have to be computed otherwise.
    let off = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Object(o) => o.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::String(s) => s == "none",
        _ => false,
    };
    for key in [
        "use_dora",
        "use_rslora",
        "fan_in_fan_out",
        "bias",
        "lora_bias",
        "rank_pattern",
        "alpha_pattern",
        "modules_to_save",
        "layers_to_transform",
        "trainable_token_indices",
        "target_parameters",
        "alora_invocation_tokens",
    ] {
        if !off(&text[key]) {
            return Err(format!("{key}: {} is not supported", text[key]));
        }
    }
    let rank = text["r"].as_u64().and_then(|r| usize::try_from(r).ok());
    let rank = rank.ok_or_else(|| format!("r: {} is not a whole number", text["r"]))?;
    let alpha = &text["lora_alpha"];
    let alpha = alpha.as_f64().ok_or_else(|| format!("lora_alpha: {alpha} is not a number"))?;
    let targets = match &text["target_modules"] {
        Value::Array(list) => list.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>(),
        // An expression over names: what it met is in the other file.
        Value::String(_) => Some(
            found
                .keys()
                .filter_map(|n| n.strip_suffix(&format!(".{LORA_A}"))?.rsplit('.').next().map(str::to_owned))
                .collect(),
        ),
        _ => None,
    };
    let targets =
        targets.ok_or_else(|| format!("target_modules: {} is no list of names", text["target_modules"]))?;
    let config = LoraConfig { rank, alpha, targets };
    config.check().map_err(|e| e.to_string())?;
    Ok(config)
}
