"""The work of the public VideoSSR scripts, from their description, in Python: decord, OpenCV, Pillow, PyArrow.

Frames are sampled and stored as JPEG at quality 95; then each video gives one grounding, one counting and one jigsaw
sample, and each task is written as Parquet. Nothing here is copied from those scripts. They run as four programs, and
those of the tasks make their rows with Hugging Face's `datasets`; `--stage` does so too. Without it everything is one
program that writes with PyArrow, which favours Python. `pipeline.py` runs and times all:

    python published.py LIST OUT [--workers N]                  the whole, as one program
    python published.py LIST OUT --stage frames                 the first of the four programs
    python published.py LIST OUT --stage grounding|counting|jigsaw   each of the others
    python published.py --decode decord|pyav LIST               only decoding the same 48 frames
"""

import argparse
import json
import math
import multiprocessing
import pathlib
import random

import cv2
import decord
import numpy as np
import pyarrow as pa
import pyarrow.parquet
from PIL import Image, ImageOps

FRAMES = 48
SYSTEM = "Answer directly, in the requested format and without explanation."


def chosen(total):
    """48 frame numbers of the middle nine tenths, or None for a video that is too short."""
    start, end = int(0.05 * total), int(0.95 * total)
    step = (end - start) // FRAMES
    return [start + i * step for i in range(FRAMES)] if step else None


def read(path):
    """The chosen frames (RGB) and the shown frames per second."""
    reader = decord.VideoReader(str(path), ctx=decord.cpu(0))
    wanted = chosen(len(reader))
    if wanted is None:
        return None
    seconds = len(reader) / reader.get_avg_fps()
    return reader.get_batch(wanted).asnumpy(), FRAMES / seconds if seconds > 0 else 0.0


