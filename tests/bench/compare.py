#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""adit against wireguard-go, interleaved: throughput, processor time, delay under load, connect
time, memory, wake-ups.  Prints `name value unit`; takes the names of the parts to run, all without.

    compare.py [--rounds N] [--seconds N] [throughput] [queue] [connect] [memory] [idle]
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ends import PORT, Pinned, ends                                    # noqa: E402
import client                                                          # noqa: E402
from lab import Lab, missing, wait_until                               # noqa: E402
from measure import iperf3                                             # noqa: E402
from wireguard_go import (BEHIND_GATEWAY, Peer, backports_wireguard_go, endpoint,  # noqa: E402
                          gateway, wg_quick)

ADIT_ENGINES = ("adit-ipsec-mb", "adit-openssl")
LAN = "10.99.0.1"
SETTLE_S = 1.5  # the kernel is done with removing the namespaces of the run before
REST_S = 12     # after the last packet; buffers have been given back by then
FIRST_PING = pathlib.Path(__file__).with_name("first-ping.py")


def say(name, value, unit):
    print(f"{name} {value:.4g} {unit}", flush=True)


def medians(samples):
    return {name: statistics.median(values) for name, values in samples.items()}


def say_ratios(name, values, unit, anchor="wireguard-go"):
    for variant, value in values.items():
        say(f"{name}.{variant}", value, unit)
    for variant, value in values.items():
        if variant != anchor and anchor in values:
            say(f"{name}.{variant}/{anchor}", value / values[anchor], "ratio")


def crypto_only():
    """CPU seconds per GB that sealing and opening alone take, by engine."""
    program = os.environ.get("CRYPTO_BENCH")
    if not program:
        return {}
    text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    found = re.findall(r"^(\S+)\.chacha20-poly1305\.crypto-only ([0-9.e+-]+) ", text, re.M)
    return {f"adit-{engine}": float(value) for engine, value in found}


def pinned_iperf3(lab, pair, seconds, **more):
    """One TCP stream; iperf3 of each end shares that end's processor."""
    return iperf3(Pinned(lab.client), Pinned(lab.server), pair.target, seconds, pids=pair.pids,
                  **more)


def throughput(rounds, seconds):
    variants = ("adit-ipsec-mb", "wireguard-go", "adit-openssl", "adit-no-offloads",
                "wireguard-go-debian")
    rate, cpu, kernel, crypto = ({v: [] for v in variants} for _ in range(4))
    for n in range(rounds):
        for engine, value in crypto_only().items():
            crypto[engine].append(value)
        for variant in variants:
            with Lab() as lab, ends(lab, variant, n) as pair:
                run = pinned_iperf3(lab, pair, seconds)
                rate[variant].append(run.gbit_per_s)
                cpu[variant].append(run.cpu_s_per_gb)
                kernel[variant].append(run.kernel_s_per_gb)
    rate, cpu = medians(rate), medians(cpu)
    say_ratios("throughput", rate, "Gbit/s")
    say_ratios("cpu", cpu, "s/GB")
    for variant, value in medians(kernel).items():
        say(f"cpu-in-kernel.{variant}", value, "s/GB")
    say("cpu.adit-openssl/adit-no-offloads", cpu["adit-openssl"] / cpu["adit-no-offloads"], "ratio")
    for engine in ADIT_ENGINES:
        if crypto[engine]:
            alone = statistics.median(crypto[engine])
            say(f"crypto-only.{engine}", alone, "s/GB")
            say(f"cpu.{engine}/crypto-only", cpu[engine] / alone, "ratio")


def bottleneck(lab):
    """50 Mbit/s with a deep FIFO on the client's way out: a home uplink."""
    lab.client.run("tc", "qdisc", "replace", "dev", "out0", "root", "tbf", "rate", "50mbit",
                   "burst", "32k", "limit", "1000000")


def ping_under_load(lab, pair, seconds):
    """(mean delay in ms, upload in Gbit/s) while eight streams upload."""
    count = int((seconds - 1) * 20)
    echoes = lab.client.popen("ping", "-n", "-q", "-i", "0.05", "-c", count, pair.target,
                              log="ping.log")
    run = pinned_iperf3(lab, pair, seconds, streams=8)
    echoes.wait(30)
    found = re.search(r"= [0-9.]+/([0-9.]+)/", lab.client.text("ping.log"))
    return float(found[1]), run.gbit_per_s


