#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a hostile network and careless programs do to a tunnel, and how many packets leave in clear.
Each attack is also made against a client without the protection that it is about, where it has to
be seen: else the test could not fail."""

import os
import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

import client
from hostile import (EVERYTHING, RESOLVER, THIRD, WEB, WEB6, Capture, Place, in_clear, leaks,
                     needs_dhcp, needs_tcpdump, without_table)
from lab import wait_until
from measure import ping
from tap import case, check, main, same


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
        # A kernel without RFC 4191 has no last file; the prefix alone is an attack, too.
        me.run("sh", "-ec", "cd /proc/sys/net/ipv6/conf/out0; echo 2 > accept_ra;"
               "echo 1 > accept_ra_defrtr; echo 1 > accept_ra_pinfo;"
               "[ ! -e accept_ra_rt_info_max_plen ] || echo 128 > accept_ra_rt_info_max_plen")
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
                    "--interface=out0", "--bind-interfaces",
                    f"--address=/{name}/{place.lab.server.ipv4}", log="dnsmasq.log")
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
case("ServerIP: others talk to the server's address", server_address, "tunnel")
case("control: ServerIP", server_address, None)
case("ServerIP: the server's name leads elsewhere", server_is_spoofed, "tunnel")
case("control: the server's name leads elsewhere", server_is_spoofed, "off")
case("the server's name is asked once", server_is_looked_up, needs=needs_dhcp)
case("spoofed packets to the tunnel's address, guard off", spoofed, True)
case("control: spoofed packets", spoofed, False)
for sentence, function in (("a socket bound to the uplink", bound),
                           ("IPv6 beside a tunnel of IPv4", only_ipv4),
                           ("names asked of a third server", third_resolver),
                           ("a split tunnel", only_some)):
    case(sentence, function, "tunnel")
    case(f"control: {sentence}", function, "off")
main(lambda: client.missing() or needs_tcpdump(), at_once=3)
