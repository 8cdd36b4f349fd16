#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""L2TP and PPTP against servers that others wrote: SoftEther in a namespace, xl2tpd and pptpd with pppd
and the kernel's PPP in a guest."""

import pathlib
import re
import signal
import sys
import time

sys.dont_write_bytecode = True
LAB = pathlib.Path(__file__).parents[1] / "lab"
sys.path.insert(0, str(LAB))

from client import Client
import client
import guest
from guest import ppp_guest
from lab import Lab, wait_until
from measure import ping, reachable
from pki import Authority
from ppp_profile import PASSWORD, PPTPD, XL2TPD, XL2TPD_ANEW, profile
import softether
from softether import SoftEther
from tap import case, check, main, same

LAN, LAN_6 = "10.99.0.1", "fd99::1"


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


def carries_ipv6(script, kind):
    """The link's own address, one made of the router's prefix, and what is behind the router."""
    def run():
        with Lab("client", wire=True) as lab:
            server = ppp_guest(lab, f"servers/{script}.sh", 11, IPV6CP=1)
            server.popen("python3", LAB / "advertise.py", "2001:db8:65::", LAN_6)
            adit = Client(lab.client, profile(lab, kind, server.ipv4)).connected(20)
            ours = lambda: [a for a in adit.tunnel()["addresses"] if a.startswith("2001:db8:65:")]
            wait_until(ours, 10, "an address of the router's prefix")
            check(LAN_6 in adit.tunnel()["dns"]["servers"], "the router's name server")
            theirs = server.run("ip", "-6", "-o", "addr", "show", "dev", "ppp0").stdout
            link_local = re.search(r"inet6 (fe80:\S+)", theirs)[1]
            for address in (f"{link_local}%{adit.interface()}", "2001:db8:65::1", LAN_6):
                check(ping(lab.client, address), f"{address} did not answer")
            source = lab.client.run("ip", "-6", "route", "get", LAN_6).stdout
            check(f"dev {adit.interface()}" in source and ours()[0].split("/")[0] in source, source)
            same(adit.stop(signal.SIGINT), 0, "exit status")
    return run


# ---- by certificates ----

def certificates(lab):
    """A CA with a server, one whose time is over, and alice; and another CA with an alice of its own."""
    ours = Authority(lab.folder / "pki").sign("vpn.example.org", "serverAuth").sign("alice", "clientAuth")
    ours.sign("late.example.org", "serverAuth", days=-1)
    return ours, Authority(lab.folder / "other").sign("alice", "clientAuth")


def by_certificate(lab, kind, server, ca, of, *keys, key=None, name="vpn.example.org", user="alice"):
    return profile(lab, kind, server.ipv4, "auth = eap", f"ca = {ca.certificate()}", f"server-name = {name}",
                   f"certificate = {of.certificate('alice')}", f"key-source = file:{key or of.key('alice')}",
                   *keys, user=user, password=None)


def certificates_carry(script, kind, inner, notes=(), passphrase=None, env=None):
    def run():
        with Lab("client", wire=True) as lab:
            ca, _ = certificates(lab)
            server = ppp_guest(lab, f"servers/{script}.sh", 11, AUTH="eap", EAPTLS=ca.folder, **(env or {}))
            keys = [f"key-passphrase = {passphrase}"] if passphrase else []
            conf = by_certificate(lab, kind, server, ca, ca, *keys,
                                  key=ca.lock("alice", passphrase) if passphrase else None)
            tunnel = carries(lab, conf, inner, auth="EAP-TLS", notes=notes)
            check("BEGIN" not in str(tunnel), "what is in a file is told in the status")
    return run


def softether_certifies():
    with Lab() as lab:
        ca = Authority(lab.folder / "pki", rsa=True)
        ca.sign("vpn.example.org", "serverAuth").sign("alice", "clientAuth")
        SoftEther(lab.server).certify(ca, "vpn.example.org", "alice")
        carries(lab, by_certificate(lab, "l2tp", lab.server, ca, ca), softether.INNER, auth="EAP-TLS")


def certificates_refused():
    """Each for its reason, and never taken for another."""
    with Lab("client", wire=True) as lab:
        ours, other = certificates(lab)
        server = ppp_guest(lab, "servers/xl2tpd.sh", 11, AUTH="eap", EAPTLS=ours.folder)
        for ca, of, keys, words, status in (
                (other, ours, {}, "not from the CA", 6),
                (ours, ours, {"name": "another.example.org"}, "not that of another.example.org", 6),
                (ours, ours, {"name": "late.example.org", "user": "late"}, "has expired", 6),
                (ours, other, {}, "did not accept our certificate", 3),
                (ours, ours, {"key": ours.key("vpn.example.org")}, "does not belong to the certificate", 2),
                (ours, ours, {"key": ours.lock("alice", "open sesame")}, "is encrypted", 3)):
            refused(lab, by_certificate(lab, "l2tp", server, ca, of, **keys), status, words)


