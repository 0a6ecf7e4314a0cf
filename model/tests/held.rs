//! Sampling held to a grammar: whatever is written is an answer, and its likelihood is that among the tokens that were
//! allowed.

use std::sync::Arc;

use burn::tensor::Device;
use scrubjay_core::answer::grammar::Grammar;
use scrubjay_core::item::{Item, realize_scene};
use scrubjay_core::link;
use scrubjay_core::preset::Preset;
use scrubjay_core::prompt::Wording;
use scrubjay_core::recipe::{Recipe, Size};
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::config::{Config, Tokens};
use scrubjay_model::generate::{GenerateError, Request, Rollout, Sampling, generate};
use scrubjay_model::held::{Held, HeldError, Vocabulary};
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::Processor;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::tokenizer::Tokenizer;
use scrubjay_model::toy;
use serde_json::{Map, Value, json};

struct Toy {
    processor: Processor,
    policy: Policy,
    vocabulary: Arc<Vocabulary>,
}

fn toy() -> Toy {
    let shape = Preset::built_in("toy").expect("built in").model.expect("has a model");
    let config = toy::config(&shape, 32).expect("fits");
    let processor = toy::processor(&config).expect("whole");
    let policy = Policy::new(&config, 3, &Device::flex()).expect("builds");
    let vocabulary = Arc::new(Vocabulary::new(&processor.tokenizer, &config));
    Toy { policy: policy.forbidding(processor.tokenizer.forbidden(&config)), processor, vocabulary }
}

fn recipe(task: TaskName, seed: u64) -> Recipe {
    let size = Size { width: 32, height: 32 };
    Recipe { size, wording: Wording::Toy, ..link::recipe(task, seed).expect("draws") }
}

impl Toy {
    fn asked(&self, task: TaskName, seed: u64) -> (Item, Prompt, Held) {
        let recipe = recipe(task, seed);
        let item = realize_scene(&recipe).expect("realizes");
        let prompt = self.processor.item(&item).expect("fits");
        (item, prompt, Held::new(Grammar::of(&recipe).expect("sound"), &self.vocabulary))
    }

    fn write(&self, prompts: &[&Prompt], held: &[Held], how: Sampling) -> Vec<Vec<Rollout>> {
        let mut streams: Vec<Stream> =
            (0..prompts.len() * how.group).map(|i| Stream::keyed(1, "held", "", i as u64)).collect();
        let request = Request { held: Some(held), ..Request::new(prompts, how) };
        generate(&self.policy, &request, &mut streams, &mut |_, _| true).expect("writes")
    }
}

#[test]
fn random_weights_write_answers_that_are_read() {
    let toy = toy();
    let how = Sampling { group: 6, temperature: 1.0, top_p: 0.95, top_k: 0, max_tokens: 60 };
    for task in [TaskName::Grounding, TaskName::Counting, TaskName::Jigsaw, TaskName::Masked, TaskName::Event]
    {
        let (item, prompt, held) = toy.asked(task, 2);
        for how in [how, Sampling { group: 2, ..Sampling::greedy(60) }] {
            for rollout in &toy.write(&[&prompt], std::slice::from_ref(&held), how)[0] {
                let said = toy.processor.tokenizer.decode(&rollout.ids, true);
                assert!(!rollout.truncated && held.grammar().complete(&said), "{said}");
                assert_eq!(item.truth.score(&said).failure, None, "{said}");
                assert_eq!(held.along(&rollout.ids).as_ref(), Ok(&rollout.allowed), "{said}");
            }
        }
    }
}

/// The likelihood that a host computes from all logits of the scoring forward, among the allowed tokens alone.
#[test]
fn what_is_drawn_is_what_is_scored_among_the_allowed() {
    let toy = toy();
    let (_, p, grounding) = toy.asked(TaskName::Grounding, 3);
    let (_, q, jigsaw) = toy.asked(TaskName::Jigsaw, 3);
    let how = Sampling { group: 4, temperature: 0.7, top_p: 1.0, top_k: 0, max_tokens: 20 };
    let rollouts = toy.write(&[&p, &q], &[grounding, jigsaw], how);
    let pad = toy.processor.config.tokens.pad;
    let prompts = Prompts::new(&[&p, &q], pad);
    let vocab = toy.processor.config.text.vocab as u32;
    // Every token's likelihood in the place of each that was drawn.
    let ids: Vec<Vec<Vec<u32>>> =
        rollouts.iter().map(|g| g.iter().map(|r| r.ids.clone()).collect()).collect();
    let mut answers = Answers::new(&ids, pad);
    let targets = std::mem::take(&mut answers.targets);
    answers.targets = targets.iter().flat_map(|(at, _)| (0..vocab).map(|id| (*at, id))).collect();
    let all = toy.policy.score(&prompts, &answers, how.temperature, 0).log_probability;
    let all = all.into_data().try_to_vec::<f32>().expect("f32");
    let drawn = rollouts.iter().flatten().flat_map(|r| r.log_probabilities.iter().zip(&r.allowed));
    let mut narrow = 0;
    for (((_, id), row), (log_probability, allowed)) in
        targets.iter().zip(all.chunks(vocab as usize)).zip(drawn)
    {
        let allowed = allowed.as_ref().expect("held");
        let sum: f64 = allowed.iter().map(|t| f64::from(row[*t as usize]).exp()).sum();
        let scored = f64::from(row[*id as usize]) - sum.ln();
        assert!((scored - f64::from(*log_probability)).abs() < 1e-5, "{scored} {log_probability}");
        narrow += usize::from(allowed.len() < vocab as usize / 2);
    }
    assert_eq!(narrow, targets.len());
}

