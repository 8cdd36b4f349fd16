#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at every place where adit changes something that outlives it, all of them, one death after the other: the
system calls of kill-at.c, counted in a life that goes up, is changed once, and goes down.  After each death
`adit restore` alone brings the machine back: links, addresses, routes of all tables, rules, nftables, settings,
resolvers, files, processes.  With each resolver, and with each guard.

    journal_points.py KILL-AT.SO [WORD…]
"""

import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))

from client import ADIT, profile
import client
import desktop
from desktop import desktop_lab
from lab import wait_until
import names
from names import CORPORATE
from tap import case, check, main, same
from wireguard_go import BEHIND_GATEWAY, EVERYTHING, Peer, endpoint, gateway

LIBRARY = sys.argv.pop(1)
NEIGHBOURS = "192.168.77.0/24"      # a network that the machine is on all of a sudden
PRIVATE = (*BEHIND_GATEWAY, "192.168.0.0/16")
MOST = 400
# One process for all of it, as it runs after each of some hundred deaths.  The lock of the packet filter
# and the logs are what stays (docs/architecture.md); openresolv keeps folders that it made.
STATE = r"""
part () { echo "=== $*"; "$@" 2>/dev/null; }
part ip -d link show
part ip address show
part ip -4 route show table all
part ip -6 route show table all
part ip -4 rule show
part ip -6 rule show
part nft list ruleset
part grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv4/ip_forward --exclude=mc_forwarding
part grep -rs . /proc/sys/net/ipv6/conf --exclude=stable_secret
part readlink /etc/resolv.conf
part cat /etc/resolv.conf
if [ -S /run/dbus/system_bus_socket ] && [ -d /run/systemd/resolve ]; then
    for what in dns domain default-route llmnr mdns dnssec; do part resolvectl --no-pager $what; done
fi
echo "=== files"
find /etc /run/adit /run/wireguard /run/resolvconf /run/systemd/resolve/netif /var/lib/adit \
    -printf '%p %y %m %l\n' 2>/dev/null | grep -Ev '^/run/(adit|wireguard) |nft.lock|\.log|^/var/lib/adit |^/run/resolvconf.* d ' |
    LC_ALL=C sort
part ps -eo comm --no-headers
"""


def parts_of(text):
    parts = {}
    for block in text.split("=== ")[1:]:
        title, _, body = block.partition("\n")
        parts[title] = body.splitlines()
    processes = parts["ps -eo comm --no-headers"]
    processes[:] = sorted(p for p in processes if p not in ("ps", "sh"))
    return parts


def difference(before, after):
    """What differs, for people."""
    rows = []
    for title in before:
        if before[title] != after.get(title):
            was, now = before[title], after.get(title, [])
            rows.append(f"{title}: gone {[r for r in was if r not in now]}, "
                        f"new {[r for r in now if r not in was]}")
    return rows


class Machine:
    """A machine which is killed and restored again and again."""

    def __init__(self, lab, prepare, sections, nets=PRIVATE):
        self.side, self.lab = lab.client, lab
        _, self.its, mine, _ = gateway(lab)
        prepare(self.side)
        peer = Peer(self.its.public, nets, endpoint(lab.server, 51820))
        self.conf = profile(lab, "office", mine, peer, sections=sections)
        self.before = self.state()
        self.list = self.side.folder / "points"
        self.runs = 0

    def state(self):
        return parts_of(self.side.run("sh", "-c", STATE).stdout)

    def adit(self, *argv, at=None, how="before"):
        orders = {"LD_PRELOAD": LIBRARY, "KILL_AT": str(at), "KILL_HOW": how,
                  "KILL_LOG": str(self.list)} if at is not None else None
        self.runs += 1
        return self.side.popen(ADIT, *argv, log="adit.log", env=orders)

    def output(self):
        return self.side.text("adit.log")

    def points(self):
        return self.list.read_text().splitlines()

    def until(self, process, predicate, what):
        """Either that, or the death of the process."""
        wait_until(lambda: process.poll() is not None or predicate(), 15, what)
        return process.poll() is None

    def is_asked(self):
        """Does the resolver know of the tunnel?"""
        text = self.side.run("sh", "-c", "cat /etc/resolv.conf /run/systemd/resolve/netif/* "
                             "/run/resolvconf/interfaces/* 2>/dev/null", check=False).stdout
        return "# adit" in text or CORPORATE in text or "127.173." in text

    def neighbours(self, verb):
        self.side.run("ip", "address", verb, NEIGHBOURS.replace(".0/", ".1/"), "dev", "out0",
                      check=False)

    def change(self):
        """The machine gets another network, which the next worker's offer meets."""
        self.neighbours("add")
        self.side.run("pkill", "-9", "-x", "adit-worker", check=False)  # of this desktop alone

    def is_changed(self):
        return f"throw {NEIGHBOURS}" in self.side.run("ip", "route", "show", "table", "all").stdout

    def life(self, at, how="before"):
        """Up, changed, down; its exit status, -9 when it was killed on the way."""
        process = self.adit("run", self.conf, at=at, how=how)
        up = self.until(process, lambda: "connected" in self.output().splitlines(), "a tunnel") \
            and self.until(process, self.is_asked, "a resolver that was told")
        if up:
            self.change()
            up = self.until(process, self.is_changed, "another route")
        if up:
            process.terminate()
        status = process.wait(15)
        self.neighbours("delete")
        return status

    def restore(self):
        done = self.side.run(ADIT, "restore", check=False)
        check(done.returncode == 0, f"restore: status {done.returncode}: {done.stderr}")

    def lift(self):
        """A guard that is always there stays, and nothing else does."""
        done = self.side.run(ADIT, "guard", "lift", "office", check=False)
        check(done.returncode == 0, f"lift: status {done.returncode}: {done.stderr}")

    def differs(self, leave_out=()):
        """Processes that were left alone need a moment to die."""
        found = []

        def is_same():
            found[:] = [row for row in difference(self.before, self.state())
                        if not row.startswith(tuple(leave_out))]
            return not found
        try:
            wait_until(is_same, 2)
        except TimeoutError:
            pass
        return found


