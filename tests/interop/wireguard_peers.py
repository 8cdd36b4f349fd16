#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""adit with several peers, as the one who answers, and while addresses, ports and servers
change under it."""

import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import Client, dropped
import client
from lab import Lab, wait_until
from measure import ping, reachable, sha_transfer
from tap import case, check, main, same
from wireguard_go import (BEHIND_GATEWAY, Keys, Peer, WireGuardGo, backports_wireguard_go,
                          endpoint, gateway, lacks_backports, lan, wg_quick)

PORT = 51820
SILENCE_S = 5
ONE_PEER = ("10.66.0.2/32", "fd66::2/128")


def connected(lab, family=4, binary="wireguard-go"):
    """adit on the client's side, its gateway, both sides' keys."""
    server, its, mine, _ = gateway(lab, binary)
    peer = Peer(its.public, BEHIND_GATEWAY, endpoint(lab.server, PORT, family))
    adit = Client(lab.client, wg_quick(lab, "office", mine, peer)).connected()
    check(ping(lab.client, "10.99.0.1"), "no echo")
    return adit, server, its, mine


def several_peers():
    """Three machines: what goes to a peer, and what may come from it, is said by its allowed
    addresses alone."""
    with Lab("hub", "left", "right") as lab:
        keys = {name: Keys(lab, name) for name in lab.sides}
        inner = {"left": ("10.66.0.3/32", "fd66::3/128"), "right": ("10.66.0.4/32", "fd66::4/128")}
        for name, addresses in inner.items():
            peer = Peer(keys["hub"].public, BEHIND_GATEWAY)
            WireGuardGo(lab.sides[name]).configure(
                keys[name], peer, listen_port=PORT, addresses=addresses, routes=BEHIND_GATEWAY)
        peers = [Peer(keys[name].public, inner[name], endpoint(lab.sides[name], PORT))
                 for name in inner]
        adit = Client(lab.hub, wg_quick(lab, "hub", keys["hub"], *peers)).connected()
        for name, addresses in inner.items():
            for address in addresses:
                check(ping(lab.hub, address.split("/")[0]), f"{name} did not answer")
            check(ping(lab.sides[name], "10.66.0.2"), f"{name} got no answer")
        sha_transfer(lab.hub, lab.left, "10.66.0.3")
        sha_transfer(lab.right, lab.hub, "fd66::2")
        same(set(adit.show()["peers"]), {keys[n].public for n in inner}, "peers")
        wrong_source_is_dropped(lab, adit)


def wrong_source_is_dropped(lab, adit):
    lab.left.run("ip", "addr", "add", "10.66.0.4/32", "dev", "lo")
    before = dropped(adit.tunnel())
    same(ping(lab.left, "10.66.0.2", 5, wait_s=1, source="10.66.0.4").received, 0,
         "answers to a wrong source")
    check(dropped(adit.tunnel()) >= before + 5, "the drops were not counted")
    check(ping(lab.left, "10.66.0.2", source="10.66.0.3"), "the right source got no answer")


def answers(family):
    """No Endpoint: the other side begins, adit learns where it is."""
    with Lab() as lab:
        mine, its = Keys(lab, "mine"), Keys(lab, "its")
        lan(lab.server)
        conf = wg_quick(lab, "house", mine, Peer(its.public, ONE_PEER), listen_port=PORT,
                        addresses=("10.66.0.1/24", "fd66::1/64"))
        adit = Client(lab.server, conf).connected()
        road = WireGuardGo(lab.client)
        peer = Peer(mine.public, BEHIND_GATEWAY, endpoint(lab.server, PORT, family), keepalive=1)
        road.configure(its, peer, addresses=ONE_PEER, routes=BEHIND_GATEWAY)
        reachable(lab.client, "10.99.0.1")
        check(ping(lab.client, "fd66::1"), "fd66::1 did not answer")
        check(ping(lab.server, "10.66.0.2"), "10.66.0.2 did not answer")
        sha_transfer(lab.client, lab.server, "10.99.0.1")
        sha_transfer(lab.server, lab.client, "fd66::2")
        known = adit.show()["peers"][its.public]["endpoint"]
        same(known, endpoint(lab.client, road.show()["listen-port"], family), "learned endpoint")


def carried(side):
    """Bytes which the wire brought to a side so far."""
    return side.ip("-s", "link", "show", "out0")[0]["stats64"]["rx"]["bytes"]


def under_way(side):
    start = carried(side)
    wait_until(lambda: carried(side) > start + (2 << 20), 10, "two MiB of the transfer")


def move(side, family, number):
    """Gives a side another address in place of its own."""
    old = f"{side.ipv4}/24" if family == 4 else f"{side.ipv6}/64"
    new = f"198.51.100.{number}/24" if family == 4 else f"2001:db8:51::{number}/64"
    side.run("ip", "addr", "del", old, "dev", "out0")
    side.run("ip", "addr", "add", new, "dev", "out0", *(["nodad"] if family == 6 else []))
    return new.split("/")[0]


def server_moves(family):
    """Debian's wireguard-go sends nothing for 15 s after a move of its own: the newer one it is."""
    with Lab() as lab:
        adit, _, its, _ = connected(lab, family, backports_wireguard_go())
        moved = []

        def away():
            under_way(lab.client)
            moved.append(move(lab.server, family, 21))
        silence = sha_transfer(lab.server, lab.client, "10.66.0.2", 48, away)
        check(silence < SILENCE_S, f"nothing arrived for {silence:.1f} s")
        known = adit.show()["peers"][its.public]["endpoint"]
        check(moved[0] in known, f"the endpoint is {known}, the server at {moved[0]}")
        same(adit.tunnel()["endpoint"], known, "endpoint in the status")


