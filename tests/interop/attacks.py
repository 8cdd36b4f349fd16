#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hostile network against a tunnel: how many packets leave in clear?

      server 198.51.100.1          client .2 (adit)         thief .3
      wireguard-go, 10.99.0.1  ────── the wire ──────  DHCP, routes, spoofed packets;
      and "the web" 203.0.113.9                        the client's default router

Whatever the client puts on the wire is captured there; in clear is all but WireGuard's own
packets to the server, DHCP, and the neighbour protocol.  Each attack is also made against a
client without the protection that it is about, where it has to be seen: else the test could
not fail."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from aditd import MANAGER, DaemonLab, kill, until_up, up
import aditd
from client import ADIT, Client, profile, status
import client
from lab import Lab, die_with_parent, wait_until
from measure import ping, reachable
from tap import case, check, main, same
from wireguard_go import MTU, Keys, Peer, WireGuardGo, endpoint, gateway

HERE = pathlib.Path(__file__).parent
WEB, WEB6 = "203.0.113.9", "2001:db8:99::9"     # what the person talks to: protected
THIRD = "9.9.9.9"                               # somebody's name server
SENTINEL = "192.0.2.254"
EVERYTHING = ("0.0.0.0/0", "::/0")
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
                [*ways, "tcpdump", "-i", device or port or f"port{side.number}", "-Q", "in" if self.is_wire
                 else "inout", "-n", "-l", "--immediate-mode", expression],
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
        lab.client.run("sh", "-c", "mkdir -p /var/lib/adit && mount -t tmpfs none /var/lib/adit")
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
            "python3", HERE / "attacks_traffic.py", ",".join(addresses or (WEB, WEB6)),
            ",".join(map(str, ports)), ",".join(devices), seconds, timeout_s=30)
        return int(done.stdout)

    def talking(self, seconds, *addresses, devices=("out0",)):
        return self.lab.client.popen(
            "python3", HERE / "attacks_traffic.py", ",".join(addresses or (WEB, WEB6)), "80",
            ",".join(devices), seconds, stdout=subprocess.PIPE)

    def dhcp(self, *options):
        """A real DHCP client asks the thief's server and does what it says."""
        thief, me = self.lab.thief, self.lab.client
        script = self.lab.folder / "udhcpc.sh"
        script.write_text(UDHCPC)
        script.chmod(0o755)
        server = thief.popen(
            "dnsmasq", "--no-daemon", "--port=0", "--conf-file=/dev/null", "--interface=out0",
            "--bind-interfaces", "--leasefile-ro", "--no-ping", "--dhcp-authoritative", "--log-dhcp",
            *options, log="dnsmasq.log")
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


# ---- routes and networks by DHCP ----

def options_121(net, thief):
    return ("--dhcp-range=198.51.100.50,198.51.100.60,255.255.255.0,1h",
            f"--dhcp-option-force=121,{net},{thief.ipv4}")


def tunnel_vision(net, guard):
    with Place(guard) as place:
        place.connect()
        place.dhcp(*options_121(net, place.lab.thief))
        routes = place.lab.client.run("ip", "route", "show", "via", place.lab.thief.ipv4).stdout
        check(net.removesuffix("/32") in routes, f"the attack did not arrive: {routes}")
        check(ping(place.lab.client, WEB), "nothing arrives through the tunnel any more")
        place.talk(devices=("out0",) if guard != "off" else ())
        in_clear(place.capture)


def tunnel_vision_without(net):
    with Place(**without_table()) as place:
        place.lab.client.run("ip", "route", "del", "default")
        place.connect()
        place.dhcp(*options_121(net, place.lab.thief))
        place.talk(WEB, devices=())
        leaks(place.capture)


def local_net(guard, routing=()):
    """The network says that it is 203.0.113.0/24, where the web is, and answers for it."""
    options = ("--dhcp-range=203.0.113.50,203.0.113.60,255.255.255.0,1h",)
    place = Place(guard, routing=routing) if guard else Place(**without_table())
    with place:
        if not guard:
            place.lab.client.run("ip", "route", "del", "default")
        place.lab.thief.run("ip", "addr", "add", "203.0.113.1/24", "dev", "out0")
        place.connect()
        place.dhcp(*options)
        place.lab.thief.run("ip", "addr", "add", f"{WEB}/32", "dev", "out0")
        place.talk(WEB, devices=("out0",) if guard not in ("off", None) else ())
        if guard:
            check(ping(place.lab.client, WEB), "nothing arrives through the tunnel any more")
            in_clear(place.capture)
        else:
            leaks(place.capture)


