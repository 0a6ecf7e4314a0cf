//! A model of a few thousand numbers with everything that large ones have, and batches for it.

use std::sync::Arc;

use burn::module::{Module as _, ModuleMapper, Param};
use burn::tensor::{DType, Device, Tensor};
use scrubjay_core::rng::Stream;
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::config::{Config, TextConfig, Tokens, VisionConfig};
use scrubjay_model::grads::Gradients;
use scrubjay_model::head::Allowed;
use scrubjay_model::learn::{Batch, Selection};
use scrubjay_model::pixels::{Grid, Kind, Visual};
use scrubjay_model::policy::Policy;
use scrubjay_model::prompt::Prompt;
use scrubjay_model::trace::Trace;
use scrubjay_model::vision::Features;

const VOCAB: usize = 40;
const FORBIDDEN: u32 = 7;

pub(crate) fn config(tied: bool) -> Config {
    let config = Config {
        text: TextConfig {
            vocab: VOCAB,
            hidden: 24,
            intermediate: 32,
            layers: 3,
            heads: 4,
            kv_heads: 2,
            head_dim: 8,
            rms_eps: 1e-6,
            rope_theta: 1e4,
            mrope_section: [2, 1, 1],
            context: 128,
        },
        vision: VisionConfig {
            hidden: 16,
            intermediate: 24,
            depth: 2,
            heads: 2,
            channels: 3,
            patch: 2,
            temporal_patch: 2,
            merge: 2,
            out: 24,
            side: 3,
            // Not in the order of the blocks.
            taps: vec![1, 0],
        },
        tokens: Tokens { image_pad: 1, video_pad: 2, vision_start: 3, vision_end: 4, ends: vec![5], pad: 0 },
        tied,
    };
    config.check().expect("fits");
    config
}

/// A policy with something in every parameter, so that no gradient is nothing by chance.
pub(crate) fn policy(config: &Config, selection: Selection) -> Policy {
    policy_on(config, selection, &Device::flex())
}

pub(crate) fn policy_on(config: &Config, selection: Selection, device: &Device) -> Policy {
    let policy = Policy::new(config, 11, device).expect("builds").training(selection);
    let forbidden = (0..VOCAB as u32).map(|id| id == FORBIDDEN).collect();
    policy.map(&mut Stir(Stream::keyed(2, "stir", "", 0))).forbidding(forbidden)
}

struct Stir(Stream);

impl ModuleMapper for Stir {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = param.consume();
        let count = value.dims().iter().product::<usize>();
        let more: Vec<f32> = (0..count).map(|_| 0.2 * (self.0.unit() as f32 - 0.5)).collect();
        let more = Tensor::<1>::from_floats(more.as_slice(), &value.device()).reshape(value.dims());
        Param::from_mapped_value(id, value + more, mapper)
    }
}

/// Prompts of two lengths: a picture and a clip in the first, a clip of another size in the second, none in the last.
pub(crate) fn prompts(config: &Config) -> Vec<Prompt> {
    let mut stream = Stream::keyed(3, "pixels", "", 0);
    let mut visual = |kind, t, h, w| {
        let grid = Grid { t, h, w };
        let count = grid.patches() * config.vision.patch_values();
        Visual { kind, grid, patches: (0..count).map(|_| 2.0 * stream.unit() as f32 - 1.0).collect() }
    };
    let first = vec![visual(Kind::Image, 1, 2, 4), visual(Kind::Clip, 2, 2, 4)];
    let second = vec![visual(Kind::Clip, 1, 4, 2)];
    let prompt = |ids: &[u32], visuals| Prompt::new(ids.to_vec(), visuals, config).expect("a prompt");
    vec![
        prompt(&[10, 3, 1, 1, 4, 11, 3, 2, 2, 4, 12, 3, 2, 2, 4, 13], first),
        prompt(&[14, 15, 3, 2, 2, 4, 10], second),
        prompt(&[16, 10, 17], Vec::new()),
    ]
}

