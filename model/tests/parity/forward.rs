//! The forward pass and greedy generation.

use std::collections::BTreeSet;

use burn::tensor::{DType, Device, Tensor};
use scrubjay_model::attention::Place;
use scrubjay_model::batch::Prompts;
use scrubjay_model::config::Config;
use scrubjay_model::generate::{Request, Sampling, generate, room};
use scrubjay_model::pixels::Visual;
use scrubjay_model::policy::Policy;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::trace::Trace;
use scrubjay_model::weights::Checkpoint;

use crate::case::{self, Case, Golden, tolerance};
use crate::kit::{Kit, Kits, all};

pub(crate) fn policy(kit: &Kit<'_>, folder: &str, device: &Device, dtype: DType) -> Policy {
    let mut files = Checkpoint::open(&kit.dir.join(folder)).expect("weights");
    Policy::load(&kit.config(), &mut files, device, dtype).expect("loads")
}

pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert_dtype(DType::F32).try_to_vec::<f32>().expect("f32")
}

/// Compares rows of `width` numbers where `keep` says so; gives how many numbers.
pub(crate) fn close(
    what: &str,
    got: &[f32],
    want: &[f32],
    keep: Option<&[bool]>,
    (atol, rtol): (f32, f32),
) -> usize {
    assert_eq!(got.len(), want.len(), "{what}: size");
    let rows = keep.map_or(1, <[bool]>::len);
    let width = want.len() / rows;
    let mut compared = 0;
    let mut worst = (0.0_f32, 0);
    for row in (0..rows).filter(|r| keep.is_none_or(|k| k[*r])) {
        for i in row * width..(row + 1) * width {
            let over = (got[i] - want[i]).abs() - (atol + rtol * want[i].abs());
            assert!(over.is_finite(), "{what}[{i}]: {} against {}", got[i], want[i]);
            worst = if over > worst.0 { (over, i) } else { worst };
            compared += 1;
        }
    }
    let i = worst.1;
    assert!(worst.0 <= 0.0, "{what}[{i}]: {} against {} (tolerance {atol} + {rtol}x)", got[i], want[i]);
    compared
}

fn wider((atol, rtol): (f32, f32), slack: f32) -> (f32, f32) {
    (atol * slack, rtol * slack)
}

/// Which tolerance a tensor is compared with.
fn allowed(kits: &Kits, name: &str) -> (f32, f32) {
    let loose = ["rope_cos", "rope_sin", "pos_embed", "patch_embed"];
    if loose.iter().any(|part| name.contains(part)) {
        tolerance(kits, "rope cos/sin")
    } else if name.starts_with("vision.") || name.starts_with("text.") {
        tolerance(kits, "vision.*")
    } else {
        tolerance(kits, "logits, logprobs")
    }
}

/// Every tensor; `slack` widens the tolerances for devices that multiply with fewer bits.
pub(crate) fn tensors(title: &str, device: &Device, slack: f32) {
    let (mut cases, mut count, mut numbers) = (0, 0, 0);
    for kits in &all() {
        for kit in kits.kits() {
            let policy = policy(&kit, "model-f32", device, DType::F32);
            let config = kit.config();
            for case in case::all(&kit, &config) {
                let (n, sum) = tensors_of(kits, &case, &policy, &config, slack);
                eprintln!("{title}: {}/{}: {n} tensors, {sum} numbers", kit.name(), case.name);
                cases += 1;
                count += n;
                numbers += sum;
            }
        }
    }
    eprintln!("{title}: {cases} cases, {count} tensors, {numbers} numbers compared");
    assert!(cases > 0 && count >= cases);
}