ADVERTISE = f"""
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("out0"))
net = socket.inet_pton(socket.AF_INET6, "{WEB6}")[:8] + bytes(8)
prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 3600, 3600, 0) + net
route = struct.pack("!BBBBI", 24, 3, 128, 0x08, 3600) + socket.inet_pton(socket.AF_INET6, "{WEB6}")
s.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0x08, 1800, 0, 0) + prefix + route, ("ff02::1", 0))
"""


def advertised(guard):
    """A router's advertisement: a prefix that is the web's, and a route to it (RFC 4191)."""
    place = Place(guard) if guard else Place(**{**without_table(), "nets": EVERYTHING})
    with place:
        me = place.lab.client
        for family in ("-4", "-6") if not guard else ():
            me.run("ip", family, "route", "del", "default")
        me.run("sh", "-c", "cd /proc/sys/net/ipv6/conf/out0; echo 2 > accept_ra;"
               "echo 1 > accept_ra_defrtr; echo 1 > accept_ra_pinfo;"
               "echo 128 > accept_ra_rt_info_max_plen || true")
        place.connect()
        place.lab.thief.run("python3", "-c", ADVERTISE)
        net = WEB6.rpartition("::")[0]
        wait_until(lambda: net in me.run("ip", "-6", "route", "show", "dev", "out0").stdout, 5,
                   "the advertised route")
        place.lab.thief.run("ip", "addr", "add", f"{WEB6}/128", "dev", "out0", "nodad")
        place.talk(WEB6, devices=("out0",) if guard != "off" and guard else ())
        if guard:
            check(ping(me, WEB6), "nothing arrives through the tunnel any more")
            in_clear(place.capture)
        else:
            leaks(place.capture)


# ---- the server's address ----

def server_address(guard):
    """Other programs talk to the server's own address, also to its port."""
    place = Place(guard) if guard else Place(**without_table())
    with place:
        if not guard:
            place.lab.client.run("ip", "route", "del", "default")
        place.connect()
        place.talk(place.lab.server.ipv4, ports=(80, 51820), devices=("out0",) if guard else ())
        (in_clear if guard else leaks)(place.capture)


def server_is_spoofed(guard):
    """The network answers that the server is where the web is; nobody there speaks WireGuard."""
    with Place(guard, server="vpn.example.test:51820") as place:
        hosts = place.lab.client.folder / "etc/hosts"
        hosts.write_text(hosts.read_text() + f"{WEB} vpn.example.test\n")
        place.start()
        wait_until(lambda: "vpn.example.test" in place.adit.output(), 5, "the phase of contacting")
        place.talk(ports=(80, 51820))
        (in_clear if guard != "off" else leaks)(place.capture)


def server_is_looked_up():
    """The one thing that is asked in clear is the server's name, once: not on the way back, and not
    when a guard stayed that knows its address."""
    name = "vpn.example.test"
    with Place("always", server=f"{name}:51820", dns=()) as place:
        me, thief = place.lab.client, place.lab.thief
        (me.folder / "etc/resolv.conf").write_text(f"nameserver {thief.ipv4}\n")
        thief.popen("dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
                    "--interface=out0", "--bind-interfaces", f"--address=/{name}/{place.lab.server.ipv4}",
                    log="dnsmasq.log")
        wait_until(lambda: "started" in thief.text("dnsmasq.log"), 5, "a name server")
        place.connect()
        asked = place.capture.seen()
        same([line for line in asked if name not in line and ".53 >" not in line], [],
             "packets in clear but questions for the server")
        check(asked, "the name was not asked for")
        (worker,) = place.adit.workers()
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: ping(me, "10.99.0.1", 1), 15, "the tunnel again")
        same(place.adit.stop(), 0, "exit status")
        place.connect()
        place.talk()
        same(place.capture.seen(), asked, "packets in clear after the first question")


# ---- packets from outside ----

SPOOF = """
import socket, sys
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
tcp.settimeout(0.5)
for _ in range(5):
    udp.sendto(b"spoofed", (sys.argv[1], 7777))
try:
    tcp.connect((sys.argv[1], 7778))
except OSError:
    pass
"""