def report(failures):
    check(not failures, "\n".join(failures[:12]) + f"\n{len(failures)} in all")


def every_point(parts, prepare, sections, nets=PRIVATE, always=False, how="before"):
    with desktop_lab(*parts) as lab:
        machine, failures, at = Machine(lab, prepare, sections, nets), [], 0
        while at < MOST:
            at += 1
            status = machine.life(at, how)
            place = machine.points()[at - 1] if status == -signal.SIGKILL else "the end"
            if status == -signal.SIGKILL:
                machine.restore()
            found = machine.differs(("nft", "files") if always else ())
            if always:
                machine.lift()
                found += machine.differs()
            failures += [f"{place}: {row}" for row in found]
            if status == 0 and at > len(machine.points()):
                break
            check(status in (0, -signal.SIGKILL), f"{place}: status {status}: {machine.output()}")
        print(f"# {len(machine.points())} points")
        report(failures)
        check(at < MOST, "no run survived")


def every_line_torn(prepare, sections):
    """In the middle of each line of the journal."""
    every_point((), prepare, sections, how="half")


def restore_is_killed(parts, prepare, sections):
    """At every point of restoring what a full life left; the next one ends it."""
    with desktop_lab(*parts) as lab:
        machine, failures, at = Machine(lab, prepare, sections), [], 0
        while at < MOST:
            at += 1
            process = machine.adit("run", machine.conf)
            machine.until(process, machine.is_asked, "a tunnel")
            process.kill()
            process.wait(5)
            status = machine.adit("restore", at=at).wait(15)
            place = machine.points()[at - 1] if status == -signal.SIGKILL else "the end"
            check(status in (0, -signal.SIGKILL), f"{place}: status {status}: {machine.output()}")
            if status:
                machine.restore()
            failures += [f"{place}: {row}" for row in machine.differs()]
            machine.restore()       # once more does nothing
            failures += [f"{place}, again: {row}" for row in machine.differs()]
            if status == 0:
                break
        print(f"# {len(machine.points())} points")
        report(failures)


def settings(guard="off", *dns):
    return ["[routing]", "lan = on", "[dns]", f"servers = {CORPORATE}", *dns, "[guard]",
            f"mode = {guard}"]


SPLIT = "domains = corp.example"
RESOLVERS = (("resolv.conf", (), names.by_file_alone, SPLIT),
             ("a dnsmasq of our own", (), names.by_file, SPLIT),
             ("systemd-resolved", ("resolved",), names.by_resolved, SPLIT),
             ("openresolv", ("openresolv",), names.by_openresolv, "mode = full"))


def lacks(*parts):
    return lambda: desktop.missing("dnsmasq", *parts)


# What takes longest comes first.
case("killed at every point, with a full tunnel and guard = tunnel", every_point, (),
     names.by_file, settings("tunnel"), EVERYTHING, needs=lacks())
case("killed at every point, with a full tunnel and guard = always", every_point, (),
     names.by_file, settings("always"), EVERYTHING, True, needs=lacks())
for title, parts, prepare, dns in RESOLVERS:
    case(f"killed at every point, with {title}", every_point, parts, prepare,
         settings("off", dns), needs=lacks(*parts))
case("killed inside every line of the journal", every_line_torn, names.by_file,
     settings("off", SPLIT), needs=lacks())
for title, parts, prepare, dns in RESOLVERS:
    case(f"restoring is killed at every point, with {title}", restore_is_killed, parts, prepare,
         settings("off", dns), needs=lacks(*parts))
main(client.missing, at_once=4)