def server_changes_port():
    with Lab() as lab:
        adit, _, its, _ = connected(lab)

        def away():
            under_way(lab.client)
            lab.server.run("wg", "set", "wg0", "listen-port", "51999")
        sha_transfer(lab.server, lab.client, "10.66.0.2", 48, away)
        same(adit.show()["peers"][its.public]["endpoint"], endpoint(lab.server, 51999),
             "endpoint")


def client_moves(family):
    with Lab() as lab:
        adit, server, _, mine = connected(lab, family)
        moved = []

        def away():
            under_way(lab.server)
            moved.append(move(lab.client, family, 22))
        silence = sha_transfer(lab.client, lab.server, "10.99.0.1", 48, away)
        check(silence < SILENCE_S, f"nothing arrived for {silence:.1f} s")
        known = server.show()["peers"][mine.public]["endpoint"]
        check(moved[0] in known, f"the server knows {known}, the client is at {moved[0]}")
        same(adit.tunnel()["state"], "up", "state")


def wire_is_cut():
    """A cable out and in again: the same tunnel goes on, nothing has to be started anew."""
    with Lab() as lab:
        adit, _, _, _ = connected(lab)
        lab.client.run("ip", "link", "set", "out0", "down")
        same(ping(lab.client, "10.99.0.1", 3, wait_s=1).received, 0, "echoes without a wire")
        lab.client.run("ip", "link", "set", "out0", "up")
        reachable(lab.client, "10.99.0.1", 10)
        same(adit.process.poll(), None, "adit's exit status")


def server_restarts():
    """Its sessions are gone; adit notices, by the silence after 15 s at the latest."""
    with Lab() as lab:
        adit, server, its, mine = connected(lab)
        server.stop()
        server.start()
        server.configure(its, Peer(mine.public, ONE_PEER), listen_port=PORT)
        reachable(lab.client, "10.99.0.1", 30)
        check(server.show()["peers"][mine.public]["latest-handshake"] > 0, "no new handshake")
        same(adit.tunnel()["state"], "up", "state")
        sha_transfer(lab.client, lab.server, "10.99.0.1")


def client_restarts():
    """The server still holds the old session when adit is started again."""
    with Lab() as lab:
        adit, _, _, _ = connected(lab)
        for end in (signal.SIGTERM, signal.SIGKILL):
            adit.process.send_signal(end)
            adit.ended()
            adit = Client(lab.client, adit.conf).connected()
            check(ping(lab.client, "10.99.0.1"), f"no echo after {end.name} and a new start")


case("several peers: each gets its own, a wrong source is dropped", several_peers)
for family in (4, 6):
    case(f"answers without an endpoint, IPv{family} outside", answers, family)
    case(f"the server's IPv{family} address changes during a transfer", server_moves, family,
         needs=lacks_backports)
    case(f"adit's IPv{family} address changes during a transfer", client_moves, family)
case("the server's port changes during a transfer", server_changes_port)
case("the wire is cut and joined", wire_is_cut)
case("the server restarts", server_restarts)
case("adit restarts", client_restarts)
main(client.missing)
