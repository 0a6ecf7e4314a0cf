//! What a kit's model draws is what it says of it afterwards.

use burn::tensor::{DType, Device};
use scrubjay_core::rng::Stream;
use scrubjay_model::batch::{Answers, Prompts};
use scrubjay_model::generate::{Request, Sampling, generate, room};
use scrubjay_model::prompt::Prompt;

use crate::case;
use crate::forward::{host, policy};
use crate::kit::all;

/// To the bit where keys are laid out alike, within 1e-5 where prompts and answers stand alone.
#[test]
fn parity_drawn_and_scored() {
    let (mut tokens, mut cases, mut worst) = (0, 0, 0.0_f32);
    for kits in &all() {
        for kit in kits.kits() {
            let policy = policy(&kit, "model-f32", &Device::flex(), DType::F32);
            let config = kit.config();
            let pad = config.tokens.pad;
            for case in case::all(&kit, &config) {
                let how = Sampling { group: 8, temperature: 0.8, top_p: 1.0, top_k: 0, max_tokens: 12 };
                let prompts: Vec<&Prompt> = case.prompts.iter().collect();
                let mut streams: Vec<Stream> = (0..prompts.len() * 8)
                    .map(|i| Stream::keyed(7, "parity", &case.name, i as u64))
                    .collect();
                let rollouts =
                    generate(&policy, &Request::new(&prompts, how), &mut streams, &mut |_, _| true)
                        .expect("writes");
                let answers: Vec<Vec<Vec<u32>>> =
                    rollouts.iter().map(|g| g.iter().map(|r| r.ids.clone()).collect()).collect();
                let drawn: Vec<f32> =
                    rollouts.iter().flatten().flat_map(|r| r.log_probabilities.clone()).collect();
                let score = |prompts: &[&Prompt], answers: &[Vec<Vec<u32>>], room: usize| {
                    let (prompts, answers) = (Prompts::new(prompts, pad), Answers::new(answers, pad));
                    host(policy.score(&prompts, &answers, 0.8, room).log_probability)
                };
                assert_eq!(drawn, score(&prompts, &answers, room(12, 12)), "{}", case.name);
                let alone = prompts.iter().zip(&answers).flat_map(|(prompt, group)| {
                    group
                        .iter()
                        .flat_map(|answer| score(&[prompt], &[vec![answer.clone()]], 0))
                        .collect::<Vec<_>>()
                });
                for (a, b) in drawn.iter().zip(alone) {
                    worst = worst.max((a - b).abs());
                }
                tokens += drawn.len();
                cases += 1;
            }
        }
    }
    eprintln!("{cases} cases, {tokens} drawn tokens scored to the bit; alone at most {worst:e} off");
    assert!(tokens > 0 && worst <= 1e-5, "{worst}");
}
