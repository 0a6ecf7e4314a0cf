//! The built-in presets against the papers, and what is refused.

use super::*;
use crate::grpo::advantage::Scale;
use crate::grpo::loss::LossType;
use crate::perturb::Kind;
use crate::prompt::Wording;
use crate::recipe::{Picture, Question};
use crate::source::Sampling;
use crate::task::TaskName;
use crate::task::counting::Level;

#[test]
fn built_in_presets_parse_and_unknown_ones_are_named() {
    for (name, _) in BUILT_IN {
        Preset::built_in(name).expect(name);
    }
    let error = Preset::built_in("videosr").expect_err("unknown").to_string();
    assert!(error.contains("videosr") && error.contains("videossr"), "{error}");
}

fn grpo(name: &str) -> Grpo {
    Preset::built_in(name).expect("built in").grpo.expect("trains")
}

/// One line of the table below.
struct Row {
    name: &'static str,
    group: usize,
    rate: f64,
    schedule: Schedule,
    decay: f64,
    norm: f64,
    kl: f64,
    clamps: [Option<f64>; 2],
    dual: Option<f64>,
    temperature: f64,
    top_p: f64,
    prompts: usize,
    steps: usize,
    lengths: (usize, Option<usize>),
    loss: LossType,
    epsilon: f64,
}

/// Methods §1.7 (VideoSSR), §3.4 and §3.5 (MUSEG), §4.3 (VideoReasoner), §5 (Video-R1), §6 (Visual Jigsaw), §2.5 and §7
/// (MVP). What no source gives is marked `# ours` in the preset and stands here too, so that no number moves unseen.
#[test]
fn presets_have_their_papers_values() {
    use LossType::{Dapo, Grpo as SequenceMean};
    use Schedule::{Constant, Cosine, Linear};
    let videossr = Row {
        name: "videossr",
        group: 8,
        rate: 1e-6,
        schedule: Constant,
        decay: 0.01,
        norm: 1.0,
        kl: 1e-3,
        clamps: [Some(20.0), Some(10.0)],
        dual: Some(3.0),
        temperature: 1.0,
        top_p: 1.0,
        prompts: 64,
        steps: 468,
        lengths: (2048, Some(8192)),
        loss: Dapo,
        epsilon: 1e-6,
    };
    let video_r1 = Row {
        name: "video-r1",
        schedule: Cosine,
        norm: 5.0,
        kl: 0.04,
        clamps: [Some(10.0), None],
        dual: None,
        top_p: 0.95,
        prompts: 8,
        steps: 1200,
        lengths: (768, Some(16384)),
        loss: SequenceMean,
        epsilon: 1e-4,
        ..videossr
    };
    let museg = Row {
        name: "museg",
        rate: 1.5e-6,
        schedule: Linear,
        decay: 0.0,
        norm: 1.0,
        clamps: [None, None],
        temperature: 0.9,
        top_p: 1.0,
        prompts: 14,
        steps: 900,
        lengths: (1024, Some(4096)),
        ..video_r1
    };
    let videoreasoner = Row { name: "videoreasoner", rate: 2e-6, steps: 1300, ..video_r1 };
    let visual_jigsaw = Row {
        name: "visual-jigsaw",
        group: 16,
        kl: 0.0,
        clamps: [None, None],
        prompts: 128,
        steps: 1000,
        ..videossr
    };
    let mvp = Row { name: "mvp", dual: None, steps: 156, lengths: (1024, None), ..videossr };
    let code = Row { name: "videossr-code", ..videossr };
    for r in [videossr, code, museg, videoreasoner, visual_jigsaw, video_r1, mvp] {
        let (g, name) = (grpo(r.name), r.name);
        assert_eq!((g.group, g.prompts, g.steps), (r.group, r.prompts, r.steps), "{name}");
        assert_eq!((g.learning_rate, g.schedule, g.warmup), (r.rate, r.schedule, 0), "{name}");
        assert_eq!((g.weight_decay, g.max_grad_norm), (r.decay, r.norm), "{name}");
        assert_eq!((g.kl, [g.kl_log_clamp, g.kl_clamp]), (r.kl, r.clamps), "{name}");
        assert_eq!((g.temperature, g.top_p), (r.temperature, r.top_p), "{name}");
        assert_eq!((g.max_tokens, g.max_prompt_tokens), r.lengths, "{name}");
        assert_eq!(
            (g.loss_type, g.advantage_epsilon, g.scale_rewards),
            (r.loss, r.epsilon, Scale::Group),
            "{name}"
        );
        assert_eq!(
            (g.clip, g.clip_high, g.dual_clip, g.delta, g.updates),
            (0.2, None, r.dual, None, 1),
            "{name}"
        );
        assert!(
            !g.mask_truncated && g.overlong.is_none() && g.resample == 0 && g.curriculum.is_none(),
            "{name}"
        );
        let train = Preset::built_in(name).expect("built in").train;
        assert_eq!((train.betas, train.adam_epsilon), ([0.9, 0.999], 1e-8), "{name}");
        // The resolved configuration that a run keeps is the same one.
        let whole = Preset::built_in(name).expect("built in");
        let echoed = toml::to_string(&whole).expect("writes");
        assert_eq!(Preset::parse(&echoed).as_ref(), Ok(&whole), "{name}");
    }
    let phases = grpo("museg").phases(Wording::Museg);
    assert_eq!(phases.iter().map(|p| p.steps).collect::<Vec<_>>(), [400, 500]);
    let phases: Vec<_> = phases.iter().map(|p| (p.wording, p.rewards.len())).collect();
    assert_eq!(phases, [(Some(Wording::MusegCite), 2), (Some(Wording::Museg), 2)]);
    let (temporal, length) = (grpo("video-r1").temporal, grpo("video-r1").length);
    assert_eq!((temporal, length), (Some(Default::default()), Some(Default::default())));
    assert!(Preset::built_in("viubench").expect("built in").grpo.is_none());
}

