"""Perturbations timed: Pillow and NumPy as the public VideoSSR generator uses them, OpenCV where it has the like, and
Scrubjay's bench, on the same pictures, one thread each, in one run. Prints a table in Markdown.

    python3 -m venv VENV && VENV/bin/pip install -r tests/bench/requirements.txt
    VENV/bin/python tests/bench/run.py [--rounds N]

Each figure is the smallest of the rounds' medians; the rounds alternate, so that a busy machine disturbs all alike.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

cv2.setNumThreads(1)
SIZES = [(1280, 720), (256, 256)]
NOISE, ZOOM_IN, ZOOM_OUT = 52.5, 1.4, 1.3


def picture(width, height):
    """Smooth areas, edges and grain."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x * 255 / width, y * 255 / height, (x + y) % 97 * 2.5], axis=-1)
    base[height // 4 : height // 2, width // 4 : width // 2] = (230, 40, 60)
    return np.clip(base + rng.normal(0, 12, base.shape), 0, 255).astype(np.uint8)


def noise(image):
    array = np.array(image)
    grain = np.random.normal(0, NOISE, array.shape)
    return Image.fromarray(np.clip(array + grain, 0, 255).astype(np.uint8))


def zoom_in(image):
    w, h = image.size
    inner_w, inner_h = w / ZOOM_IN, h / ZOOM_IN
    box = ((w - inner_w) / 2, (h - inner_h) / 2, (w + inner_w) / 2, (h + inner_h) / 2)
    return image.crop(box).resize((w, h), Image.LANCZOS)


def zoom_out(image):
    w, h = image.size
    small = image.resize((int(w / ZOOM_OUT), int(h / ZOOM_OUT)), Image.LANCZOS)
    canvas = Image.new("RGB", (w, h), (0, 0, 0))
    canvas.paste(small, ((w - small.width) // 2, (h - small.height) // 2))
    return canvas


def channel_swap(image):
    r, g, b = image.split()
    return Image.merge("RGB", (b, g, r))


PILLOW = {
    "saturation": lambda i: ImageEnhance.Color(i).enhance(2.0),
    "noise": noise,
    "blur": lambda i: i.filter(ImageFilter.GaussianBlur(2)),
    "grayscale": lambda i: i.convert("L").convert("RGB"),
    "invert": ImageOps.invert,
    "channel-swap": channel_swap,
    "zoom-in": zoom_in,
    "rotate180": lambda i: i.rotate(180),
    "zoom-out": zoom_out,
    "mirror": ImageOps.mirror,
    "rotate90": lambda i: i.rotate(-90, expand=True),
    "rotate270": lambda i: i.rotate(-270, expand=True),
}


def cv_noise(a):
    grain = np.empty(a.shape, np.int16)
    cv2.randn(grain, 0, NOISE)
    return cv2.add(a, grain, dtype=cv2.CV_8U)


def cv_zoom_in(a):
    h, w = a.shape[:2]
    x, y = round((w - w / ZOOM_IN) / 2), round((h - h / ZOOM_IN) / 2)
    return cv2.resize(a[y : h - y, x : w - x], (w, h), interpolation=cv2.INTER_LANCZOS4)


def cv_zoom_out(a):
    h, w = a.shape[:2]
    small = cv2.resize(a, (int(w / ZOOM_OUT), int(h / ZOOM_OUT)), interpolation=cv2.INTER_LANCZOS4)
    out = np.zeros_like(a)
    y, x = (h - small.shape[0]) // 2, (w - small.shape[1]) // 2
    out[y : y + small.shape[0], x : x + small.shape[1]] = small
    return out


def cv_saturation(a):
    grey = cv2.cvtColor(cv2.cvtColor(a, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return cv2.addWeighted(a, 2.0, grey, -1.0, 0)


# The nearest that OpenCV has; its Lanczos has eight taps and does not widen them to shrink, its blur is another.
OPENCV = {
    "saturation": cv_saturation,
    "noise": cv_noise,
    "blur": lambda a: cv2.GaussianBlur(a, (0, 0), 2),
    "grayscale": lambda a: cv2.cvtColor(cv2.cvtColor(a, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB),
    "invert": cv2.bitwise_not,
    "channel-swap": lambda a: cv2.cvtColor(a, cv2.COLOR_RGB2BGR),
    "zoom-in": cv_zoom_in,
    "rotate180": lambda a: cv2.flip(a, -1),
    "zoom-out": cv_zoom_out,
    "mirror": lambda a: cv2.flip(a, 1),
    "rotate90": lambda a: cv2.rotate(a, cv2.ROTATE_90_CLOCKWISE),
    "rotate270": lambda a: cv2.rotate(a, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def median_ms(function, argument):
    function(argument)
    times, begin = [], time.perf_counter()
    while len(times) < 9 or time.perf_counter() - begin < 0.4:
        start = time.perf_counter()
        function(argument)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def bench_program():
    """Builds the bench and returns its path."""
    command = ["cargo", "bench", "-p", "scrubjay-core", "--bench", "pixels", "--no-run", "--message-format=json"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    messages = [json.loads(line) for line in lines if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "pixels")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    program = bench_program()
    random.seed(1)
    np.random.seed(1)
    for width, height in SIZES:
        array = picture(width, height)
        image = Image.fromarray(array)
        best = {}

        def note(who, kind, ms):
            best[who, kind] = min(ms, best.get((who, kind), ms))

        with tempfile.NamedTemporaryFile(suffix=".rgb") as file:
            file.write(array.tobytes())
            file.flush()
            for _ in range(rounds):
                out = subprocess.run(
                    [program, "--json", file.name, str(width), str(height)], check=True, stdout=subprocess.PIPE
                )
                for kind, ms in json.loads(out.stdout).items():
                    note("ours", kind, ms)
                for kind in PILLOW:
                    note("pillow", kind, median_ms(PILLOW[kind], image))
                    note("opencv", kind, median_ms(OPENCV[kind], array))
        print(f"\n{width} x {height}, milliseconds (copying the picture: {best['ours', 'copy']:.3f})\n")
        print("| perturbation | ours | Pillow, NumPy | OpenCV | Pillow ÷ ours | OpenCV ÷ ours |")
        print("|---|---|---|---|---|---|")
        for kind in PILLOW:
            ours, pillow, opencv = (best[who, kind] for who in ("ours", "pillow", "opencv"))
            print(f"| {kind} | {ours:.3f} | {pillow:.3f} | {opencv:.3f} | {pillow / ours:.1f} | {opencv / ours:.1f} |")


if __name__ == "__main__":
    main()
