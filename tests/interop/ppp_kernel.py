#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""adit in a guest, where the kernel's PPP moves the packets: L2TP against xl2tpd, PPTP against pptpd, both in another guest.

    near: adit, /dev/ppp ─── wire ─── server: xl2tpd or pptpd, pppd
"""

import json
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
from wireguard_go import secret_file

INNER = {"l2tp": XL2TPD, "pptp": PPTPD}
SERVER = {"l2tp": "servers/xl2tpd.sh", "pptp": "servers/pptpd.sh"}
LISTS = ("link", "address", "route", "rule")


# In the server's guest: one router advertisement (RFC 4861 4.2), with a prefix to make addresses of.
ADVERTISE = """
import socket, struct
wire = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"ppp0")
wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
prefix = socket.inet_pton(socket.AF_INET6, "2001:db8:77::")
wire.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
            + struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 3600, 3600, 0) + prefix,
            ("ff02::1", 0, 0, socket.if_nametoindex("ppp0")))
"""

# In the server's guest: PPTP's control connection over IPv6 (RFC 2637 2.2, 2.8), and nothing else.
CONTROL_ONLY = """
import socket, struct
listener = socket.create_server(("::", 1723), family=socket.AF_INET6)
while True:
    client, _ = listener.accept()
    client.recv(156)
    client.sendall(struct.pack("!HHIHHHBBIIHH64s64s", 156, 1, 0x1A2B3C4D, 2, 0, 0x100, 1, 0, 3, 3, 0, 1, b"six", b"six"))
    call = client.recv(168)
    client.sendall(struct.pack("!HHIHHH2sBBHIHHI", 32, 1, 0x1A2B3C4D, 8, 0, 7, call[12:14], 1, 0, 0, 1000000, 64, 0, 0))
"""


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
        reachable(self.near, address or self.inner, 20)
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
            far = pair.server.run("ip", "-j", "-6", "address", "show", "dev", "ppp0").stdout
            peer = json.loads(far)[0]["addr_info"][0]["local"]
            pair.carries(f"{peer}%{tunnel['interface']}")
        if stream:
            mine = tunnel["addresses"][0].partition("/")[0]
            sha_transfer(pair.near, pair.server, pair.inner, 4)
            sha_transfer(pair.server, pair.near, mine, 4)
            now = pair.adit.tunnel()
            check(now["rx"]["bytes"] > 4 << 20 and now["tx"]["bytes"] > 4 << 20, f"counters: {now}")
        pair.hangs_up()


def advertised():
    """Addresses come of router advertisements, by adit and not by the kernel."""
    with Lab("client", wire=True) as lab:
        pair = Pair(lab, "l2tp", connection=("data-path = kernel",), IPV6CP=1)
        pair.connected()
        pair.server.run("ip", "address", "add", "2001:db8:77::1/64", "dev", "ppp0", "nodad")
        pair.server.run("python3", "-c", ADVERTISE)
        wait_until(lambda: any(a.startswith("2001:db8:77:") for a in pair.adit.tunnel()["addresses"]), 10,
                   "an address of the prefix")
        pair.carries("2001:db8:77::1")
        routes = pair.near.run("ip", "-6", "route", "show", "table", "all", "dev", "vpn").stdout
        check("proto ra" not in routes, f"the kernel made a route of it: {routes}")
        pair.hangs_up()


def over_ipv6():
    """auto finds out on the way that the kernel cannot, and goes on without; GRE comes from nobody here."""
    with Lab("client", wire=True) as lab:
        server, near = Guest(lab, "g11", 11), Guest(lab, "near", 13)
        server.popen("python3", "-c", CONTROL_ONLY)
        wait_until(lambda: ":1723" in server.run("ss", "-lnt").stdout, 20, "the listener")
        before = near.run("ip", "-br", "link").stdout
        for path, words in (("auto", "GRE packets"), ("kernel", "over IPv4 only")):
            conf = profile(lab, "pptp", f"[{server.ipv6}]", "mppe = off", connection=("legacy = yes", f"data-path = {path}"))
            conf = conf.rename(lab.folder / f"{path}.conf")
            adit = GuestClient(near, conf)
            check(adit.process.wait(60), "adit connected to nobody")
            check(words in adit.log.read_text(), f"{path}: {adit.log.read_text()!r}")
            same(near.run("ip", "-br", "link").stdout, before, "devices afterwards")


def everything_through_it(kind, *keys):
    """The tunnel's own packets find their way past it."""
    with Lab("client", wire=True) as lab:
        pair = Pair(lab, kind, "[routing]", "default-route = yes", *keys, connection=("data-path = kernel",))
        pair.connected()
        pair.carries("10.99.0.1")
        way = pair.near.run("ip", "route", "get", "192.0.2.1").stdout
        check(" vpn " in way, f"all else goes {way!r}")
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
        pair = Pair(lab, kind, *keys, connection=("data-path = kernel",),
                    PPP_EXTRA="lcp-echo-interval 1\nlcp-echo-failure 3")
        tunnel = pair.connected()
        pair.carries()
        index = pair.near.run("cat", f"/sys/class/net/{tunnel['interface']}/ifindex").stdout
        pair.near.run("kill", "-KILL", str(tunnel["worker-pid"]))
        wait_until(lambda: pair.adit.tunnel()["reconnects"] == 1, 40, "another worker")
        pair.carries()      # once the server has noticed that the one before is gone
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
        text = pair.conf.read_text()    # in a file of another name: the guest remembers the first
        conf = secret_file(lab, "demanding.conf", text.replace("[connection]", "[connection]\ndata-path = kernel"))
        demanding = GuestClient(pair.near, conf)
        same(demanding.process.wait(20), 8, "exit status")
        check("/dev/ppp" in demanding.log.read_text(), demanding.log.read_text())
        same(pair.state(), pair.before, "the network afterwards")