def accounts_refused():
    """pppd asks a RADIUS server, which has a code of MS-CHAPv2 for each."""
    with Lab("client", wire=True) as lab:
        server = ppp_guest(lab, "servers/xl2tpd.sh", 11, RADIUS=1)
        for code, words in ((646, "may not sign in at this time"), (647, "is disabled"),
                            (648, "password has expired"), (649, "no permission to dial in"),
                            (691, "did not accept the user name"), (709, "did not accept the new password")):
            refused(lab, profile(lab, "l2tp", server.ipv4, user=f"u{code}"), 3, words)


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


def hangs_up(script, kind, inner, calls):
    """The server ends the call, which stood for a while: it is placed anew, where the server keeps the tunnel in that."""
    def run():
        with Lab("client", wire=True) as lab:
            server = ppp_guest(lab, f"servers/{script}.sh", 11)
            adit = Client(lab.client, profile(lab, kind, server.ipv4)).connected(20)
            reachable(lab.client, inner)
            interface, since = adit.interface(), time.monotonic()
            wait_until(lambda: time.monotonic() - since > 11, 15, "a call that stood for a while")
            server.run("sh", "-c", "kill $(pidof pppd)")
            wait_until(lambda: adit.output().count("connected") == 2, 20, "being connected again")
            reachable(lab.client, inner)
            same(adit.interface(), interface, "device")
            same(adit.tunnel()["notes"].get("calls"), calls, "calls in this tunnel")
            same(adit.stop(signal.SIGINT), 0, "exit status")
    return run


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
in_a_guest("xl2tpd: hangs up, and takes the next call in the same tunnel", hangs_up("xl2tpd", "l2tp", XL2TPD, 2))
in_a_guest("pptpd: hangs up, and its connection goes with its call", hangs_up("pptpd", "pptp", PPTPD, None))
case("SoftEther: MS-CHAPv2, address, DNS, traffic, hang-up, again", softether_carries("mschapv2", "MS-CHAPv2"),
     needs=softether.missing)
case("SoftEther: PAP by consent", softether_carries("pap", "PAP"), needs=softether.missing)
case("SoftEther: EAP-TLS", softether_certifies, needs=softether.missing)
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
in_a_guest("pptpd: IPv6 of the link and of a router, under MPPE", carries_ipv6("pptpd", "pptp"))
in_a_guest("pptpd: EAP-TLS, MPPE-128", certificates_carry("pptpd", "pptp", PPTPD, notes=MPPE))
in_a_guest("pptpd: EAP-MSCHAPv2, MPPE-128", in_guest(
    "pptpd", "pptp", PPTPD, "auth = eap", auth="EAP-MSCHAPv2", env={"AUTH": "eap"}, notes=MPPE))
in_a_guest("pptpd: carries a stream", moves_data("pptpd", "pptp", PPTPD))
in_a_guest("xl2tpd: CHAP", in_guest("xl2tpd", "l2tp", XL2TPD, auth="CHAP", env={"AUTH": "chap"}))
in_a_guest("xl2tpd: IPv6 of the link and of a router", carries_ipv6("xl2tpd", "l2tp"))
in_a_guest("xl2tpd: EAP-TLS with TLS 1.3, a key behind a passphrase", certificates_carry(
    "xl2tpd", "l2tp", XL2TPD, passphrase="open sesame", env={"PPP_EXTRA": "max-tls-version 1.3"}))
in_a_guest("xl2tpd: EAP-TLS, certificates that are not to be believed", certificates_refused)
in_a_guest("xl2tpd: EAP", in_guest("xl2tpd", "l2tp", XL2TPD, "auth = eap", auth="EAP-MD5", env={"AUTH": "eap"}))
in_a_guest("xl2tpd: what a RADIUS server says of an account", accounts_refused)
in_a_guest("xl2tpd: tunnel secret", in_guest("xl2tpd", "l2tp", XL2TPD, "tunnel-secret = tunnelsecret",
                                             auth="MS-CHAPv2", env={"CHALLENGE": 1}))
in_a_guest("xl2tpd: carries a stream", moves_data("xl2tpd", "l2tp", XL2TPD))
main(client.missing, at_once=4)