def spoofed(has_rules):
    """The thief sends to the tunnel's address what a host of the tunnel could have sent."""
    with Place("off", nets=("10.66.0.0/24", "10.99.0.0/24")) as place:
        me, thief = place.lab.client, place.lab.thief
        place.connect()
        if not has_rules:
            os.kill(place.adit.process.pid, signal.SIGSTOP)     # it would set them again
            me.run("nft", "delete", "table", "inet", "adit")
        heard = me.popen("python3", "-u", "-c",
                         "import socket\ns=socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                         "s.bind(('10.66.0.2', 7777))\nprint('bound')\n"
                         "while 1: print(s.recv(99))", log="heard.log")
        wait_until(lambda: "bound" in me.text("heard.log"), 5, "a listener")
        thief.run("ip", "route", "add", "10.66.0.2/32", "via", me.ipv4)
        thief.run("python3", "-c", SPOOF, "10.66.0.2")
        count = me.text("heard.log").count("spoofed")
        heard.kill()
        print(f"# spoofed packets that arrived: {count}", flush=True)
        if has_rules:
            same(count, 0, "spoofed packets that arrived")
            in_clear(place.capture)
        else:
            check(count, "the attack was not seen where nothing keeps it off")


# ---- programs that go past, IPv6, names ----

def bound(guard):
    with Place(guard) as place:
        place.connect()
        place.talk()
        (in_clear if guard != "off" else leaks)(place.capture)


def only_ipv4(guard):
    with Place(guard, nets=("0.0.0.0/0",), addresses=("10.66.0.2/32",)) as place:
        place.connect()
        place.talk(WEB6)
        (in_clear if guard != "off" else leaks)(place.capture)


def third_resolver(guard):
    """Names are asked of the tunnel's resolver only, also by the tunnel's own way."""
    with Place(guard) as place:
        place.connect()
        inside = Capture(place.lab, place.lab.server, "udp port 53 or udp port 853",
                         where=place.lab.server, device="wg0")
        place.talk(THIRD, ports=(53, 853))
        place.talk(RESOLVER, ports=(53,), devices=())
        wait_until(lambda: any(f"{RESOLVER}.53" in line for line in inside.lines()), 5,
                   "a question to the tunnel's resolver")
        others = [line for line in inside.lines() if THIRD in line]
        print(f"# questions to a third server through the tunnel: {len(others)}", flush=True)
        if guard == "off":
            check(others, "the question was not seen where nothing keeps it off")
            leaks(place.capture)
        else:
            same(others, [], "questions to a third server through the tunnel")
            in_clear(place.capture)


def only_some(guard):
    """A split tunnel: its networks leave through it or not at all, all others as ever."""
    with Place(guard, nets=("10.66.0.0/24", "10.99.0.0/24"), dns=()) as place:
        place.connect()
        place.talk("10.99.0.1")
        (in_clear if guard != "off" else leaks)(place.capture)
        place.talk(WEB, devices=())
        check(place.capture.seen(), "what the tunnel does not carry was held back as well")


def two_at_once():
    """Each passes the other's guard, and the end of one is not the end of the other's."""
    with Place("tunnel") as place:
        lab, me = place.lab, place.lab.client
        second = WireGuardGo(lab.server, name="wg1")
        its, mine = Keys(lab, "second-server"), Keys(lab, "second-client")
        lab.server.run("ip", "addr", "add", "10.88.0.1/32", "dev", "lo")
        second.configure(its, Peer(mine.public, ("10.67.0.2/32",)), listen_port=51821,
                         addresses=("10.67.0.1/24",))
        conf = profile(lab, "branch", mine, Peer(its.public, ("10.67.0.0/24", "10.88.0.0/24"),
                                                 endpoint(lab.server, 51821)),
                       addresses=("10.67.0.2/32",), sections=[
                           "[routing]", f"mtu = {MTU}", "priority = 50", "[guard]",
                           "mode = tunnel"])
        place.connect()
        other = Client(me, conf).connected()
        check(ping(me, "10.88.0.1") and ping(me, WEB), "one is in the other's way")
        place.talk(WEB, WEB6, "10.88.0.1")
        in_clear(place.capture, "packets in clear of two tunnels")
        same(other.stop(), 0, "exit status")
        check(ping(me, WEB), "the first tunnel went with the second")
        place.talk()
        in_clear(place.capture, "packets in clear of the first")
        Client(me, conf).connected()
        same(place.adit.stop(), 0, "exit status")
        check(ping(me, "10.88.0.1"), "the second tunnel went with the first")
        place.talk("10.88.0.1")
        in_clear(place.capture, "packets in clear of the second")
        place.talk(WEB)
        check(place.capture.seen(), "the first one's guard still holds")


