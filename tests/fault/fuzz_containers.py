"""Damaged videos: bits flipped, fields overwritten, ends cut off, files spliced; `scrubjay` must take or refuse each.

    python3 tests/fault/fuzz_containers.py --program target/debug/scrubjay --count 2000 FOLDER...

Takes the small files of the folders (searched through), makes `--count` damaged ones from `--seed`, and runs

    scrubjay frames FILE --sampling uniform:4        on each, twice where it was taken
    scrubjay synth --videos FOLDER --preset videossr on folders of `--batch` of them

under a watchdog and a limit of address space. Each file must be taken (four well-formed lines, the same both times) or
refused (exit 1 and a message), and synth must account for each: used, or a line in the ledger. Anything else (a panic,
a signal, a hang, an allocation beyond the limit, silence, two different answers) is a finding: the file is kept under
`--keep`, how to repeat it is printed, and the exit status is 1. Needs Python 3.9 and nothing else.
"""

import argparse
import collections
import concurrent.futures
import functools
import json
import pathlib
import random
import shutil
import sys
import tempfile

import watch

ENDINGS = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mpg", ".mpeg", ".flv", ".gif", ".h264"}
# Names of MP4 boxes and EBML ids whose neighbours are lengths, counts and times.
MARKS = [
    *(b"moov mvhd".split()),
    bytes.fromhex("7472616b"),  # A track's box, and below that of a fragment's samples: spelling checkers mend them.
    *(b"tkhd edts elst mdia mdhd hdlr minf stbl stsd stts ctts stss stsc stsz stco co64".split()),
    *(b"moof mfhd traf tfhd tfdt".split()),
    bytes.fromhex("7472756e"),
    *(b"sidx mvex trex avc1 avcC hev1 hvcC av01 av1C vp09 colr pasp mdat".split()),
    *(b"avih strh strf idx1 movi LIST RIFF".split()),
    *(bytes.fromhex(h) for h in ("1a45dfa3", "18538067", "1549a966", "1654ae6b", "1f43b675", "1c53bb6b", "2ad7b1")),
]
NUMBERS = [0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]


