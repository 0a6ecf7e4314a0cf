//! `README.md` of a materialised dataset: for Hugging Face where its rows are, for people how to load it.

use super::{Form, Report};

/// The dataset card.
pub(super) fn card(report: &Report) -> String {
    let (format, load) = match report.form {
        Form::Verl => ("parquet", VERL),
        Form::Hf => ("parquet", HF),
        Form::Swift => ("json", SWIFT),
        Form::Webdataset => ("webdataset", WEBDATASET),
    };
    let files = match report.form {
        Form::Verl | Form::Hf => "data/train-*.parquet",
        Form::Swift => "data/train-*.jsonl",
        Form::Webdataset => "data/shard-*.tar",
    };
    let mut text = format!(
        "---\nconfigs:\n  - config_name: default\n    data_files:\n      - split: train\n        path: {files}\n---\n\n\
         # Video puzzles with known answers\n\n\
         {} items written by Scrubjay as {} ({format}). `recipes.jsonl` holds the recipe of each; `reward` names the \
         function of `scrubjay score` that reads `ground_truth` and, where there is one, `meta`.\n\n{load}\n",
        report.items, report.form,
    );
    if !report.dropped.is_empty() {
        text.push_str("\n## Items that are not here\n\n| cause | items |\n|---|---|\n");
        for (cause, n) in &report.dropped {
            text.push_str(&format!("| {cause} | {n} |\n"));
        }
    }
    text
}

const VERL: &str = "\
verl: `data.train_files` takes the files under `data/` and `data.video_key` is `videos`. Paths in the rows start in this \
folder unless a prefix was asked for: start the training from here. Frames are PNG at the size they are to be seen at; \
`max_pixels` and `min_pixels` leave them so. `sample_fps` is the clock of the truth: frame `i` is shown at `i / sample_fps` \
seconds, within a twentieth of the time between two. An item of which that is not so, since its frames stand at a video's own times or do not \
begin at 0, cannot be said in such a row; it is left out as `uneven-clock`.

```python
import datasets, pandas
datasets.load_dataset(\".\", split=\"train\")
pandas.read_parquet(\"data\")
```";

const HF: &str = "\
`prompt` is a list of chat messages; each `{\"type\": \"video\"}` in it stands for the next file of `videos`, whose paths \
start in this folder unless a prefix was asked for. A file's frames are the item's, all of them to be shown, at the \
times they have in the file; a clip of an odd number of frames ends with its last one twice. Read them without \
sampling anew, with their own times: a reader that takes a frame's number over the average rate, as Qwen's do, is right \
where `clock_error` is 0, and else wrong by up to so many seconds.

```python
import datasets
datasets.load_dataset(\".\", split=\"train\")
```";

const SWIFT: &str = "\
ms-swift: `--dataset data/train-00000-of-00001.jsonl`, started from this folder unless a prefix was asked for. The files' \
frames are the item's, all of them to be shown, at the times they have in the file: set `FPS=1000`, `FPS_MIN_FRAMES=2` \
and `FPS_MAX_FRAMES=768`, so that they are not sampled anew. A clip of an odd number of frames ends with its last one \
twice, since they are read by pairs. Qwen's readers tell a frame's number over the average rate for its time: they are \
right where `clock_error` is 0, and else wrong by up to so many seconds. `solution` is the answer that earns the whole \
reward.";

const WEBDATASET: &str = "\
A sample has `json` and a PNG `<clip>-<frame>.png` for every frame. `videos` in the JSON lists them clip by clip, in the \
order of the prompt's `<video>` marks, and `shown_seconds` says when each is shown.

```python
import glob, webdataset
for sample in webdataset.WebDataset(sorted(glob.glob(\"data/shard-*.tar\")), shardshuffle=False).decode(\"rgb8\"):
    clips = [[sample[name] for name in clip] for clip in sample[\"json\"][\"videos\"]]
```";
