#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can go wrong with L2TP and PPTP, caused at real servers: each failure has a code and a sentence
of its own, and leaves nothing behind.  The table is docs/protocols/ppp-faults.md."""

import fcntl
import functools
import pathlib
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/lab"))

from client import Client
import client
import guest
from guest import ppp_guest
from lab import Lab, wait_until
from ppp_profile import XL2TPD_ANEW, profile
import softether
from softether import SoftEther
from tap import case, check, main, same

STATUS = {"profile": 2, "secret": 3, "login": 3, "lookup": 4, "unreachable": 4, "lost": 4, "refused": 5,
          "identity": 6, "malformed": 7}
NOWHERE = "203.0.113.9"
BANNER = """
import socket, sys
listener = socket.create_server(("", 1723))
while True:
    peer = listener.accept()[0]
    if sys.argv[1]:
        peer.sendall(sys.argv[1].encode() + b"\\r\\n" * 100)
    kept = peer
"""
FILES = {"pptpd": ["/etc/ppp/pptpd-options"],
         "xl2tpd": ["/etc/ppp/options.xl2tpd", "/etc/xl2tpd/xl2tpd.conf", "/etc/xl2tpd/l2tp-secrets"]}


# ---- what went wrong, in words ----

@functools.cache
def documented():
    """(code, expression) of each row of the page."""
    rows = []
    for line in (ROOT / "docs/protocols/ppp-faults.md").read_text().splitlines():
        if row := re.fullmatch(r"\| .+ \| `(\w+)` \| (.+) \|", line):
            rows.append((row[1], re.compile(re.escape(row[2]).replace("…", ".+"))))
    return rows


def said(output):
    return [line.removeprefix("adit: ") for line in output.splitlines()
            if line.startswith("adit: ") and not line.startswith("adit: note: ")][-1]


SAID = tempfile.TemporaryFile("w+")     # which fault said which sentence, in all processes of this test


def first_fault(sentence, fault):
    """The fault that said this first: this one, if none did."""
    fcntl.lockf(SAID, fcntl.LOCK_EX)
    try:
        SAID.seek(0)
        known = dict(reversed(line.rstrip("\n").split("\t")) for line in SAID)
        if sentence not in known:
            print(fault, sentence, sep="\t", file=SAID, flush=True)
        return known.get(sentence, fault)
    finally:
        fcntl.lockf(SAID, fcntl.LOCK_UN)


def fails(side, conf, code, words, *, because="", timeout_s=60, within_s=None, name=None):
    """Ends with that code and a sentence that has these words, and that no other fault has."""
    before = side.state()
    start = time.monotonic()
    adit = Client(side, conf)
    try:
        status = adit.ended(timeout_s)
    except AssertionError:
        adit.stop()
        raise
    sentence = said(adit.output())
    took_s = time.monotonic() - start
    print(f"# {code}, {took_s:.1f} s: {sentence}")
    same(status, STATUS[code], f"exit status of {adit.output()!r}")
    check(words in sentence, f"{words!r} is not in {sentence!r}")
    check(because in adit.output(), f"{because!r} is not in {adit.output()!r}")
    check(within_s is None or took_s <= within_s, f"it took {took_s:.1f} s")
    check(any(c == code and e.fullmatch(sentence) for c, e in documented()),
          f"docs/protocols/ppp-faults.md has no {sentence!r} with {code}")
    same(first_fault(sentence, name or words), name or words, "the fault with this sentence")
    same(side.state(), before, "the client's network")


# ---- one laboratory for each server, and a fault at a time ----

@functools.cache
def room(script):
    """A client, another side, and a guest with the server."""
    lab = Lab("client", "other", wire=True).__enter__()
    server = ppp_guest(lab, f"servers/{script}.sh", 11)
    server.run("sh", "-c", 'for f; do cp "$f" "$f.good"; done', "sh", *FILES[script])
    return lab, server


def blocked(side, rule):
    side.run("nft", "add table inet fault; "
             "add chain inet fault input { type filter hook input priority 0; }; "
             f"add rule inet fault input {rule} drop")


def opened(side):
    side.run("nft", "delete", "table", "inet", "fault", check=False)


def at(script, code, words, *keys, server=None, change=(), block=None, restart=False,
       **more):
    """A connection to that server, after these changes to its files: pairs of a file's number and a sed
    expression."""
    settings = {k: more.pop(k) for k in ("user", "password", "connection") if k in more}

    def run():
        lab, guest_server = room(script)
        conf = profile(lab, "pptp" if script == "pptpd" else "l2tp", server or guest_server.ipv4, *keys,
                       **settings)
        guest_server.run("sh", "-c", 'for f; do cp "$f.good" "$f"; done', "sh", *FILES[script])
        for number, expression in change:
            guest_server.run("sed", "-i", expression, FILES[script][number])
        if restart:
            guest_server.run("sh", "-c", XL2TPD_ANEW)
        try:
            if block:
                blocked(lab.client, block)
            fails(lab.client, conf, code, words, **more)
        finally:
            opened(lab.client)
            if restart:
                guest_server.run("sh", "-c", 'for f; do cp "$f.good" "$f"; done', "sh", *FILES[script])
                guest_server.run("sh", "-c", XL2TPD_ANEW)
    return run


# ---- faults that need more than that ----

def gre_is_blocked():
    """From the call to the sentence: at most five seconds."""
    lab, server = room("pptpd")
    blocked(lab.client, "meta l4proto gre")
    try:
        conf = profile(lab, "pptp", server.ipv4)
        adit = Client(lab.client, conf)
        wait_until(lambda: "agreeing on encryption" in adit.output(), 20, "the call")
        start = time.monotonic()
        adit.ended(20)
        took_s = time.monotonic() - start
        check(took_s <= 5.2, f"it took {took_s:.1f} s")
        fails(lab.client, conf, "unreachable", "its GRE packets")
    finally:
        opened(lab.client)


def no_listener():
    lab, _ = room("pptpd")
    fails(lab.client, profile(lab, "pptp", lab.other.ipv4), "unreachable", "takes no connection")


def silent_port():
    lab, _ = room("pptpd")
    blocked(lab.other, "tcp dport 1723")
    try:
        fails(lab.client, profile(lab, "pptp", lab.other.ipv4), "unreachable", "did not answer on TCP")
    finally:
        opened(lab.other)


def other_service(banner, code, words):
    def run():
        lab, _ = room("pptpd")
        service = lab.other.popen("python3", "-c", BANNER, banner)
        try:
            wait_until(lambda: ":1723" in lab.other.run("ss", "-lnt").stdout, 10, "the listener")
            fails(lab.client, profile(lab, "pptp", lab.other.ipv4), code, words)
        finally:
            service.kill()
            service.wait()
    return run


def next_server():
    """The first says that its port is closed: the second is tried at once."""
    lab, server = room("xl2tpd")
    adit = Client(lab.client, profile(lab, "l2tp", f"{lab.other.ipv4}, {server.ipv4}")).connected(12)
    check("nothing listens" in adit.output(), adit.output())
    same(adit.stop(), 0, "exit status")


def pool_is_empty():
    """The only address is another client's."""
    lab, server = room("xl2tpd")
    server.run("sed", "-i", "s/^ip range.*/ip range = 10.65.0.10-10.65.0.10/", FILES["xl2tpd"][1])
    server.run("sh", "-c", XL2TPD_ANEW)
    conf = profile(lab, "l2tp", server.ipv4)
    first = Client(lab.other, conf).connected(20)
    try:
        fails(lab.client, conf, "refused", "no room")
    finally:
        same(first.stop(), 0, "exit status of the other client")
        server.run("cp", FILES["xl2tpd"][1] + ".good", FILES["xl2tpd"][1])
        server.run("sh", "-c", XL2TPD_ANEW)


