//! The whole model, seen as a policy: from prompts and answers to the log-probability of every answer token.
//!
//! There is one forward. A prompt is read once (`prefill`), its answers go on from it (`extend`): token by token
//! with a cache when they are written, all at once when they are scored.

use burn::module::Module;
use burn::tensor::{DType, Device, Int, Tensor};

use crate::attention::{Answering, Causal, Keys, Own, Place, indices};
use crate::batch::{Answers, Prompts};
use crate::config::Config;
use crate::decoder::{Decoder, dtype};
use crate::head::{Head, Likelihood};
use crate::lora::LoraConfig;
use crate::nn::Linear;
use crate::pixels::Visual;
use crate::rope::Rotary;
use crate::trace::Trace;
use crate::vision::{Features, Vision};
use crate::weights::{Checkpoint, WeightError, Weights};

/// Vision tower, decoder and head.
#[derive(Module, Debug)]
pub struct Policy {
    pub(crate) model: Body,
    lm_head: Option<Linear>,
    #[module(skip)]
    config: Config,
    #[module(skip)]
    forbidden: Vec<bool>,
    #[module(skip)]
    lora: Option<LoraConfig>,
}

#[derive(Module, Debug)]
pub(crate) struct Body {
    pub(crate) language_model: Decoder,
    pub(crate) visual: Vision,
}

/// What every layer needs of prompts.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Of each tap: a row of zeros, then its features.
    deepstack: Vec<Tensor<2>>,
    /// For each token its row of those.
    added: Tensor<1, Int>,
    pub(crate) rotary: Rotary,
    pub(crate) mask: Causal,
    /// Places, row-major, that hold a feature, in the order of the features.
    pub(crate) seen: Vec<i32>,
}

impl Opened {
    /// Lets go of the features, which nobody needs after the last layer.
    pub(crate) fn forget(&mut self) {
        self.deepstack.clear();
    }

    /// What comes out of layer `i`, with the features that are added there.
    pub(crate) fn deepen(&self, i: usize, y: Tensor<3>) -> Tensor<3> {
        match self.deepstack.get(i) {
            Some(features) => {
                let shape = y.dims();
                y + features.clone().select(0, self.added.clone()).reshape(shape)
            }
            None => y,
        }
    }
}

/// The newest tokens of answers before the first layer, and what every layer needs of them.
#[derive(Debug)]
pub(crate) struct Following {
    /// `[rows, group * count, hidden]`.
    pub(crate) x: Tensor<3>,
    pub(crate) rotary: Rotary,
    pub(crate) mask: Answering,
}

/// Prompts that have been read: what their answers need of them.
#[derive(Debug)]
pub struct Prefix {
    /// Of each layer.
    keys: Vec<Keys>,
    mask: Causal,
    next: Vec<i32>,
    /// Hidden state of each prompt's last token, `[rows, hidden]`: it predicts the first answer token.
    pub last: Tensor<2>,
}

impl Policy {
    /// A model with fresh weights drawn from `seed`.
    ///
    /// # Errors
    /// [`WeightError`] where parameters and modules disagree, which no configuration that was checked does.
    pub fn new(config: &Config, seed: u64, device: &Device) -> Result<Self, WeightError> {
        Self::build(config, &mut Weights::seed(seed, config, device, DType::F32))
    }