fn tensors_of(kits: &Kits, case: &Case, policy: &Policy, config: &Config, slack: f32) -> (usize, usize) {
    let (mut seen, mut numbers) = (BTreeSet::new(), 0);
    let mut compare = |name: &str, got: &[f32], keep: Option<&[bool]>| {
        let Some(want) = case.goldens.get(name) else { return };
        let what = format!("{}: {name}", case.name);
        numbers += close(&what, got, &want.reals, keep, wider(allowed(kits, name), slack));
        seen.insert(name.to_owned());
    };
    for (kind, visuals) in [("video", &case.clips), ("image", &case.images)] {
        let mut trace = Trace::on();
        let visuals: Vec<&Visual> = visuals.iter().collect();
        let features = policy.encode(&visuals, &mut trace);
        assert_eq!(features.is_some(), !visuals.is_empty());
        for (name, tensor) in trace.tensors() {
            compare(&format!("vision.{kind}.{name}"), &host(tensor), None);
        }
    }
    let prompts: Vec<&Prompt> = case.prompts.iter().collect();
    let layout = Prompts::new(&prompts, config.tokens.pad);
    assert_eq!(layout.length, case.length);
    check_positions(case, &layout, config);
    let features = policy.encode(&layout.visuals, &mut Trace::off());
    let mut trace = Trace::on();
    let (_, hidden) = policy.prefill(&layout, features.as_ref(), &mut trace);
    for (name, tensor) in trace.tensors() {
        compare(&format!("text.{name}"), &host(tensor), Some(&case.mask));
    }
    let [rows, length, width] = hidden.dims();
    let head = policy.head(1.0);
    let hidden = hidden.reshape([rows * length, width]);
    let (logits, _) = head.logits(&hidden);
    compare("logits", &host(logits), Some(&case.mask));
    // The chunked likelihood of each next token, in parts of any size.
    let ids = &case.goldens["input_ids"].whole;
    let next: Vec<u32> = (0..rows * length).map(|i| ids.get(i + 1).copied().unwrap_or(0) as u32).collect();
    for chunk in [7, 1 << 14] {
        let likelihood = policy.head(1.0).chunked(chunk).likelihood(hidden.clone(), &next);
        let all = host(likelihood.log_probability);
        let got: Vec<f32> = all.chunks_exact(length).flat_map(|row| row[..length - 1].to_vec()).collect();
        let keep: Vec<bool> =
            case.mask.chunks_exact(length).flat_map(|row| row[..length - 1].to_vec()).collect();
        compare("logprobs", &got, Some(&keep));
    }
    // Nothing that the reference noted goes without a comparison.
    let noted =
        |name: &&String| ["vision.", "text.", "logits", "logprobs"].iter().any(|part| name.starts_with(part));
    for name in case.goldens.keys().filter(noted) {
        assert!(seen.contains(name), "{}: nothing to compare with {name}", case.name);
    }
    (seen.len(), numbers)
}

/// Logits of all tokens, `[rows * length, vocab]`.
pub(crate) fn logits(policy: &Policy, case: &Case, config: &Config) -> Tensor<2> {
    let prompts: Vec<&Prompt> = case.prompts.iter().collect();
    let layout = Prompts::new(&prompts, config.tokens.pad);
    let features = policy.encode(&layout.visuals, &mut Trace::off());
    let hidden = policy.prefill(&layout, features.as_ref(), &mut Trace::off()).1;
    let [rows, length, width] = hidden.dims();
    policy.head(1.0).logits(&hidden.reshape([rows * length, width])).0
}

/// Positions, padded as in the reference, and kinds of tokens, exactly.
fn check_positions(case: &Case, layout: &Prompts<'_>, config: &Config) {
    if let Some(kinds) = case.goldens.get("mm_token_type_ids") {
        for (i, id) in layout.ids.iter().enumerate().filter(|(i, _)| case.mask[*i]) {
            let kind =
                i64::from(*id == config.tokens.image_pad) + 2 * i64::from(*id == config.tokens.video_pad);
            assert_eq!(kinds.whole[i], kind, "{}: kind of token {i}", case.name);
        }
    }
    let want = &case.goldens["position_ids"].whole;
    let all = case.mask.len();
    for (i, position) in layout.positions.iter().enumerate().filter(|(i, _)| case.mask[*i]) {
        let want: Vec<i32> = (0..3).map(|axis| want[axis * all + i] as i32).collect();
        assert_eq!(position.as_slice(), want, "{}: position of token {i}", case.name);
    }
    for (row, delta) in case.goldens["rope_deltas"].whole.iter().enumerate() {
        let length = layout.length - layout.padding[row];
        assert_eq!(i64::from(layout.next[row]) - length as i64, *delta, "{}: rope delta", case.name);
    }
}

pub(crate) fn generation(title: &str, device: &Device, slack: f32) {
    let mut cases = 0;
    for kits in &all() {
        for kit in kits.kits() {
            let policy = policy(&kit, "model-f32", device, DType::F32);
            let config = kit.config();
            for case in case::all(&kit, &config) {
                let Some(want) = case.goldens.get("gen.tokens") else {
                    eprintln!("{title}: {} has no greedy answer: skipped", case.name);
                    continue;
                };
                generation_of(kits, &case, &policy, want, slack);
                cases += 1;
            }
        }
    }
    eprintln!("{title}: {cases} cases generated, cached, uncached and alone");
}