def queue(rounds, seconds):
    variants = ("adit-ipsec-mb", "wireguard-go")
    delay, rate = ({v: [] for v in variants} for _ in range(2))
    for n in range(rounds):
        for variant in variants:
            with Lab() as lab, ends(lab, variant, n) as pair:
                bottleneck(lab)
                ms, gbit = ping_under_load(lab, pair, seconds + 2)
                delay[variant].append(ms)
                rate[variant].append(gbit * 1000)
    say_ratios("ping-under-upload", medians(delay), "ms")
    say_ratios("upload-under-ping", medians(rate), "Mbit/s")


def first_ping(lab, *argv, env=None):
    """Seconds from starting a client to the first answered echo, the server being ready."""
    waiting = lab.client.popen("python3", FIRST_PING, LAN, 20, log="first.log")
    wait_until(lambda: "sending" in lab.client.text("first.log"), 5, "the first echo")
    start = time.monotonic()
    run = lab.client.popen(*argv, log="run.log", env=env)
    if waiting.wait(25):
        raise RuntimeError(f"no echo was answered: {lab.client.text('run.log')}")
    took = float(lab.client.text("first.log").split()[-1]) - start
    return took, run


def connect(rounds, _seconds):
    took = {"adit": [], "wireguard-go": []}
    binary = backports_wireguard_go()
    for _ in range(max(rounds, 5)):
        for variant in took:
            with Lab() as lab:
                _, its, mine, _ = gateway(lab, binary)
                conf = wg_quick(lab, "wg0", mine, Peer(its.public, BEHIND_GATEWAY,
                                                      endpoint(lab.server, PORT)))
                if variant == "adit":
                    argv, env = (client.ADIT, "run", conf), None
                else:
                    argv, env = ("wg-quick", "up", conf), {
                        "WG_QUICK_USERSPACE_IMPLEMENTATION": binary}
                time.sleep(SETTLE_S)
                seconds, _ = first_ping(lab, *argv, env=env)
                took[variant].append(seconds * 1000)
    say_ratios("connect", medians(took), "ms")


def private_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(n) for n in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", text, re.M))


def client_of(lab, *connection):
    """adit as the only client of a wireguard-go, so that no second worker shares its pages."""
    _, its, mine, _ = gateway(lab, backports_wireguard_go())
    far = Peer(its.public, BEHIND_GATEWAY, endpoint(lab.server, PORT))
    return client.Client(lab.client, client.profile(lab, "wg0", mine, far,
                                                    connection=connection)).connected()


def memory(_rounds, seconds):
    """Private memory of a worker, at its highest under load and at rest."""
    for variant in ADIT_ENGINES:
        with Lab() as lab:
            run = client_of(lab, f"crypto-engine = {variant.removeprefix('adit-')}")
            worker, most = run.workers()[0], 0
            lab.server.popen("iperf3", "-s", "-1", "--forceflush", "-p", 5555, log="listen.log")
            wait_until(lambda: "listening" in lab.server.text("listen.log"), 5, "iperf3")
            load = lab.client.popen("iperf3", "-c", LAN, "-p", 5555, "-t", int(seconds),
                                    "-P", 4, "--bidir", log="load.log")
            while load.poll() is None:
                most = max(most, private_kib(worker))
                time.sleep(0.2)
            say(f"memory.load.{variant}", most / 1024, "MiB")
            time.sleep(REST_S)
            say(f"memory.idle.{variant}", private_kib(worker) / 1024, "MiB")


def switches(pids):
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)",
                                                    (task / "status").read_text()))
    return total


def idle(_rounds, _seconds, watch_s=60):
    """Wake-ups per second of one end (adit and its worker) of a tunnel with nothing to do."""
    with Lab() as lab, ends(lab, "adit-ipsec-mb") as pair:
        time.sleep(15)
        mine = [pair.ends[1].process.pid, *pair.ends[1].workers()]
        before = switches(mine)
        time.sleep(watch_s)
        say("idle.adit", (switches(mine) - before) / watch_s, "wake-ups/s")
    with Lab() as lab, ends(lab, "wireguard-go") as pair:
        time.sleep(15)
        before = switches(pair.pids[1:])
        time.sleep(watch_s)
        say("idle.wireguard-go", (switches(pair.pids[1:]) - before) / watch_s, "wake-ups/s")


PARTS = {"throughput": throughput, "queue": queue, "connect": connect, "memory": memory,
         "idle": idle}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    options = parser.parse_args()
    why = missing() or client.missing()
    if why:
        sys.exit(f"compare.py: {why}")
    for name in options.parts or PARTS:
        PARTS[name](options.rounds, options.seconds)


if __name__ == "__main__":
    main()
