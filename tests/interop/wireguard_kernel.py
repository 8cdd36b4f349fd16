#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""adit against the kernel's WireGuard in a guest, and adit inside a guest, where the kernel's own
data path is there to be used."""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import Client, GuestClient, profile, status
import client
from guest import Guest, kernel_client, kernel_gateway
import guest
from lab import Lab, wait_until
from measure import ping, reachable, sha_transfer
from tap import case, check, main, same
from wireguard_go import (BEHIND_GATEWAY, CLIENT_INNER, GATEWAY_INNER, Keys, Peer, endpoint,
                          gateway, lan, preshared_key, wg_quick, wg_show)

PORT = 51820

def carries(near, far):
    for inner in ("10.66.0.1", "10.99.0.1", "fd66::1", "fd99::1"):
        check(ping(near, inner, interval_s=0.2), f"{inner} did not answer")
    check(ping(far, "10.66.0.2", interval_s=0.2), "10.66.0.2 did not answer its gateway")
    sha_transfer(near, far, "10.99.0.1")
    sha_transfer(far, near, "fd66::2")


def initiates(family, psk):
    with Lab(wire=True) as lab:
        its, mine = Keys(lab, "its"), Keys(lab, "mine")
        shared = preshared_key(lab) if psk else None
        far = kernel_gateway(lab, its, mine.public, shared)
        peer = Peer(its.public, BEHIND_GATEWAY, endpoint(far, PORT, family), shared)
        Client(lab.client, wg_quick(lab, "office", mine, peer)).connected()
        carries(lab.client, far)
        check(wg_show(far, "wg0")["peers"][mine.public]["latest-handshake"] > 0, "no handshake")


def answers(family, psk):
    with Lab(wire=True) as lab:
        mine, its = Keys(lab, "mine"), Keys(lab, "its")
        shared = preshared_key(lab) if psk else None
        lan(lab.server)
        conf = wg_quick(lab, "house", mine, Peer(its.public, CLIENT_INNER, psk=shared),
                        addresses=GATEWAY_INNER, listen_port=PORT)
        Client(lab.server, conf).connected()
        far = kernel_client(lab, its, mine.public, endpoint(lab.server, PORT, family), shared)
        reachable(far, "10.99.0.1")
        carries(far, lab.server)


def inside(data_path, wanted, kernel_peer):
    """adit in a guest, against a kernel in another guest or wireguard-go on a side."""
    with Lab(wire=True) as lab:
        if kernel_peer:
            its, mine = Keys(lab, "its"), Keys(lab, "mine")
            far = kernel_gateway(lab, its, mine.public)
        else:
            _, its, mine, _ = gateway(lab)
            far = lab.server
        near = Guest(lab, "near", 13)
        conf = profile(lab, "office", mine,
                       Peer(its.public, BEHIND_GATEWAY, endpoint(far, PORT)),
                       connection=(f"data-path = {data_path}",))
        links = near.run("ip", "-j", "link").stdout
        adit = GuestClient(near, conf).connected()
        tunnel = adit.tunnel()
        same(tunnel["data-path"], wanted, "data path")
        details = near.run("ip", "-d", "link", "show", tunnel["interface"]).stdout
        same("wireguard" in details.split(), wanted == "kernel", "the device is the kernel's")
        reachable(near, "10.99.0.1")    # a guest on a busy machine may be slow to its first echo
        carries(near, far)
        now = adit.tunnel()
        check(now["rx"]["bytes"] > 1 << 20 and now["tx"]["bytes"] > 1 << 20, f"counters: {now}")
        check(now["peers"][0]["rx-bytes"] > 1 << 20, f"the peer's count is an old one: {now}")
        same(adit.stop(), 0, "exit status")
        same(near.run("ip", "-j", "link").stdout, links, "links afterwards")


def killed_inside():
    """The kernel's device outlives whoever made it: the next command takes it away."""
    with Lab(wire=True) as lab:
        _, its, mine, _ = gateway(lab)
        near = Guest(lab, "near", 13)
        conf = profile(lab, "office", mine,
                       Peer(its.public, BEHIND_GATEWAY, endpoint(lab.server, PORT)),
                       connection=("data-path = kernel",))
        before = [near.run("ip", "-j", what).stdout for what in ("link", "rule", "route")]
        adit = GuestClient(near, conf).connected()
        near.run("kill", "-KILL", adit.pid.read_text().strip())
        adit.process.wait(20)
        check("office" in near.run("ip", "-j", "link").stdout, "the device went by itself")
        same(status(near), [], "tunnels")
        after = [near.run("ip", "-j", what).stdout for what in ("link", "rule", "route")]
        same(after, before, "links, rules and routes")


def worker_is_killed_inside():
    """The kernel's device stays, another worker takes it over."""
    with Lab(wire=True) as lab:
        _, its, mine, _ = gateway(lab)
        near = Guest(lab, "near", 13)
        conf = profile(lab, "office", mine,
                       Peer(its.public, BEHIND_GATEWAY, endpoint(lab.server, PORT)),
                       connection=("data-path = kernel",))
        adit = GuestClient(near, conf).connected()
        reachable(near, "10.99.0.1")
        links = near.run("ip", "-j", "link").stdout
        worker = adit.tunnel()["worker-pid"]
        near.run("kill", "-KILL", str(worker))
        wait_until(lambda: adit.tunnel()["reconnects"] == 1, 20, "another worker")
        reachable(near, "10.99.0.1")
        same(near.run("ip", "-j", "link").stdout, links, "links")
        check(adit.tunnel()["worker-pid"] != worker, "the worker is the old one")
        same(adit.stop(), 0, "exit status")


for family in (4, 6):
    for psk in (False, True):
        tail = f"IPv{family} outside{', preshared key' if psk else ''}"
        case(f"adit connects to the kernel's WireGuard, {tail}", initiates, family, psk,
             needs=guest.missing)
        case(f"the kernel's WireGuard connects to adit, {tail}", answers, family, psk,
             needs=guest.missing)
for data_path, wanted in (("kernel", "kernel"), ("auto", "kernel"), ("user", "user")):
    case(f"adit in a guest, data-path = {data_path}, against a kernel", inside, data_path, wanted,
         True, needs=guest.missing)
case("adit in a guest, data-path = kernel, against wireguard-go", inside, "kernel", "kernel",
     False, needs=guest.missing)
case("adit in a guest is killed: status clears the kernel's device away", killed_inside,
     needs=guest.missing)
case("adit in a guest, data-path = kernel: the worker is killed, another takes over",
     worker_is_killed_inside, needs=guest.missing)
main(client.missing, at_once=4)