#[test]
fn pictures_and_the_cold_start_are_the_papers() {
    let area = |min_pixels, max_pixels| Picture::Area { min_pixels, max_pixels };
    let tile = 28 * 28;
    for (name, frames, picture) in [
        ("videossr", 48, area(128 * 128, 256 * 256)),
        ("videossr-code", 48, area(128 * 128, 256 * 256)),
        ("viubench", 48, area(128 * 128, 512 * 512)),
        ("videoreasoner", 80, area(4 * tile, 60 * tile)),
        ("video-r1", 16, area(128 * tile, 128 * tile)),
        ("visual-jigsaw", 6 * 12, area(16384, 128 * tile)),
        ("mvp", 768, area(16384, 128 * tile)),
        (
            "museg",
            448,
            Picture::Utils {
                min_pixels: 16 * tile,
                max_pixels: 768 * tile,
                total_pixels: 3584 * u64::from(tile),
            },
        ),
    ] {
        let data = Preset::built_in(name).expect("built in").data;
        assert_eq!((data.sampling.most(), data.picture), (frames, picture), "{name}");
    }
    assert_eq!(Preset::built_in("videossr").expect("built in").data.sampling, Sampling::videossr());
    let preset = Preset::built_in("videoreasoner").expect("built in");
    let sft = preset.sft.expect("a cold start");
    assert_eq!((sft.epochs, sft.batch, sft.learning_rate, sft.max_grad_norm), (Some(3), 8, 2e-6, 5.0));
    // 3,154 samples, three times, eight at once.
    assert_eq!((sft.prefix_loss, sft.steps(3154), sft.tasks.len()), (true, 1183, 3));
    assert_eq!(preset.grpo.expect("trains").tasks, [TaskName::Event, TaskName::Qa]);
}

#[test]
fn mixtures_are_the_papers_tables() {
    let totals = |name: &str| {
        let data = Preset::built_in(name).expect("built in").data;
        let of = |task| data.mix.iter().filter(|s| s.task == task).map(|s| s.share).sum::<u32>();
        [TaskName::Grounding, TaskName::Jigsaw, TaskName::Counting].map(of)
    };
    // Supplement Table 3, and the public scripts.
    assert_eq!(totals("videossr"), [12_000, 12_000, 6_000]);
    assert_eq!(totals("videossr-code"), [12_000, 12_000, 6_000]);
    assert_eq!(totals("viubench"), [1_500, 600, 600]);
}

