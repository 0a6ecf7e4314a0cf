//! Adapters: fresh ones change nothing, trained ones can be merged, and files of them are PEFT's.

use std::collections::BTreeSet;

use burn::module::{Module as _, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Device, Distribution, Tensor};
use scrubjay_core::item::realize_scene;
use scrubjay_core::link;
use scrubjay_core::preset::Preset;
use scrubjay_core::prompt::Wording;
use scrubjay_core::recipe::{Recipe, Size};
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::export::{SHARD_BYTES, checkpoint, named, save};
use scrubjay_model::generate::{Request, Sampling, generate, room};
use scrubjay_model::lora::{self, LoraConfig, LoraError};
use scrubjay_model::policy::Policy;
use scrubjay_model::processor::Processor;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::spec::parameters;
use scrubjay_model::toy;
use scrubjay_model::weights::Checkpoint;

struct Toy {
    processor: Processor,
    policy: Policy,
}

fn toy() -> Toy {
    let shape = Preset::built_in("toy").expect("built in").model.expect("has a model");
    let config = toy::config(&shape, 32).expect("fits");
    let policy = Policy::new(&config, 3, &Device::flex()).expect("builds");
    Toy { processor: toy::processor(&config).expect("whole"), policy }
}

fn few() -> LoraConfig {
    LoraConfig { rank: 4, alpha: 6.0, ..LoraConfig::default() }
}

impl Toy {
    fn prompt(&self) -> Prompt {
        let size = Size { width: 32, height: 32 };
        let recipe = link::recipe(TaskName::Jigsaw, 2).expect("draws");
        let recipe = Recipe { size, wording: Wording::Toy, ..recipe };
        self.processor.item(&realize_scene(&recipe).expect("realizes")).expect("fits")
    }

    fn score(&self, policy: &Policy) -> Tensor<1> {
        let prompt = self.prompt();
        let said = self.processor.tokenizer.encode("4312650 <answer>?").expect("encodes");
        let answers = Answers::new(&[vec![said]], 0);
        policy.score(&Prompts::new(&[&prompt], 0), &answers, 1.0, 0).log_probability
    }

    fn numbers(&self, policy: &Policy) -> Vec<f32> {
        self.score(policy).into_data().convert::<f32>().try_to_vec::<f32>().expect("f32")
    }
}

/// Fills the second matrices, as training would.
struct Fill(bool);

impl ModuleMapper for Fill {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.0 = name == "lora_b";
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.0 = false;
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let here = self.0;
        param.map(|t| if here { t.random_like(Distribution::Normal(0.0, 0.05)) } else { t })
    }
}

fn trained(toy: &Toy) -> Policy {
    let fresh = toy.policy.clone().with_lora(&few(), 7).expect("adapts");
    Device::flex().seed(1);
    fresh.map(&mut Fill(false))
}

/// Which parameters are to be learned.
#[derive(Default)]
struct Learned(Vec<String>, BTreeSet<String>);

impl ModuleVisitor for Learned {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.0.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.0.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.val().is_require_grad() {
            self.1.insert(self.0.join("."));
        }
    }
}

#[test]
fn fresh_adapters_change_nothing_and_alone_are_learned() {
    let toy = toy();
    let config = LoraConfig { targets: ["q_proj", "down_proj"].map(str::to_owned).into(), ..few() };
    let adapted = toy.policy.clone().with_lora(&config, 7).expect("adapts");
    assert_eq!(toy.numbers(&adapted), toy.numbers(&toy.policy));
    let (plain, all) = (named(&toy.policy), named(&adapted));
    let count = |list: &[(String, Tensor<1>)]| list.iter().map(|(_, t)| t.dims()[0] as u64).sum::<u64>();
    assert_eq!(count(&all) - count(&plain), config.count(toy.policy.config()));
    assert!(all.iter().any(|(n, _)| n == "model.language_model.layers.2.mlp.down_proj.lora_B.weight"));
    let mut learned = Learned::default();
    let training = adapted.train();
    training.visit(&mut learned);
    assert_eq!(learned.1.len(), 3 * 2 * 2);
    assert!(learned.1.iter().all(|n| n.contains(".adapter.lora_")), "{:?}", learned.1);
    // The first step moves the second matrices alone.
    let gradients = toy.score(&training).mean().backward();
    struct Sizes<'a>(&'a burn::tensor::Gradients, bool, [f32; 2]);
    impl ModuleVisitor for Sizes<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.1 = name == "lora_b";
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(grad) = param.val().grad(self.0) {
                self.2[usize::from(self.1)] += grad.abs().sum().into_scalar::<f32>();
            }
        }
    }
    let mut sizes = Sizes(&gradients, false, [0.0; 2]);
    training.visit(&mut sizes);
    assert!(sizes.2[0] == 0.0 && sizes.2[1] > 1e-6, "{:?}", sizes.2);
}

#[test]
fn adapted_answers_are_scored_as_they_were_drawn() {
    let toy = toy();
    let policy = trained(&toy);
    assert_ne!(toy.numbers(&policy), toy.numbers(&toy.policy));
    let prompt = toy.prompt();
    for group in [2, 5] {
        let how = Sampling { group, temperature: 1.0, top_p: 1.0, top_k: 0, max_tokens: 12 };
        let mut streams: Vec<Stream> = (0..group as u64).map(|i| Stream::keyed(1, "lora", "", i)).collect();
        let prompts = [&prompt];
        let request = Request::new(&prompts, how);
        let written = generate(&policy, &request, &mut streams, &mut |_, _| true).expect("writes");
        let ids: Vec<Vec<u32>> = written[0].iter().map(|r| r.ids.clone()).collect();
        let drawn: Vec<f32> = written[0].iter().flat_map(|r| r.log_probabilities.clone()).collect();
        let (layout, answers) = (Prompts::new(&prompts, 0), Answers::new(&[ids], 0));
        let scored = policy.score(&layout, &answers, 1.0, room(12, 12)).log_probability;
        assert_eq!(drawn, scored.into_data().try_to_vec::<f32>().expect("f32"));
    }
}

