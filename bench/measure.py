"""One command, measured as a whole: wall, CPU and memory of all its processes, CPU of the servers."""
import dataclasses
import os
import pathlib
import re
import statistics
import subprocess
import threading
import time

from servers import children

SAMPLE_SECONDS = 0.05


@dataclasses.dataclass
class Sample:
    wall: float
    own_cpu: float  # user and system, children included
    own_mib: float  # sum of the processes' high-water marks
    server_cpu: list  # in the order of the servers given
    server_mib: list  # resident memory not shared, at its highest


def tree(pid):
    pids = [pid]
    for child in children(pid):
        pids += tree(child)
    return pids


def status_kib(pid, key):
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(rf"^{key}:\s+(\d+)", text, re.M)
    return int(found.group(1)) if found else 0


class Watch(threading.Thread):
    """Samples memory while a command runs."""

    def __init__(self, pid, servers):
        super().__init__(daemon=True)
        self.pid, self.servers = pid, servers
        self.own, self.peak = {}, [0] * len(servers)
        self.done = threading.Event()

    def run(self):
        while not self.done.wait(SAMPLE_SECONDS):
            for pid in tree(self.pid):
                self.own[pid] = max(self.own.get(pid, 0), status_kib(pid, "VmHWM"))
            for i, server in enumerate(self.servers):
                private = sum(status_kib(pid, "RssAnon") for pid in server.pids())
                self.peak[i] = max(self.peak[i], private)


def run(command, servers, log, env=None, cwd=None):
    """Runs one command, or several side by side, to their end; stops the whole run when one fails."""
    commands = command if isinstance(command[0], list) else [command]
    before = [server.cpu() for server in servers]
    start = time.monotonic()
    with open(log, "a") as out:
        processes = [subprocess.Popen(c, stdout=out, stderr=subprocess.STDOUT, env=env, cwd=cwd)
                     for c in commands]
        watches = [Watch(process.pid, servers if i == 0 else [])
                   for i, process in enumerate(processes)]
        for watch in watches:
            watch.start()
        codes = []
        cpu = peak_kib = 0
        for process, watch in zip(processes, watches):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            codes.append(process.returncode)
            cpu += usage.ru_utime + usage.ru_stime
            watch.done.set()
            watch.join()
            # Not ru_maxrss: it counts what this program held when it forked.
            peak_kib += sum(watch.own.values())
    wall = time.monotonic() - start
    if any(codes):
        tail = pathlib.Path(log).read_text()[-2000:]
        raise SystemExit(f"exit {codes}: {' '.join(map(str, commands[0]))}\n{tail}")
    return Sample(wall, cpu, peak_kib / 1024,
                  [s.cpu() - b for s, b in zip(servers, before)],
                  [kib / 1024 for kib in watches[0].peak])


def median(samples, what=lambda s: s.wall):
    return statistics.median(what(s) for s in samples)


def spread(samples):
    walls = [s.wall for s in samples]
    return f"{min(walls):.2f}–{max(walls):.2f}"
