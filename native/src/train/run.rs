//! A run: its stages one after the other, with evaluations around them, in a folder of its own from which it can be
//! taken up at any moment.
//!
//! Whatever is drawn depends on the seed, the stage and the step alone, and what changes otherwise is in the checkpoint.
//! So a run that is killed and taken up says and learns what it would have said and learned.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::module::Module as _;
use scrubjay_core::grpo::plateau::Plateau;
use scrubjay_model::held::Vocabulary;
use scrubjay_model::optim::{AdamW, Optimiser};
use scrubjay_model::policy::Policy;

use super::checkpoint::{self, State};
use super::data::{Cursor, Data, Dropped, Example, Feed, Keep, Options, Reading};
use super::fault::Fault;
use super::folder::{Folder, Wound};
use super::plan::{Plan, config, data_file, reading};
use super::resume::{Found, found, inputs, same_inputs};
use super::stage::{Over, Progress, Stage, Work, stages};
use super::subject::Subject;
use super::table;
use super::update::Mover;
use super::watchdog::Watchdog;
use crate::error::Error;
use crate::pixels::Pixels;

/// A run under way.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) stages: Vec<Stage>,
    pub(super) subject: Subject,
    pub(super) data: Data,
    /// The data as the stage under way reads them.
    feed: Option<Feed>,
    /// What the run is made of beside its configuration.
    inputs: BTreeMap<String, String>,
    pub(super) folder: Folder,
    pub(super) watchdog: Watchdog,
    /// How many items were left out by cause when the last step's line was written.
    pub(super) told_dropped: BTreeMap<String, u64>,
    /// Moved out while a step changes it.
    policy: Option<Policy>,
    pub(super) reference: Option<Policy>,
    /// What answers are held to their grammar with.
    pub(super) vocabulary: Option<Arc<Vocabulary>>,
    pub(super) optimiser: Optimiser,
    pub(super) progress: Progress,
    cursor: Cursor,
    /// Steps of all stages so far.
    pub(super) steps: usize,
}

/// Trains; gives the evaluations of the run, stage by stage.
///
/// # Errors
/// [`Error`] when model, data or folder cannot be used, when a number stops being one, or where memory does not suffice.
pub fn train(plan: &Plan) -> Result<table::Run, Error> {
    let lock = super::folder::lock(&plan.out)?;
    let found = found(plan)?;
    let subject = Subject::open(&plan.preset, plan.model.as_deref(), &plan.device, plan.dtype.as_deref())?;
    let mut run = Run::open(plan, subject, found.as_ref(), lock)?;
    run.go()?;
    table::read_run(&plan.out)
}