/// An answer in the form that a phase's wording asks for must be able to earn all that the phase pays.
#[test]
fn what_is_asked_for_can_earn_the_most() {
    for (name, _) in BUILT_IN {
        let preset = Preset::built_in(name).expect("built in");
        let Some(g) = &preset.grpo else { continue };
        for phase in g.phases(preset.data.wording) {
            let wording = phase.wording.expect("resolved");
            for share in &preset.data.mix {
                let recipe = crate::link::recipe(share.task, 1).expect("draws");
                let item = crate::item::realize_scene(&recipe).expect("realizes");
                let plain = item.truth.text();
                let body = plain.trim_start_matches("<answer>").trim_end_matches("</answer>").to_owned();
                let commas = body.chars().map(String::from).collect::<Vec<_>>().join(",");
                let said = match wording {
                    Wording::Museg => format!("<think>a</think><answer>{body}</answer>"),
                    Wording::MusegCite => {
                        let cited: Vec<String> = body
                            .split(['-', ' '])
                            .map(|t| crate::answer::python::float_repr(t.parse().expect("a number")))
                            .collect();
                        format!("<think>{}</think><answer>{body}</answer>", cited.join(" "))
                    }
                    Wording::Mvp | Wording::VideoR1 => format!("<think>a</think><answer>{body}</answer>"),
                    Wording::VisualJigsaw => format!("<think>a</think><answer>{commas}</answer>"),
                    _ => plain,
                };
                let lines: Vec<&Paid> = phase.rewards.iter().filter(|l| l.task == share.task).collect();
                let most: f64 = match lines.as_slice() {
                    [] => 1.0,
                    some => some.iter().map(|l| l.weight * l.reward.range(l.variant).1).sum(),
                };
                let earned = pay(&phase.rewards, share.task, &item.truth, &said);
                assert!((earned.total - most).abs() < 0.01, "{name}, {said}: {earned:?}, {most} is the most");
            }
        }
    }
}

#[test]
fn a_schedule_keeps_the_shares() {
    let data = Preset::built_in("videossr").expect("built in").data;
    let questions = data.schedule(300);
    let count = |q: Question| questions.iter().filter(|&&x| x == q).count();
    assert_eq!(count(Question::Grounding { kind: Kind::Mirror, compat: false }), 24);
    assert_eq!(count(Question::Jigsaw(6)), 60);
    assert_eq!(count(Question::Counting { level: Level::Hard, compat: false }), 30);
    assert_eq!(data.schedule(100), questions[..100]);
}

/// What a built-in preset says to a change of its text.
fn refused(from: &str, to: &str) -> String {
    let text = BUILT_IN[1].1.replacen(from, to, 1);
    assert_ne!(text, BUILT_IN[1].1, "{from}");
    Preset::parse(&text).expect_err(to).to_string()
}

#[test]
fn a_wrong_key_or_value_is_named_with_its_line_and_what_was_meant() {
    let line = |key: &str| 1 + BUILT_IN[1].1.lines().position(|l| l.starts_with(key)).expect("there");
    for (from, to, said) in [
        ("group = 8", "groups = 8", "unknown key 'grpo.groups'; did you mean 'grpo.group'?"),
        (
            "group = 8",
            "num_generations = 8",
            "unknown key 'grpo.num_generations'; did you mean 'grpo.group'?",
        ),
        ("group = 8", "beta = 8", "did you mean 'grpo.kl'?"),
        ("group = 8", "lr = 8", "did you mean 'grpo.learning_rate'?"),
        ("group = 8", "gradient_checkpointing = true", "did you mean 'train.recompute'?"),
        ("group = 8", "eval_items = 8", "did you mean 'train.eval_items'?"),
        ("group = 8", "zzzzzzzzzz = 8", "unknown key 'grpo.zzzzzzzzzz' (known in grpo: steps, prompts"),
        ("group = 8", "group = \"x\"", "grpo.group: a whole number, 0 or more, is wanted, not string \"x\""),
        ("group = 8", "group = -8", "grpo.group: a whole number, 0 or more, is wanted, not integer `-8`"),
        (
            "group = 8",
            "group = 8.5",
            "grpo.group: a whole number, 0 or more, is wanted, not floating point `8.5`",
        ),
        ("group = 8", "", "grpo.group is missing"),
        (
            "loss_type = \"dapo\"",
            "loss_type = \"dappo\"",
            "grpo.loss_type: unknown value 'dappo'; did you mean 'dapo'?",
        ),
        ("group = 8", "group = 1", "grpo.group must be at least 2"),
    ] {
        let error = refused(from, to);
        assert!(error.contains(said), "{to}: {error}");
        let place = if to.is_empty() { line("[grpo]") } else { line(from) };
        assert!(error.starts_with(&format!("line {place}: ")), "{to}: {place} {error}");
    }
    assert!(refused("[grpo]", "[gpro]").contains("unknown key 'gpro'; did you mean 'grpo'?"));
    assert!(refused("clips = 6", "clips = 12").contains("clips"));
    assert!(refused("level = \"easy\"", "clips = 6").contains("clips"));
    assert!(refused("task = \"jigsaw\"", "task = \"jigsw\"").contains("did you mean 'jigsaw'?"));
    assert!(refused("top_p = 1.0", "top_p = 1.5").contains("top_p"));
    assert!(
        refused("kl = 1e-3", "kl = 1e-3\ntemporal = { bonus = nan, factor = 1, correct = 0 }")
            .contains("bonus")
    );
    assert!(refused("count = 48", "count = 4800").contains("4800"));
    let shape = "masked = { frames = 16, masked = 4294967295, distractors = 2, kappa = 900 }";
    assert!(
        refused("task = \"jigsaw\", clips = 6", &format!("task = \"masked\", {shape}"))
            .contains("4294967295")
    );
    let huge = format!("[[grpo.phases]]\nname = \"a\"\nsteps = {}\n", i64::MAX).repeat(3);
    assert!(Preset::parse(&format!("{}\n{huge}", BUILT_IN[1].1)).is_err());
}

