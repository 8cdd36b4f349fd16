#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is asked for which names, told from the query logs of two name servers: the LAN's, and the one behind
a tunnel; with each resolver that a machine may have.

   client: adit, its resolver ──── out0 ──── server: LAN's name server 198.51.100.1
              └───────── tunnel ───────────────┴── wireguard-go, and behind it 10.99.0.1
"""

import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import Client, profile, status
import client
import desktop
from desktop import desktop_lab
from lab import wait_until
import names
from names import CORPORATE, CORPORATE_ANSWER, PUBLIC_ANSWER
from tap import case, check, main, same
from wireguard_go import BEHIND_GATEWAY, EVERYTHING, Keys, MTU, Peer, endpoint, gateway

OTHER = "10.99.0.2"


class Stage:
    """A tunnel to come, two name servers that are there, and a counter that makes each name new."""

    def __init__(self, lab, prepare):
        self.lab, self.side, self.count = lab, lab.client, 0
        _, self.its, self.mine, _ = gateway(lab)
        self.lan, self.corporate = names.servers(lab)
        prepare(self.side)
        self.before = self.side.state()

    def up(self, dns, nets=BEHIND_GATEWAY, backend=None):
        peer = Peer(self.its.public, nets, endpoint(self.lab.server, 51820))
        conf = profile(self.lab, "office", self.mine, peer,
                       sections=["[routing]", f"mtu = {MTU}", "[dns]", *dns])
        self.adit = Client(self.side, conf).connected()
        wait_until(lambda: self.adit.tunnel()["dns"]["backend"], 10, "a resolver that took it")
        self.dns = self.adit.tunnel()["dns"]
        if backend:
            same(self.dns["backend"], backend, "back end")
        self.asked()
        return self

    def asked(self):
        return self.lan.asked(), self.corporate.asked()

    def ask(self, below, wanted, database="ahostsv4"):
        """A new name is resolved; who was asked for it: (the LAN's, the corporate one)."""
        self.count += 1
        name = f"n{self.count}.{below}"
        found = self.side.run("getent", database, name, check=False).stdout
        if wanted is not None:
            check(wanted in found, f"{name}: {found!r}, wanted {wanted}")
        lan, corporate = self.asked()
        strange = {n for n in lan | corporate if not n.startswith(f"n{self.count}.")}
        check(not strange, f"asked besides: {strange}")
        return name in lan, name in corporate

    def is_split(self):
        same(self.ask("corp.example", CORPORATE_ANSWER), (False, True), "a corporate name asked")
        same(self.ask("deep.in.corp.example", None), (False, True), "a deep one asked")
        same(self.ask("public.example", PUBLIC_ANSWER), (True, False), "a public name asked")
        same(self.ask("notcorp.example", None), (True, False), "a similar name asked")

    def is_full(self):
        same(self.ask("corp.example", CORPORATE_ANSWER), (False, True), "a corporate name asked")
        same(self.ask("public.example", CORPORATE_ANSWER), (False, True), "a public name asked")

    def addresses_are_split(self):
        """Names of addresses behind the tunnel are asked there, too."""
        for address, zone, wanted in (("10.99.0.77", "77.0.99.10.in-addr.arpa", (False, True)),
                                      ("203.0.113.77", "77.113.0.203.in-addr.arpa", (True, False))):
            self.side.run("getent", "hosts", address, check=False)
            lan, corporate = self.asked()
            same((zone in lan, zone in corporate), wanted, f"{zone} asked")

    def down(self):
        same(self.adit.stop(), 0, "exit status")
        self.is_as_before()

    def is_as_before(self):
        after = self.side.state()
        for what, was in self.before.items():
            same(after[what], was, what)
        self.asked()
        same(self.ask("public.example", PUBLIC_ANSWER), (True, False), "a public name afterwards")
        same(self.ask("corp.example", PUBLIC_ANSWER), (True, False), "a corporate one afterwards")
        running = self.side.run("ps", "axo", "comm,args").stdout
        check("127.173." not in running, running)


def split(parts, prepare, backend):
    with desktop_lab(*parts) as lab:
        stage = Stage(lab, prepare).up([f"servers = {CORPORATE}", "domains = corp.example"],
                                       backend=backend)
        same(stage.dns["exclusive"], False, "exclusive")
        same(stage.dns["domains"], ["corp.example"], "domains")
        stage.is_split()
        if backend != "resolvconf":
            stage.addresses_are_split()
        stage.down()


def full(parts, prepare, backend):
    with desktop_lab(*parts) as lab:
        stage = Stage(lab, prepare).up([f"servers = {CORPORATE}"], EVERYTHING, backend)
        same(stage.dns["exclusive"], True, "exclusive")
        stage.is_full()
        stage.down()


def all_names_through_a_split_tunnel():
    with desktop_lab("resolved") as lab:
        stage = Stage(lab, names.by_resolved).up(
            ["mode = full", f"servers = {CORPORATE}", "domains = corp.example"])
        stage.is_full()
        stage.down()


def without_any(parts=()):
    """resolv.conf alone cannot split: the person is told."""
    with desktop_lab(*parts) as lab:
        stage = Stage(lab, names.by_file_alone).up(
            [f"servers = {CORPORATE}", "domains = corp.example"], backend="file")
        check("cannot ask by domain" in stage.adit.output(), stage.adit.output())
        stage.is_full()
        stage.down()


def everybodys_domain_is_refused():
    with desktop_lab("resolved") as lab:
        stage = Stage(lab, names.by_resolved).up(
            [f"servers = {CORPORATE}", "domains = com, co.uk, corp.example"])
        same(stage.dns["domains"], ["corp.example"], "domains")
        check("The domain co.uk is not" in stage.adit.output(), stage.adit.output())
        same(stage.ask("example.com", PUBLIC_ANSWER), (True, False), "a name below com")
        stage.is_split()
        stage.down()


def resolved_is_started_anew():
    with desktop_lab("resolved") as lab:
        stage = Stage(lab, names.by_resolved).up(
            [f"servers = {CORPORATE}", "domains = corp.example"])
        side = lab.client
        side.stop_service("resolved", signal.SIGKILL)
        side.run("rm", "-rf", "/run/systemd/resolve/netif")     # as a stop by systemd does
        side.start_resolved()
        side.run("resolvectl", "dns", "out0", names.LAN)
        side.run("resolvectl", "default-route", "out0", "yes")
        link = stage.adit.interface()
        wait_until(lambda: CORPORATE in side.run("resolvectl", "dns", link).stdout, 5,
                   "the tunnel's servers in the new resolved")
        wait_until(lambda: "anew" in side.run(client.ADIT, "log", "office").stdout, 5, "a word")
        stage.asked()
        stage.is_split()
        stage.down()


def pids_of_dnsmasq(side):
    """Of those which belong to nobody that this machine knows."""
    rows = side.run("ps", "-eo", "pid,uid,comm", "--no-headers").stdout.split("\n")
    found = [row.split() for row in rows if row]
    return [(int(p), int(u)) for p, u, c in found if c == "dnsmasq" and int(u) >= 0x7ac00000]


def dnsmasq_is_kept():
    """Unprivileged, started again when it dies, gone with the tunnel."""
    with desktop_lab() as lab:
        stage = Stage(lab, names.by_file).up([f"servers = {CORPORATE}", "domains = corp.example"],
                                             backend="dnsmasq")
        ((pid, _),) = pids_of_dnsmasq(lab.client)
        capabilities = lab.client.run("cat", f"/proc/{pid}/status").stdout
        check("CapEff:\t0000000000002400" in capabilities, capabilities)
        lab.client.run("kill", "-9", str(pid))
        wait_until(lambda: pids_of_dnsmasq(lab.client) and
                   pids_of_dnsmasq(lab.client)[0][0] != pid, 5, "another dnsmasq")
        wait_until(lambda: "127.173." in lab.client.run("ss", "-Hlun").stdout, 5, "its socket")
        stage.asked()
        stage.is_split()
        stage.down()
        same(pids_of_dnsmasq(lab.client), [], "processes left")


def dnsmasq_dies_with_adit():
    with desktop_lab() as lab:
        stage = Stage(lab, names.by_file).up([f"servers = {CORPORATE}", "domains = corp.example"],
                                             backend="dnsmasq")
        stage.adit.process.kill()
        stage.adit.ended()
        wait_until(lambda: not pids_of_dnsmasq(lab.client), 2, "the end of dnsmasq")
        lab.client.run(client.ADIT, "restore")
        stage.is_as_before()


def two_tunnels(parts, prepare, first_down):
    """Each with domains of its own, and either may end first."""
    with desktop_lab(*parts) as lab:
        gate, its, mine, _ = gateway(lab)
        other = Keys(lab, "other")
        lab.server.run("ip", "address", "add", f"{OTHER}/32", "dev", "lo")
        lab.server.run("wg", "set", gate.name, "peer", other.public, "allowed-ips", "10.66.0.3/32")
        lan, corporate = names.servers(lab)
        third = names.NameServer(lab.server, OTHER, "10.99.0.20")
        prepare(lab.client)
        before = lab.client.state()
        running = []
        for name, keys, server, address, domain in (
                ("one", mine, CORPORATE, "10.66.0.2/32", "corp.example"),
                ("two", other, OTHER, "10.66.0.3/32", "other.example")):
            conf = profile(lab, name, keys, Peer(its.public, (f"{server}/32",),
                                                 endpoint(lab.server, 51820)),
                           addresses=(address,),
                           sections=["[routing]", f"mtu = {MTU}", "[dns]", f"servers = {server}",
                                     f"domains = {domain}"])
            running.append(Client(lab.client, conf).connected())
            wait_until(lambda: all(t["dns"]["backend"] for t in status(lab.client)), 10,
                       "a resolver that took it")
        count = 0

        def asked(domain):
            nonlocal count
            count += 1
            for server in (lan, corporate, third):
                server.asked()
            lab.client.run("getent", "ahostsv4", f"n{count}.{domain}", check=False)
            return [bool(s.asked()) for s in (lan, corporate, third)]

        def all_go(wanted):
            for domain, servers in wanted.items():
                wait_until(lambda: asked(domain) == servers, 8, f"{domain} asked of {servers}")

        all_go({"corp.example": [False, True, False], "other.example": [False, False, True],
                "public.example": [True, False, False]})
        same(running[first_down].stop(), 0, "exit status")
        gone = [True, False, False]
        all_go({"public.example": gone,
                "corp.example": [False, True, False] if first_down else gone,
                "other.example": gone if first_down else [False, False, True]})
        same(running[1 - first_down].stop(), 0, "exit status")
        after = lab.client.state()
        for what, was in before.items():
            same(after[what], was, what)


RESOLVERS = (
    ("systemd-resolved", ("resolved",), names.by_resolved, "systemd-resolved", "systemd-resolved"),
    ("a dnsmasq of our own", (), names.by_file, "dnsmasq", "file"),
    ("openresolv, and a dnsmasq of our own", ("openresolv",), names.by_openresolv, "dnsmasq",
     "resolvconf"),
    ("openresolv, and the machine's dnsmasq", ("openresolv",), names.by_openresolv_and_dnsmasq,
     "resolvconf", "resolvconf"),
    ("Debian's resolvconf, and a dnsmasq of our own", ("resolvconf",), names.by_resolvconf,
     "dnsmasq", "resolvconf"),
)
for title, parts, prepare, splits_by, takes_all in RESOLVERS:
    lacks = (lambda parts=parts: desktop.missing("dnsmasq", *parts))
    case(f"{title}: only corporate names go to the corporate server", split, parts, prepare,
         splits_by, needs=lacks)
    case(f"{title}: a full tunnel asks nothing of the LAN's server", full, parts, prepare,
         takes_all, needs=lacks)
for title, parts, prepare in (("systemd-resolved", ("resolved",), names.by_resolved),
                              ("a dnsmasq each", (), names.by_file),
                              ("openresolv, and a dnsmasq each", ("openresolv",),
                               names.by_openresolv)):
    for first_down, word in enumerate(("first", "second")):
        case(f"{title}: two tunnels, and the {word} one ends before the other", two_tunnels, parts,
             prepare, first_down, needs=(lambda parts=parts: desktop.missing("dnsmasq", *parts)))
RESOLVED, DNSMASQ = (lambda: desktop.missing("dnsmasq", "resolved")), \
    (lambda: desktop.missing("dnsmasq"))
case("resolv.conf alone: the person is told that it cannot split", without_any, needs=DNSMASQ)
case("all names may be asked through a tunnel that carries little",
     all_names_through_a_split_tunnel, needs=RESOLVED)
case("a domain that is everybody's is refused", everybodys_domain_is_refused, needs=RESOLVED)
case("systemd-resolved is started anew, and told again", resolved_is_started_anew, needs=RESOLVED)
case("our dnsmasq has no rights, and is started again", dnsmasq_is_kept, needs=DNSMASQ)
case("our dnsmasq dies with adit", dnsmasq_dies_with_adit, needs=DNSMASQ)
main(client.missing, at_once=3)
