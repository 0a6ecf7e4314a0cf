"""Loads a materialised dataset as its users do and prints, for every row, what `scrubjay score` reads.

Usage: load.py verl|hf|swift|webdataset FOLDER

Standard output gets one JSON line a row: the row's own answer, its truth and the reward that is to give it 1.
"""

import glob
import json
import os
import sys

VERL = {
    "data_source": "string",
    "prompt": ["role", "content"],
    "videos": ["video", "sample_fps", "max_pixels", "min_pixels"],
    "ability": "string",
    "reward_model": ["style", "ground_truth"],
    "extra_info": [
        "split",
        "index",
        "answer",
        "question",
        "video_id",
        "sampling_fps",
        "perturbation_type",
        "perturbed_frames_count",
        "start_frame_index",
    ],
}


def check(condition, what):
    if not condition:
        sys.exit(f"load.py: {what}")


def score_line(row_id, reward, answer, truth, meta):
    """VideoSSR's truths are texts; the others are JSON in a text."""
    if not reward.startswith("videossr."):
        try:
            truth = json.loads(truth)
        except ValueError:
            pass
    line = {"id": row_id, "reward": reward, "variant": "published", "prediction": answer, "truth": truth}
    if meta:
        line["meta"] = json.loads(meta)
    print(json.dumps(line))


def picture(path):
    from PIL import Image

    with Image.open(path) as image:
        image.load()
        check(image.mode == "RGB", f"{path} is {image.mode}")
        return image.size


def verl(folder):
    import datasets
    import pandas

    rows = datasets.load_dataset(folder, split="train")
    for column, inner in VERL.items():
        check(column in rows.column_names, f"no column {column}")
        if isinstance(inner, list):
            sample = rows[0][column]
            sample = sample[0] if isinstance(sample, list) else sample
            missing = [key for key in inner if key not in sample]
            check(not missing, f"{column} lacks {missing}")
    frame = pandas.concat(
        [pandas.read_parquet(f) for f in sorted(glob.glob(os.path.join(folder, "data", "*.parquet")))],
        ignore_index=True,
    )
    check(len(frame) == len(rows), "pandas and datasets disagree on the number of rows")
    check(list(frame["data_source"]) == list(rows["data_source"]), "pandas and datasets disagree on the rows")
    names = {"grounding", "counting", "jigsaw"}
    check(set(rows["data_source"]) == names, f"data_source is {set(rows['data_source'])}")
    for row in rows:
        marks = sum(message["content"].count("<video>") for message in row["prompt"])
        check(marks == len(row["videos"]), f"{marks} marks and {len(row['videos'])} videos")
        check(row["prompt"][-1]["role"] == "user", "the last message is not the user's")
        for video in row["videos"]:
            check(video["sample_fps"] == row["extra_info"]["sampling_fps"] > 0, "two clocks")
            sizes = {picture(os.path.join(folder, path)) for path in video["video"]}
            check(len(sizes) == 1, f"frames of sizes {sizes}")
            width, height = sizes.pop()
            check(video["min_pixels"] <= width * height <= video["max_pixels"], "the reader would resize")
        extra = row["extra_info"]
        score_line(
            extra["id"], extra["reward"], extra["answer"], row["reward_model"]["ground_truth"], extra["meta"]
        )


def hf(folder):
    import datasets

    for row in datasets.load_dataset(folder, split="train"):
        parts = [part for message in row["prompt"] for part in message["content"]]
        marks = sum(part["type"] == "video" for part in parts)
        check(marks == len(row["videos"]), f"{marks} marks and {len(row['videos'])} videos")
        check(all(os.path.getsize(os.path.join(folder, v)) > 0 for v in row["videos"]), "an empty video")
        score_line(row["id"], row["reward"], row["solution"], row["ground_truth"], row["meta"])


def swift(folder):
    import datasets

    for row in datasets.load_dataset(folder, split="train"):
        marks = sum(message["content"].count("<video>") for message in row["messages"])
        check(marks == len(row["videos"]), f"{marks} marks and {len(row['videos'])} videos")
        check(all(os.path.getsize(os.path.join(folder, v)) > 0 for v in row["videos"]), "an empty video")
        score_line(row["id"], row["reward"], row["solution"], row["ground_truth"], row["meta"])


def wds(folder):
    import webdataset

    shards = sorted(glob.glob(os.path.join(folder, "data", "*.tar")))
    for sample in webdataset.WebDataset(shards, shardshuffle=False).decode("rgb8"):
        row = sample["json"]
        check(sample["__key__"] == row["id"], "a sample under another's key")
        check(row["prompt"].count("<video>") == len(row["videos"]), "marks and videos differ in number")
        frames = [name for clip in row["videos"] for name in clip]
        pictures = {name for name in sample if name.endswith(".png")}
        check(set(frames) == pictures, f"frames {sorted(pictures ^ set(frames))} are listed or there, not both")
        check(len({sample[name].shape for name in frames}) == 1, "frames of several sizes")
        score_line(row["id"], row["reward"], row["answer"], row["ground_truth"], row["meta"])


if __name__ == "__main__":
    check(len(sys.argv) == 3, __doc__)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    {"verl": verl, "hf": hf, "swift": swift, "webdataset": wds}[sys.argv[1]](sys.argv[2])