# ---- what happens in a life ----

def before_it_is_up(guard):
    with Place(guard) as place:
        place.peer.stop()
        place.start()
        wait_until(lambda: place.lab.server.ipv4 in place.adit.output(), 5, "the first phase")
        place.talk()
        (in_clear if guard != "off" else leaks)(place.capture)
        same(place.adit.stop(), 0, "exit status")


def adit_is_killed(guard):
    with Place(guard) as place:
        place.connect()
        talking = place.talking(2)
        os.kill(place.adit.process.pid, signal.SIGKILL)
        place.adit.ended()
        wait_until(lambda: not place.lab.client.run("ip", "link", "show", "office", check=False)
                   .returncode == 0, 5, "the end of the device")
        talking.wait()
        place.talk()
        if guard == "off":
            leaks(place.capture)
            return
        status(place.lab.client)                    # a command that clears up
        place.talk()
        in_clear(place.capture, "packets in clear after a kill")
        lifted(place, guard)


def lifted(place, guard):
    me = place.lab.client
    me.run(ADIT, "restore")
    place.talk()
    if guard == "always":
        in_clear(place.capture, "packets in clear after `adit restore`")
        me.run(ADIT, "guard", "lift", "office")
        place.talk()
    leaks(place.capture)
    same(me.run("nft", "list", "ruleset").stdout, "", "rules that are left")


def aditd_is_killed(guard):
    """The next one clears up, and lets the guard be until somebody restores."""
    with Place(guard, lab=DaemonLab(wire=True)) as place, place.lab.caller("root") as root:
        profiles = place.lab.client.folder / "etc/adit/profiles"
        profiles.mkdir(parents=True, mode=0o700)
        shutil.copy2(place.conf, profiles)
        until_up(root, root.do(up, "office"))
        check(ping(place.lab.client, WEB), "nothing arrives through the tunnel")
        talking = place.talking(2)
        kill(place.lab.daemon)
        talking.wait()
        place.talk()
        if guard == "off":
            leaks(place.capture)
            return
        in_clear(place.capture, "packets in clear without aditd")
        place.lab.start_daemon()
        place.talk()
        in_clear(place.capture, "packets in clear with the next aditd")
        root.call(MANAGER, "Restore")
        place.talk()
        leaks(place.capture)
        same(place.lab.client.run("nft", "list", "ruleset").stdout, "", "rules that are left")


def worker_is_killed(guard):
    with Place(guard) as place:
        place.connect()
        talking = place.talking(3)
        for worker in place.adit.workers():
            os.kill(worker, signal.SIGKILL)
        talking.wait()
        (in_clear if guard != "off" else leaks)(place.capture)
        if guard != "off":
            wait_until(lambda: ping(place.lab.client, "10.99.0.1", 1), 15, "the tunnel again")


def uplink_changes(guard):
    """Another address, then another router, then the link goes and comes."""
    with Place(guard) as place:
        me = place.lab.client
        place.connect()
        talking = place.talking(3)
        me.run("ip", "addr", "del", f"{me.ipv4}/24", "dev", "out0")
        me.run("ip", "addr", "add", "198.51.100.22/24", "dev", "out0")
        place.home()
        me.run("ip", "link", "set", "out0", "down")
        me.run("ip", "link", "set", "out0", "up")
        me.run("ip", "addr", "add", f"{me.ipv6}/64", "dev", "out0", "nodad")
        place.home()
        talking.wait()
        (in_clear if guard != "off" else leaks)(place.capture)
        if guard != "off":
            wait_until(lambda: ping(me, "10.99.0.1", 1), 15, "the tunnel again")


def another_uplink(guard):
    """From the cable to the wireless network, so to speak: another device, another address."""
    with Place(guard) as place:
        lab, me = place.lab, place.lab.client
        place.connect()
        me.run("ip", "link", "add", "out1", "type", "veth", "peer", "name", "port9")
        subprocess.run(["ip", "-n", me.namespace, "link", "set", "port9", "netns", lab.wire],
                       check=True)
        subprocess.run(["ip", "-n", lab.wire, "link", "set", "port9", "master", "br0", "up"],
                       check=True)
        me.run("ip", "link", "set", "out1", "up")
        second = Capture(lab, me, port="port9")
        talking = place.talking(3, WEB, WEB6, devices=("out0", "out1"))
        me.run("ip", "addr", "add", "198.51.100.32/24", "dev", "out1")
        me.run("ip", "route", "replace", "default", "via", lab.thief.ipv4, "dev", "out1")
        me.run("ip", "link", "set", "out0", "down")
        talking.wait()
        if guard == "off":
            leaks(second)
            return
        in_clear(second, "packets in clear by the new device")
        me.run("ip", "link", "set", "out0", "up")
        in_clear(place.capture, "packets in clear by the old device")
        wait_until(lambda: ping(me, "10.99.0.1", 1), 15, "the tunnel again")