    /// A model with weights that the device draws, for measuring.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn drawn(config: &Config, device: &Device, dtype: DType) -> Result<Self, WeightError> {
        Self::build(config, &mut Weights::device_drawn(config, device, dtype))
    }

    /// A checkpoint's model; its numbers are converted to `dtype`.
    ///
    /// # Errors
    /// [`WeightError`] naming the file and the parameter.
    pub fn load(
        config: &Config,
        checkpoint: &mut Checkpoint,
        device: &Device,
        dtype: DType,
    ) -> Result<Self, WeightError> {
        Self::build(config, &mut Weights::files(checkpoint, config, device, dtype)?)
    }

    fn build(config: &Config, weights: &mut Weights<'_>) -> Result<Self, WeightError> {
        Ok(Self {
            model: Body {
                language_model: Decoder::new(weights, "model.language_model", &config.text)?,
                visual: Vision::new(weights, "model.visual", &config.vision)?,
            },
            lm_head: if config.tied { None } else { Some(Linear::matrix(weights, "lm_head")?) },
            config: config.clone(),
            forbidden: Vec::new(),
            lora: None,
        })
    }

    /// The same, never emitting the tokens where `tokens` is true (see [`crate::tokenizer::Tokenizer::forbidden`]): they are left out of the distribution that answers are drawn from, and
    /// of the one that they are scored by.
    #[must_use]
    pub fn forbidding(mut self, tokens: Vec<bool>) -> Self {
        self.forbidden = tokens;
        self
    }

    /// Tokens that are never emitted; tokens beyond the list are allowed.
    pub(crate) fn forbids(&self) -> &[bool] {
        &self.forbidden
    }

    /// The model's sizes.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What its adapters are; none for a plain model.
    #[must_use]
    pub fn lora(&self) -> Option<&LoraConfig> {
        self.lora.as_ref()
    }

    /// The same, said to have adapters of this kind.
    pub(crate) fn adapted_as(self, config: LoraConfig) -> Self {
        Self { lora: Some(config), ..self }
    }

    /// The same, said to have no adapters.
    pub(crate) fn plain(self) -> Self {
        Self { lora: None, ..self }
    }

    /// The decoder's matrices that can be adapted, by their published names without `.weight`.
    pub(crate) fn matrices_mut(&mut self) -> impl Iterator<Item = (String, &mut Linear)> {
        self.model.language_model.layers.iter_mut().enumerate().flat_map(|(i, layer)| {
            let name = move |part: &str| format!("model.language_model.layers.{i}.{part}");
            layer.matrices_mut().into_iter().map(move |(part, matrix)| (name(part), matrix))
        })
    }

    /// The device the weights are on.
    #[must_use]
    pub fn device(&self) -> Device {
        self.model.language_model.embeddings().device()
    }

    /// What is predicted from hidden states, at a temperature above 0.
    #[must_use]
    pub fn head(&self, temperature: f64) -> Head {
        let weight = match &self.lm_head {
            Some(head) => head.weight.val(),
            None => self.model.language_model.embeddings(),
        };
        Head::new(weight, &self.forbidden, temperature)
    }

    /// Features of pictures and clips in their order; none for none.
    #[must_use]
    pub fn encode(&self, visuals: &[&Visual], trace: &mut Trace) -> Option<Features> {
        self.model.visual.forward(visuals, trace)
    }

    /// Prompts before the first layer, `[rows, length, hidden]`, with the features of their pictures and clips in place.
    pub(crate) fn open(
        &self,
        prompts: &Prompts<'_>,
        features: Option<&Features>,
        trace: &mut Trace,
    ) -> (Tensor<3>, Opened) {
        let device = self.device();
        let decoder = &self.model.language_model;
        let (rows, length) = (prompts.rows(), prompts.length);
        let ids = prompts.ids.iter().map(|&id| id as i32).collect();
        let words = decoder.embed(indices(ids, &device));
        let (dtype, width) = (dtype(&words), words.dims()[1]);
        // For each token its place in the list of words followed by features, and in the list of one row of
        // zeros followed by features.
        let (mut input, mut added, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        let known = features.map_or(0, |f| f.merged.dims()[0]);
        for (i, id) in prompts.ids.iter().enumerate() {
            let is_visual = seen.len() < known && self.config.tokens.is_visual(*id);
            input.push(if is_visual { rows * length + seen.len() } else { i } as i32);
            if is_visual {
                seen.push(i as i32);
            }
            added.push(if is_visual { seen.len() } else { 0 } as i32);
        }
        let (mut x, mut deepstack) = (words, Vec::new());
        if let Some(features) = features {
            x = Tensor::cat(vec![x, features.merged.clone()], 0).select(0, indices(input, &device));
            let none = Tensor::<2>::zeros([1, width], (&device, x.dtype()));
            deepstack =
                features.deepstack.iter().map(|f| Tensor::cat(vec![none.clone(), f.clone()], 0)).collect();
        }
        let rotary = Rotary::text(&prompts.positions, rows, &self.config.text, &device);
        trace.note("rope_cos", || rotary.cos.clone().reshape([rows * length, self.config.text.head_dim]));
        trace.note("rope_sin", || rotary.sin.clone().reshape([rows * length, self.config.text.head_dim]));
        let opened = Opened {
            deepstack,
            added: indices(added, &device),
            rotary: rotary.cast(dtype),
            mask: Causal::new(&prompts.padding, length, self.config.text.heads, &device),
            seen,
        };
        (x.reshape([rows, length, width]), opened)
    }

    /// The newest tokens of answers before the first layer; `next` are the positions of each prompt's first answer
    /// token.
    pub(crate) fn follow(&self, mask: &Causal, next: &[i32], ids: &[u32], place: Place) -> Following {
        let device = self.device();
        let rows = next.len();
        let count = ids.len() / (rows * place.group).max(1);
        let words =
            self.model.language_model.embed(indices(ids.iter().map(|&id| id as i32).collect(), &device));
        let (dtype, width) = (dtype(&words), words.dims()[1]);
        let positions: Vec<[i32; 3]> = next
            .iter()
            .flat_map(|next| {
                let first = next + place.start as i32;
                (0..place.group).flat_map(move |_| (0..count).map(move |t| [first + t as i32; 3]))
            })
            .collect();
        Following {
            x: words.reshape([rows, place.group * count, width]),
            rotary: Rotary::text(&positions, rows, &self.config.text, &device).cast(dtype),
            mask: mask.answering(place, count, self.config.text.heads),
        }
    }

    /// Reads prompts with the features of their pictures and clips. Also gives the hidden states of all tokens, `[rows,
    /// length, hidden]`.
    #[must_use]
    pub fn prefill(
        &self,
        prompts: &Prompts<'_>,
        features: Option<&Features>,
        trace: &mut Trace,
    ) -> (Prefix, Tensor<3>) {
        let decoder = &self.model.language_model;
        let (mut x, opened) = self.open(prompts, features, trace);
        let [rows, length, width] = x.dims();
        let flat = [rows * length, width];
        let mut keys = Vec::with_capacity(decoder.layers.len());
        for (i, layer) in decoder.layers.iter().enumerate() {
            trace.note(&format!("layer{i}.in"), || x.clone().reshape(flat));
            let (y, kept) = layer.prompt(x, &opened.rotary, &opened.mask);
            keys.push(kept);
            if i + 1 == decoder.layers.len() {
                trace.note("last_layer_out", || y.clone().reshape(flat));
            }
            x = opened.deepen(i, y);
        }
        let hidden = decoder.norm.forward(x);
        trace.note("final_norm", || hidden.clone().reshape(flat));
        let last = hidden.clone().narrow(1, length.saturating_sub(1), 1).reshape([rows, width]);
        (Prefix { keys, mask: opened.mask, next: prompts.next.clone(), last }, hidden)
    }

    /// Goes on with the newest tokens of answers, row-major `[rows, group, count]`; gives their hidden states,
    /// `[rows * group * count, hidden]`. Caches are of each layer and hold what came before `place.start`.
    #[must_use]
    pub fn extend(
        &self,
        prefix: &Prefix,
        ids: &[u32],
        place: Place,
        mut caches: Option<&mut [Option<Own>]>,
    ) -> Tensor<2> {
        let decoder = &self.model.language_model;
        let Following { mut x, rotary, mask } = self.follow(&prefix.mask, &prefix.next, ids, place);
        let [rows, count, width] = x.dims();
        for (i, (layer, keys)) in decoder.layers.iter().zip(&prefix.keys).enumerate() {
            let cache = caches.as_deref_mut().and_then(|c| c.get_mut(i));
            x = layer.answers(x, &rotary, &mask, keys, cache);
        }
        decoder.norm.forward(x).reshape([rows * count, width])
    }

    /// An empty cache for each layer.
    #[must_use]
    pub fn caches(&self) -> Vec<Option<Own>> {
        vec![None; self.config.text.layers]
    }

    /// The likelihood of every answer token, in the order of [`Answers::targets`]. Keys are laid out for `room` tokens
    /// of each answer, or as many as there are: with the room that answers were written in, their
    /// log-probabilities come out the same.
    #[must_use]
    pub fn score(
        &self,
        prompts: &Prompts<'_>,
        answers: &Answers,
        temperature: f64,
        room: usize,
    ) -> Likelihood {
        let features = self.encode(&prompts.visuals, &mut Trace::off());
        self.score_seen(prompts, features.as_ref(), answers, temperature, room)
    }

    /// As [`Self::score`], with features that are known already.
    #[must_use]
    pub fn score_seen(
        &self,
        prompts: &Prompts<'_>,
        features: Option<&Features>,
        answers: &Answers,
        temperature: f64,
        room: usize,
    ) -> Likelihood {
        let (prefix, _) = self.prefill(prompts, features, &mut Trace::off());
        let mut hidden = prefix.last.clone();
        if answers.length > 0 {
            let place = Place { group: answers.group, start: 0, room: room.max(answers.length) };
            hidden = Tensor::cat(vec![hidden, self.extend(&prefix, &answers.ids, place, None)], 0);
        }
        let places = answers.targets.iter().map(|t| t.0 as i32).collect();
        let tokens: Vec<u32> = answers.targets.iter().map(|t| t.1).collect();
        let hidden = hidden.select(0, indices(places, &self.device()));
        self.head(temperature).likelihood(hidden, &tokens)
    }
}
