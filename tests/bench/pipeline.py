"""Videos to datasets, timed in one run: the public VideoSSR scripts' work in Python, `scrubjay synth`, and decoding alone.

    python3 -m venv VENV && VENV/bin/pip install -r tests/bench/pipeline-requirements.txt
    VENV/bin/python tests/bench/pipeline.py --program target/debug/scrubjay --videos FOLDER [--rounds N] [--json FILE]

Prints tables in Markdown and writes every figure to `--json`. The rounds alternate, so that a busy machine disturbs all
alike; medians are shown. CPU is user and system time of a command with all its children. Peak memory is the largest sum
of proportional set sizes (each shared page counted once) of all its processes at one moment, looked at every 0.1 s.

* python        `published.py`: 48 frames a video as JPEG, three samples a video, Parquet; one lean program
* four programs the same work as the public scripts are used: four programs, one after the other, rows by `datasets`
* recipes       `scrubjay synth`, three items a video, the same three tasks in equal numbers
* materialised  the same with `--materialise verl`
* decode        the `ffmpeg` program, where it is Debian's over the same FFmpeg libraries as scrubjay: one decoder thread a
                file, no picture kept, every frame up to the last chosen one (what must be decoded without seeking)
* frames        `scrubjay frames --sampling videossr-48` on each: decoded, made RGB, hashed; a program's start each
* decord, pyav  the same frames as arrays by those readers, each with FFmpeg libraries of its own

`--scale N,M,…` also lengthens a list of the smallest MP4 files that many times (copies made distinct by an ignored box
at their end), and `--scenes COUNT` times recipes over scenes.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ENDINGS = {".mp4", ".mkv", ".webm"}
STAGES = ("grounding", "counting", "jigsaw")
HERE = pathlib.Path(__file__).resolve().parent
TASKS = """mix = [
    { task = "grounding", kind = "channel-swap", compat = true, share = 3 },
    { task = "grounding", kind = "mirror", compat = true, share = 3 },
    { task = "grounding", kind = "zoom-out", compat = true, share = 3 },
    { task = "grounding", kind = "rotate180", compat = true, share = 3 },
    { task = "counting", level = "easy", compat = true, share = 12 },
    { task = "jigsaw", clips = 6, share = 12 },
]
"""


def tree(pid):
    """A process and all below it."""
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                found += map(int, pathlib.Path(f"/proc/{parent}/task/{task}/children").read_text().split())
        except OSError:
            pass
    return found


def resident_mb(pid):
    """Proportional set size of a process, or 0 when it has ended."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def measure(command):
    """Runs a command; its wall and CPU seconds, peak memory and output. None when it fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        peak, ended = [0.0], threading.Event()

        def watch():
            while not ended.wait(0.1):
                peak[0] = max(peak[0], sum(map(resident_mb, tree(child.pid))))

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        watcher.join()
        out.seek(0)
        err.seek(0)
        text, message = out.read().decode(), err.read().decode("utf-8", "replace").strip()
    if child.returncode:
        last = message.splitlines()[-1] if message else ""
        print(f"failed ({child.returncode}): {' '.join(map(str, command))}\n    {last}", file=sys.stderr)
        return None
    # Short programs end before they are looked at; the kernel's own figure is then the better one.
    peak_mb = max(peak[0], usage.ru_maxrss / 1024 if peak[0] == 0 else 0)
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": peak_mb, "out": text}


def each(commands, workers):
    """Runs commands, so many at once; the sums. None when one fails."""
    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(measure, commands))
    if not all(results):
        return None
    peaks = sorted((r["peak_mb"] for r in results), reverse=True)
    return {
        "wall": time.perf_counter() - start,
        "cpu": sum(r["cpu"] for r in results),
        "peak_mb": sum(peaks[:workers]),
    }


def accepted(program, videos):
    """Those that the sampling contract takes, each with the number of its last chosen frame."""
    found = {}
    for video in videos:
        run = subprocess.run([program, "frames", video], capture_output=True, text=True)
        if run.returncode == 0:
            found[video] = json.loads(run.stdout.splitlines()[-1])["index"]
        else:
            print(f"left out: {run.stderr.strip()}", file=sys.stderr)
    return found


def config(work):
    """VideoSSR's preset with the three tasks in equal numbers, as one video gives one of each in Python."""
    text = HERE.parents[1].joinpath("core/presets/videossr-code.toml").read_text()
    head, rest = text.split("mix = [", 1)
    path = work / "equal.toml"
    path.write_text(head + TASKS + rest.split("\n]\n", 1)[1])
    return path


