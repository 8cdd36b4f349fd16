#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""NetworkManager on the same machine: it sees adit's device come and go and leaves it alone."""

import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import Client, profile
import client
import desktop
from desktop import desktop_lab
from lab import wait_until
from measure import ping
from tap import case, check, main, same
from wireguard_go import BEHIND_GATEWAY, MTU, Peer, endpoint, gateway

PARTS = ("networkmanager",)
UNMANAGED, EXTERNAL = "unmanaged", "connected (externally)"


def devices(side):
    """Device → state, as nmcli tells."""
    lines = side.run("nmcli", "-t", "-f", "DEVICE,STATE", "device").stdout.splitlines()
    return dict(line.split(":", 1) for line in lines)


def facts(side, device):
    return (side.ip("-4", "addr", "show", "dev", device), side.ip("-6", "addr", "show", "dev", device),
            side.ip("rule"), side.run("ip", "route", "show", "table", "all").stdout)


def leaves_it_alone():
    with desktop_lab(*PARTS) as lab:
        _, its, mine, _ = gateway(lab)
        side = lab.client
        side.start_network_manager()
        wait_until(lambda: "out0" in devices(side), 10, "out0 in NetworkManager")
        before = side.state()
        conf = profile(lab, "office", mine, Peer(its.public, BEHIND_GATEWAY, endpoint(lab.server, 51820)),
                       sections=["[routing]", f"mtu = {MTU}", "[dns]", "mode = off"])
        adit = Client(side, conf).connected()
        device = adit.interface()
        was = facts(side, device)
        wait_until(lambda: device in devices(side), 10, f"{device} in NetworkManager")
        check(devices(side)[device] in (UNMANAGED, EXTERNAL), devices(side))
        side.run("nmcli", "networking", "connectivity", "check", check=False)
        check(ping(side, "10.99.0.1"), "no echo")
        same(facts(side, device), was, "addresses, rules and routes")
        same(adit.stop(signal.SIGINT), 0, "exit status")
        wait_until(lambda: device not in devices(side), 10, "the device's end in NetworkManager")
        after = side.state()
        for what, kept in before.items():
            same(after[what], kept, what)


case("NetworkManager leaves a tunnel's device alone", leaves_it_alone,
     needs=lambda: desktop.missing(*PARTS))
main(client.missing)