#[test]
fn merged_weights_say_the_same() {
    let toy = toy();
    let policy = trained(&toy);
    let config = policy.config().clone();
    let folder = tempfile::tempdir().expect("a folder");
    save(&policy, folder.path(), "float32", SHARD_BYTES).expect("writes");
    let mut files = Checkpoint::open(folder.path()).expect("opens");
    files.check(&config).expect("the published names and nothing else");
    let merged = Policy::load(&config, &mut files, &Device::flex(), DType::F32).expect("loads");
    assert_eq!(named(&merged).len(), parameters(&config).len());
    let (a, b) = (toy.numbers(&policy), toy.numbers(&merged));
    assert!(a.iter().zip(&b).all(|(x, y)| (x - y).abs() <= 1e-5), "{a:?}\n{b:?}");
}

#[test]
fn adapters_are_kept_as_peft_keeps_them() {
    let toy = toy();
    let policy = trained(&toy);
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    lora::save(&policy, at, Some("toy")).expect("writes");
    let read = lora::load(toy.policy.clone(), at).expect("reads");
    assert_eq!(read.lora(), Some(&few()));
    assert_eq!(toy.numbers(&read), toy.numbers(&policy), "exact");
    assert!(matches!(lora::load(read, at), Err(LoraError::Adapted)));
    assert!(matches!(lora::save(&toy.policy, at, None), Err(LoraError::Plain)));
    let text = std::fs::read_to_string(at.join(lora::CONFIG)).expect("reads");
    let refused = |from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "{from}");
        std::fs::write(at.join(lora::CONFIG), text.replace(from, to)).expect("writes");
        let error = lora::load(toy.policy.clone(), at).expect_err(to).to_string();
        assert!(error.contains(expected), "{error}");
    };
    refused("\"use_dora\": false", "\"use_dora\": true", "use_dora: true is not supported");
    refused("\"r\": 4", "\"r\": 3", "has shape [4, ");
    refused("\"r\": 4", "\"r\": 99999999999", "rank: 99999999999 is outside");
    refused("\"lora_alpha\": 6", "\"lora_alpha\": -1", "alpha: -1 is not a number above 0");
    refused("\"q_proj\",", "", "q_proj.lora_A.weight belongs to no matrix");
    refused("\"LORA\"", "\"IA3\"", "peft_type");
    refused("{", "", "is not JSON");
    std::fs::write(at.join(lora::CONFIG), &text).expect("writes");
    let bytes = std::fs::read(at.join(lora::MODEL)).expect("reads");
    std::fs::write(at.join(lora::MODEL), &bytes[..bytes.len() - 4]).expect("writes");
    assert!(matches!(lora::load(toy.policy.clone(), at), Err(LoraError::File { .. })));
    let wrong = LoraConfig { targets: ["qkv".to_owned()].into(), ..few() };
    assert!(
        toy.policy.clone().with_lora(&wrong, 0).expect_err("unknown").to_string().contains("qkv is none of")
    );
}

#[test]
fn a_whole_checkpoint_is_written_in_its_own_type() {
    let toy = toy();
    let (from, to) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    for (name, bytes) in toy.processor.files() {
        let text = String::from_utf8(bytes.clone()).expect("text").replace("float32", "bfloat16");
        std::fs::write(from.path().join(name), text).expect("writes");
    }
    std::fs::write(from.path().join("LICENSE"), "free").expect("writes");
    std::fs::create_dir(from.path().join("runs")).expect("makes");
    save(&toy.policy, from.path(), "bfloat16", 300_000).expect("writes");
    // Adapters stay in f32 beside weights that are not.
    let processor = Processor::open(from.path()).expect("opens");
    let mut files = Checkpoint::open(from.path()).expect("opens");
    let policy = Policy::load(&processor.config, &mut files, &Device::flex(), DType::BF16).expect("loads");
    let adapted = policy.clone().with_lora(&few(), 1).expect("adapts");
    assert_eq!(toy.numbers(&adapted), toy.numbers(&policy));
    let dtypes: BTreeSet<_> =
        named(&adapted).iter().map(|(n, t)| (n.contains("lora_"), format!("{:?}", t.dtype()))).collect();
    assert_eq!(dtypes, [(false, "BF16".to_owned()), (true, "F32".to_owned())].into());
    checkpoint(&adapted, &processor, to.path()).expect("writes");
    let mut names: Vec<String> = std::fs::read_dir(to.path())
        .expect("lists")
        .map(|e| e.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    let mut wanted: Vec<String> = processor.files().keys().cloned().collect();
    wanted.extend(["LICENSE".to_owned(), "model.safetensors".to_owned()]);
    wanted.sort();
    assert_eq!(names, wanted);
    let read = Processor::open(to.path()).expect("opens");
    assert_eq!((read.files(), read.dtype()), (processor.files(), "bfloat16"));
    let mut files = Checkpoint::open(to.path()).expect("opens");
    assert_eq!(files.dtype(), "bfloat16");
    let again = Policy::load(&read.config, &mut files, &Device::flex(), DType::BF16).expect("loads");
    assert_eq!(toy.numbers(&again), toy.numbers(&policy));
}