impl<'a> Run<'a> {
    fn open(
        plan: &'a Plan,
        subject: Subject,
        found: Option<&Found>,
        lock: std::fs::File,
    ) -> Result<Self, Error> {
        let t = &plan.preset.train;
        let watchdog = Watchdog::start(Duration::from_secs(t.watchdog), &plan.out)?;
        watchdog.doing("reading the data", "-", 0, &[]);
        let options =
            Options { seed: t.seed, held_out: t.held_out, cache_mb: t.cache_mb, ..Options::default() };
        let data = Data::read_by(&plan.data, &options, Pixels::beside(&subject.device))?;
        let stages = stages(&plan.preset, &|tasks| data.count(tasks))?;
        let names: Vec<&str> = stages.iter().map(|s| s.name.as_str()).collect();
        let inputs = inputs(plan, &subject)?;
        if let Some(found) = found {
            same_inputs(found, &inputs)?;
            found.settle(&plan.out)?;
        }
        let state = found.map(|f| &f.state);
        // The last step that is done, of which rollouts stay.
        let last = state.and_then(|s| match s.progress.done {
            0 => {
                let before = s.progress.stage.checked_sub(1)?;
                Some((*names.get(before)?, usize::MAX))
            }
            done => Some((*names.get(s.progress.stage)?, done - 1)),
        });
        // A checkpoint of another run has no journals here.
        let none = Vec::new();
        let journals = found.filter(|f| f.own).map_or(&none, |f| &f.state.journals);
        let wound = state.map(|s| Wound { journals, steps: s.steps, last });
        let folder = Folder::open(&plan.out, lock, &names, t.keep_rollouts, wound.as_ref(), plan.quiet)?;
        checkpoint::sweep(&folder.checkpoints())?;
        checkpoint::sweep(&plan.out)?;
        let text = config(&plan.preset)?;
        folder.write("config.toml", &text)?;
        folder.write("data.json", &data_file(plan)?)?;
        let (learn, test) = data.counts();
        folder.view.say(&format!("data: {learn} recipes to learn from, {test} held out"));
        if let Some(adapter) = data.pixels().adapter() {
            folder.view.say(&format!("pictures are worked on by {adapter}"));
        }
        if data.unread().total() > 0 {
            folder.view.say(&format!("lines of the data left out: {}", told(data.unread())));
        }
        let seen = sample(&data, Arc::new(reading(plan, &subject, None)?))?;
        super::memory::check(plan, &subject, &stages, &seen, &folder)?;
        drop(seen);
        watchdog.doing("reading the model", "-", 0, &[]);
        let grammar = plan.preset.grpo.as_ref().is_some_and(|g| g.hold_to_grammar);
        let tokenizer = &subject.processor.tokenizer;
        let vocabulary = grammar.then(|| Arc::new(Vocabulary::new(tokenizer, subject.config())));
        let mut run = Self {
            plan,
            stages,
            data,
            feed: None,
            inputs,
            folder,
            watchdog,
            told_dropped: BTreeMap::new(),
            policy: None,
            reference: None,
            vocabulary,
            optimiser: Optimiser::new(AdamW::default()),
            progress: Progress::default(),
            cursor: Cursor::default(),
            steps: 0,
            subject,
        };
        match found {
            None => run.policy = Some(run.subject.begin()?),
            Some(found) => run.restore(&found.path, found.state.clone())?,
        }
        let known = run.data.dropped();
        run.told_dropped = known.by_cause().into_iter().map(|(cause, n)| (cause.to_owned(), n)).collect();
        Ok(run)
    }

    /// Takes everything up from a checkpoint.
    fn restore(&mut self, path: &Path, state: State) -> Result<(), Error> {
        self.folder.view.say(&format!("going on from {} ({} steps)", path.display(), state.steps));
        let policy = self.subject.restore(path)?;
        (self.progress, self.cursor, self.steps) = (state.progress, state.cursor, state.steps);
        self.data.resume(state.dropped);
        let more = self.stages.get(self.progress.stage).is_some_and(|s| s.steps > self.progress.done);
        // A stage whose steps were done is open again where it has been given more.
        if more && self.progress.over == Some(Over::Steps) {
            self.progress.over = None;
        }
        if self.progress.begun {
            let entries = checkpoint::optimiser(path)?;
            self.optimiser = Optimiser::restore(self.adamw(), &policy, entries)
                .map_err(|e| Error::path(path, format!("its optimiser: {e}")))?;
        }
        self.policy = Some(policy);
        if self.progress.begun {
            self.reference = self.reference()?;
        }
        Ok(())
    }

    /// The policy between two steps.
    pub(super) fn policy(&self) -> Result<&Policy, Error> {
        self.policy.as_ref().ok_or_else(|| Error::failed("the step that failed has taken the model with it"))
    }

    /// The policy, to be moved.
    pub(super) fn take_policy(&mut self) -> Result<Policy, Error> {
        self.policy()?;
        self.policy.take().ok_or_else(|| Error::failed("there is no model"))
    }

    /// The policy after a step.
    pub(super) fn put_policy(&mut self, policy: Policy) {
        self.policy = Some(policy);
    }

    /// The next examples of the stage.
    pub(super) fn batch(&mut self, n: usize, keep: Option<&mut Keep<'_>>) -> Result<Vec<Example>, Error> {
        let Some(feed) = &mut self.feed else { return Err(Error::failed("no stage has begun")) };
        let (examples, next) = feed.batch(self.cursor, n, keep)?;
        self.cursor = next;
        Ok(examples)
    }

