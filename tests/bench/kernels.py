"""Perturbations of a clip by a GPU's kernels, by core, by Pillow and NumPy as the public VideoSSR generator uses them, and by
OpenCV where it has the like, in one run. Prints a table in Markdown.

    python3 -m venv VENV && VENV/bin/pip install -r tests/bench/requirements.txt
    VENV/bin/python tests/bench/kernels.py [--rounds N] [--side PIXELS] [--frames N] [--program BENCH]

Whoever computes on the CPU has one thread; an adapter in software takes all it wants, and is named. Each figure is the
smallest of the rounds' medians; the rounds alternate, so that a busy machine disturbs all alike. Pictures are square,
since a quarter turn of ours would shrink others to fit. The GPU's figure is with upload and download.
"""

import argparse
import json
import subprocess
import tempfile

import cv2
import numpy as np
from PIL import Image

from run import OPENCV, PILLOW, median_ms, picture

PLANES, HALF = "i420-to-rgb", "half-size"


def bench_program():
    """Builds the bench and returns its path."""
    command = ["cargo", "bench", "-p", "scrubjay-shaders", "--bench", "twins", "--no-run"]
    command.append("--message-format=json")
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    messages = [json.loads(line) for line in lines if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "twins")


def each(function, items):
    for item in items:
        function(item)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", type=int, default=256, help="pixels; an even number")
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--program", help="the bench, where it is built already")
    args = parser.parse_args()
    program = args.program or bench_program()
    np.random.seed(1)
    array = picture(args.side, args.side)
    clip = [np.roll(array, 5 * i, axis=1) for i in range(args.frames)]
    images = [Image.fromarray(frame) for frame in clip]
    # Luma over a quarter of chroma twice, as one picture of a byte a pixel: what OpenCV takes.
    planes = [np.ascontiguousarray(f.reshape(-1)[: f.size // 2]).reshape(-1, args.side) for f in clip]
    best, share = {}, {}

    def note(who, kind, ms):
        if ms is not None:
            best[who, kind] = min(ms, best.get((who, kind), ms))

    with tempfile.NamedTemporaryFile(suffix=".rgb") as file:
        file.write(b"".join(frame.tobytes() for frame in clip))
        file.flush()
        size = [str(args.side), str(args.side), str(args.frames)]
        for _ in range(args.rounds):
            out = subprocess.run([program, "--json", file.name, *size], check=True, stdout=subprocess.PIPE)
            told = json.loads(out.stdout)
            for kind, times in told["times"].items():
                if times["kernels"] is not None and times["kernels"] <= best.get(("kernels", kind), times["kernels"]):
                    share[kind] = times.pop("of_copy")
                times.pop("of_copy", None)
                for who, ms in times.items():
                    note(who, kind, ms)
            for kind in PILLOW:
                note("pillow", kind, median_ms(lambda c: each(PILLOW[kind], c), images))
                note("opencv", kind, median_ms(lambda c: each(OPENCV[kind], c), clip))
            to_rgb = lambda frame: cv2.cvtColor(frame, cv2.COLOR_YUV2RGB_I420)
            note("opencv", PLANES, median_ms(lambda c: each(to_rgb, c), planes))
            half = (args.side + 1) // 2, (args.side + 1) // 2
            note("pillow", HALF, median_ms(lambda c: each(lambda i: i.resize(half, Image.BICUBIC), c), images))
            # Without smoothing, which ours and Pillow's have when they shrink.
            note("opencv", HALF, median_ms(lambda c: each(lambda f: cv2.resize(f, half, interpolation=cv2.INTER_CUBIC), c), clip))
    print(f"\n{args.frames} pictures of {args.side} x {args.side}, milliseconds; the GPU is {told['adapter']}\n")
    print("| ms | GPU | its kernels alone | core | Pillow, NumPy | OpenCV | core ÷ GPU | Pillow ÷ GPU | OpenCV ÷ GPU | kernels, of a copy |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for kind in told["times"]:
        ms = {who: best.get((who, kind)) for who in ("gpu", "kernels", "core", "pillow", "opencv")}
        cells = ["–" if ms[who] is None else f"{ms[who]:.2f}" for who in ms]
        cells += ["–" if ms[who] is None else f"{ms[who] / ms['gpu']:.2f}" for who in ("core", "pillow", "opencv")]
        cells.append(f"{share[kind]:.2f}" if kind in share else "–")
        print(f"| {kind} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
