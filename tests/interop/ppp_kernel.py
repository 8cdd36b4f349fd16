#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""adit in a guest, where the kernel's PPP moves the packets: L2TP against xl2tpd, PPTP against pptpd, both in another guest.

    near: adit, /dev/ppp ─── wire ─── server: xl2tpd or pptpd, pppd
"""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import GuestClient, status
import client
from guest import Guest, ppp_guest
import guest
from lab import Lab, wait_until
from measure import ping, reachable, sha_transfer
from ppp_profile import PPTPD, XL2TPD, profile
from tap import case, check, main, same

INNER = {"l2tp": XL2TPD, "pptp": PPTPD}
SERVER = {"l2tp": "servers/xl2tpd.sh", "pptp": "servers/pptpd.sh"}
LISTS = ("link", "address", "route", "rule")


class Pair:
    """A server in one guest, adit in another."""

    def __init__(self, lab, kind, *keys, connection=(), prepare=None, **env):
        self.kind, self.inner = kind, INNER[kind]
        self.server = ppp_guest(lab, SERVER[kind], 11, **env)
        self.near = Guest(lab, "near", 13)
        if prepare:
            self.near.run("sh", "-c", prepare)
        self.conf = profile(lab, kind, self.server.ipv4, *keys, connection=connection)
        self.before = self.state()

    def state(self):
        lists = [self.near.run("ip", "-br", what).stdout for what in LISTS]
        return lists + [self.near.run("sh", "-c", "grep \"'\" /proc/net/pppol2tp || true").stdout]

    def connected(self):
        self.adit = GuestClient(self.near, self.conf).connected(40)
        return self.adit.tunnel()

    def carries(self, address=None):
        reachable(self.near, address or self.inner, 15)
        check(ping(self.near, address or self.inner, interval_s=0.2), "the server did not answer")

    def hangs_up(self):
        same(self.adit.stop(), 0, "exit status")
        same(self.state(), self.before, "the network afterwards")
        wait_until(lambda: not self.server.run("pidof", "pppd", check=False).stdout.strip(), 15,
                   "the end of the server's session")


def carried(kind, wanted, *keys, notes=(), stream=True, connection=(), **env):
    with Lab("client", wire=True) as lab:
        pair = Pair(lab, kind, *keys, connection=connection, **env)
        tunnel = pair.connected()
        same(tunnel["data-path"], wanted, f"data path ({tunnel['data-path-reason']})")
        details = pair.near.run("ip", "-d", "link", "show", tunnel["interface"]).stdout
        same("ppp" in details.split(), wanted == "kernel", "the device is the kernel's")
        for key, value in dict(notes).items():
            same(tunnel["notes"][key], value, key)
        pair.carries()
        if env.get("IPV6CP"):
            peer = pair.server.run("sh", "-c", "ip -6 -br addr show dev ppp0 | grep -o 'fe80[^/]*'").stdout
            pair.carries(f"{peer.strip()}%{tunnel['interface']}")
        if stream:
            mine = tunnel["addresses"][0].partition("/")[0]
            sha_transfer(pair.near, pair.server, pair.inner, 4)
            sha_transfer(pair.server, pair.near, mine, 4)
            now = pair.adit.tunnel()
            check(now["rx"]["bytes"] > 4 << 20 and now["tx"]["bytes"] > 4 << 20, f"counters: {now}")
        pair.hangs_up()


def everything_through_it(kind, *keys, connection=()):
    """The tunnel's own packets find their way past it."""
    with Lab("client", wire=True) as lab:
        pair = Pair(lab, kind, *keys, "[routing]", "full = yes", connection=("data-path = kernel", *connection))
        pair.connected()
        pair.carries("10.99.0.1")
        pair.carries()
        pair.hangs_up()


def killed(kind, *keys):
    """What the kernel holds ends with the descriptors of whoever made it."""
    with Lab("client", wire=True) as lab:
        pair = Pair(lab, kind, *keys, connection=("data-path = kernel",))
        pair.connected()
        pair.near.run("kill", "-KILL", pair.adit.pid.read_text().strip())
        pair.adit.process.wait(20)
        same(status(pair.near), [], "tunnels")
        same(pair.state(), pair.before, "the network afterwards")


def worker_is_killed(kind, *keys):
    """The device stays, another worker lays another channel to it."""
    with Lab("client", wire=True) as lab:
        pair = Pair(lab, kind, *keys, connection=("data-path = kernel",))
        tunnel = pair.connected()
        pair.carries()
        index = pair.near.run("cat", f"/sys/class/net/{tunnel['interface']}/ifindex").stdout
        pair.near.run("kill", "-KILL", str(tunnel["worker-pid"]))
        wait_until(lambda: pair.adit.tunnel()["reconnects"] == 1, 40, "another worker")
        pair.carries()
        same(pair.near.run("cat", f"/sys/class/net/{tunnel['interface']}/ifindex").stdout, index, "the device")
        pair.hangs_up()


def without_driver(kind, *keys):
    """auto does without the kernel, kernel says what is missing."""
    with Lab("client", wire=True) as lab:
        pair = Pair(lab, kind, *keys, prepare="rm /dev/ppp")
        tunnel = pair.connected()
        same(tunnel["data-path"], "user", "data path")
        check("/dev/ppp" in tunnel["data-path-reason"], f"the reason is {tunnel['data-path-reason']!r}")
        pair.carries()
        pair.hangs_up()
        conf = profile(lab, kind, pair.server.ipv4, *keys, connection=("data-path = kernel",))
        demanding = GuestClient(pair.near, conf)
        same(demanding.process.wait(20), 8, "exit status")
        check("/dev/ppp" in demanding.log.read_text(), demanding.log.read_text())
        same(pair.state(), pair.before, "the network afterwards")


for path in ("kernel", "auto", "user"):
    case(f"L2TP, data-path = {path}: traffic both ways, hang-up", carried, "l2tp",
         "user" if path == "user" else "kernel")
main(lambda: client.missing() or guest.missing_ppp())
