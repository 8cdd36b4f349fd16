# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hostile network around a client, and what the client says in clear.

      server 198.51.100.1          client .2 (adit)         thief .3
      wireguard-go, 10.99.0.1  ────── the wire ──────  DHCP, routes, spoofed packets;
      and "the web" 203.0.113.9                        the client's default router

Whatever the client puts on the wire is captured there; in clear is all but WireGuard's own
packets to the server, DHCP, and the neighbour protocol."""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import aditd
from client import ADIT, Client, profile
from lab import Lab, die_with_parent, wait_until
from measure import reachable
from tap import check, same
from wireguard_go import EVERYTHING, MTU, Peer, endpoint, gateway

HERE = pathlib.Path(__file__).parent
WEB, WEB6 = "203.0.113.9", "2001:db8:99::9"     # what the person talks to: protected
THIRD = "9.9.9.9"                               # somebody's name server
SENTINEL = "192.0.2.254"
RESOLVER = "10.99.0.1"

# All that may be seen of a client: WireGuard (a type from 1 to 4 and three zeros), DHCP,
# neighbours (with a hop-by-hop header: reports of their groups).
CLEAR = ("(ip or ip6) and not (udp dst portrange 51820-51821 and udp[8] <= 4 and udp[9:2] == 0)"
         " and not (ip6 and udp dst portrange 51820-51821)"
         " and not (udp src port 68 and udp dst port 67)"
         " and not (ip6 and ip6[6] == 58 and ip6[40] >= 133 and ip6[40] <= 136)"
         " and not (ip6 and ip6[6] == 0)")

UDHCPC = """#!/bin/sh
case "$1" in bound|renew) ;; *) exit 0 ;; esac
ip addr replace "$ip/$mask" dev "$interface"
set -- $staticroutes
while [ $# -ge 2 ]; do ip route replace "$1" via "$2" dev "$interface"; shift 2; done
"""


# ---- what is seen on the wire ----

class Capture:
    """What one side puts on the wire, or in `where` on a device."""

    def __init__(self, lab, side, expression=CLEAR, where=None, device=None, port=None):
        self.lab, self.side = lab, side
        self.way_out = "out1" if port else "out0"
        self.is_wire = device is None
        name = f"capture-{side.name}-{time.monotonic_ns()}"
        self.out, self.err = lab.folder / f"{name}.txt", lab.folder / f"{name}.err"
        ways = ["ip", "netns", "exec", lab.wire] if self.is_wire else where.inside([])
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [*ways, "tcpdump", "-i", device or port or f"port{side.number}",
                 "-Q", "in" if self.is_wire else "inout", "-n", "-l", "--immediate-mode", expression],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
                preexec_fn=die_with_parent)
        lab.started.append(self.process)
        wait_until(lambda: b"listening" in self.err.read_bytes(), 5, "a listening tcpdump")

    def lines(self):
        return [line for line in self.out.read_text().splitlines() if SENTINEL not in line]

    def seen(self):
        """The packets so far; a frame that no packet filter holds back proves that it listens."""
        if self.is_wire:
            before = self.out.read_text().count(SENTINEL)
            self.side.run("python3", "-c", FRAME, self.way_out)
            wait_until(lambda: self.out.read_text().count(SENTINEL) > before, 5, "the sentinel")
        return self.lines()


FRAME = f"""
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 1, 17, 0, socket.inet_aton("198.51.100.2"),
                 socket.inet_aton("{SENTINEL}"))
