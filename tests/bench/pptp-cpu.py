#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processor time of PPTP's packet path (PPP, MPPE-128 stateless, GRE over raw IP), both ends, interleaved with its
crypto alone (RC4 and the key changes) and with the same program packet by packet, every offload switched off.
Prints `name value unit`.

    PATH_BENCH=…/tests/bench/path-bench CRYPTO_BENCH=…/tests/bench/crypto-bench pptp-cpu.py [--rounds N] [--seconds N]
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess

SCRIPT = pathlib.Path(__file__).with_name("path-bench.sh")
ALL_OFFLOADS = "vnet,tso,uso,coalesce,udp-coalesce,udp-segment,udp-gro,mmsg"


def value(text, name):
    return float(re.search(rf"^{re.escape(name)} ([0-9.e+-]+) ", text, re.M)[1])


def crypto_alone():
    text = subprocess.run([os.environ["CRYPTO_BENCH"]], check=True, capture_output=True, text=True).stdout
    return value(text, "mppe-128.crypto-only")


def tunnel(seconds, *off):
    text = subprocess.run([SCRIPT, os.environ["PATH_BENCH"], str(seconds), "queue", *off], check=True,
                          capture_output=True, text=True, env={**os.environ, "CARRIERS": "pptp"}).stdout
    return value(text, "pptp.cpu"), value(text, "pptp.throughput")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    alone, batches, singly = [], [], []
    for _ in range(options.rounds):
        alone.append(crypto_alone())
        batches.append(tunnel(options.seconds))
        singly.append(tunnel(options.seconds, ALL_OFFLOADS))
    crypto = statistics.median(alone)
    cpu, rate = (statistics.median(values) for values in zip(*batches))
    slow, slow_rate = (statistics.median(values) for values in zip(*singly))
    for name, number, unit in (
            ("pptp.throughput", rate, "Gbit/s"), ("pptp.throughput.packet-by-packet", slow_rate, "Gbit/s"),
            ("pptp.crypto-only", crypto, "s/GB"), ("pptp.cpu", cpu, "s/GB"),
            ("pptp.cpu.packet-by-packet", slow, "s/GB"), ("pptp.cpu/crypto-only", cpu / crypto, "ratio"),
            ("pptp.cpu/packet-by-packet", cpu / slow, "ratio")):
        print(f"{name} {number:.4g} {unit}")


main()
