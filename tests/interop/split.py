#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who goes through a tunnel and who past it: programs by control group, users, and commands of
`adit exec`, with real TCP and UDP over IPv4 and IPv6; and several tunnels beside each other.

    client                                      server
      out0 198.51.100.2, 2001:db8:51::2 ------- out0 .1
      adit 10.66.0.2, fd66::2 ================= wg0        203.0.113.7, 2001:db8:7::7 on its lo

The server tells whoever asks where it came from, which is the way that was taken."""

import contextlib
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import ADIT, Client, profile
import client
import desktop
from desktop import desktop_lab
from lab import Lab, lacks_groups, wait_until
import names
from tap import case, check, main, same
from wireguard_go import CLIENT_INNER, EVERYTHING, Keys, Peer, WireGuardGo, endpoint, gateway

PORT = 51820
FAR = ("203.0.113.7", "2001:db8:7::7")
WHOAMI = pathlib.Path(client.__file__).with_name("whoami.py")
GROUPS = pathlib.Path("/sys/fs/cgroup")
ALICE, BOB = 4242, 4243


class World:
    """A client with a full way to the server outside of any tunnel, and control groups."""

    def __init__(self, lab):
        self.lab, self.side = lab, lab.client
        _, self.server, self.mine, _ = gateway(lab)
        self.past = {f: lab.client.address(4 if "." in f else 6) for f in FAR}
        self.through = dict(zip(FAR, (a.split("/")[0] for a in CLIENT_INNER)))
        for address in FAR:
            length, nodad = ("32", []) if "." in address else ("128", ["nodad"])
            lab.server.run("ip", "addr", "add", f"{address}/{length}", "dev", "lo", *nodad)
        self.side.run("ip", "route", "add", "default", "via", lab.server.ipv4)
        self.side.run("ip", "-6", "route", "add", "default", "via", lab.server.ipv6)
        self.side.run("mount", "-t", "cgroup2", "cgroup2", GROUPS)
        server = lab.server.popen("python3", WHOAMI, "serve", *FAR, log="whoami.log")
        wait_until(lambda: "ready" in lab.server.text("whoami.log") or server.poll() is not None,
                   5, "the server that tells")
        self.top = f"adit-test-{os.getpid()}-{lab.number}"
        lab.at_close.append(self.remove_groups)

    def conf(self, *routing, nets=EVERYTHING, name=None, **more):
        peer = Peer(self.server.public, nets, endpoint(self.lab.server, PORT))
        return profile(self.lab, name or f"t{os.getpid()}", self.mine, peer,
                       sections=["[routing]", "mtu = 1420", *routing], **more)

    def group(self, name):
        """The path of a new control group, below one that only this test has."""
        path = f"{self.top}/{name}"
        self.side.run("mkdir", "-p", GROUPS / path)
        return path

    def remove_groups(self):
        self.side.run("find", GROUPS / self.top, "-depth", "-type", "d", "-exec", "rmdir", "{}",
                      "+", check=False)

    def ask(self, group=None, uid=None, argv=(), to=FAR, env=()):
        """{(address, transport): where the server saw it come from}"""
        command = [*argv, "python3", WHOAMI, "ask", *to]
        if uid:
            command = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]
        if group:
            enter = f"echo $$ > {GROUPS / group}/cgroup.procs; exec \"$@\""
            command = ["sh", "-c", enter, "sh", *command]
        done = self.side.run("env", *env, *command, timeout_s=60)
        lines = (line.split() for line in done.stdout.splitlines())
        return {(address, kind): came for address, kind, came in lines}

    def goes(self, way, **asker):
        """Every question of that asker took that way."""
        wanted = {(a, kind): way[a] for a in asker.get("to", FAR) for kind in ("tcp", "udp")}
        same(self.ask(**asker), wanted, f"the way of {asker or 'everybody'}")


@contextlib.contextmanager
def world():
    with Lab() as lab:
        yield World(lab)


def full_but_one_program():
    with world() as w:
        group = w.group("app-past-1.scope")
        Client(w.side, w.conf(f"exclude-app = {w.top}/app-past-1.scope")).connected()
        w.goes(w.through)
        w.goes(w.past, group=group)
        inner = w.group("app-past-1.scope/inner")
        w.goes(w.past, group=inner)
        w.goes(w.through, group=w.group("app-other-1.scope"))


def rules_are_flushed():
    """Another firewall is loaded anew, and with it all rules go: programs are told apart again."""
    with world() as w:
        group = w.group("app-past-1.scope")
        Client(w.side, w.conf(f"exclude-app = {w.top}/app-past-1.scope")).connected()
        w.goes(w.past, group=group)
        w.side.run("nft", "flush", "ruleset")
        wait_until(lambda: "socket cgroupv2" in w.side.run("nft", "list", "ruleset").stdout, 5, "its rule")
        w.goes(w.past, group=group)
        w.goes(w.through)


def only_one_program():
    with world() as w:
        name = f"adittest{os.getpid()}"
        Client(w.side, w.conf(f"include-app = {name}")).connected()
        w.goes(w.past)
        later = w.group(f"app-gnome-{name}-7.scope")        # starts when the tunnel is up
        wait_until(lambda: "socket cgroupv2" in w.side.run("nft", "list", "ruleset").stdout, 5,
                   "the rule of a program that starts later")
        w.goes(w.through, group=later)
        w.goes(w.past)


def users():
    with world() as w:
        Client(w.side, w.conf("default-route = yes", f"exclude-uid = {ALICE}")).connected()
        w.goes(w.through)
        w.goes(w.past, uid=ALICE)
        w.goes(w.through, uid=BOB)
    with world() as w:
        Client(w.side, w.conf(f"include-uid = {ALICE}-{BOB}")).connected()
        w.goes(w.past)
        w.goes(w.through, uid=ALICE)
        w.goes(w.through, uid=BOB)
        w.goes(w.past, uid=BOB + 1)


def named_is_refused_what_is_not_carried():
    """A tunnel of IPv4 alone, and one that ends: nothing of a named user leaves past it."""
    with world() as w:
        conf = w.conf(f"include-uid = {ALICE}", "exclude = 203.0.113.8/32", nets=EVERYTHING[:1],
                      addresses=CLIENT_INNER[:1])
        Client(w.side, conf).connected()
        w.goes(w.past)
        w.goes(w.through, uid=ALICE, to=FAR[:1])
        for kind, came in w.ask(uid=ALICE, to=FAR[1:]).items():
            same(came, "OSError", f"{kind} of a user whose tunnel has no IPv6")
        device = w.side.run("ip", "-j", "route", "get", "203.0.113.8", "uid", str(ALICE)).stdout
        check('"out0"' in device, f"what is excluded goes by {device}")


def exclusion_wins():
    with world() as w:
        group = w.group("app-both-1.scope")
        Client(w.side, w.conf(f"include-app = {w.top}/app-both-1.scope",
                              f"exclude-app = {w.top}/app-both-1.scope")).connected()
        w.goes(w.past, group=group)


def commands():
    """adit exec, into a tunnel of some networks and past one of everything."""
    with world() as w:
        name = f"e{os.getpid()}"
        tunnel = Client(w.side, w.conf("default-route = no", name=name)).connected()
        w.goes(w.past)
        w.goes(w.through, argv=(ADIT, "exec", name, "--"))
        w.goes(w.past, argv=(ADIT, "exec", "--exclude", name, "--"))
        w.goes(w.past)
        caller = w.side.run("env", f"SUDO_UID={ALICE}", f"SUDO_GID={BOB}", ADIT, "exec", name,
                            "--", "sh", "-c", "id -u; id -g; id -G; grep CapEff /proc/self/status")
        same(caller.stdout.split(), [str(ALICE), str(BOB), str(BOB), "CapEff:", "0" * 16],
             "the command's user, group, groups and capabilities")
        refused = w.side.run(ADIT, "exec", "nobody", "--", "true", check=False)
        check(refused.returncode != 0 and "No tunnel named nobody" in refused.stderr,
              f"a tunnel that is not there: {refused.stderr}")
        same(tunnel.stop(), 0, "exit status")
        check(not pathlib.Path(f"/proc/{w.lab.client.room.pid}/root/sys/fs/cgroup/adit/"
                               f"{name}.include").exists(), "its control group is left")


def leaves_no_trace():
    with world() as w:
        before = w.side.state()
        tunnel = Client(w.side, w.conf(f"exclude-app = {w.top}/x.service", "default-route = yes",
                                       f"include-uid = {BOB}", f"exclude-uid = {ALICE}"))
        tunnel.connected()
        w.goes(w.through)
        check(w.side.state()["rule show -6"] != before["rule show -6"], "no rule was made")
        same(tunnel.stop(), 0, "exit status")
        for what, was in before.items():
            same(w.side.state()[what], was, what)


class Domains(World):
    """A desktop with systemd-resolved or without; names of corp.example are asked through the tunnel, and those
    of public.example on the LAN."""

    def __init__(self, lab, prepare=names.by_resolved):
        super().__init__(lab)
        # The domains themselves have no address, so what is known was heard, not asked for.
        names.NameServer(lab.server, names.LAN, "203.0.113.8", "www.public.example")
        names.NameServer(lab.server, names.CORPORATE, FAR[0], "mail.corp.example")
        prepare(lab.client)
        lab.server.run("ip", "addr", "add", "203.0.113.8/32", "dev", "lo")
        lab.server.popen("python3", WHOAMI, "serve", "203.0.113.8", log="whoami8.log")
        wait_until(lambda: "ready" in lab.server.text("whoami8.log"), 5, "the server that tells")
        self.past["203.0.113.8"], self.through["203.0.113.8"] = "198.51.100.2", "10.66.0.2"

    def up(self, *routing, dns=(), guard=()):
        tunnel = Client(self.side, self.conf(
            *routing, "", "[dns]", f"servers = {names.CORPORATE}", *dns, *guard)).connected()
        wait_until(lambda: tunnel.tunnel()["dns"]["backend"], 10, "a resolver that took it")
        return tunnel

    def resolves(self, name, wanted):
        found = self.side.run("getent", "ahostsv4", name, check=False).stdout
        check(wanted in found, f"{name}: {found!r}, wanted {wanted}")

    def is_routed(self, address, device):
        def leads():
            return self.side.ip("route", "get", address)[0]["dev"] == device
        wait_until(leads, 3, f"a route of {address} by {device}")


def domains_through(prepare=names.by_resolved):
    with desktop_lab(*(["resolved"] if prepare == names.by_resolved else [])) as lab:
        w = Domains(lab, prepare)
        tunnel = w.up("include-domain = corp.example")
        w.goes(w.past, to=("203.0.113.8",))
        w.resolves("mail.corp.example", FAR[0])
        w.is_routed(FAR[0], tunnel.interface())
        w.goes(w.through, to=FAR[:1])
        w.resolves("www.public.example", "203.0.113.8")
        w.goes(w.past, to=("203.0.113.8",))
        same(tunnel.stop(), 0, "exit status")
        w.is_routed(FAR[0], "out0")


def domains_past(guard):
    with desktop_lab("resolved") as lab:
        w = Domains(lab)
        before = w.side.state()
        tunnel = w.up("default-route = yes", "exclude-domain = public.example",
                      dns=("mode = split", "domains = corp.example"),
                      guard=("", "[guard]", f"mode = {guard}"))
        w.resolves("www.public.example", "203.0.113.8")
        w.is_routed("203.0.113.8", "out0")
        w.goes(w.past, to=("203.0.113.8",))
        w.resolves("mail.corp.example", FAR[0])
        w.goes(w.through)
        w.side.run("nft", "flush", "ruleset")       # another firewall is loaded anew
        wait_until(lambda: guard == "off" or "203.0.113.8" in w.side.run("nft", "list", "ruleset").stdout, 5,
                   "what the guard was told of the domain")
        w.goes(w.past, to=("203.0.113.8",))
        same(tunnel.stop(), 0, "exit status")
        for what in ("nft", "route show table all -4", "rule show -4"):
            same(w.side.state()[what], before[what], what)


def beside_a_guard():
    """What goes past a tunnel passes its guard, and nothing else does; who is named is held back when
    the tunnel cannot carry it."""
    with world() as w:
        group = w.group("app-past-1.scope")
        Client(w.side, w.conf(f"exclude-app = {w.top}/app-past-1.scope", f"exclude-uid = {ALICE}",
                              "default-route = yes", "", "[guard]", "mode = tunnel")).connected()
        w.goes(w.through)
        w.goes(w.past, group=group)
        w.goes(w.past, uid=ALICE)
        forced = w.side.run("ping", "-n", "-c", "1", "-W", "1", "-I", "out0", FAR[0], check=False)
        check(forced.returncode != 0, "a packet left past the guard")
    with world() as w:
        Client(w.side, w.conf(f"include-uid = {ALICE}", f"exclude = {FAR[1]}", "", "[guard]",
                              "mode = tunnel")).connected()
        w.goes(w.through, uid=ALICE, to=FAR[:1])
        w.goes(w.past, uid=ALICE, to=FAR[1:])
        w.goes(w.past)
        mine = ["setpriv", f"--reuid={ALICE}", "--clear-groups", "--inh-caps=-all", "python3", "-c",
                "import socket; s = socket.socket(type=2); s.setsockopt(1, 25, b'out0');"
                f"s.sendto(b'x', ('{FAR[0]}', 7007))"]
        check(w.side.run(*mine, check=False).returncode != 0,
              "a named user's packet left by another device")


def strict_reverse_path():
    """Answers come in by a device that no unmarked route leads to."""
    with world() as w:
        w.side.run("sh", "-c", "for f in all default out0; do"
                               " echo 1 > /proc/sys/net/ipv4/conf/$f/rp_filter; done")
        group = w.group("app-past-1.scope")
        tunnel = Client(w.side, w.conf(f"exclude-app = {w.top}/app-past-1.scope",
                                       f"include-uid = {ALICE}", "default-route = yes"))
        tunnel.connected()
        w.goes(w.past, group=group)
        w.goes(w.through)
        same(tunnel.stop(), 0, "exit status")
        setting = w.side.run("cat", "/proc/sys/net/ipv4/conf/out0/rp_filter").stdout
        same(setting.strip(), "1", "the setting afterwards")
    with world() as w:
        w.side.run("sh", "-c", "for f in all default out0; do"
                               " echo 1 > /proc/sys/net/ipv4/conf/$f/rp_filter; done")
        Client(w.side, w.conf(f"include-uid = {ALICE}")).connected()
        w.goes(w.through, uid=ALICE)
        w.goes(w.past)


def killed():
    """kill -9, and then only `adit restore`."""
    with world() as w:
        before = w.side.state()
        name = f"k{os.getpid()}"
        tunnel = Client(w.side, w.conf(f"exclude-app = {w.top}/x.service", f"include-uid = {BOB}",
                                       "exclude-domain = a.example", "default-route = yes",
                                       name=name)).connected()
        w.goes(w.past, argv=(ADIT, "exec", "--exclude", name, "--"))
        tunnel.process.kill()
        tunnel.ended()
        w.side.run(ADIT, "restore")
        for what, was in before.items():
            same(w.side.state()[what], was, what)
        left = w.side.run("ls", GROUPS / f"adit/{name}.exclude", check=False)
        check(left.returncode != 0, "a control group is left")


# ---- several tunnels ----

MANY = 20


class Several:
    """One server, and tunnels to it by number: 10.66.N.2 with a network of its own, 10.99.N.0/24."""

    def __init__(self, lab, n):
        self.lab, self.side = lab, lab.client
        self.server = Keys(lab, "server")
        self.keys = {i: Keys(lab, f"client{i}") for i in range(1, n + 1)}
        self.running = {}
        peers = [Peer(k.public, (f"10.66.{i}.2/32",)) for i, k in self.keys.items()]
        for i in self.keys:
            lab.server.run("ip", "addr", "add", f"10.99.{i}.1/32", "dev", "lo")
        WireGuardGo(lab.server).configure(self.server, *peers, listen_port=PORT,
                                          addresses=("10.66.0.1/16",))
        lab.server.popen("python3", WHOAMI, "serve", *(f"10.99.{i}.1" for i in self.keys),
                         log="whoami.log")
        wait_until(lambda: "ready" in lab.server.text("whoami.log"), 5, "the server that tells")
        self.side.run("ip", "route", "add", "default", "via", lab.server.ipv4)

    def start(self, i, *routing, nets=None, name=None):
        peer = Peer(self.server.public, nets or (f"10.99.{i}.0/24",),
                    endpoint(self.lab.server, PORT))
        conf = profile(self.lab, name or f"s{i}", self.keys[i], peer, addresses=(f"10.66.{i}.2/32",),
                       sections=["[routing]", "mtu = 1420", *routing])
        self.running[i] = Client(self.side, conf)
        return self.running[i]

    def ask(self, to):
        """Where the server at 10.99.TO.1 saw a TCP and a UDP question come from."""
        lines = self.side.run("python3", WHOAMI, "ask", f"10.99.{to}.1").stdout.splitlines()
        return {line.split()[2] for line in lines}

    def of_others(self, i):
        """Links, addresses, routes, rules and filters that are not of tunnel i."""
        device = self.running[i].device
        state = self.side.state()
        kept = {"link": [n for n in state["link"] if n["ifname"] != device],
                "address": [n for n in state["address"] if n["ifname"] != device]}
        for family in (4, 6):
            routes = state[f"route show table all -{family}"]
            tables = {r.get("table") for r in routes if r.get("dev") == device} - {"local", None}
            kept[f"route {family}"] = [r for r in routes if r.get("dev") != device]
            kept[f"rule {family}"] = [r for r in state[f"rule show -{family}"]
                                      if r.get("table") not in tables]
        chains = re.split(r"\n(?=\t(?:chain|set) )", state["nft"])
        kept["nft"] = [line.strip() for chain in chains if f"-s{i} " not in chain
                       for line in chain.splitlines() if f'"{device}"' not in line
                       and f'"s{i}"' not in line and line.strip()]
        return kept


def priorities():
    """The smaller number first; equal ones in the order of their coming up; the rest is for who is
    left."""
    with Lab() as lab:
        s = Several(lab, 3)
        s.start(2, "priority = 200", nets=("10.99.0.0/16",)).connected()
        same(s.ask(1), {"10.66.2.2"}, "the way with one tunnel")
        s.start(1, "priority = 10", nets=("10.99.1.0/24", "10.99.2.0/24")).connected()
        same(s.ask(1), {"10.66.1.2"}, "the way with two")
        same(s.ask(3), {"10.66.2.2"}, "the way of what the first does not carry")
        last = s.start(3, "priority = 10", nets=("10.99.1.0/24",)).connected()
        same(s.ask(1), {"10.66.1.2"}, "the way with two of equal priority")
        check("also goes through the tunnel s1" in last.output(), last.output())
        same(s.running[1].stop(), 0, "exit status")
        same(s.ask(1), {"10.66.3.2"}, "the way when the first is gone")
        same(s.running[3].stop(), 0, "exit status")
        same(s.ask(1), {"10.66.2.2"}, "the way when the second is gone")


def overlap_is_said_before():
    with Lab() as lab:
        s = Several(lab, 1)
        s.side.run("ip", "link", "add", "docker0", "type", "veth", "peer", "name", "inside0")
        s.side.run("ip", "addr", "add", "10.99.1.128/25", "dev", "docker0")
        s.side.run("ip", "link", "set", "docker0", "up")
        s.side.run("ip", "link", "set", "inside0", "up")
        lines = s.start(1).connected().output().splitlines()
        said = [i for i, line in enumerate(lines) if "is the network of docker0" in line]
        same(len(said), 1, "how often it was said")
        check(said[0] < lines.index("connected"), f"it was said late: {lines}")
        check("docker0" in s.running[1].tunnel()["warnings"][0], "status does not say it")


def many():
    with Lab() as lab:
        s = Several(lab, MANY)
        before = s.side.state()
        for i in s.keys:
            s.start(i, *([f"exclude-uid = {ALICE}"] if i % 5 == 0 else []))
        for i in s.keys:
            s.running[i].connected(60)
        for i in s.keys:
            same(s.ask(i), {f"10.66.{i}.2"}, f"the way of tunnel {i}")
        changed = 7
        s.running[changed].device = next(t["interface"] for t in client.status(s.side)
                                         if t["name"] == f"s{changed}")
        others = s.of_others(changed)
        same(s.running[changed].stop(), 0, "exit status")
        for what, now in s.of_others(changed).items():
            same(now, others[what], f"{what} of the others when one went down")
        same(s.ask(8), {"10.66.8.2"}, "the way of another")
        s.start(changed, name=f"again{changed}").connected()
        s.running[changed].device = f"again{changed}"
        same(s.ask(changed), {f"10.66.{changed}.2"}, "the way of the one that came again")
        for i in s.keys:
            s.running[i].process.terminate()
        for i in s.keys:
            same(s.running[i].ended(30), 0, "exit status")
        for what, was in before.items():
            same(s.side.state()[what], was, what)


for sentence, function in (
        ("a program goes past a tunnel of everything, its children too", full_but_one_program),
        ("programs are told apart when somebody flushed all rules", rules_are_flushed),
        ("only one program goes through, which starts later", only_one_program),
        ("users go past, or they alone through", users),
        ("what a named user's tunnel does not carry is refused",
         named_is_refused_what_is_not_carried),
        ("who is both included and excluded goes past", exclusion_wins),
        ("adit exec runs commands through a tunnel and past it", commands),
        ("programs and users past a tunnel pass its guard, and no others", beside_a_guard),
        ("a strict reverse path check drops no answer", strict_reverse_path),
        ("adit restore gives all of it back after kill -9", killed),
        ("nothing is left of seats, marks and rules", leaves_no_trace)):
    case(sentence, function, needs=lacks_groups)
case("the smaller priority is asked first, then who came first", priorities)
case("a network that containers have is said before connecting", overlap_is_said_before)
case(f"{MANY} tunnels at once, of which one goes and comes again", many)
case("names of a domain go through as they are answered", domains_through,
     needs=lambda: desktop.missing("resolved", "dnsmasq"))
case("the same where dnsmasq splits", domains_through, names.by_file,
     needs=lambda: desktop.missing("dnsmasq"))
for guard in ("off", "tunnel"):
    case(f"names of a domain go past a tunnel of everything, its guard being {guard}", domains_past,
         guard, needs=lambda: desktop.missing("resolved", "dnsmasq"))

if __name__ == "__main__":
    main(client.missing)