def rules_are_flushed():
    """Another firewall is loaded anew, and with it all rules go."""
    with Place("tunnel") as place:
        me = place.lab.client
        place.connect()
        me.run("nft", "flush", "ruleset")
        wait_until(lambda: "out-office" in me.run("nft", "list", "ruleset").stdout, 2, "the guard")
        before = len(place.capture.seen())
        place.talk()
        same(len(place.capture.seen()), before, "packets in clear after the rules are back")
        same(place.adit.stop(), 0, "exit status")
        same(me.run("nft", "list", "ruleset").stdout, "", "rules that are left")


def suspended(guard):
    with Place(guard) as place:
        place.connect()
        pids = [place.adit.process.pid, *place.adit.workers()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        place.talk(seconds=1.5)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        place.talk(seconds=0.5)
        (in_clear if guard != "off" else leaks)(place.capture)


def container(guard):
    """A machine behind this one, whose packets are forwarded; adit is killed meanwhile."""
    with Place(guard) as place:
        me, name = place.lab.client, place.lab.client.namespace + "box"
        subprocess.run(["ip", "netns", "add", name], check=True)
        place.lab.at_close.append(lambda: subprocess.run(["ip", "netns", "del", name]))
        subprocess.run(["ip", "-n", me.namespace, "link", "add", "box0", "type", "veth", "peer",
                        "name", "eth0", "netns", name], check=True)
        me.run("sh", "-c", "ip addr add 172.30.0.1/24 dev box0; ip link set box0 up;"
               "echo 1 > /proc/sys/net/ipv4/ip_forward")
        inside = ["ip", "netns", "exec", name]
        subprocess.run([*inside, "sh", "-c", "ip addr add 172.30.0.2/24 dev eth0;"
                        "ip link set eth0 up; ip route add default via 172.30.0.1"], check=True)
        place.connect()
        os.kill(place.adit.process.pid, signal.SIGKILL)
        place.adit.ended()
        for _ in range(2):
            subprocess.run([*inside, "ping", "-n", "-c", "2", "-i", "0.1", "-W", "0.3", WEB],
                           capture_output=True)
        (in_clear if guard != "off" else leaks)(place.capture)


def restarted():
    """always: after `down`, and after a boot from what was kept, as the unit does it."""
    with Place("always") as place:
        me = place.lab.client
        place.connect()
        me.run(ADIT, "down", "office")
        place.adit.ended()
        place.talk()
        in_clear(place.capture, "packets in clear after `adit down`")
        me.run("sh", "-c", "nft flush ruleset; rm -rf /run/adit")
        me.run(ADIT, "guard", "up")
        place.talk()
        in_clear(place.capture, "packets in clear after a boot")
        place.connect()
        check(ping(me, WEB), "nothing arrives through the tunnel")
        in_clear(place.capture, "packets in clear while it is up again")
        same(place.adit.stop(), 0, "exit status")
        lifted(place, "always")


def taken_over():
    """adit is killed and started again: there is no moment between."""
    with Place("tunnel") as place:
        place.connect()
        talking = place.talking(4)
        os.kill(place.adit.process.pid, signal.SIGKILL)
        place.adit.ended()
        place.connect()
        talking.wait()
        in_clear(place.capture)
        same(place.adit.stop(), 0, "exit status")
        same(place.lab.client.run("nft", "list", "ruleset").stdout, "", "rules that are left")


# ---- the program's own attacks ----

def without_counts(state):
    return {**state, "nft": re.sub(r"packets \d+ bytes \d+", "", state["nft"])}


def own_test(guard):
    with Place(guard) as place:
        me = place.lab.client
        place.connect()
        before = without_counts(me.state())
        done = me.run(ADIT, "leak-test", "--json", check=False)
        report = json.loads(done.stdout)
        for attack in report["attacks"]:
            print(f"# {attack['attack']}: past it {attack['clear']}, through it "
                  f"{attack['through']}, skipped: {attack['skipped']}", flush=True)
            same(attack["skipped"], None, attack["attack"])
        same(done.returncode, 0 if guard != "off" else 8, "exit status")
        same(report["leaks"] == 0, guard != "off", "no leaks")
        found = {attack["attack"]: attack for attack in report["attacks"]}
        for name in ("dhcp-route-1", "dhcp-route-2", "dhcp-route-32", "local-net"):
            same(found[name]["clear"], 0, f"packets in clear by {name}")
            check(found[name]["through"], f"nothing went through the tunnel by {name}")
        same(without_counts(me.state()), before, "the machine afterwards")
        (in_clear if guard != "off" else leaks)(place.capture)


def own_test_is_killed():
    """Whatever moment it dies at, nothing hostile is left."""
    with Place("tunnel") as place:
        me = place.lab.client
        place.connect()
        before = me.ip("route", "show", "table", "main")
        for delay_s in (0.05, 0.1, 0.2, 0.3):
            test = me.popen(ADIT, "leak-test", "office")
            try:
                test.wait(delay_s)
            except subprocess.TimeoutExpired:
                test.kill()
                test.wait()
            wait_until(lambda: len(status(me)) == 1 and status(me)[0]["state"] == "up", 15, "it")
            same(me.ip("route", "show", "table", "main"), before, "routes afterwards")
            check(me.run("ip", "link", "show", "adit-hostile", check=False).returncode,
                  "the hostile device is still there")


NETS = {"/1": "128.0.0.0/1", "/2": "192.0.0.0/2", "/32": f"{WEB}/32"}

for size, net in NETS.items():
    case(f"TunnelVision, a route of {size} by DHCP", tunnel_vision, net, "tunnel",
         needs=needs_dhcp)
    case(f"TunnelVision, a route of {size}: the own table alone", tunnel_vision, net, "off",
         needs=needs_dhcp)
    case(f"control: TunnelVision, a route of {size}", tunnel_vision_without, net,
         needs=needs_dhcp)
case("LocalNet, a public prefix", local_net, "tunnel", needs=needs_dhcp)
case("LocalNet, a public prefix, with lan = on", local_net, "tunnel", ("lan = on",),
     needs=needs_dhcp)
case("control: LocalNet, a public prefix", local_net, None, needs=needs_dhcp)
case("a router's advertisement", advertised, "tunnel")
case("a router's advertisement: the own table alone", advertised, "off")
case("control: a router's advertisement", advertised, None)
case("two tunnels at once", two_at_once)
case("ServerIP: others talk to the server's address", server_address, "tunnel")
case("control: ServerIP", server_address, None)
case("ServerIP: the server's name leads elsewhere", server_is_spoofed, "tunnel")
case("control: the server's name leads elsewhere", server_is_spoofed, "off")
case("the server's name is asked once", server_is_looked_up, needs=needs_dhcp)
case("spoofed packets to the tunnel's address, guard off", spoofed, True)
case("control: spoofed packets", spoofed, False)
PAIRS = (("a socket bound to the uplink", bound), ("IPv6 beside a tunnel of IPv4", only_ipv4),
         ("names asked of a third server", third_resolver),
         ("a split tunnel", only_some), ("before it is up", before_it_is_up),
         ("the worker is killed", worker_is_killed), ("the uplink changes", uplink_changes),
         ("another device becomes the uplink", another_uplink),
         ("suspended", suspended), ("a container, adit killed", container))
for sentence, function in PAIRS:
    case(sentence, function, "tunnel")
    case(f"control: {sentence}", function, "off")
case("all rules of the packet filter are flushed", rules_are_flushed)
for mode in ("tunnel", "always"):
    case(f"adit is killed, guard.mode = {mode}", adit_is_killed, mode)
case("control: adit is killed", adit_is_killed, "off")
case("aditd is killed", aditd_is_killed, "tunnel", needs=needs_desktop)
case("control: aditd is killed", aditd_is_killed, "off", needs=needs_desktop)
case("adit is killed and started again", taken_over)
case("always: down, boot, up, lifted", restarted)
case("adit leak-test finds nothing", own_test, "tunnel")
case("control: adit leak-test finds what there is", own_test, "off")
case("adit leak-test is killed", own_test_is_killed)
main(lambda: client.missing() or needs_tcpdump())
