//! The ways of computing an answer's likelihood agree: alone, beside others behind one prompt, padded, and token
//! by token with a cache.

use burn::tensor::Device;
use scrubjay_core::item::realize_scene;
use scrubjay_core::link;
use scrubjay_core::preset::Preset;
use scrubjay_core::prompt::Wording;
use scrubjay_core::recipe::Size;
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::generate::{Request, Rollout, Sampling, generate, room};
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::Processor;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::toy;
use scrubjay_model::trace::Trace;

struct Toy {
    processor: Processor,
    policy: Policy,
}

fn toy() -> Toy {
    let shape = Preset::built_in("toy").expect("built in").model.expect("has a model");
    let config = toy::config(&shape, 32).expect("fits");
    let processor = toy::processor(&config).expect("whole");
    let policy = Policy::new(&config, 3, &Device::flex()).expect("builds");
    Toy { policy: policy.forbidding(processor.tokenizer.forbidden(&config)), processor }
}

impl Toy {
    fn prompt(&self, task: TaskName, seed: u64) -> Prompt {
        let mut recipe = link::recipe(task, seed).expect("draws");
        recipe.size = Size { width: 32, height: 32 };
        recipe.wording = Wording::Toy;
        self.processor.item(&realize_scene(&recipe).expect("realizes")).expect("fits")
    }

    fn answer(&self, text: &str) -> Vec<u32> {
        let mut ids = self.processor.tokenizer.encode(text).expect("encodes");
        ids.extend(&self.processor.config.tokens.ends);
        ids
    }

    fn score(&self, prompts: &[&Prompt], answers: &[Vec<Vec<u32>>], room: usize) -> Vec<f32> {
        let pad = self.processor.config.tokens.pad;
        let (prompts, answers) = (Prompts::new(prompts, pad), Answers::new(answers, pad));
        let seen = self.policy.score(&prompts, &answers, 1.0, room);
        seen.log_probability.into_data().try_to_vec::<f32>().expect("f32")
    }

    fn write(&self, prompts: &[&Prompt], how: Sampling) -> Vec<Vec<Rollout>> {
        let mut streams: Vec<Stream> =
            (0..prompts.len() * how.group).map(|i| Stream::keyed(1, "test", "", i as u64)).collect();
        generate(&self.policy, &Request::new(prompts, how), &mut streams, &mut |_, _| true).expect("writes")
    }
}

/// The goal of the issue that asked for it: at most 1e-5 between batches of different shapes.
fn close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    for (x, y) in a.iter().zip(b) {
        assert!((x - y).abs() <= 1e-5, "{a:?}\n{b:?}");
    }
}

fn flat(rollouts: &[Vec<Rollout>]) -> (Vec<Vec<Vec<u32>>>, Vec<f32>) {
    let ids = rollouts.iter().map(|g| g.iter().map(|r| r.ids.clone()).collect()).collect();
    (ids, rollouts.iter().flatten().flat_map(|r| r.log_probabilities.clone()).collect())
}

#[test]
fn answers_of_a_group_do_not_see_each_other() {
    let toy = toy();
    let p = toy.prompt(TaskName::Grounding, 1);
    let said = ["1.0-2.5", "7", "0.5-0.5-0", ""].map(|text| toy.answer(text)).to_vec();
    let alone: Vec<f32> = said.iter().flat_map(|a| toy.score(&[&p], &[vec![a.clone()]], 0)).collect();
    let before = toy.score(&[&p], std::slice::from_ref(&said), 0);
    close(&alone, &before);
    // Changing one answer leaves the others' likelihoods as they are, to the last bit.
    let mut changed = said.clone();
    changed[0] = toy.answer("9.9-9.9");
    let after = toy.score(&[&p], &[changed], 0);
    let first = said[0].len();
    assert_eq!(before[first..], after[first..]);
    assert_ne!(before[..first], after[..first]);
}

#[test]
fn padding_changes_nothing() {
    let toy = toy();
    let (long, short) = (toy.prompt(TaskName::Jigsaw, 2), toy.prompt(TaskName::Grounding, 2));
    assert_ne!(long.ids.len(), short.ids.len());
    let (a, b) = (vec![toy.answer("2341")], vec![toy.answer("0.5-3.0")]);
    let mut apart = toy.score(&[&long], std::slice::from_ref(&a), 0);
    apart.extend(toy.score(&[&short], std::slice::from_ref(&b), 0));
    close(&apart, &toy.score(&[&long, &short], &[a, b], 40));
}

#[test]
fn the_model_looks_at_the_pictures() {
    let toy = toy();
    let seen = toy.prompt(TaskName::Grounding, 1);
    let mut dark = seen.clone();
    dark.visuals.iter_mut().for_each(|v| v.patches.fill(-1.0));
    let said = [vec![toy.answer("1.0-2.5")]];
    assert_ne!(toy.score(&[&seen], &said, 0), toy.score(&[&dark], &said, 0));
}

