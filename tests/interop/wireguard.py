#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""adit against wireguard-go, Debian's and its backports', over IPv4 and IPv6: connecting,
carrying, telling the truth about it, leaving no trace."""

import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import ADIT, Client, profile, status
import client
from lab import Lab
from measure import ping, sha_transfer
from tap import case, check, main, same
from wireguard_go import (BEHIND_GATEWAY, CLIENT_INNER, EVERYTHING, Keys, Peer, backports_wireguard_go,
                          endpoint, gateway, lacks_backports, preshared_key, wg_quick)

PORT = 51820


def program(which):
    return "wireguard-go" if which == "Debian's" else backports_wireguard_go()


def configured(lab, which="Debian's", family=4, psk=False, nets=BEHIND_GATEWAY, keepalive=0,
               **more):
    """A gateway on one side; the path of the file for the other, and the peer in it."""
    _, server, mine, shared = gateway(lab, program(which), psk)
    peer = Peer(server.public, nets, endpoint(lab.server, PORT, family), shared, keepalive)
    return wg_quick(lab, "office", mine, peer, **more), peer, mine


def carries(lab):
    for inner in ("10.66.0.1", "10.99.0.1", "fd66::1", "fd99::1"):
        check(ping(lab.client, inner), f"{inner} did not answer")
    check(ping(lab.server, "10.66.0.2"), "10.66.0.2 did not answer its gateway")
    sha_transfer(lab.client, lab.server, "10.99.0.1")
    sha_transfer(lab.server, lab.client, "10.66.0.2")
    sha_transfer(lab.client, lab.server, "fd99::1")
    sha_transfer(lab.server, lab.client, "fd66::2")


def connects(which, family, psk):
    with Lab() as lab:
        conf, _, _ = configured(lab, which, family, psk)
        Client(lab.client, conf).connected()
        carries(lab)


def shows_what_is_configured():
    with Lab() as lab:
        conf, peer, mine = configured(lab, psk=True, keepalive=25, listen_port=40000)
        adit = Client(lab.client, conf).connected()
        check(ping(lab.client, "10.99.0.1"), "no echo")
        shown = adit.show()
        same(shown["public-key"], mine.public, "public key")
        same(shown["listen-port"], 40000, "listen port")
        same(list(shown["peers"]), [peer.public_key], "peers")
        one = shown["peers"][peer.public_key]
        same(one["endpoint"], peer.endpoint, "endpoint")
        same(one["allowed-ips"], sorted(peer.allowed_ips), "allowed IPs")
        same(one["keepalive"], 25, "keepalive")
        same(one["preshared-key"], True, "preshared key")
        check(one["latest-handshake"] > 0 and one["rx"] > 0 and one["tx"] > 0, f"{one}")


def says_its_status():
    with Lab() as lab:
        conf, peer, _ = configured(lab, dns=("10.99.0.1",))
        adit = Client(lab.client, conf).connected()
        before = adit.tunnel()
        check(ping(lab.client, "10.99.0.1", 10), "no echo")
        tunnel = adit.tunnel()
        same(tunnel["name"], "office", "name")
        same(tunnel["protocol"], "wireguard", "protocol")
        same(tunnel["state"], "up", "state")
        same(sorted(tunnel["addresses"]), sorted(CLIENT_INNER), "addresses")
        same(sorted(tunnel["routes"]), sorted(peer.allowed_ips), "routes")
        same(tunnel["dns"]["servers"], ["10.99.0.1"], "dns")
        same(tunnel["endpoint"], peer.endpoint, "endpoint")
        same(tunnel["data-path"], "user", "data path")
        for way in ("rx", "tx"):
            more = tunnel[way]["packets"] - before[way]["packets"]
            check(10 <= more <= 12, f"{way} counted {more} packets for ten echoes")
        same([l["mtu"] for l in lab.client.ip("link", "show", tunnel["interface"])], [1420], "MTU")


def leaves_no_trace(ending, **more):
    with Lab() as lab:
        conf, _, _ = configured(lab, **more)
        lab.client.run("ip", "route", "add", "default", "via", lab.server.ipv4)
        before = lab.client.state()
        adit = Client(lab.client, conf).connected()
        check(ping(lab.client, "10.99.0.1"), "no echo")
        during = lab.client.state()
        check(during["link"] != before["link"], "no device was made")
        check("dns" not in more or "10.99.0.1" in during["resolv.conf"], "the DNS was not set")
        if ending == "adit down":
            lab.client.run(ADIT, "down", "office")
            same(adit.ended(), 0, "exit status")
        else:
            same(adit.stop(ending), 0, "exit status")
        for what, was in before.items():
            same(lab.client.state()[what], was, what)
        same(status(lab.client), [], "tunnels afterwards")
        sockets = lab.client.folder / "run/wireguard"
        same(list(sockets.glob("*")), [], "control sockets afterwards")


def takes_everything(family):
    """AllowedIPs 0.0.0.0/0 and ::/0: the way to the gateway itself stays outside."""
    with Lab() as lab:
        conf, _, _ = configured(lab, family=family, nets=EVERYTHING)
        Client(lab.client, conf).connected()
        carries(lab)
        for address in ("192.0.2.7", "2001:db8:7::7"):
            device = lab.client.ip("route", "get", address)[0]["dev"]
            check(device != "out0", f"{address} does not go through the tunnel")


def comes_back_as_written():
    """import, export: what a wg-quick file says is still there."""
    with Lab() as lab:
        conf, peer, mine = configured(lab, psk=True, keepalive=25, dns=("10.99.0.1",))
        lab.client.run(ADIT, "import", conf)
        stored = lab.client.folder / "etc/adit/profiles/office.conf"
        same(stored.stat().st_mode & 0o777, 0o600, "the stored profile's mode")
        text = lab.client.run(ADIT, "export", "--secrets", "office").stdout
        found = {tuple(part.strip() for part in line.split("=", 1))
                 for line in text.splitlines() if "=" in line}
        for line in conf.read_text().splitlines():
            if "=" in line:
                pair = tuple(part.strip() for part in line.split("=", 1))
                check(pair in found, f"{pair[0]} is not in the exported file as it was")


def native_profile():
    with Lab() as lab:
        _, server, mine, shared = gateway(lab, psk=True)
        peer = Peer(server.public, BEHIND_GATEWAY, endpoint(lab.server, PORT), shared)
        Client(lab.client, profile(lab, "office", mine, peer)).connected()
        carries(lab)


def refused(wrong):
    """A peer that does not know our key, or another preshared key, stays silent by design."""
    with Lab() as lab:
        _, server, mine, shared = gateway(lab, psk=True)
        public = Keys(lab, "stranger").public if wrong == "public key" else server.public
        psk = preshared_key(lab, "other") if wrong == "preshared key" else shared
        keys = Keys(lab, "nobody") if wrong == "private key" else mine
        before = lab.client.state()
        peer = Peer(public, BEHIND_GATEWAY, endpoint(lab.server, PORT), psk)
        adit = Client(lab.client, wg_quick(lab, "office", keys, peer))
        same(adit.ended(120), 4, "exit status")
        check(lab.server.ipv4 in adit.output(), "the sentence does not name the server")
        check(not adit.is_connected(), "it said that it was connected")
        same(lab.client.state(), before, "the machine's state")


for wrong in ("public key", "private key", "preshared key"):
    case(f"a wrong {wrong} is told as no answer of the server", refused, wrong)
for which in ("Debian's", "backports'"):
    for family in (4, 6):
        for psk in (False, True):
            case(f"connects and carries: {which} wireguard-go, IPv{family} outside"
                 f"{', preshared key' if psk else ''}", connects, which, family, psk,
                 needs=None if which == "Debian's" else lacks_backports)
case("wg shows what is configured", shows_what_is_configured)
case("status tells the truth", says_its_status)
case("a native profile connects", native_profile)
case("an imported file is exported as it was", comes_back_as_written)
case("everything through the tunnel, IPv4 outside", takes_everything, 4)
case("everything through the tunnel, IPv6 outside", takes_everything, 6)
case("SIGTERM leaves no trace", leaves_no_trace, signal.SIGTERM)
case("SIGINT leaves no trace of a full tunnel with DNS",
     lambda: leaves_no_trace(signal.SIGINT, nets=EVERYTHING, dns=("10.99.0.1",)))
case("adit down leaves no trace", leaves_no_trace, "adit down")
main(client.missing, at_once=3)