    /// All that is left to do.
    fn go(&mut self) -> Result<(), Error> {
        if !self.progress.looked {
            self.evaluate(Some(table::Stage::Before))?;
            self.progress.looked = true;
        }
        while let Some(stage) = self.stages.get(self.progress.stage).cloned() {
            if self.progress.over.is_none() {
                self.stage(&stage)?;
            }
            if let Some(Over::Patience(why)) = &self.progress.over {
                self.folder.view.say(&format!("{} ended early: {why}", stage.name));
            }
            if !self.is_last() {
                self.progress.next();
            } else {
                break;
            }
        }
        self.folder.view.finish();
        for (_, excuse) in self.data.pixels().account().excuses() {
            self.folder.view.say(&format!("warning: {excuse}"));
        }
        self.checkpoint()?;
        let model = self.plan.out.join("model");
        let policy = self.policy()?;
        checkpoint::publish(&model, |staged| self.subject.publish(policy, staged))?;
        super::report::write(&self.plan.out, &self.plan.data)?;
        Ok(())
    }

    /// Whether nothing is to be done in later stages.
    fn is_last(&self) -> bool {
        self.stages.iter().skip(self.progress.stage + 1).all(|s| s.steps == 0)
    }

    fn stage(&mut self, stage: &Stage) -> Result<(), Error> {
        if stage.steps == 0 {
            self.progress.over = Some(Over::Steps);
            return Ok(());
        }
        if !self.progress.begun {
            self.begin(stage)?;
        }
        let phase = match &stage.work {
            Work::Supervised(_) => None,
            Work::Reinforced(phase) => Some(phase),
        };
        let mut reading = reading(self.plan, &self.subject, phase)?;
        if let Work::Supervised(sft) = &stage.work {
            reading.tasks.clone_from(&sft.tasks);
            reading.prefix_is_learned = sft.prefix_loss;
        }
        self.feed = Some(self.data.feed(Arc::new(reading), self.plan.preset.train.prefetch));
        self.folder.view.phase(&stage.name, stage.steps, self.progress.done);
        while self.progress.over.is_none() && self.progress.done < stage.steps {
            self.step(stage)?;
        }
        self.progress.over.get_or_insert(Over::Steps);
        self.feed = None;
        self.evaluate(match stage.work {
            Work::Supervised(_) => Some(table::Stage::ColdStart),
            Work::Reinforced(_) if self.is_last() => Some(table::Stage::Grpo),
            Work::Reinforced(_) => None,
        })?;
        self.checkpoint()
    }

    /// Each stage is a run of its own, as MUSEG's phases are: its optimiser knows nothing of the one before.
    fn begin(&mut self, stage: &Stage) -> Result<(), Error> {
        self.optimiser = Optimiser::new(self.adamw());
        self.keep_reference()?;
        self.reference = self.reference()?;
        if let Work::Reinforced(phase) = &stage.work {
            self.progress.plateau = phase.until_plateau.map(|_| Plateau::default());
            let asked = self.plan.preset.grpo.as_ref().is_some_and(|g| g.curriculum.is_some());
            self.progress.curriculum = asked.then(|| self.progress.curriculum.take().unwrap_or_default());
        }
        self.progress.begun = true;
        Ok(())
    }

    fn step(&mut self, stage: &Stage) -> Result<(), Error> {
        let (begun, step) = (Instant::now(), self.progress.done);
        let (line, ended) = match &stage.work {
            Work::Supervised(sft) => (self.imitate(sft, stage, step)?, false),
            Work::Reinforced(phase) => self.reinforce(phase, stage, step)?,
        };
        self.steps += 1;
        self.progress.done += 1;
        self.folder.step(&line, begun.elapsed(), self.steps)?;
        if ended {
            self.progress.over = Some(Over::Plateau);
        }
        if self.progress.over.is_some() || self.progress.done >= stage.steps {
            return Ok(());
        }
        let due = |every: usize| every > 0 && self.steps.is_multiple_of(every);
        let (look, save) =
            (due(self.plan.preset.train.eval_every), due(self.plan.preset.train.checkpoint_every));
        if look {
            self.evaluate(None)?;
        }
        if save && self.progress.over.is_none() {
            self.checkpoint()?;
        }
        Ok(())
    }
}

