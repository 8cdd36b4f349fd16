#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every offload refused in the middle of a transfer, one by one: the bytes stay the same, status
says what was lost.  40 MiB each way to a wireguard-go; the longest silence is printed, not judged.

    refused-offloads.py REFUSE.SO [WORD…]
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import client                                                              # noqa: E402
import tap                                                                 # noqa: E402
from lab import Lab                                                        # noqa: E402
from measure import sha_transfer                                        # noqa: E402
from wireguard_go import (BEHIND_GATEWAY, Peer, backports_wireguard_go,    # noqa: E402
                          endpoint, gateway, wg_quick)

MIB = 40
LAN = "10.99.0.1"
# What is refused, and after how many calls; 0: from the start on, which is no loss.
ORDERS = {"udp-segment": 20, "coalesce": 20, "mmsg": 20, "udp-gro": 0, "tso": 0, "uso": 0}


def preload(side, library, order):
    (side.folder / "run/refuse").write_text(order + "\n")
    (side.folder / "etc/ld.so.preload").write_text(f"{library}\n")


def transfers(side, server, address):
    """Longest silences in ms, up and down."""
    return [sha_transfer(*ends, at, mib=MIB) * 1000
            for *ends, at in ((side, server, LAN), (server, side, address))]


def refused(library, word, calls):
    with Lab() as lab:
        _, its, mine, _ = gateway(lab, backports_wireguard_go())
        preload(lab.client, library, f"{word} {calls}")
        conf = wg_quick(lab, "wg0", mine, Peer(its.public, BEHIND_GATEWAY,
                                              endpoint(lab.server, 51820)))
        run = client.Client(lab.client, conf).connected()
        up, down = transfers(lab.client, lab.server, "10.66.0.2")
        print(f"# {word}: longest silence {up:.0f} ms up, {down:.0f} ms down")
        offload = run.tunnel()["offloads"][word]
        tap.check(not offload["on"], f"{word} was refused and is still in use: {offload}")
        tap.check(offload["lost"] or not calls,
                  f"{word} was refused and is not counted as lost: {offload}")
        tap.same(run.stop(), 0, "exit status")


def main():
    library = sys.argv.pop(1)
    for word, calls in ORDERS.items():
        tap.case(f"{word} refused: the same 40 MiB both ways", refused, library, word, calls,
                 needs=client.missing)
    tap.main()


main()
