//! Grammars of answers, over items of every task in every wording: truths are in them, no text leads to a dead end, and
//! what they call complete is read by the rewards of the wording.
#![cfg(not(target_arch = "wasm32"))]

use proptest::prelude::*;
use scrubjay_core::answer::grammar::Grammar;
use scrubjay_core::item::Truth;
use scrubjay_core::link;
use scrubjay_core::prompt::Wording;
use scrubjay_core::recipe::Recipe;
use scrubjay_core::reward::Variant;
use scrubjay_core::reward::table::Reward;
use scrubjay_core::rng::Stream;
use scrubjay_core::task::TaskName;

struct Asked {
    recipe: Recipe,
    truth: Truth,
    grammar: Grammar,
}

fn asked(task: TaskName, seed: u64, wording: Wording) -> Asked {
    let recipe = Recipe { wording, ..link::recipe(task, seed).expect("draws") };
    let truth = Truth::of(&recipe.task, &recipe.source, &recipe.timeline().expect("sound"));
    let grammar = Grammar::of(&recipe).expect("sound");
    Asked { recipe, truth, grammar }
}

/// What the presets pay in this wording, and the task's own reward where that reads the wording's form.
fn reads(asked: &Asked, said: &str) {
    let rewards: &[Reward] = match (asked.recipe.task.name(), asked.recipe.wording) {
        (TaskName::Jigsaw, Wording::VisualJigsaw) => &[Reward::VisualJigsaw],
        (TaskName::Qa, Wording::VideoR1) => &[Reward::VideoR1Accuracy, Reward::VideoR1Format],
        (TaskName::Masked, Wording::Mvp) => &[Reward::Mvp],
        (TaskName::Segments, Wording::Museg) => &[Reward::MusegFormatNoTimestamp, Reward::MusegSegment],
        (TaskName::Segments, Wording::MusegCite) => &[Reward::MusegFormatTimestamp, Reward::MusegSegment],
        _ => &[],
    };
    for reward in rewards {
        let (truth, meta) = asked.truth.given_to(*reward);
        let score = reward.score(Variant::Guarded, said, &truth, &meta).expect("its own truth");
        assert!(score.failure.is_none() && !score.parsed.is_null(), "{reward} {said}: {score:?}");
        let full = reward.range(Variant::Guarded).1;
        let own = said == asked.grammar.answer(&asked.truth);
        assert!(!own || score.total > full - 1e-3, "{reward}: the truth {said} earns {score:?}");
    }
    if rewards.is_empty() || rewards[0] == Reward::Mvp || rewards.contains(&Reward::MusegSegment) {
        let score = asked.truth.score(said);
        assert!(score.failure.is_none() && !score.parsed.is_null(), "{said}: {score:?}");
        let own = said == asked.grammar.answer(&asked.truth);
        assert!(!own || score.total > 0.999, "the truth {said} earns {score:?}");
    }
}

fn every(seeds: u64, check: impl Fn(&Asked)) {
    for task in TaskName::ALL {
        for seed in 0..seeds {
            for wording in Wording::ALL {
                check(&asked(task, seed, wording));
            }
        }
    }
}

#[test]
fn truths_are_viable_at_every_prefix() {
    every(10, |asked| {
        let said = asked.grammar.answer(&asked.truth);
        for at in (0..=said.len()).filter(|at| said.is_char_boundary(*at)) {
            assert!(asked.grammar.viable(&said[..at]), "{:?}", &said[..at]);
        }
        assert!(asked.grammar.complete(&said), "{said}");
        let alphabet = asked.grammar.alphabet();
        assert!(alphabet.is_none_or(|a| said.chars().all(|c| a.contains(c))), "{said}");
        reads(asked, &said);
    });
}

/// Walks at random, character by character, until an answer is complete (and a coin says so).
fn walk(grammar: &Grammar, stream: &mut Stream) -> String {
    let alphabet = grammar.alphabet().unwrap_or_else(|| "abt he,.!".to_owned());
    let mut said = String::new();
    for _ in 0..400 {
        let mut next: Vec<String> = alphabet.chars().map(|c| format!("{said}{c}")).collect();
        next.retain(|text| grammar.viable(text));
        let complete = grammar.complete(&said);
        assert!(complete || !next.is_empty(), "{said:?} is a dead end");
        if complete && (next.is_empty() || stream.below(2) == 0) {
            return said;
        }
        said = next.swap_remove(stream.below(next.len() as u32) as usize);
    }
    // A list without an end.
    String::new()
}