#[test]
fn what_cannot_be_written_is_named() {
    let toy = toy();
    let (_, prompt, held) = toy.asked(TaskName::Grounding, 4);
    let ids = toy.processor.tokenizer.encode("3.5-2.0").expect("encodes");
    let outside = HeldError::Outside { said: "3.5-2".to_owned(), id: ids[5] };
    assert_eq!(held.along(&ids), Err(outside));
    // A tokenizer without a dash.
    let mut config = toy.processor.config.clone();
    let dash = toy.processor.tokenizer.id("-").expect("a dash");
    config.tokens.image_pad = dash;
    let poor =
        Held::new(held.grammar().clone(), &Arc::new(Vocabulary::new(&toy.processor.tokenizer, &config)));
    let how = Sampling { group: 1, ..Sampling::greedy(40) };
    let list = [poor];
    let prompts = [&prompt];
    let request = Request { held: Some(&list), ..Request::new(&prompts, how) };
    let error = generate(&toy.policy, &request, &mut [], &mut |_, _| true).expect_err("stuck");
    let GenerateError::Held { cause: HeldError::Stuck { said }, .. } = &error else { panic!("{error}") };
    assert!(said.contains('.') && error.to_string().contains(said.as_str()), "{error}");
    let request = Request { held: Some(&[]), ..Request::new(&prompts, how) };
    assert!(generate(&toy.policy, &request, &mut [], &mut |_, _| true).is_err());
}

/// A tokenizer of bytes, as published models have, with `more` tokens of several characters in GPT-2's spelling, the
/// last of which ends an answer.
fn of_bytes(more: &[&str]) -> (Tokenizer, Config) {
    let own = |b: &u8| (b'!'..=b'~').contains(b) || (0xa1..=0xac).contains(b) || *b >= 0xae;
    let others = (0..=255_u8).filter(|b| !own(b)).zip(256_u32..).map(|(_, code)| code);
    let codes = (0..=255_u8).filter(own).map(u32::from).chain(others);
    let single = codes.filter_map(char::from_u32).map(String::from);
    let names: Vec<String> = single.chain(more.iter().map(|m| (*m).to_owned())).collect();
    let vocab: Map<String, Value> =
        names.iter().zip(0..).map(|(n, id): (_, u32)| (n.clone(), json!(id))).collect();
    let bytes =
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false});
    let file = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": bytes, "post_processor": null, "decoder": bytes,
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
    });
    let tokenizer = Tokenizer::from_bytes(file.to_string().as_bytes()).expect("sound");
    let shape = Preset::built_in("toy").expect("built in").model.expect("has a model");
    let mut config = toy::config(&shape, 32).expect("fits");
    config.text.vocab = names.len() + 1;
    let last = names.len() as u32 - 1;
    // The marks of pictures are among the control characters here.
    let mark = |b: u32| {
        tokenizer.id(&char::from_u32(256 + b).map(String::from).unwrap_or_default()).expect("a byte")
    };
    config.tokens = Tokens {
        image_pad: mark(0),
        video_pad: mark(1),
        vision_start: mark(2),
        vision_end: mark(3),
        ends: vec![last],
        pad: last,
    };
    (tokenizer, config)
}

#[test]
fn tokens_of_many_characters_are_taken_where_they_fit() {
    let more = ["12", ".5-", "5-1", "-1", "Ġ-", "ĠsunÃ", "Ã©", "Ġtree", "<end>"];
    let (tokenizer, config) = of_bytes(&more);
    let vocabulary = Arc::new(Vocabulary::new(&tokenizer, &config));
    let held = |task| Held::new(Grammar::of(&recipe(task, 1)).expect("sound"), &vocabulary);
    let names = |held: &Held, said: &str| -> Vec<String> {
        let allowed = held.allowed(said).expect("goes on");
        assert!(allowed.is_sorted());
        allowed.iter().map(|id| tokenizer.token(*id).expect("a token")).collect()
    };
    let grounding = held(TaskName::Grounding);
    assert_eq!(names(&grounding, "23"), [".", ".5-"]);
    assert_eq!(names(&grounding, "23."), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert_eq!(names(&grounding, "9."), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "5-1"]);
    assert_eq!(names(&grounding, "12.5"), ["-", "-1"]);
    assert_eq!(names(&grounding, "12.5-"), ["1", "2", "12"]);
    assert_eq!(names(&grounding, "12.5-13.0"), ["<end>"]);
    // Half a character is no text, the whole one is.
    let elements = held(TaskName::Elements);
    let said = names(&elements, "the sun");
    let has = |name: &str| said.iter().any(|n| n == name);
    assert!(has("Ã©") && has("Ġtree") && has("<end>") && !has("ĠsunÃ") && !has("Ã") && !has("Ċ"));
    assert_eq!(elements.text(tokenizer.id("Ġtree").expect("a token")), " tree");
}
