# SPDX-License-Identifier: LGPL-2.1-or-later
"""Both ends of one tunnel made of the same program, each end on a processor of its own: what the
benchmarks compare.  `with ends(lab, "wireguard-go") as pair:` gives pair.pids and pair.target."""

import contextlib
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import client                                                        # noqa: E402
from measure import reachable                                        # noqa: E402
from wireguard_go import (Keys, Peer, WireGuardGo, backports_wireguard_go, endpoint)  # noqa: E402

INNER = {"server": "10.66.0.1", "client": "10.66.0.2"}
PORT = 51820
ALL_OFFLOADS = "tso, uso, coalesce, udp-coalesce, udp-segment, udp-gro, mmsg"
PROCESSOR = {"client": 0, "server": 1}


class Pair:
    """Two ends that answer each other's echoes; target is the server's inner address."""

    def __init__(self, pids, ends):
        self.pids, self.ends, self.target = pids, ends, INNER["server"]


def pin(side, processes):
    """One processor for an end, as far as there are two."""
    if (os.cpu_count() or 1) > 1:
        for process in processes:
            for task in os.listdir(f"/proc/{process}/task"):
                os.sched_setaffinity(int(task), {PROCESSOR[side.name]})


class Pinned:
    """A side whose further programs run on that side's processor."""

    def __init__(self, side):
        self.side = side
        self.prefix = ["taskset", "-c", str(PROCESSOR[side.name])] if (os.cpu_count() or 1) > 1 \
            else []

    def run(self, *argv, **more):
        return self.side.run(*self.prefix, *argv, **more)

    def popen(self, *argv, **more):
        return self.side.popen(*self.prefix, *argv, **more)

    def text(self, log):
        return self.side.text(log)


def other(lab, side):
    return lab.client if side is lab.server else lab.server


def peer_of(lab, side, keys):
    far = other(lab, side)
    return Peer(keys[far.name].public, (f"{INNER[far.name]}/32",), endpoint(far, PORT))


@contextlib.contextmanager
def adit_ends(lab, connection=(), number=0):
    """adit on both ends; connection: more lines for the profile's [connection]."""
    keys = {name: Keys(lab, f"{name}-{number}") for name in INNER}
    runs = []
    for side in (lab.server, lab.client):
        conf = client.profile(lab, f"{side.name[0]}{number}", keys[side.name],
                              peer_of(lab, side, keys), addresses=(f"{INNER[side.name]}/24",),
                              listen_port=PORT, connection=connection)
        runs.append(client.Client(side, conf))
    try:
        for run in runs:
            run.connected()
        pids = []
        for side, run in zip((lab.server, lab.client), runs):
            mine = [run.process.pid, *run.workers()]
            pin(side, mine)
            pids += mine
        reachable(lab.client, INNER["server"])
        yield Pair(pids, runs)
    finally:
        for run in runs:
            if run.process.poll() is None:
                run.stop()


@contextlib.contextmanager
def wireguard_go_ends(lab, binary, number=0):
    keys = {name: Keys(lab, f"{name}-{number}") for name in INNER}
    runs = []
    for side in (lab.server, lab.client):
        run = WireGuardGo(side, binary, f"wg{number}")
        run.configure(keys[side.name], peer_of(lab, side, keys), listen_port=PORT,
                      addresses=(f"{INNER[side.name]}/24",))
        pin(side, [run.process.pid])
        runs.append(run)
    try:
        reachable(lab.client, INNER["server"])
        yield Pair([run.process.pid for run in runs], runs)
    finally:
        for run in runs:
            run.stop()


VARIANTS = {
    "adit-ipsec-mb": lambda lab, n: adit_ends(lab, ("crypto-engine = ipsec-mb",), n),
    "adit-openssl": lambda lab, n: adit_ends(lab, ("crypto-engine = openssl",), n),
    "adit-no-offloads": lambda lab, n: adit_ends(
        lab, ("crypto-engine = openssl", f"offloads-off = {ALL_OFFLOADS}"), n),
    "wireguard-go": lambda lab, n: wireguard_go_ends(lab, backports_wireguard_go(), n),
    "wireguard-go-debian": lambda lab, n: wireguard_go_ends(lab, "wireguard-go", n),
}


def ends(lab, variant, number=0):
    return VARIANTS[variant](lab, number)
