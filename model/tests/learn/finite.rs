//! Gradients against central differences of the loss.

use burn::module::{Module as _, ModuleMapper, Param};
use burn::tensor::Tensor;
use scrubjay_core::rng::Stream;
use scrubjay_model::learn::Selection;
use scrubjay_model::policy::Policy;

use crate::case::{Case, answers, config, host, policy, prompts, slope};

/// Moves a parameter along a direction.
struct Move<'a> {
    path: Vec<String>,
    name: &'a str,
    by: &'a [f32],
}

impl ModuleMapper for Move<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.path.join(".") != self.name {
            return param;
        }
        let (id, value, mapper) = param.consume();
        let by = Tensor::<1>::from_floats(self.by, &value.device()).reshape(value.dims());
        Param::from_mapped_value(id, value + by, mapper)
    }
}

fn loss(case: &Case, policy: &Policy) -> f64 {
    let score = |b: &scrubjay_model::learn::Batch<'_>| match b.allowed {
        None => policy.score(b.prompts, b.answers, b.temperature, b.room).log_probability,
        Some(_) => unreachable!("scores are of all tokens"),
    };
    let said = host(&case.with(score));
    said.iter().zip(slope(said.len())).map(|(a, b)| f64::from(*a) * f64::from(b)).sum()
}

/// Step of a single number, about a hundredth of a weight: the loss comes in `f32`, some 1e-6 off, so that a
/// difference over two such steps is some 1e-4 off; its curvature adds as much.
const STEP: f32 = 4e-3;

/// What differences may be off by: a share of what they are, and of the noise above.
const SHARE: f64 = 0.02;
const NOISE: f64 = 1.5e-3;

#[test]
fn gradients_are_what_differences_say() {
    let (mut compared, mut caught) = (0, 0);
    for tied in [false, true] {
        let config = config(tied);
        let policy = policy(&config, Selection::All);
        let case = Case::new(prompts(&config), &answers());
        let (_, gradients) = case.learn(&policy, true);
        let mut stream = Stream::keyed(5, "coordinates", "", 0);
        let names: Vec<String> = gradients.names().map(str::to_owned).collect();
        assert_eq!(names.len(), policy.trained().len());
        for name in names {
            let gradient = host(gradients.get(&name).expect("there"));
            let count = gradient.len() as u32;
            // One number alone; and a handful in the direction of the gradient, which none can leave unnoticed.
            let single = vec![stream.below(count) as usize];
            let several: Vec<usize> = (0..count.min(6)).map(|_| stream.below(count) as usize).collect();
            for places in [single, several] {
                let mut direction = vec![0.0_f32; gradient.len()];
                for &i in &places {
                    direction[i] = STEP.copysign(gradient[i]);
                }
                let at = |sign: f32| {
                    let by: Vec<f32> = direction.iter().map(|d| sign * d).collect();
                    loss(&case, &policy.clone().map(&mut Move { path: Vec::new(), name: &name, by: &by }))
                };
                let found = (at(1.0) - at(-1.0)) / (2.0 * f64::from(STEP));
                let said: f64 =
                    direction.iter().zip(&gradient).map(|(d, g)| f64::from(d / STEP) * f64::from(*g)).sum();
                let bound = SHARE * said.abs() + NOISE;
                assert!((found - said).abs() <= bound, "{name} {places:?}: {found} by difference, {said}");
                // A gradient half as large or of the other sign would not have passed.
                caught += usize::from((found - said / 2.0).abs() > SHARE * said.abs() / 2.0 + NOISE);
                compared += 1;
            }
        }
    }
    eprintln!("{compared} differences; {caught} would have caught a gradient half as large");
    assert!(caught * 10 >= compared * 9, "{caught} of {compared}");
}