s.sendto(ip + struct.pack("!HHHH", 9, 9, 8, 0), (sys.argv[1], 0x0800, 0, 0, b"\\xff" * 6))
"""


def in_clear(capture, what="packets in clear"):
    lines = capture.seen()
    print(f"# {what}: {len(lines)}", flush=True)
    check(not lines, f"{what}: {len(lines)}, the first:\n" + "\n".join(lines[:5]))


def leaks(capture):
    lines = capture.seen()
    print(f"# without the protection, packets in clear: {len(lines)}", flush=True)
    check(lines, "the attack was not seen where nothing keeps it off")


# ---- the people ----

class Place:
    """The lab, and a client on its way to a tunnel."""

    def __init__(self, guard="tunnel", nets=EVERYTHING, addresses=None, extra=(), routing=(),
                 server=None, dns=(f"servers = {RESOLVER}",), lab=None):
        self.lab = lab or Lab("server", "client", "thief")
        self.thief = self.lab.sides.get("thief", self.lab.sides["server"])
        self.guard, self.nets, self.extra = guard, nets, extra
        self.routing, self.server, self.dns, self.addresses = routing, server, dns, addresses

    def __enter__(self):
        lab = self.lab.__enter__()
        try:
            self._furnish()
        except BaseException:
            lab.__exit__(*sys.exc_info())
            raise
        return self

    def _furnish(self):
        lab = self.lab
        self.peer, its, mine, _ = gateway(lab)
        for address in (f"{WEB}/32", f"{WEB6}/128"):
            lab.server.run("ip", "addr", "add", address, "dev", "lo")
        self.home()
        # The machine's own /var/lib shows through; what adit keeps there is this side's alone.
        lab.client.run("sh", "-c", "mount -t tmpfs none /var/lib && mkdir /var/lib/adit")
        peer = Peer(its.public, self.nets, self.server or endpoint(lab.server, 51820))
        more = {"addresses": self.addresses} if self.addresses else {}
        self.conf = profile(lab, "office", mine, peer, sections=[
            "[routing]", f"mtu = {MTU}", *self.routing, "[dns]", *self.dns,
            "[guard]", f"mode = {self.guard}", *self.extra], **more)
        self.capture = Capture(lab, lab.client)

    def home(self):
        """The ways of an ordinary network: all through the router, who is the thief."""
        self.lab.client.run("ip", "route", "replace", "default", "via", self.thief.ipv4)
        self.lab.client.run("ip", "-6", "route", "replace", "default", "via", self.thief.ipv6)

    def __exit__(self, *why):
        self.lab.__exit__(*why)

    def start(self):
        self.adit = Client(self.lab.client, self.conf)
        return self.adit

    def connect(self):
        self.start().connected()
        reachable(self.lab.client, "10.99.0.1")
        return self.adit

    def talk(self, *addresses, ports=(80, 443), devices=("out0",), seconds=0):
        """A program sends to each address; the packets that its sockets accepted."""
        done = self.lab.client.run(
            "python3", HERE / "hostile_traffic.py", ",".join(addresses or (WEB, WEB6)),
            ",".join(map(str, ports)), ",".join(devices), seconds, timeout_s=30)
        return int(done.stdout)

    def talking(self, seconds, *addresses, devices=("out0",)):
        return self.lab.client.popen(
            "python3", HERE / "hostile_traffic.py", ",".join(addresses or (WEB, WEB6)), "80",
            ",".join(devices), seconds, stdout=subprocess.PIPE)

    def dhcp(self, *options):
        """A real DHCP client asks the thief's server and does what it says."""
        thief, me = self.lab.thief, self.lab.client
        script = self.lab.folder / "udhcpc.sh"
        script.write_text(UDHCPC)
        script.chmod(0o755)
        server = thief.popen(
            "dnsmasq", "--no-daemon", "--port=0", "--conf-file=/dev/null", "--interface=out0",
            "--bind-interfaces", "--leasefile-ro", "--no-ping", "--dhcp-authoritative",
            "--log-dhcp", *options, log="dnsmasq.log")
        wait_until(lambda: "started" in thief.text("dnsmasq.log"), 5, "a DHCP server")
        me.run("busybox", "udhcpc", "-f", "-q", "-n", "-i", "out0", "-s", script)
        server.terminate()
        server.wait(5)


def without_table():
    """What a client does that only puts its routes into the table that all use."""
    return {"guard": "off", "routing": ("table = 254",), "nets": ("0.0.0.0/0",)}


def needs_dhcp():
    for tool in ("dnsmasq", "busybox"):
        if not shutil.which(tool):
            return f"no program {tool}"
    return None


def needs_desktop():
    return aditd.absent() or aditd.missing()


def needs_tcpdump():
    return None if shutil.which("tcpdump") else "no program tcpdump"