impl Run<'_> {
    /// The optimiser's settings in the stage under way.
    fn adamw(&self) -> AdamW {
        let of_stage = self.stages.get(self.progress.stage).and_then(|s| match &s.work {
            Work::Supervised(sft) => Some(sft.weight_decay),
            Work::Reinforced(_) => None,
        });
        let decay = of_stage.or_else(|| Some(self.plan.preset.grpo.as_ref()?.weight_decay)).unwrap_or(0.0);
        let t = &self.plan.preset.train;
        AdamW { beta1: t.betas[0], beta2: t.betas[1], epsilon: t.adam_epsilon, weight_decay: decay }
    }

    /// The reference of a phase is the policy as the phase begins.
    fn keep_reference(&self) -> Result<(), Error> {
        let Some(folder) = self.reference_folder() else { return Ok(()) };
        let policy = self.policy()?;
        checkpoint::publish(&folder, |staged| self.subject.save(policy, staged))
    }

    fn reference(&self) -> Result<Option<Policy>, Error> {
        let Some(folder) = self.reference_folder() else { return Ok(None) };
        let policy = self.policy()?;
        if self.progress.done == 0 {
            // Tensors are shared until the policy moves.
            return Ok(Some(policy.clone().no_grad()));
        }
        Ok(Some(self.subject.reference(policy, &folder)?.no_grad()))
    }

    /// Where the reference is kept, if this stage has one.
    fn reference_folder(&self) -> Option<PathBuf> {
        let stage = self.stages.get(self.progress.stage)?;
        let kl = self.plan.preset.grpo.as_ref().map_or(0.0, |g| g.kl);
        let has = matches!(stage.work, Work::Reinforced(_)) && kl > 0.0;
        has.then(|| self.folder.checkpoints().join(format!("reference-{}", self.progress.stage)))
    }

    pub(super) fn mover(&self, learning_rate: f64, max_grad_norm: f64) -> Mover {
        let t = &self.plan.preset.train;
        Mover {
            recompute: t.recompute,
            micro_tokens: t.micro_tokens,
            max_grad_norm,
            learning_rate,
            pad: self.subject.config().tokens.pad,
        }
    }

    pub(super) fn stopped(&self, fault: Fault, stage: &Stage, step: usize) -> Error {
        fault.stop(&self.plan.out, &stage.name, step)
    }
}

impl Run<'_> {
    /// Writes a checkpoint and removes those that are no longer kept.
    fn checkpoint(&mut self) -> Result<(), Error> {
        let stage = self.stages.get(self.progress.stage).map_or("end", |s| s.name.as_str());
        self.watchdog.doing("writing a checkpoint", stage, self.progress.done, &[]);
        let state = State {
            version: checkpoint::VERSION,
            config: config(&self.plan.preset)?,
            steps: self.steps,
            progress: self.progress.clone(),
            cursor: self.cursor,
            inputs: self.inputs.clone(),
            dropped: self.data.dropped(),
            journals: self.folder.sync()?,
        };
        let folder = self.folder.checkpoints();
        let (subject, policy) = (&self.subject, self.policy()?);
        checkpoint::save(&folder, &state, &self.optimiser, |staged| subject.save(policy, staged))?;
        checkpoint::prune(&folder, self.plan.preset.train.keep_last, self.progress.stage)
    }
}

/// Some examples, for what they take in memory. What is left out among them counts when its turn comes.
fn sample(data: &Data, reading: Arc<Reading>) -> Result<Vec<Example>, Error> {
    const SAMPLE: usize = 16;
    let account = data.dropped();
    let (examples, _) = data.feed(reading, 0).batch(Cursor::default(), SAMPLE, None)?;
    data.resume(account);
    Ok(examples)
}

/// What was left out, in words.
pub(super) fn told(account: &Dropped) -> String {
    let causes: Vec<String> = account.by_cause().iter().map(|(cause, n)| format!("{n} {cause}")).collect();
    let first = account.first.first().map_or(String::new(), |left| format!("; the first: {}", left.detail));
    format!("{}{first}", causes.join(", "))
}