fn generation_of(kits: &Kits, case: &Case, policy: &Policy, want: &Golden, slack: f32) {
    let steps = want.shape[1];
    let wanted: Vec<Vec<u32>> =
        want.whole.chunks_exact(steps).map(|row| row.iter().map(|&id| id as u32).collect()).collect();
    let prompts: Vec<&Prompt> = case.prompts.iter().collect();
    // Batched, with the cache, by the function that everybody uses, and each row alone. An end token ends an answer
    // here but not in the reference.
    let ends = &policy.config().tokens.ends;
    let cut = |row: &Vec<u32>| {
        let end = row.iter().position(|id| ends.contains(id)).map_or(row.len(), |at| at + 1);
        row[..end].to_vec()
    };
    let ids = |prompts: &[&Prompt]| -> Vec<Vec<u32>> {
        let how = Sampling::greedy(steps);
        let groups =
            generate(policy, &Request::new(prompts, how), &mut [], &mut |_, _| true).expect("generates");
        groups.into_iter().flatten().map(|r| r.ids).collect()
    };
    let expected: Vec<Vec<u32>> = wanted.iter().map(cut).collect();
    assert_eq!(ids(&prompts), expected, "{}: batched", case.name);
    for (prompt, expected) in prompts.iter().zip(&expected) {
        assert_eq!(ids(&[prompt]).as_slice(), std::slice::from_ref(expected), "{}: alone", case.name);
    }
    // Step by step beside the reference's logits, fed with the reference's tokens.
    let layout = Prompts::new(&prompts, policy.config().tokens.pad);
    let features = policy.encode(&layout.visuals, &mut Trace::off());
    let (prefix, _) = policy.prefill(&layout, features.as_ref(), &mut Trace::off());
    let mut caches = policy.caches();
    let head = policy.head(1.0);
    let mut hidden = prefix.last.clone();
    let golden = case.goldens.get("gen.step_logits");
    let vocab = policy.config().text.vocab;
    if let Some(positions) = case.goldens.get("gen.position_ids") {
        for (row, next) in layout.next.iter().enumerate() {
            let ours: Vec<i64> = (0..steps as i64).map(|step| i64::from(*next) + step).collect();
            assert_eq!(positions.whole[row * steps..][..steps], ours, "{}: positions of answers", case.name);
        }
    }
    let tolerance = wider(tolerance(kits, "logits, logprobs"), slack);
    for step in 0..steps {
        let got = host(head.logits(&hidden).0);
        for (row, got) in got.chunks_exact(vocab).enumerate() {
            if let Some(golden) = golden {
                let want = &golden.reals[(row * steps + step) * vocab..][..vocab];
                close(&format!("{}: step {step}", case.name), got, want, None, tolerance);
            }
            let best = got.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).expect("a vocabulary").0;
            assert_eq!(best as u32, wanted[row][step], "{}: step {step}", case.name);
        }
        let tokens: Vec<u32> = wanted.iter().map(|row| row[step]).collect();
        let place = Place { group: 1, start: step, room: room(step + 1, steps) };
        hidden = policy.extend(&prefix, &tokens, place, Some(&mut caches));
    }
    // Without a cache: everything anew for each token.
    let uncached = case.goldens.get("gen.tokens_nocache");
    for step in 0..steps {
        let longer: Vec<Prompt> = case
            .prompts
            .iter()
            .zip(&wanted)
            .map(|(prompt, answer)| {
                let mut ids = prompt.ids.clone();
                ids.extend_from_slice(&answer[..step]);
                Prompt::new(ids, prompt.visuals.clone(), policy.config()).expect("fits")
            })
            .collect();
        let layout = Prompts::new(&longer.iter().collect::<Vec<_>>(), policy.config().tokens.pad);
        let (prefix, _) = policy.prefill(&layout, features.as_ref(), &mut Trace::off());
        let best = head.likeliest(&prefix.last).0.into_data().try_to_vec_as::<i64>().expect("whole numbers");
        for (row, best) in best.iter().enumerate() {
            let want = uncached.map_or(wanted[row][step], |g| g.whole[row * steps + step] as u32);
            assert_eq!(*best as u32, want, "{}: step {step} without cache", case.name);
        }
    }
}
