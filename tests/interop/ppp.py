#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""L2TP and PPTP against servers that others wrote: SoftEther in a namespace, xl2tpd and pptpd with pppd
and the kernel's PPP in a guest."""

import pathlib
import signal
import sys

sys.dont_write_bytecode = True
LAB = pathlib.Path(__file__).parents[1] / "lab"
sys.path.insert(0, str(LAB))

from client import Client
import client
import guest
from guest import ppp_guest
from lab import Lab, wait_until
from measure import ping, reachable
from ppp_profile import PASSWORD, PPTPD, XL2TPD, XL2TPD_ANEW, profile
import softether
from softether import SoftEther
from tap import case, check, main, same

LAN = "10.99.0.1"


def carries(lab, conf, inner, *, auth, notes=(), within_s=20):
    """Connects, carries, hangs up; what was is as before."""
    before = lab.client.state()
    adit = Client(lab.client, conf).connected(within_s)
    tunnel = adit.tunnel()
    same(tunnel["notes"]["auth"], auth, "auth")
    for key, value in dict(notes).items():
        same(tunnel["notes"][key], value, key)
    reachable(lab.client, inner)
    check(ping(lab.client, LAN), f"{LAN} did not answer")
    same(adit.stop(signal.SIGINT), 0, "exit status")
    same(lab.client.state(), before, "the client's network")
    return tunnel


def refused(lab, conf, status, *words, timeout_s=40):
    """Ends with that exit status and a sentence with these words."""
    before = lab.client.state()
    adit = Client(lab.client, conf)
    same(adit.ended(timeout_s), status, f"exit status after {adit.output()!r}")
    for word in words:
        check(word in adit.output(), f"{word!r} is not in {adit.output()!r}")
    same(lab.client.state(), before, "the client's network")


# ---- SoftEther ----

def softether_carries(auth, name):
    def run():
        with Lab() as lab:
            server = SoftEther(lab.server)
            conf = profile(lab, "l2tp", lab.server.ipv4, f"auth = {auth}", user=softether.USER,
                           password=softether.PASSWORD,
                           connection=["legacy = yes"] if auth == "pap" else [])
            for _ in range(2):      # and at once again
                tunnel = carries(lab, conf, softether.INNER, auth=name)
                check(tunnel["addresses"][0].startswith(softether.ADDRESSES), "addresses")
                same(tunnel["dns"]["servers"], [softether.DNS], "name servers")
            wait_until(lambda: softether.USER not in server.sessions(), 5, "the end of the session")
    return run


def softether_refuses():
    with Lab() as lab:
        SoftEther(lab.server)
        conf = profile(lab, "l2tp", lab.server.ipv4, "auth = mschapv2", user=softether.USER, password="wrong")
        refused(lab, conf, 3, "password")


# ---- in a guest ----

def in_guest(script, kind, inner, *keys, auth, env=None, notes=(), connection=()):
    def run():
        with Lab("client", wire=True) as lab:
            server = ppp_guest(lab, f"servers/{script}.sh", 11, **(env or {}))
            conf = profile(lab, kind, server.ipv4, *keys, connection=connection)
            carries(lab, conf, inner, auth=auth, notes=notes)
    return run


def guest_refuses(script, kind, status, words, *keys, env=None, password=PASSWORD, connection=()):
    def run():
        with Lab("client", wire=True) as lab:
            server = ppp_guest(lab, f"servers/{script}.sh", 11, **(env or {}))
            conf = profile(lab, kind, server.ipv4, *keys, password=password, connection=connection)
            refused(lab, conf, status, *words)
    return run


def moves_data(script, kind, inner, *keys):
    def run():
        with Lab("client", wire=True) as lab:
            server = ppp_guest(lab, f"servers/{script}.sh", 11)
            adit = Client(lab.client, profile(lab, kind, server.ipv4, *keys)).connected(20)
            reachable(lab.client, inner)
            done = lab.client.run("iperf3", "-J", "-c", inner, "-t", "2", timeout_s=30)
            check('"bits_per_second"' in done.stdout, done.stdout)
            same(adit.stop(), 0, "exit status")
    return run