#[test]
fn contradictions_are_refused_with_their_key() {
    let g = "kl = 1e-3";
    for (to, key) in [
        ("loss_type = \"gspo\"\nimportance = \"token\"", "grpo.importance"),
        ("loss_type = \"cispo\"", "grpo.clip_high"),
        ("loss_type = \"cispo\"\nclip_high = 0.28", "grpo.clip_high"),
        ("loss_type = \"cispo\"\nclip_high = 5\ndelta = 9", "grpo.delta"),
        ("clip_high = 0.1", "grpo.clip_high"),
        ("delta = 1.1", "grpo.delta"),
        ("delta = 4", "grpo.delta"),
        ("aggregation = \"normalize_then_sum\"\nscale_rewards = \"none\"", "grpo.aggregation"),
        ("scale_by_task = 0.9", "grpo.scale_by_task"),
        ("scale_by_task = 1.0\nscale_rewards = \"none\"", "grpo.scale_by_task"),
        ("overlong = { start = 2048, weight = 1 }", "grpo.overlong.start"),
        ("curriculum = { most = 1.0 }", "grpo.curriculum.most"),
        ("updates = 0", "grpo.updates"),
        ("warmup = 469", "grpo.warmup"),
        ("tasks = [\"qa\"]", "grpo.tasks"),
        (
            "[[grpo.phases]]\nname = \"a\"\nsteps = 468\nuntil_plateau = { window = 300, gain = 0 }",
            "grpo.phases",
        ),
        ("[train]\nmicro_tokens = 2000", "train.micro_tokens"),
        ("[train]\nlora = { rank = 0, alpha = 1 }", "train.lora.rank"),
        ("[train]\ntower = \"trained\"\nlora = { rank = 8, alpha = 16 }", "train.tower"),
        ("[train]\npatience = 3", "train.patience"),
        ("[train]\nbetas = [0.9, 1.0]", "train.betas"),
        ("[train]\nheld_out = 1.0", "train.held_out"),
        ("[sft]\nbatch = 8\nlearning_rate = 1\nsteps = 5\nepochs = 2", "sft.steps"),
    ] {
        // A table of its own goes to the end.
        let text = BUILT_IN[1].1.replace("loss_type = \"dapo\"\n", "");
        let text = if to.starts_with('[') {
            format!("{text}\n{to}\n")
        } else {
            text.replace(g, &format!("{g}\n{to}"))
        };
        let error = Preset::parse(&text).expect_err(to).to_string();
        let (_, said) = error.split_once(": ").expect("a line, then the key");
        assert!(error.starts_with("line ") && said.starts_with(key), "{to}: {error}");
    }
    let gspo = BUILT_IN[1].1.replace("loss_type = \"dapo\"", "loss_type = \"gspo\"");
    let how = Preset::parse(&gspo).expect("a GSPO run").grpo.expect("trains").loss();
    assert_eq!(how.importance, crate::grpo::loss::Importance::Sequence);
}