#[test]
fn what_is_sampled_is_what_is_scored_to_the_bit() {
    let toy = toy();
    let (p, q) = (toy.prompt(TaskName::Grounding, 4), toy.prompt(TaskName::Jigsaw, 4));
    for (group, max_tokens) in [(2, 12), (3, 5), (8, 70)] {
        let how = Sampling { group, temperature: 1.0, top_p: 1.0, top_k: 0, max_tokens };
        for prompts in [vec![&p, &q], vec![&p]] {
            let rollouts = toy.write(&prompts, how);
            assert_eq!(rollouts, toy.write(&prompts, how), "a seed gives the same answers");
            let (answers, drawn) = flat(&rollouts);
            let scored = toy.score(&prompts, &answers, room(max_tokens, max_tokens));
            assert_eq!(drawn, scored, "{} prompts, group of {group}", prompts.len());
            let forbidden = toy.processor.tokenizer.forbidden(&toy.processor.config);
            assert!(answers.iter().flatten().flatten().all(|&id| !forbidden[id as usize]));
        }
    }
}

#[test]
fn likelihoods_agree_across_batch_shapes() {
    let toy = toy();
    let (p, q) = (toy.prompt(TaskName::Grounding, 5), toy.prompt(TaskName::Jigsaw, 5));
    let how = Sampling { group: 4, temperature: 1.0, top_p: 1.0, top_k: 0, max_tokens: 9 };
    let together = toy.write(&[&p, &q], how);
    let (answers, drawn) = flat(&together);
    close(&drawn, &toy.score(&[&p, &q], &answers, 0));
    let mut apart = Vec::new();
    for (prompt, group) in [&p, &q].into_iter().zip(&answers) {
        for answer in group {
            apart.extend(toy.score(&[prompt], &[vec![answer.clone()]], 100));
        }
    }
    close(&drawn, &apart);
}

#[test]
fn fewer_tokens_are_drawn_from_where_asked() {
    let toy = toy();
    let p = toy.prompt(TaskName::Grounding, 6);
    let all = Sampling { group: 64, temperature: 1.0, top_p: 1.0, top_k: 0, max_tokens: 1 };
    let first = |how| {
        let mut ids: Vec<u32> = toy.write(&[&p], how)[0].iter().map(|r| r.ids[0]).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let greedy = toy.write(&[&p], Sampling { group: 2, ..Sampling::greedy(1) })[0][0].ids[0];
    assert!(first(all).len() > 10);
    let three = first(Sampling { top_k: 3, ..all });
    assert!(three.len() <= 3 && three.contains(&greedy), "{three:?}");
    assert_eq!(first(Sampling { top_k: 1, ..all }), [greedy]);
    assert_eq!(first(Sampling { top_p: 1e-9, ..all }), [greedy]);
    assert!(first(Sampling { top_p: 0.5, ..all }).len() < first(all).len());
}

#[test]
fn an_answer_ends_where_the_listener_says() {
    let toy = toy();
    let p = toy.prompt(TaskName::Grounding, 7);
    let how = Sampling { group: 2, temperature: 1.0, top_p: 1.0, top_k: 0, max_tokens: 20 };
    let mut streams: Vec<Stream> = (0..2).map(|i| Stream::keyed(9, "test", "", i)).collect();
    let mut heard = [0; 2];
    let rollouts = generate(&toy.policy, &Request::new(&[&p], how), &mut streams, &mut |answer, _| {
        heard[answer] += 1;
        answer != 0
    });
    let group = &rollouts.expect("writes")[0];
    assert_eq!((heard[0], group[0].ids.len()), (1, 1));
    assert_eq!(heard[1], group[1].ids.len());
}

#[test]
fn pictures_that_are_encoded_once_give_the_same_answers() {
    let toy = toy();
    let (p, q) = (toy.prompt(TaskName::Grounding, 8), toy.prompt(TaskName::Jigsaw, 8));
    let how = Sampling { group: 3, temperature: 1.0, top_p: 0.9, top_k: 0, max_tokens: 6 };
    let prompts = [&p, &q];
    let layout = Prompts::new(&prompts, toy.processor.config.tokens.pad);
    let features = toy.policy.encode(&layout.visuals, &mut Trace::off());
    let write = |request: &Request<'_>| {
        let mut streams: Vec<Stream> = (0..6).map(|i| Stream::keyed(1, "test", "", i)).collect();
        generate(&toy.policy, request, &mut streams, &mut |_, _| true)
    };
    let known = Request { features: features.as_ref(), ..Request::new(&prompts, how) };
    assert_eq!(write(&known).expect("writes"), toy.write(&prompts, how));
    // Another prompt's features are refused, not shown.
    let one = [&p];
    let wrong = Request { features: features.as_ref(), ..Request::new(&one, how) };
    assert!(write(&wrong).expect_err("too many").to_string().contains("features for the"));
}