def account_has_expired():
    with Lab() as lab:
        SoftEther(lab.server)
        conf = profile(lab, "l2tp", lab.server.ipv4, "auth = mschapv2", user="expired",
                       password=softether.PASSWORD)
        # SoftEther says the same as to a wrong password.
        fails(lab.client, conf, "login", "did not accept", name="wrong password")


LEGACY = ["legacy = yes"]
PPTP, L2TP = functools.partial(at, "pptpd"), functools.partial(at, "xl2tpd")


def in_a_guest(sentence, function):
    case(sentence, function, needs=guest.missing_ppp)


# What waits longest comes first.
in_a_guest("L2TP: UDP 1701 is blocked", L2TP("unreachable", "did not answer on UDP", block="udp sport 1701", timeout_s=90))
in_a_guest("L2TP: UDP 1701 is closed", L2TP("unreachable", "nothing listens", server="198.51.100.2", within_s=6))
in_a_guest("PPTP: wrong password", PPTP("login", "password", password="wrong", name="wrong password"))
in_a_guest("PPTP: no password", PPTP("secret", "is missing", password=None))
in_a_guest("PPTP: the server speaks MS-CHAPv2 only, the profile EAP", PPTP(
    "refused", "no way of signing in", "auth = eap"))
in_a_guest("PPTP: the server offers CHAP, which gives no keys", PPTP(
    "refused", "gives no key", change=[(0, "s/mschap-v2/X/; s/refuse-chap/require-chap/; s/require-X/refuse-mschap-v2/; "
                                           "s/require-mppe-128/nomppe/")]))