/// Three answers a prompt, some of one token and one of none.
pub(crate) fn answers() -> Vec<Vec<Vec<u32>>> {
    vec![
        vec![vec![20, 21, 22, 5], vec![23, 5], vec![5]],
        vec![vec![20, 20, 20], vec![24, 21, 5], vec![25]],
        vec![vec![26, 22, 5], vec![], vec![20, 5]],
    ]
}

/// A batch that owns its parts.
pub(crate) struct Case {
    pub(crate) prompts: Vec<Prompt>,
    pub(crate) answers: Answers,
    pub(crate) allowed: Option<Vec<Allowed>>,
    pub(crate) features: Option<Features>,
    pub(crate) room: usize,
}

impl Case {
    pub(crate) fn new(prompts: Vec<Prompt>, answers: &[Vec<Vec<u32>>]) -> Self {
        Self { prompts, answers: Answers::new(answers, 0), allowed: None, features: None, room: 6 }
    }

    /// Some tokens are drawn among all, some among few.
    pub(crate) fn among_few(mut self) -> Self {
        let few: Arc<[u32]> = Arc::from([5, 20, 21, 22, 23]);
        let sets = self.answers.targets.iter().enumerate().map(|(i, (_, token))| match i % 3 {
            0 => None,
            _ if few.contains(token) => Some(few.clone()),
            _ => Some(Arc::from([*token, token + 1])),
        });
        self.allowed = Some(sets.collect());
        self
    }

    /// The features are known already.
    pub(crate) fn looked_at(mut self, policy: &Policy) -> Self {
        let visuals: Vec<&Visual> = self.prompts.iter().flat_map(|p| &p.visuals).collect();
        self.features = policy.encode(&visuals, &mut Trace::off());
        self
    }

    pub(crate) fn with<T>(&self, f: impl FnOnce(&Batch<'_>) -> T) -> T {
        let all: Vec<&Prompt> = self.prompts.iter().collect();
        let prompts = Prompts::new(&all, 0);
        f(&Batch {
            prompts: &prompts,
            features: self.features.as_ref(),
            answers: &self.answers,
            allowed: self.allowed.as_deref(),
            temperature: 0.8,
            room: self.room,
        })
    }

    /// Log-probabilities, and the gradients where each has a derivative of its own.
    pub(crate) fn learn(&self, policy: &Policy, recompute: bool) -> (Vec<f32>, Gradients) {
        let mut gradients = Gradients::new();
        let log_probability = self.with(|batch| {
            let pass = policy.learn(batch, recompute, &mut Trace::off()).expect("fits");
            let log_probability = host(&pass.log_probability);
            pass.backward(&slope(log_probability.len()), &mut gradients).expect("goes back");
            log_probability
        });
        (log_probability, gradients)
    }
}

/// The derivative of the loss by each log-probability: of either sign, and sometimes 0.
pub(crate) fn slope(count: usize) -> Vec<f32> {
    (0..count).map(|i| [0.7, -1.1, 0.4, 0.0, 1.3][i % 5]).collect()
}

pub(crate) fn host<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.clone().into_data().convert_dtype(DType::F32).try_to_vec::<f32>().expect("f32")
}

/// Distance of two lists, relative to the length of the second.
pub(crate) fn distance(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
    let apart = norm(&mut a.iter().zip(b).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    apart / norm(&mut b.iter().map(|b| f64::from(*b))).max(f64::MIN_POSITIVE)
}

/// The largest distance of two sets of gradients of the same names, and whose it is.
pub(crate) fn apart(a: &Gradients, b: &Gradients) -> (f64, String) {
    assert_eq!(a.names().collect::<Vec<_>>(), b.names().collect::<Vec<_>>());
    let of = |name: &str| {
        let get = |g: &Gradients| host(g.get(name).expect("there"));
        (distance(&get(a), &get(b)), name.to_owned())
    };
    a.names().map(of).max_by(|x, y| x.0.total_cmp(&y.0)).expect("some gradients")
}
