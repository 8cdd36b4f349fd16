# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a tunnel does: echoes, checked transfers, throughput and processor time."""

import dataclasses
import itertools
import json
import math
import os
import pathlib
import re
import subprocess

from lab import wait_until

TRANSFER = pathlib.Path(__file__).with_name("transfer.py")
PORTS = itertools.count(20000)


@dataclasses.dataclass
class Echoes:
    sent: int
    received: int
    median_ms: float

    def __bool__(self):
        return self.received == self.sent > 0


def ping(side, address, count=3, interval_s=0.05, wait_s=2, source=None):
    """Truth value: every echo was answered.  ping(8) by itself waits for the last answer only as long as the
    others took, which a busy machine exceeds; with a deadline it waits, and sends more meanwhile."""
    deadline = math.ceil((count - 1) * interval_s + wait_s)
    done = side.run("ping", "-n", "-c", str(count), "-i", str(interval_s), "-w", str(deadline),
                    *(["-I", source] if source else []), address, check=False, timeout_s=deadline + 30)
    answers = {int(n): float(t) for n, t in
               re.findall(r"icmp_seq=(\d+) .*time=([0-9.]+) ms", done.stdout) if int(n) <= count}
    times = sorted(answers.values())
    return Echoes(count, len(answers), times[len(times) // 2] if times else 0)


def reachable(side, address, timeout_s=5):
    """Waits until an echo is answered."""
    wait_until(lambda: ping(side, address, 1, wait_s=1), timeout_s, f"an answer of {address}")


def sha_transfer(source, target, address, mib=8, during=None):
    """Sends mib MiB of random bytes from source to address on target and compares SHA-256 of
    both ends; during() is called meanwhile.  Returns the longest silence in seconds."""
    port = next(PORTS)
    ends = [
        target.popen("python3", TRANSFER, "receive", address, port,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE),
        source.popen("python3", TRANSFER, "send", address, port, mib,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)]
    if during:
        during()
    received, sent = (end.communicate(timeout=120) for end in ends)
    if received[0].split()[:2] != sent[0].split()[:2] or \
            not sent[0].startswith(b"%d " % (mib << 20)):
        raise AssertionError(f"sent {sent[0]} {sent[1][-300:]}, "
                             f"received {received[0]} {received[1][-300:]}")
    return float(received[0].split()[2])


def about(pid, what):
    """A number in /proc/PID/status; sizes are in KiB."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1])


def cpu_seconds(pids):
    """(all, the kernel's part) of the time of the processes with all their threads so far."""
    user, kernel, tick = 0, 0, 1 / os.sysconf("SC_CLK_TCK")
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        user, kernel = user + int(fields[11]) * tick, kernel + int(fields[12]) * tick
    return user + kernel, kernel


@dataclasses.dataclass
class Throughput:
    gbit_per_s: float
    cpu_s: float
    kernel_s: float
    bytes: int

    @property
    def cpu_s_per_gb(self):
        return self.cpu_s / (self.bytes / 1e9)

    @property
    def kernel_s_per_gb(self):
        return self.kernel_s / (self.bytes / 1e9)


def iperf3(client, server, address, seconds=3, streams=1, reverse=False, pids=()):
    """TCP from client to server (reverse: back), and the processor time the pids took for it."""
    port = next(PORTS)
    listener = server.popen("iperf3", "-s", "-1", "--forceflush", "-p", port, log="iperf3.log")
    wait_until(lambda: "listening" in server.text("iperf3.log"), 5, "iperf3")
    before = cpu_seconds(pids)
    report = json.loads(client.run(
        "iperf3", "-J", "-c", address, "-p", port, "-t", seconds, "-P", streams,
        *(["-R"] if reverse else []), timeout_s=seconds + 30).stdout)
    spent = [new - old for new, old in zip(cpu_seconds(pids), before)]
    listener.wait(5)
    total = report["end"]["sum_received"]
    return Throughput(total["bits_per_second"] / 1e9, *spent, int(total["bytes"]))
