//! The ways of computing an answer's likelihood agree: alone, packed beside others behind one prompt, padded,
//! and token by token with a cache.

use burn::tensor::Device;
use scrubjay_core::item::realize_scene;
use scrubjay_core::link;
use scrubjay_core::preset::Preset;
use scrubjay_core::prompt::Wording;
use scrubjay_core::recipe::Size;
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use scrubjay_model::batch::Batch;
use scrubjay_model::config::Config;
use scrubjay_model::generate::{Sampling, sample};
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::{Prompt, process};
use scrubjay_model::tokenizer::{IM_END, encode, may_emit};

fn policy() -> Policy {
    let shape = Preset::built_in("toy").expect("built in").model.expect("has a model");
    Policy::new(&Config::toy(&shape, 32).expect("fits"), 3, &Device::flex())
}

fn prompt(task: TaskName, seed: u64) -> Prompt {
    let mut recipe = link::recipe(task, seed).expect("draws");
    recipe.size = Size { width: 32, height: 32 };
    recipe.wording = Wording::Toy;
    process(&realize_scene(&recipe).expect("realizes"), 8).expect("fits")
}

fn answer(text: &str) -> Vec<u32> {
    let mut ids = encode(text);
    ids.push(IM_END);
    ids
}

fn likelihoods(policy: &Policy, prompts: &[&Prompt], answers: &[Vec<Vec<u32>>]) -> Vec<f32> {
    let (values, _) = policy.score(&Batch::new(prompts, answers), 1.0);
    values.into_data().try_to_vec::<f32>().expect("f32")
}

fn close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    for (x, y) in a.iter().zip(b) {
        assert!((x - y).abs() < 1e-4, "{a:?}\n{b:?}");
    }
}

#[test]
fn answers_of_a_group_do_not_see_each_other() {
    let (policy, p) = (policy(), prompt(TaskName::Grounding, 1));
    let said = [answer("1.0-2.5"), answer("7"), answer("0.5-0.5-0"), answer("")];
    let alone: Vec<f32> = said.iter().flat_map(|a| likelihoods(&policy, &[&p], &[vec![a.clone()]])).collect();
    close(&alone, &likelihoods(&policy, &[&p], &[said.to_vec()]));
    // Changing one answer leaves the others' likelihoods as they are, to the last bit.
    let mut changed = said.to_vec();
    changed[0] = answer("9.9-9.9");
    let before = likelihoods(&policy, &[&p], &[said.to_vec()]);
    let after = likelihoods(&policy, &[&p], &[changed]);
    let first = said[0].len();
    assert_eq!(before[first..], after[first..]);
    assert_ne!(before[..first], after[..first]);
}

#[test]
fn padding_changes_nothing() {
    let policy = policy();
    let (long, short) = (prompt(TaskName::Jigsaw, 2), prompt(TaskName::Grounding, 2));
    assert_ne!(long.ids.len(), short.ids.len());
    let (a, b) = (vec![answer("2341")], vec![answer("0.5-3.0")]);
    let mut apart = likelihoods(&policy, &[&long], std::slice::from_ref(&a));
    apart.extend(likelihoods(&policy, &[&short], std::slice::from_ref(&b)));
    close(&apart, &likelihoods(&policy, &[&long, &short], &[a, b]));
}

#[test]
fn the_model_looks_at_the_pictures() {
    let policy = policy();
    let seen = prompt(TaskName::Grounding, 1);
    let mut dark = seen.clone();
    dark.patches.fill(-1.0);
    let said = [vec![answer("1.0-2.5")]];
    assert_ne!(likelihoods(&policy, &[&seen], &said), likelihoods(&policy, &[&dark], &said));
}

#[test]
fn what_is_sampled_is_what_is_scored() {
    let policy = policy();
    let (p, q) = (prompt(TaskName::Grounding, 4), prompt(TaskName::Jigsaw, 4));
    let how = Sampling { group: 3, temperature: 1.0, max_tokens: 6 };
    let mut stream = Stream::keyed(1, "test", "", 0);
    let rollouts = sample(&policy, &[&p, &q], how, &mut stream).expect("samples");
    let mut again = Stream::keyed(1, "test", "", 0);
    assert_eq!(rollouts, sample(&policy, &[&p, &q], how, &mut again).expect("samples"));
    let answers: Vec<Vec<Vec<u32>>> =
        rollouts.iter().map(|g| g.iter().map(|r| r.ids.clone()).collect()).collect();
    let sampled: Vec<f32> = rollouts.iter().flatten().flat_map(|r| r.log_probabilities.clone()).collect();
    close(&sampled, &likelihoods(&policy, &[&p, &q], &answers));
    assert!(answers.iter().flatten().flatten().all(|&id| may_emit(id)));
}
