"""Runs one program under a watchdog and a memory limit, and says how it ended. Used by the other scripts here."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass


@dataclass
class Ended:
    """How a program ended: `cause` is ok, refused, usage, panic, memory, crash, hang or mute."""

    cause: str
    status: int
    out: str
    err: str
    wall: float
    cpu: float
    peak_mb: float


def run(command, seconds, memory_mb):
    """Runs `command`; kills it after `seconds`, and gives it at most `memory_mb` of address space (0: no limit)."""
    limit = f"ulimit -v {memory_mb * 1024}; " if memory_mb else ""
    shell = ["sh", "-c", f'ulimit -c 0; {limit}exec "$@"', "sh", *command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        child = subprocess.Popen(shell, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        late = threading.Event()

        def stop():
            late.set()
            try:
                os.kill(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        timer = threading.Timer(seconds, stop)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    cpu = usage.ru_utime + usage.ru_stime
    return Ended(
        cause(child.returncode, texts[1], late.is_set()), child.returncode, *texts, wall, cpu, usage.ru_maxrss / 1024
    )


def cause(status, err, late):
    if late and status == -signal.SIGKILL:
        return "hang"
    if "panicked at" in err:
        return "panic"
    if "memory allocation of" in err:
        return "memory"
    if status < 0 or status not in (0, 1, 2):
        return "crash"
    if status and "error:" not in err:
        return "mute"
    return {0: "ok", 1: "refused", 2: "usage"}[status]