#[test]
fn complete_answers_are_read() {
    every(4, |asked| {
        let mut stream = Stream::keyed(1, "walk", &asked.recipe.id(), 0);
        let mut done = 0;
        for _ in 0..8 {
            let said = walk(&asked.grammar, &mut stream);
            if !said.is_empty() {
                reads(asked, &said);
                done += 1;
            }
        }
        assert!(done > 4, "{:?}", asked.grammar);
    });
}

#[test]
fn what_is_no_answer_is_refused() {
    let plain = |task| asked(task, 1, Wording::Plain).grammar;
    // Twenty-four seconds are shown.
    let grounding = plain(TaskName::Grounding);
    for (text, viable, complete) in [
        ("", true, false),
        ("2", true, false),
        ("24", true, false),
        ("24.1", false, false),
        ("25", false, false),
        ("02", false, false),
        ("3.5-", true, false),
        ("3.5-2", true, false),
        ("3.5-3", true, false),
        ("3.5-3.4", false, false),
        ("3.5-3.5", true, true),
        ("9.9-1", true, false),
        ("9.9-2.", false, false),
        ("3.5-4.55", false, false),
        ("3.5-4", true, false),
        (".5", false, false),
        ("-", false, false),
        ("3.5 ", false, false),
        ("999999999999999999999999999999999999999999", false, false),
        ("\u{663}", false, false),
    ] {
        assert_eq!((grounding.viable(text), grounding.complete(text)), (viable, complete), "{text:?}");
    }
    let jigsaw = plain(TaskName::Jigsaw);
    assert!(jigsaw.viable("65") && !jigsaw.viable("66") && !jigsaw.viable("7") && !jigsaw.viable("0"));
    assert!(jigsaw.complete("654321") && !jigsaw.complete("65432") && !jigsaw.viable("6543211"));
    let masked = plain(TaskName::Masked);
    assert!(masked.viable("<ans") && masked.viable("<answer>3,") && !masked.viable("<answer>3,3"));
    assert!(!masked.viable("<answer>3</") && !masked.viable("<answer>7") && !masked.viable("think"));
    assert!(masked.complete("<answer>3,1,6</answer>") && !masked.viable("<answer>3,1,6</answer> "));
    let segments = plain(TaskName::Segments);
    assert!(segments.complete("<answer>1.00-2.50 0.00-0.01</answer>"));
    assert!(!segments.viable("<answer></answer>") && !segments.viable("<answer>1.00-1.00"));
    let cited = asked(TaskName::Segments, 1, Wording::MusegCite).grammar;
    assert!(cited.viable("<think>1.00-2.50</think><answer>1.00-2"));
    assert!(!cited.viable("<think>1.00-2.50</think><answer>1.00-3"));
    let event = plain(TaskName::Event);
    assert!(event.complete("<|event_start|>[0.20,1.00]<|event_end|>"));
    assert!(!event.viable("<|event_start|>[1.01") && !event.viable("<|event_start|>[0.50,0.49"));
    let elements = plain(TaskName::Elements);
    assert!(elements.complete("the sun, a tree") && !elements.complete("the, a") && !elements.viable("a\n"));
    assert!(elements.viable(&",".repeat(63)) && !elements.viable(&",".repeat(64)));
}

#[test]
fn any_text_is_judged() {
    let wordings = [Wording::Plain, Wording::MusegCite, Wording::VisualJigsaw];
    let all: Vec<Asked> =
        TaskName::ALL.into_iter().flat_map(|task| wordings.map(|w| asked(task, 1, w))).collect();
    proptest!(|(text in any::<String>(), digits in "[0-9.,<> -]{0,12}", cut in 0_usize..60)| {
        for Asked { grammar, truth, .. } in &all {
            let truth: String = grammar.answer(truth).chars().take(cut).collect();
            for said in [&text, &digits, &format!("{truth}{digits}"), &format!("{truth}{text}")] {
                prop_assert!(grammar.viable(said) || !grammar.complete(said));
                let key = grammar.key(said);
                for more in ["", "1", ",", "x", "-", ">", "\n"] {
                    let (a, b) = (format!("{said}{more}"), format!("{key}{more}"));
                    prop_assert_eq!(grammar.viable(&a), grammar.viable(&b));
                }
                prop_assert_eq!(grammar.complete(said), grammar.complete(&key));
            }
        }
    });
}