def server_restarts():
    """The server loses its memory and says no goodbye; the tunnel comes back by itself."""
    with Lab("client", wire=True) as lab:
        server = ppp_guest(lab, "servers/xl2tpd.sh", 11)
        adit = Client(lab.client, profile(lab, "l2tp", server.ipv4, "echo = 1", "hello = 2")).connected(20)
        reachable(lab.client, XL2TPD)
        interface = adit.interface()
        server.run("sh", "-c", XL2TPD_ANEW)
        wait_until(lambda: "Next try" in adit.output() or "Trying again" in adit.output(), 60, "a new try")
        wait_until(lambda: ping(lab.client, XL2TPD, 1, wait_s=1), 60, "the tunnel again")
        same(adit.interface(), interface, "device")
        same(adit.stop(signal.SIGINT), 0, "exit status")


def fails_over():
    """The first server of the profile says nothing, which takes a while to believe; the second takes the call."""
    with Lab("client", "dead", wire=True) as lab:
        server = ppp_guest(lab, "servers/xl2tpd.sh", 11)
        conf = profile(lab, "l2tp", f"{lab.dead.ipv4}, {server.ipv4}")
        tunnel = carries(lab, conf, XL2TPD, auth="MS-CHAPv2", within_s=80)
        same(tunnel["notes"]["endpoint"], server.ipv4, "endpoint")


def in_a_guest(sentence, function):
    case(sentence, function, needs=guest.missing_ppp)


# What waits longest comes first.
in_a_guest("xl2tpd: the first of two servers is dead", fails_over)
in_a_guest("xl2tpd: the server starts anew", server_restarts)
case("SoftEther: MS-CHAPv2, address, DNS, traffic, hang-up, again", softether_carries("mschapv2", "MS-CHAPv2"),
     needs=softether.missing)
case("SoftEther: PAP by consent", softether_carries("pap", "PAP"), needs=softether.missing)
case("SoftEther: wrong password", softether_refuses, needs=softether.missing)

MPPE = {"mppe": 128, "mppe-mode": "stateless"}
in_a_guest("pptpd: MPPE-128 stateless", in_guest("pptpd", "pptp", PPTPD, auth="MS-CHAPv2", notes=MPPE))
in_a_guest("pptpd: MPPE-128 stateful", in_guest(
    "pptpd", "pptp", PPTPD, "stateful = yes", auth="MS-CHAPv2", env={"STATEFUL": 1},
    notes={"mppe": 128, "mppe-mode": "stateful"}))
in_a_guest("pptpd: MPPE-40 by consent", in_guest(
    "pptpd", "pptp", PPTPD, "mppe = 40", auth="MS-CHAPv2", env={"MPPE": 40}, notes={"mppe": 40},
    connection=["legacy = yes"]))
in_a_guest("pptpd: wrong password", guest_refuses("pptpd", "pptp", 3, ["password"], password="wrong"))
in_a_guest("pptpd: no MPPE", guest_refuses("pptpd", "pptp", 5, ["encrypt"], env={"MPPE": "none"}))
in_a_guest("pptpd: IPV6CP", in_guest("pptpd", "pptp", PPTPD, auth="MS-CHAPv2", env={"IPV6CP": 1}))
in_a_guest("pptpd: carries a stream", moves_data("pptpd", "pptp", PPTPD))
in_a_guest("xl2tpd: CHAP", in_guest("xl2tpd", "l2tp", XL2TPD, auth="CHAP", env={"AUTH": "chap"}))
in_a_guest("xl2tpd: MS-CHAPv2, IPv6", in_guest("xl2tpd", "l2tp", XL2TPD, auth="MS-CHAPv2", env={"IPV6CP": 1}))
in_a_guest("xl2tpd: EAP", in_guest("xl2tpd", "l2tp", XL2TPD, "auth = eap", auth="EAP-MD5", env={"AUTH": "eap"}))
in_a_guest("xl2tpd: tunnel secret", in_guest("xl2tpd", "l2tp", XL2TPD, "tunnel-secret = tunnelsecret",
                                             auth="MS-CHAPv2", env={"CHALLENGE": 1}))
in_a_guest("xl2tpd: carries a stream", moves_data("xl2tpd", "l2tp", XL2TPD))
main(client.missing, at_once=4)
