//! Rewards per second and items realized per second, on one thread.
//!
//! `cargo bench -p scrubjay-core --bench rules` prints two tables: each reward on a right, a wrong and an unreadable
//! answer, and each task's items of 48 frames at 256 × 256 pixels, from recipe to pixels, truth, prompt and hash.

use std::hint::black_box;
use std::time::{Duration, Instant};

use scrubjay_core::item::realize_scene;
use scrubjay_core::link;
use scrubjay_core::recipe::{Recipe, Size};
use scrubjay_core::reward::Variant;
use scrubjay_core::reward::table::Reward;
use scrubjay_core::source::Sampling;
use scrubjay_core::task::TaskName;
use serde_json::{Value, json};

/// Time given to each line.
const BUDGET: Duration = Duration::from_millis(400);

/// How often `work` can be done in a second.
fn rate(mut work: impl FnMut()) -> f64 {
    work();
    let begin = Instant::now();
    let mut done = 0_u32;
    while begin.elapsed() < BUDGET {
        work();
        done += 1;
    }
    f64::from(done) / begin.elapsed().as_secs_f64()
}

/// A truth for each reward and an answer that earns the most.
fn example(reward: Reward) -> (Value, &'static str) {
    let thought = "<think>from 2.0 to 8.0 and from 10.5 to 12.0</think><answer>2.0-8.0 10.5-12.0</answer>";
    match reward {
        Reward::VideossrGrounding => (json!("14.5-26.2"), "14.5-26.2"),
        Reward::VideossrCounting => (json!("3,1,4"), "3,1,4"),
        Reward::VideossrJigsaw => (json!("341562"), "341562"),
        Reward::VideoreasonerIou | Reward::VideoreasonerFormat => {
            (json!([0.2, 0.6]), "a proportion of <|event_start|>[0.20, 0.60]<|event_end|>")
        }
        Reward::VideoreasonerAccuracy => (json!("B"), "B. the red train"),
        Reward::VideoreasonerElements => (json!(["red train", "sun", "house"]), "red train, sun, house"),
        Reward::VisualJigsaw => (json!([3, 1, 2]), "<think>a</think><answer>3,1,2</answer>"),
        Reward::Mvp => (json!([3, 1, 4, 2]), "<think>a</think><answer>3,1,4,2</answer>"),
        Reward::VideoR1Accuracy | Reward::VideoR1Format => (json!("B"), "<think>a</think><answer>B</answer>"),
        _ => (json!([[2.0, 8.0], [10.5, 12.0]]), thought),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{:<32}{:>14}", "reward", "scores/s");
    for reward in Reward::ALL {
        let (truth, right) = example(reward);
        let answers = [right, "<answer>1-2</answer>", "I cannot tell."];
        let per_round = rate(|| {
            for said in answers {
                black_box(reward.score(Variant::Guarded, black_box(said), &truth, &Value::Null)).ok();
            }
        });
        println!("{:<32}{:>14.0}", reward.name(), per_round * answers.len() as f64);
    }
    println!("\n{:<32}{:>14}{:>14}", "items of 48 frames, 256x256", "items/s", "frames/s");
    for task in TaskName::ALL {
        let recipes: Vec<Recipe> = (0..16)
            .map(|seed| {
                let mut recipe = link::recipe(task, seed)?;
                recipe.size = Size { width: 256, height: 256 };
                if !matches!(task, TaskName::Masked | TaskName::Counting) {
                    // Where the number of frames is not part of the drawn task.
                    let sampling = Sampling { clock: recipe.sampling.clock, ..Sampling::videossr() };
                    let shorter = Recipe { sampling, ..recipe.clone() };
                    recipe = if shorter.timeline().is_ok() { shorter } else { recipe };
                }
                Ok(recipe)
            })
            .collect::<Result<_, link::LinkError>>()?;
        let (mut next, mut frames, mut items) = (0, 0_usize, 0_usize);
        let per_second = rate(|| {
            if let Ok(item) = realize_scene(&recipes[next % recipes.len()]) {
                frames += item.clips.iter().map(|c| c.frames.len()).sum::<usize>();
                items += 1;
                black_box(item);
            }
            next += 1;
        });
        let each = frames as f64 / items.max(1) as f64;
        println!("{:<32}{per_second:>14.1}{:>14.0}", task.name(), per_second * each);
    }
    Ok(())
}