class Bench:
    """The commands, over one list of videos."""

    def __init__(self, args, work, videos):
        self.program, self.workers, self.work, self.videos = args.program, args.workers, work, videos
        self.list = work / "videos.txt"
        self.list.write_text("\n".join(videos) + "\n")
        self.config = config(work)
        self.turn = 0

    def fresh(self):
        self.turn += 1
        return self.work / f"out{self.turn}"

    def published(self, *more):
        return [sys.executable, HERE / "published.py", "--workers", self.workers, *more]

    def python(self):
        out = self.fresh()
        out.mkdir()
        return measure(self.published(self.list, out))

    def four_programs(self):
        out = self.fresh()
        out.mkdir()
        runs = [measure(self.published(self.list, out, "--stage", s)) for s in ("frames", *STAGES)]
        if not all(runs):
            return None
        return {
            "wall": sum(r["wall"] for r in runs),
            "cpu": sum(r["cpu"] for r in runs),
            "peak_mb": max(r["peak_mb"] for r in runs),
        }

    def reader(self, name):
        return measure(self.published("--decode", name, self.list))

    def synth(self, *more):
        command = [self.program, "synth", "--videos", self.list, "--config", self.config, "--workers", self.workers]
        return measure([*command, "--count", 3 * len(self.videos), "--out", self.fresh(), *more])

    def decode(self):
        # One program for many files: starting it costs as much as decoding a short clip.
        commands = []
        for videos in filter(None, (list(self.videos.items())[i :: self.workers] for i in range(self.workers))):
            command = ["ffmpeg", "-v", "error", "-nostdin"]
            for video, _ in videos:
                command += ["-threads", "1", "-i", video]
            for i, (_, last) in enumerate(videos):
                command += ["-map", f"{i}:v:0", "-frames:v", last + 1, "-vsync", "passthrough", "-f", "null", "-"]
            commands.append(command)
        return each(commands, self.workers)

    def frames(self):
        return each([[self.program, "frames", v, "--sampling", "videossr-48"] for v in self.videos], self.workers)

    def all(self):
        return {
            "python": self.python,
            "four programs": self.four_programs,
            "recipes": self.synth,
            "materialised": lambda: self.synth("--materialise", "verl"),
            "decode": self.decode,
            "frames": self.frames,
            "decord": lambda: self.reader("decord"),
            "pyav": lambda: self.reader("pyav"),
        }


def medians(rounds):
    return {k: statistics.median(r[k] for r in rounds) for k in ("wall", "cpu", "peak_mb")}


def compare(args, work, videos):
    bench = Bench(args, work, videos)
    runs = {name: [] for name in bench.all()}
    for turn in range(args.rounds):
        for name, run in bench.all().items():
            # What failed once is not tried again.
            result = run() if len(runs[name]) == turn else None
            if result:
                runs[name].append({k: v for k, v in result.items() if k != "out"})
                print(f"{name}: {result['wall']:.1f} s, CPU {result['cpu']:.1f} s", file=sys.stderr)
    table = {name: medians(rounds) for name, rounds in runs.items() if rounds}
    items = 3 * len(videos)
    print(f"\n{len(videos)} videos, {items} items, {args.workers} workers, medians of {args.rounds}\n")
    print("| | wall s | CPU s | peak MB | items/s | Python wall ÷ this | Python CPU ÷ this | CPU ÷ decode |")
    print("|---|---|---|---|---|---|---|---|")
    python, decode = table["python"], table.get("decode")
    for name, row in table.items():
        rate = f"{items / row['wall']:.1f}" if name in ("python", "four programs", "recipes", "materialised") else ""
        base = f"{row['cpu'] / decode['cpu']:.2f}" if decode else ""
        print(
            f"| {name} | {row['wall']:.2f} | {row['cpu']:.2f} | {row['peak_mb']:.0f} | {rate} "
            f"| {python['wall'] / row['wall']:.2f} | {python['cpu'] / row['cpu']:.2f} | {base} |"
        )
    for name in runs.keys() - table.keys():
        print(f"\n{name}: not measured, the command failed (see above)")
    return {"rounds": runs, "medians": table, "items": items}