def sample(job):
    path, folder = job
    try:
        found = read(path)
    except decord.DECORDError:
        found = None
    if found is None:
        return None
    frames, fps = found
    folder.mkdir(parents=True)
    for i, frame in enumerate(frames):
        name = str(folder / f"{i}.jpg")
        cv2.imwrite(name, cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return folder, fps


def channel_swap(image, rng):
    red, green, blue = image.split()
    return Image.merge("RGB", (blue, green, red))


def zoom_out(image, rng):
    scale = rng.uniform(1.2, 1.4)
    small = image.resize((int(image.width / scale), int(image.height / scale)), Image.LANCZOS)
    canvas = Image.new("RGB", image.size)
    canvas.paste(small, ((image.width - small.width) // 2, (image.height - small.height) // 2))
    return canvas


KINDS = {
    "ChannelSwap": channel_swap,
    "Mirror": lambda image, rng: ImageOps.mirror(image),
    "ZoomOut": zoom_out,
    "Rotate180": lambda image, rng: image.rotate(180),
}


def grounding(folder, fps, rng):
    """A changed segment; its frames are stored again at Pillow's own quality."""
    kind = rng.choice(sorted(KINDS))
    length = rng.randint(8, 16)
    start = rng.randint(0, FRAMES - length)
    paths = [folder / f"{i}.jpg" for i in range(FRAMES)]
    for i in range(start, start + length):
        with Image.open(paths[i]) as image:
            changed = KINDS[kind](image.convert("RGB"), rng)
        paths[i] = folder / f"{i}_{kind}.jpg"
        changed.save(paths[i])
    truth = f"{start / fps:.1f}-{(start + length) / fps:.1f}"
    question = f"<video>\nIn a segment of this video the pictures are changed ({kind}). When? <start>-<end>, in seconds."
    more = {"perturbation_type": kind, "perturbed_frames_count": length, "start_frame_index": start}
    return [paths], question, truth, more


def shape(image, kind, size, centre, angle, colour):
    half = size // 2
    if kind == "circle":
        cv2.circle(image, centre, half, colour, -1)
        return
    if kind == "square":
        corners = [(-half, -half), (half, -half), (half, half), (-half, half)]
    else:
        rise = int(size * math.sqrt(3) / 2) / 2
        corners = [(-half, rise), (half, rise), (0, -rise)]
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turned = [(centre[0] + x * c - y * s, centre[1] + x * s + y * c) for x, y in corners]
    cv2.fillPoly(image, [np.array(turned, np.int32)], colour)


def place(rng, width, height, size, taken):
    """A centre apart from the others; after twenty tries the last one."""
    margin = int(0.75 * size)
    left, top = int(0.15 * width) + margin, int(0.15 * height) + margin
    right, bottom = int(0.85 * width) - margin, int(0.85 * height) - margin
    if left > right or top > bottom:
        return (rng.randint(margin, max(margin, width - margin)), rng.randint(margin, max(margin, height - margin)))
    for _ in range(20):
        centre = (rng.randint(left, right), rng.randint(top, bottom))
        if all(math.dist(centre, other) >= size for other in taken):
            break
    return centre


def counting(folder, fps, rng):
    """One to three frames of each shape, one to three shapes on each."""
    paths = [folder / f"{i}.jpg" for i in range(FRAMES)]
    free, counts = set(range(FRAMES)), []
    for kind in ("circle", "square", "triangle"):
        want, picked = rng.randint(1, 3), []
        for i in rng.sample(sorted(free), len(free)):
            if len(picked) < want and all(abs(i - j) > 8 for j in picked):
                picked.append(i)
        free -= set(picked)
        count = 0
        for i in picked:
            image = cv2.imread(str(paths[i]))
            height, width = image.shape[:2]
            taken = []
            for _ in range(rng.randint(1, 3)):
                size = rng.randint(int(0.2 * min(width, height)), int(0.4 * min(width, height)))
                centre = place(rng, width, height, size, taken)
                shape(image, kind, size, centre, rng.uniform(0, 360), [rng.randint(50, 255) for _ in range(3)])
                taken.append(centre)
            count += len(taken)
            paths[i] = folder / f"{i}_{kind}.jpg"
            cv2.imwrite(str(paths[i]), image)
        counts.append(str(count))
    return [paths], "<video>\nHow many circles, squares and triangles? circles,squares,triangles", ",".join(counts), {}


def jigsaw(folder, fps, rng):
    """Six clips of eight frames in another order; no picture is touched."""
    order = rng.sample(range(6), 6)
    clips = [[folder / f"{i}.jpg" for i in range(8 * o, 8 * o + 8)] for o in order]
    truth = "".join(str(order.index(j) + 1) for j in range(6))
    question = "".join(f"Clip {i + 1}: <video>\n" for i in range(6)) + "In which order are the clips to be played?"
    return clips, question, truth, {}


TASKS = {"grounding": grounding, "counting": counting, "jigsaw": jigsaw}


def build(job):
    name, index, folder, fps = job
    clips, question, truth, more = TASKS[name](folder, fps, random.Random(f"{name}{index}"))
    limits = {"sample_fps": fps, "max_pixels": 256 * 256, "min_pixels": 128 * 128}
    extra = {"split": "train", "index": index, "answer": truth, "question": question, "video_id": folder.name}
    return {
        "data_source": name,
        "prompt": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
        "videos": [{"video": [str(p) for p in clip], **limits} for clip in clips],
        "ability": name,
        "reward_model": {"style": "rule", "ground_truth": truth},
        "extra_info": {**extra, "sampling_fps": fps, **more},
    }


def extract(videos, out, workers):
    """Stores the frames; folders and shown rates of the usable videos."""
    folders = [out / "frames" / f"{i:05}" for i in range(len(videos))]
    with multiprocessing.Pool(workers) as pool:
        sampled = pool.map(sample, zip(videos, folders), chunksize=1)
    usable = [found for found in sampled if found]
    (out / "fps.json").write_text(json.dumps({folder.name: fps for folder, fps in usable}))
    return usable


def row(entry, name):
    return build((name, entry["index"], pathlib.Path(entry["folder"]), entry["fps"]))


def stage(name, videos, out, workers):
    """One of the four programs."""
    if name == "frames":
        extract(videos, out, workers)
        return
    import datasets

    datasets.disable_progress_bars()
    rates = json.loads((out / "fps.json").read_text())
    entries = [{"index": i, "folder": str(out / "frames" / k), "fps": fps} for i, (k, fps) in enumerate(rates.items())]
    table = datasets.Dataset.from_list(entries)
    kept = {"fn_kwargs": {"name": name}, "remove_columns": table.column_names, "num_proc": workers}
    table.map(row, **kept).to_parquet(str(out / f"{name}.parquet"))


def whole(videos, out, workers):
    usable = extract(videos, out, workers)
    items = 0
    for name in TASKS:
        with multiprocessing.Pool(workers) as pool:
            rows = pool.map(build, [(name, i, *found) for i, found in enumerate(usable)], chunksize=1)
        pa.parquet.write_table(pa.Table.from_pylist(rows), out / f"{name}.parquet")
        items += len(rows)
    print(json.dumps({"items": items, "videos": len(usable)}))


def decode_decord(path):
    try:
        found = read(path)
    except decord.DECORDError:
        found = None
    return int(found is not None)


def decode_pyav(path):
    import av

    with av.open(str(path)) as container:
        total = sum(1 for _ in container.demux(video=0)) - 1
    wanted = set(chosen(total) or [])
    with av.open(str(path)) as container:
        for i, frame in enumerate(container.decode(video=0)):
            if i in wanted:
                wanted.discard(i)
                frame.to_ndarray(format="rgb24")
            if not wanted:
                break
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("list", type=pathlib.Path, help="a file with one video path a line")
    parser.add_argument("out", type=pathlib.Path, nargs="?")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--decode", choices=["decord", "pyav"])
    parser.add_argument("--stage", choices=["frames", *TASKS])
    args = parser.parse_args()
    videos = [pathlib.Path(line) for line in args.list.read_text().splitlines()]
    if args.stage:
        stage(args.stage, videos, args.out, args.workers)
        return
    if args.decode is None:
        whole(videos, args.out, args.workers)
        return
    work = {"decord": decode_decord, "pyav": decode_pyav}[args.decode]
    with multiprocessing.Pool(args.workers) as pool:
        print(json.dumps({"items": 0, "videos": sum(pool.map(work, videos, chunksize=1))}))


if __name__ == "__main__":
    main()
