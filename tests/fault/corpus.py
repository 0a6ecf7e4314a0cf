"""Whole and odd videos: each must be taken or refused as its folder's manifest says, with the right frames and times.

    python3 tests/fault/corpus.py --program target/debug/scrubjay FOLDER...

Runs `scrubjay frames` under a watchdog on every file of the folders (searched through) and compares

* the outcome with `expect` in the folder's `manifest.json` (ok, reject, ok-or-reject), where it lists the file; where
  there is no manifest the files are expected to be taken; a listed folder's unlisted files may do either
* the number of frames, and the time of every frame (at most 757 of them), with `ffprobe`: within half a frame
* eight frames taken alone, which may be sought, with the same frames taken in a run: picture hash and time
* a damaged file that is taken with the whole file that it is a copy of: the pictures must be the same
* picture hashes with the `ffmpeg` program's own decoding (skipped for a file where no picture agrees: another
  conversion to RGB, and not another frame)

Prints a table of what is not as it should be, and the largest memory and time; exit status 1 if there is any. Needs
Python 3.9; `ffprobe` and `ffmpeg` from Debian's ffmpeg package, without which those comparisons are skipped, aloud.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

import watch

NOT_VIDEOS = {".json", ".md", ".txt"}
MOST = 757  # Within the contract's 768, and with eight evenly spread frames among them, first and last included.
SPARSE = 8
# How pictures become RGB; the size is the stream's own, and its colours are as it states them.
CONVERSION = "scale=flags=area+accurate_rnd+bitexact+full_chroma_int,format=rgb24"


def gather(folder):
    """Files and what is expected of each."""
    manifest = folder / "manifest.json"
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix.lower() not in NOT_VIDEOS)
    if not manifest.exists():
        return [(p, "ok") for p in paths]
    expect = {folder / f["file"]: f["expect"] for f in json.loads(manifest.read_text())["files"]}
    for missing in sorted(expect.keys() - set(paths)):
        print(f"listed and not there: {missing}", file=sys.stderr)
    return [(p, expect.get(p, "unlisted")) for p in paths]


def probe(path, seconds):
    """Time (None where there is none) and size of every frame by ffprobe, in the order of presentation."""
    command = ["ffprobe", "-v", "quiet", "-select_streams", "V:0", "-show_entries"]
    command += ["frame=best_effort_timestamp_time,width,height", "-of", "json", f"file:{path}"]
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL).stdout
        frames = json.loads(out or "{}").get("frames", [])
    except (subprocess.TimeoutExpired, ValueError):
        return None, []
    times = [f.get("best_effort_timestamp_time") for f in frames]
    sizes = [(f.get("width"), f.get("height")) for f in frames]
    return [None if t in (None, "N/A") else float(t) for t in times], sizes


def hashes(path, seconds):
    """SHA-256 of every frame as RGB by the ffmpeg program."""
    command = ["ffmpeg", "-v", "quiet", "-nostdin", "-threads", "1", "-i", f"file:{path}", "-map", "0:V:0", "-vsync", "passthrough"]
    command += ["-vf", CONVERSION, "-f", "framehash", "-hash", "sha256", "-"]
    try:
        out = subprocess.run(command, capture_output=True, text=True, timeout=seconds).stdout
    except subprocess.TimeoutExpired:
        return []
    return [line.rsplit(",", 1)[1].strip() for line in out.splitlines() if line and line[0] != "#"]


def frames(args, path, count):
    ended = watch.run([args.program, "frames", str(path), "--sampling", f"uniform:{count}"], args.seconds, 0)
    lines = [json.loads(line) for line in ended.out.splitlines()] if ended.cause == "ok" else []
    return ended, lines


def half_frame(times):
    steps = [b - a for a, b in zip(times, times[1:]) if b > a]
    return statistics.median(steps) / 2 if steps else 0.5


class Report:
    """What is not as it should be."""

    def __init__(self):
        self.rows, self.counts, self.peak, self.slow = [], collections.Counter(), (0, ""), (0, "")

    def wrong(self, path, what):
        self.rows.append((path.name, what))
        self.counts["wrong"] += 1
        print(f"{path.name}: {what}", file=sys.stderr, flush=True)

    def note(self, path, ended):
        self.peak = max(self.peak, (round(ended.peak_mb), path.name))
        self.slow = max(self.slow, (round(ended.wall, 1), path.name))


def check(args, report, path, expect, paths):
    times, sizes = probe(path, args.seconds) if args.ffprobe else (None, [])
    count = min(len(times), MOST) if times else 2
    ended, lines = frames(args, path, max(count, 2))
    report.note(path, ended)
    short = re.search(r"too short: \d+ usable frames of (\d+)", ended.err)
    if ended.cause == "refused" and short and int(short[1]) >= 2:
        # Fewer frames than ffprobe's: compare those there are.
        ended, lines = frames(args, path, min(int(short[1]), MOST))
        report.note(path, ended)
    outcome = "ok" if ended.cause == "ok" else "reject"
    if ended.cause == "refused" and short and int(short[1]) < 2 and expect == "ok":
        outcome = "ok"  # Decoded; a contract takes two frames or more.
        report.counts["too short for any contract"] += 1
    if ended.cause not in ("ok", "refused"):
        report.wrong(path, f"{ended.cause} (status {ended.status}): {ended.err.strip()[-120:]}")
    elif expect in ("ok", "reject") and outcome != expect:
        report.wrong(path, f"expected {expect}: {ended.err.strip()[-160:] or 'taken'}")
    report.counts[f"{expect}: {outcome}"] += 1
    if args.verbose and ended.cause == "refused":
        print(f"refused {path.name} ({expect}): {ended.err.strip()[-150:]}", file=sys.stderr)
    if not lines:
        return
    if times is not None:
        compare_times(report, path, lines, times)
    compare_sparse(args, report, path, lines)
    whole = undamaged(path, paths) if expect == "ok-or-reject" else None
    if whole:
        compare_whole(args, report, path, lines, whole)
    if args.ffmpeg:
        compare_pictures(args, report, path, lines, sizes)


def compare_times(report, path, lines, times):
    n, total = len(lines), len(times)
    numbers = [line["index"] for line in lines]
    # All of them, or evenly spread from end to end.
    if numbers != list(range(total)) and not (n < total and 0 <= total - 1 - numbers[-1] <= total // n):
        report.wrong(path, f"frame numbers do not fit ffprobe's {total} frames; {n} were given, the last is {numbers[-1]}")
    half = half_frame([t for t in times if t is not None])
    worst, off, absent = 0.0, 0, 0
    for line in lines:
        truth = times[line["index"]] if line["index"] < total else None
        if truth is None or line["pts_seconds"] is None:
            absent += (truth is None) != (line["pts_seconds"] is None)
            continue
        error = abs(line["pts_seconds"] - truth)
        worst, off = max(worst, error), off + (error > half)
    report.counts["times compared"] += n
    if off:
        report.wrong(path, f"{off} of {n} times are off by more than half a frame, at most {worst:.4f} s")
    if absent:
        report.wrong(path, f"{absent} of {n} times are stated by one and not by the other")


def compare_sparse(args, report, path, lines):
    if len(lines) < SPARSE:
        return
    known = {line["index"]: (line["sha256"], line["pts_seconds"]) for line in lines}
    ended, few = frames(args, path, SPARSE)
    report.note(path, ended)
    both = [line for line in few if line["index"] in known]
    wrong = [line["index"] for line in both if known[line["index"]] != (line["sha256"], line["pts_seconds"])]
    report.counts["taken alone and in a run"] += len(both)
    if ended.cause != "ok":
        report.wrong(path, f"{SPARSE} frames alone: {ended.cause}: {ended.err.strip()[-120:]}")
    elif wrong:
        report.wrong(path, f"frames {wrong} taken alone are not those taken in a run")


def compare_pictures(args, report, path, lines, sizes):
    own = hashes(path, args.seconds)
    # Pictures of another size than the first are scaled by each in its own way.
    alike = [size == sizes[0] for size in sizes] or [True] * len(own)
    there = [line for line in lines if line["index"] < min(len(own), len(alike)) and alike[line["index"]]]
    same = [own[line["index"]] == line["sha256"] for line in there]
    if not any(same):
        report.counts["files whose pictures were not compared"] += 1
        if args.verbose:
            print(f"another conversion: {path.name}, {len(own)} frames by ffmpeg", file=sys.stderr)
        return
    report.counts["pictures compared"] += len(same)
    if not all(same):
        wrong = [line["index"] for line, s in zip(there, same) if not s]
        report.wrong(path, f"{len(wrong)} of {len(same)} pictures differ from ffmpeg's, the first is frame {wrong[0]}")


def compare_whole(args, report, path, lines, whole):
    """A damaged file that is taken must show the frames of the whole one."""
    ended, truth = frames(args, whole, len(lines))
    wrong = [a["index"] for a, b in zip(lines, truth) if a["sha256"] != b["sha256"]]
    report.counts["damaged files taken and compared with the whole ones"] += 1
    if ended.cause == "ok" and (wrong or len(truth) != len(lines)):
        report.wrong(path, f"taken silently, though {len(wrong)} of {len(lines)} pictures are not those of the "
                     f"undamaged {whole.name}, the first is frame {wrong[0] if wrong else len(truth)}")


def undamaged(path, paths):
    """The file of the corpus of which this is a copy with some bytes replaced."""
    data = path.read_bytes()
    for other in paths:
        if other != path and other.stat().st_size == len(data):
            # Bytes that differ, of a thousand spread over the file.
            step = max(1, len(data) // 1000)
            if sum(a != b for a, b in zip(data[::step], other.read_bytes()[::step])) < len(data[::step]) // 10:
                return other
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seconds", type=float, default=120, help="watchdog")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="only files whose name contains this")
    parser.add_argument("--verbose", action="store_true", help="also what is refused, and why")
    args = parser.parse_args()
    args.ffprobe, args.ffmpeg = (shutil.which(name) is not None for name in ("ffprobe", "ffmpeg"))
    for name in ("ffprobe", "ffmpeg"):
        if not getattr(args, name):
            print(f"skipped: no {name} (Debian: ffmpeg), so nothing is compared with it", file=sys.stderr)
    report = Report()
    found = [pair for folder in args.folders for pair in gather(folder)]
    whole = [path for path, expect in found if expect == "ok"]
    wanted = [pair for pair in found if args.only in pair[0].name]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        # Read to the end, so that an error in here is seen.
        list(pool.map(lambda pair: check(args, report, *pair, whole), wanted))
    for what, n in sorted(report.counts.items()):
        print(f"{what}: {n}")
    print(f"largest memory {report.peak[0]} MB ({report.peak[1]}), longest run {report.slow[0]} s ({report.slow[1]})")
    if report.rows:
        print("\n| file | |\n|---|---|")
        for name, what in sorted(report.rows):
            print(f"| {name} | {' '.join(what.split())} |")
    sys.exit(1 if report.rows else 0)


if __name__ == "__main__":
    main()