in_a_guest("PPTP: the server has no MPPE", PPTP(
    "refused", "does not encrypt", change=[(0, "s/require-mppe-128/nomppe/")]))
in_a_guest("PPTP: the server has MPPE-40 only", PPTP(
    "refused", "does not encrypt", change=[(0, "s/require-mppe-128/require-mppe-40\\nnomppe-128/")]))
in_a_guest("PPTP: the server wants MPPE, the profile not", PPTP(
    "refused", "may insist on encryption", "mppe = off", connection=LEGACY))
in_a_guest("PPTP: the server asks for no proof", PPTP(
    "refused", "does not ask who we are", change=[(0, "s/^require-mschap-v2/noauth/; s/require-mppe-128/nomppe/")]))
in_a_guest("PPTP: GRE is blocked", gre_is_blocked)
in_a_guest("PPTP: TCP 1723 is closed", no_listener)
in_a_guest("PPTP: TCP 1723 is silent", silent_port)
in_a_guest("PPTP: a web server", other_service("HTTP/1.0 400 Bad Request", "malformed", "no PPTP server"))
in_a_guest("PPTP: a server that says nothing", other_service("", "unreachable", "does not speak PPTP"))
in_a_guest("PPTP: the name has no address", PPTP("lookup", "nowhere.invalid", server="nowhere.invalid"))
in_a_guest("PPTP: there is no route", PPTP("unreachable", "no route", server=NOWHERE))
in_a_guest("L2TP: the server wants PAP, without consent", L2TP(
    "refused", "in the clear", change=[(0, "s/^refuse-pap/require-pap/; s/^require-mschap-v2/refuse-mschap-v2/")]))
in_a_guest("L2TP: the server has no address for us", L2TP(
    "refused", "no address", change=[(1, "s/^ip range.*/assign ip = no/")], restart=True))
in_a_guest("L2TP: the last address is taken", pool_is_empty)
in_a_guest("L2TP: another tunnel secret", L2TP(
    "identity", "another tunnel secret", "tunnel-secret = wrong", change=[(1, "s/^challenge.*/challenge = yes/")],
    restart=True))
in_a_guest("L2TP: a tunnel secret is missing", L2TP(
    "secret", "asks for a tunnel secret", change=[(1, "s/^challenge.*/challenge = yes/")], restart=True))
in_a_guest("L2TP: UDP 1701 of the first server is closed", next_server)
case("L2TP: the account has expired", account_has_expired, needs=softether.missing)
main(client.missing, at_once=4)
