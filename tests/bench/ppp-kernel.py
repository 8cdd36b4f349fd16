#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Throughput and processor time of L2TP in a guest, moved by the kernel against moved by adit, interleaved in one run.
Prints `name value unit`.  The server is another guest; what is counted is the client's, kernel and all.

    ADIT=…/ui-cli/adit ppp-kernel.py [--rounds N] [--seconds N]
"""

import argparse
import json
import pathlib
import statistics
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import GuestClient
from guest import Guest, ppp_guest
from lab import Lab
from measure import reachable
from ppp_profile import XL2TPD, profile


def measure(lab, near, server, path, seconds):
    """(Gbit/s, processor seconds for each GB) of one TCP stream from the client."""
    (lab.folder / path).mkdir(exist_ok=True)
    conf = profile(lab, "l2tp", server.ipv4, connection=(f"data-path = {path}",)).rename(lab.folder / path / "vpn.conf")
    (near.share / "adit.log").unlink(missing_ok=True)   # of the run before
    adit = GuestClient(near, conf).connected(40)
    assert adit.tunnel()["data-path"] == path, adit.tunnel()["data-path-reason"]
    reachable(near, XL2TPD, 20)
    before = float(near._vm("guest-cpu", near.name).stdout)
    sent = json.loads(near.run("iperf3", "-J", "-c", XL2TPD, "-t", seconds, timeout_s=seconds + 30).stdout)["end"]["sum_sent"]
    used = float(near._vm("guest-cpu", near.name).stdout) - before
    adit.stop()
    (lab.folder / path / "vpn.conf").unlink()
    return sent["bits_per_second"] / 1e9, used / (sent["bytes"] / 1e9)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    found = {"kernel": [], "user": []}
    with Lab("client", wire=True) as lab:
        server, near = ppp_guest(lab, "servers/xl2tpd.sh", 11), Guest(lab, "near", 13)
        for _ in range(options.rounds):
            for path, values in found.items():
                values.append(measure(lab, near, server, path, options.seconds))
    for i, (what, unit) in enumerate((("throughput", "Gbit/s"), ("cpu", "s/GB"))):
        kernel, user = (statistics.median(value[i] for value in found[path]) for path in ("kernel", "user"))
        print(f"l2tp.{what}.kernel {kernel:.4g} {unit}\nl2tp.{what}.user {user:.4g} {unit}\n"
              f"l2tp.{what}.kernel/user {kernel / user:.4g} ratio", flush=True)


main()