def scale(args, work, videos):
    """The same command on lists once, ten times, … as long."""
    small = sorted((v for v in videos if v.endswith(".mp4")), key=os.path.getsize)[: args.scale_videos]
    rows = []
    for times in args.scale:
        folder = work / f"scale{times}"
        folder.mkdir()
        for i, video in enumerate(small):
            data = pathlib.Path(video).read_bytes()
            for k in range(times):
                # A `free` box, which readers skip.
                box = (16).to_bytes(4, "big") + b"free" + k.to_bytes(8, "big")
                (folder / f"{i}-{k:05}.mp4").write_bytes(data + box)
        copies = {str(p): 0 for p in sorted(folder.iterdir())}
        inner = work / f"scale{times}-out"
        inner.mkdir()
        bench = Bench(args, inner, copies)
        for name, more in (("recipes", []), ("materialised", ["--materialise", "verl"])):
            result = bench.synth(*more) if times == args.scale[0] or any(r["what"] == name for r in rows) else None
            if result:
                per = {k: result[k] / len(copies) for k in ("wall", "cpu")}
                rows.append({"what": name, "videos": len(copies), **result, "per_video": per})
        for out in inner.iterdir():
            subprocess.run(["rm", "-rf", "--", str(out)], check=True)
        subprocess.run(["rm", "-rf", "--", str(folder)], check=True)
    print("\n| | videos | wall s | CPU s | CPU ms a video | peak MB |\n|---|---|---|---|---|---|")
    for row in rows:
        ms = row["per_video"]["cpu"] * 1e3
        print(f"| {row['what']} | {row['videos']} | {row['wall']:.2f} | {row['cpu']:.2f} | {ms:.1f} | {row['peak_mb']:.0f} |")
        row.pop("out")
    return rows


def scenes(args, work):
    rows = []
    for i in range(args.rounds):
        command = [args.program, "synth", "--scenes", "all", "--preset", "videossr", "--count", args.scenes]
        result = measure([*command, "--workers", args.workers, "--out", work / f"scenes{i}"])
        if result:
            result.pop("out")
            rows.append(result)
    if rows:
        m = medians(rows)
        print(f"\n{args.scenes} recipes over scenes: wall {m['wall']:.2f} s, CPU {m['cpu']:.2f} s, peak {m['peak_mb']:.0f} MB")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", required=True, help="the scrubjay binary")
    parser.add_argument("--videos", nargs="+", required=True, help="files, or folders of MP4, MKV and WebM files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scale", default="", help="for example 1,10,100")
    parser.add_argument("--scale-videos", type=int, default=4)
    parser.add_argument("--scenes", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    args.scale = [int(n) for n in args.scale.split(",") if n]
    args.program = os.path.abspath(args.program)
    paths = []
    for path in map(pathlib.Path, args.videos):
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        paths += [str(p.resolve()) for p in inside]
    videos = accepted(args.program, paths)
    if not videos:
        sys.exit("none of these videos can be used")
    result = {"machine": f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start"}
    print(result["machine"])
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        result["compare"] = compare(args, work, videos)
        if args.scale:
            result["scale"] = scale(args, work, videos)
        if args.scenes:
            result["scenes"] = scenes(args, work)
    if args.json:
        args.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