def flip(rng, data, other):
    """Bits anywhere."""
    for _ in range(rng.choice([1, 2, 8, 32, 128, 512])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def flip_head(rng, data, other):
    """Bits of the first or last kilobytes, where containers keep their tables."""
    span = min(len(data), rng.choice([64, 512, 4096]))
    start = rng.choice([0, len(data) - span])
    for _ in range(rng.choice([1, 2, 4, 16])):
        data[start + rng.randrange(span)] ^= 1 << rng.randrange(8)


def field(rng, data, other):
    """A four-byte number near a box or element becomes an extreme one."""
    places = [at for mark in MARKS if (at := data.find(mark)) >= 0]
    if not places:
        return flip_head(rng, data, other)
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.choice(places) + rng.randrange(-4, 64)
        big, small = rng.choice(NUMBERS).to_bytes(4, "big"), rng.choice(NUMBERS).to_bytes(4, "little")
        if 0 <= at <= len(data) - 4:
            data[at : at + 4] = rng.choice([big, big, small])


def cut(rng, data, other):
    """The end is missing."""
    del data[rng.randrange(1, len(data)) :]


def hole(rng, data, other):
    """A piece is missing, or zeroed, or random."""
    length = rng.choice([1, 4, 188, 1024, len(data) // 4 + 1])
    at = rng.randrange(len(data))
    length = min(length, len(data) - at)
    data[at : at + length] = rng.choice([b"", bytes(length), rng.randbytes(length)])


def splice(rng, data, other):
    """A piece of another file is put in, over what was there or between."""
    a = rng.randrange(len(other))
    piece = other[a : a + rng.choice([16, 256, 4096, len(other)])]
    at = rng.randrange(len(data))
    data[at : at + rng.choice([0, len(piece)])] = piece


def repeat(rng, data, other):
    """A piece comes twice, or two pieces change places."""
    size = rng.choice([8, 188, 2048, len(data) // 3 + 1])
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    piece = data[a : a + size]
    data[b:b] = piece
    if rng.random() < 0.5:
        del data[a : a + len(piece)]


DAMAGES = [flip, flip, flip_head, field, field, field, cut, hole, splice, repeat]


def damaged(seed, index, files):
    """The damaged file of a number: name and bytes, from the seed alone."""
    rng = random.Random(f"{seed}:{index}")
    name, data = files[index % len(files)]
    damage = rng.choice(DAMAGES)
    data = bytearray(data)
    damage(rng, data, rng.choice(files)[1])
    return f"{index:05}-{damage.__name__}-{name.name}", bytes(data) or b"\0", name


@functools.cache
def whole(program, file, seconds):
    """What `frames` says of an undamaged file."""
    return watch.run([program, "frames", str(file), "--sampling", "uniform:4"], seconds, 0).out


def look(program, file, seconds, memory):
    """Runs `frames`; says how it ended, refining `ok`."""
    command = [program, "frames", str(file), "--sampling", "uniform:4"]
    ended = watch.run(command, seconds, memory)
    if ended.cause == "ok":
        try:
            lines = [json.loads(line) for line in ended.out.splitlines()]
            whole = len(lines) == 4 and all(len(line["sha256"]) == 64 for line in lines)
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            ended.cause = "malformed"
        elif watch.run(command, seconds, memory).out != ended.out:
            ended.cause = "unstable"
    return ended


def synth(program, folder, seconds, memory):
    """Runs `synth` over a folder; says how it ended and what is unaccounted for."""
    count = sum(1 for _ in folder.iterdir())
    with tempfile.TemporaryDirectory() as out:
        command = [program, "synth", "--videos", str(folder), "--preset", "videossr", "--count", "4", "--out", out]
        ended = watch.run(command, seconds * count, memory)
        if ended.cause == "ok":
            ledger = pathlib.Path(out, "ledger.jsonl").read_text().splitlines()
            skipped = sum(1 for line in ledger if "file" in json.loads(line))
            used = json.loads(pathlib.Path(out, "dataset.json").read_text())["videos"]
            if used + skipped != count:
                ended.cause, ended.err = "unaccounted", f"{count} files, {used} used, {skipped} in the ledger"
    return ended


def collect(folders, limit):
    paths = sorted(p for f in folders for p in pathlib.Path(f).rglob("*") if p.suffix.lower() in ENDINGS)
    contents = {}
    for path in paths:
        if 16 <= path.stat().st_size <= limit:
            contents.setdefault(path.read_bytes(), path)
    return [(path, data) for data, path in contents.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folders", nargs="+", help="folders of whole videos")
    parser.add_argument("--program", required=True)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="number of the first damaged file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit-kb", type=int, default=300, help="take files up to this size")
    parser.add_argument("--seconds", type=float, default=20, help="watchdog")
    parser.add_argument("--memory-mb", type=int, default=1500, help="address space; 0 for no limit")
    parser.add_argument("--batch", type=int, default=50, help="files in one run of synth; 0 for no synth")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", default="fuzz-findings")
    parser.add_argument("--json", help="write every outcome here")
    args = parser.parse_args()
    files = collect(args.folders, args.limit_kb * 1024)
    if not files:
        sys.exit("no video of that size in these folders")
    keep = pathlib.Path(args.keep)
    counts, batches, by_damage = collections.Counter(), collections.Counter(), collections.Counter()
    causes, rows, findings, top = collections.Counter(), [], [], 0.0

    def finding(what, ended, kept):
        message = (ended.err.strip().splitlines() or [""])[-1][:200]
        print(f"FINDING {what}: {ended.cause}, status {ended.status}, {ended.wall:.1f} s, {ended.peak_mb:.0f} MB")
        print(f"    {kept}\n    {message}", flush=True)
        findings.append({"what": what, "cause": ended.cause, "file": str(kept), "message": message})

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool, tempfile.TemporaryDirectory() as work:

        def one(index):
            name, data, origin = damaged(args.seed, index, files)
            path = pathlib.Path(work, name)
            path.write_bytes(data)
            ended = look(args.program, path, args.seconds, args.memory_mb)
            same = ended.cause == "ok" and ended.out == whole(args.program, origin, args.seconds)
            return path, ended, same

        def many(batch):
            folder = pathlib.Path(work, f"batch-{batch[0].name}")
            folder.mkdir()
            for path in batch:
                path.rename(folder / path.name)
            return folder, synth(args.program, folder, args.seconds, args.memory_mb)

        size = args.batch or 50
        for start in range(args.first, args.first + args.count, size * args.jobs):
            numbers = range(start, min(start + size * args.jobs, args.first + args.count))
            paths = []
            for path, ended, same in pool.map(one, numbers):
                counts[ended.cause] += 1
                by_damage[path.name.split("-")[1], "same"] += same
                by_damage[path.name.split("-")[1], ended.cause] += 1
                top = max(top, ended.peak_mb)
                rows.append([path.name, ended.cause, round(ended.wall, 2), round(ended.peak_mb)])
                if ended.cause == "refused":
                    causes[ended.err.strip().rsplit(": ", 1)[-1][:60]] += 1
                if ended.cause not in ("ok", "refused"):
                    keep.mkdir(parents=True, exist_ok=True)
                    finding("frames", ended, shutil.copy(path, keep))
                paths.append(path)
            if args.batch:
                for folder, ended in pool.map(many, [paths[i : i + size] for i in range(0, len(paths), size)]):
                    batches[ended.cause] += 1
                    top = max(top, ended.peak_mb)
                    if ended.cause != "ok":
                        finding("synth", ended, shutil.copytree(folder, keep / folder.name, dirs_exist_ok=True))
                    shutil.rmtree(folder)
            print(f"{len(rows)} of {args.count}: {dict(counts)}, synth {dict(batches)}", file=sys.stderr, flush=True)
    print(f"\n{len(files)} whole files, {len(rows)} damaged ones, seed {args.seed}; peak {top:.0f} MB\n")
    print("| damage | taken | of them with the whole file's answer | refused | findings |\n|---|---|---|---|---|")
    for damage in sorted({d for d, _ in by_damage}):
        row = {c: n for (d, c), n in by_damage.items() if d == damage}
        ok, no, same = row.pop("ok", 0), row.pop("refused", 0), row.pop("same", 0)
        print(f"| {damage} | {ok} | {same} | {no} | {sum(row.values())} |")
    print(f"\nfrom synth: {dict(batches)}\nrefused, by the end of the message: {causes.most_common(12)}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps({"counts": counts, "rows": rows, "findings": findings}, indent=1))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