IN_KERNEL = ("data-path = kernel",)
BY_CONSENT = ("data-path = kernel", "legacy = yes")
MPPE = {"mppe": 128, "mppe-mode": "stateless"}

for path, wanted in (("kernel", "kernel"), ("auto", "kernel"), ("user", "user")):
    case(f"L2TP, data-path = {path}: traffic both ways, hang-up",
         lambda p=path, w=wanted: carried("l2tp", w, connection=(f"data-path = {p}",)))
case("L2TP in the kernel: IPv6", lambda: carried("l2tp", "kernel", stream=False, IPV6CP=1))
case("L2TP in the kernel: an address of a router advertisement", advertised)
case("L2TP in the kernel: everything through it", everything_through_it, "l2tp")
case("L2TP in the kernel: everything through it, under a guard", everything_through_it, "l2tp", "[guard]",
     "mode = tunnel")
case("L2TP in the kernel: adit is killed", killed, "l2tp")
case("L2TP in the kernel: the worker is killed", worker_is_killed, "l2tp")
case("L2TP without /dev/ppp", without_driver, "l2tp")
case("L2TP, MPPE: auto leaves the kernel alone, which would let packets pass in the clear",
     lambda: carried("l2tp", "user", "mppe = 128", stream=False, MPPE=128))
case("PPTP in the kernel: MPPE-128 stateless",
     lambda: carried("pptp", "kernel", notes=MPPE, connection=IN_KERNEL))
case("PPTP in the kernel: MPPE-128 stateful",
     lambda: carried("pptp", "kernel", "stateful = yes", notes={**MPPE, "mppe-mode": "stateful"},
                     connection=IN_KERNEL, STATEFUL=1))
case("PPTP in the kernel: MPPE-40 by consent",
     lambda: carried("pptp", "kernel", "mppe = 40", notes={"mppe": 40}, connection=BY_CONSENT, MPPE=40))
case("PPTP, data-path = auto: without MPPE in the kernel",
     lambda: carried("pptp", "kernel", "mppe = off", connection=("legacy = yes",), MPPE="none"))
case("PPTP, data-path = auto: with MPPE in user space", lambda: carried("pptp", "user", notes=MPPE, stream=False))
case("PPTP over IPv6: auto does without the kernel, kernel says why not", over_ipv6)
case("PPTP in the kernel: everything through it", everything_through_it, "pptp")
case("PPTP in the kernel: adit is killed", killed, "pptp")
case("PPTP in the kernel: the worker is killed", worker_is_killed, "pptp")
main(lambda: client.missing() or guest.missing_ppp(), at_once=4)
