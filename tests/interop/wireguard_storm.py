#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes of adit are killed at many moments of their lives; the next command must find the
machine as it was before: no route, rule, address, device, name server, file or process more."""

import os
import pathlib
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import ADIT, Client
import client
from lab import Lab, wait_until
from tap import case, check, main, same
from wireguard_go import BEHIND_GATEWAY, EVERYTHING, Peer, endpoint, gateway, wg_quick

START_MS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 17, 20, 24, 28, 33, 39, 45, 52, 60]
END_MS = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 13, 17]
FILTER = "/proc/sys/net/ipv4/conf/out0/rp_filter"
RESOLV = "# as a person wrote it\nsearch example.org\noptions edns0\nnameserver 192.0.2.53\n\n"


class Storm:
    """A gateway, a client with a file for it, and what the client's machine was like before."""

    def __init__(self, lab, nets):
        _, server, mine, _ = gateway(lab)
        self.lab, self.side = lab, lab.client
        self.conf = wg_quick(lab, "office", mine,
                             Peer(server.public, nets, endpoint(lab.server, 51820)),
                             dns=("10.99.0.1",))
        (self.side.folder / "etc/resolv.conf").write_text(RESOLV)
        self.side.run("sh", "-c", f"echo 1 > {FILTER}")
        self.next_command()         # makes the folders that stay
        wait_until(self.has_link_local, 5, "the wire's own addresses")
        self.before = self.machine()

    def has_link_local(self):
        wire = self.side.ip("address", "show", "dev", "out0")[0]["addr_info"]
        return any(a["scope"] == "link" and not a.get("tentative") for a in wire)

    def files(self):
        """Those that adit may write, but its log and locks, which stay until the next boot."""
        found = [*self.side.folder.glob("run/**/*"), *self.side.folder.glob("etc/resolv*"),
                 *self.side.folder.glob("etc/adit/**/*")]
        return sorted(str(p.relative_to(self.side.folder)) for p in found
                      if not p.is_dir() and p.suffix not in (".log", ".1", ".lock"))

    def machine(self):
        return {**self.side.state(), "files": self.files(), "processes": sorted(self.side.pids()),
                "rp_filter": self.side.run("cat", FILTER).stdout}

    def next_command(self):
        done = self.side.run(ADIT, "list")
        check("note" not in done.stderr, done.stderr)

    def as_before(self, when):
        now = self.machine()
        for what, was in self.before.items():
            same(now[what], was, f"{what} after {when}")

    def start(self):
        return Client(self.side, self.conf)


def workers(adit):
    try:
        return adit.workers()
    except FileNotFoundError:
        return []


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def pause(ms):
    """The moment is what is tested; nothing is waited for."""
    time.sleep(ms / 1000)


def kill_adit(adit):
    kill([adit.process.pid])


def kill_worker(adit):
    """adit clears up by itself.  The first worker reads the file, the second is the tunnel's; once
    the tunnel is up, another one takes over, until adit is told to end."""
    def is_over():
        kill(workers(adit))
        if adit.is_connected():
            adit.process.terminate()
        return adit.process.poll() is not None
    wait_until(is_over, 5, "the end of adit")


def kill_both(adit):
    kill([adit.process.pid, *workers(adit)])


def kill_worker_first(adit):
    kill([*workers(adit), adit.process.pid])


def killed_while_starting(victim, nets):
    with Lab() as lab:
        storm = Storm(lab, nets)
        for ms in START_MS:
            adit = storm.start()
            pause(ms)
            victim(adit)
            check(adit.ended() != 0 or adit.is_connected(),
                  f"adit ended as if all was well after {ms} ms")
            storm.next_command()
            storm.as_before(f"{ms} ms")


def killed_while_ending(victim, nets):
    """`victim` is killed while `adit down` waits for the end."""
    with Lab() as lab:
        storm = Storm(lab, nets)
        for ms in END_MS:
            adit = storm.start().connected()
            down = storm.side.popen(ADIT, "down", "office")
            pause(ms)
            victim(adit)
            adit.ended()
            down.wait(10)
            storm.next_command()
            storm.as_before(f"{ms} ms")


def killed_while_clearing_up(nets):
    """Who clears up after a killed tunnel is killed too, and the one after it finishes."""
    with Lab() as lab:
        storm = Storm(lab, nets)
        for ms in END_MS:
            adit = storm.start().connected()
            kill_both(adit)
            adit.ended()
            first = storm.side.popen(ADIT, "restore")
            pause(ms)
            first.kill()
            first.wait(5)
            storm.next_command()
            storm.as_before(f"{ms} ms")


def killed_while_importing():
    """The profile is there whole or not at all, and nothing beside it."""
    with Lab() as lab:
        storm = Storm(lab, BEHIND_GATEWAY)
        profiles = storm.side.folder / "etc/adit/profiles"
        for ms in START_MS:
            job = storm.side.popen(ADIT, "import", storm.conf, "office")
            pause(ms)
            kill([job.pid])
            job.wait(5)
            storm.next_command()
            if (profiles / "office.conf").exists():
                storm.side.run(ADIT, "show", "office")
                storm.side.run(ADIT, "forget", "office")
            storm.as_before(f"{ms} ms")


def changed_by_another():
    """What somebody wrote into resolv.conf meanwhile is theirs and stays."""
    with Lab() as lab:
        storm = Storm(lab, BEHIND_GATEWAY)
        adit = storm.start().connected()
        path = storm.side.folder / "etc/resolv.conf"
        check("10.99.0.1" in path.read_text(), f"no name server of the tunnel: {path.read_text()}")
        path.write_text("nameserver 203.0.113.9\n")
        kill_both(adit)
        adit.ended()
        storm.next_command()
        storm.before["resolv.conf"] = "nameserver 203.0.113.9\n"
        storm.as_before("a change by another")


case("adit is killed while starting", killed_while_starting, kill_adit, BEHIND_GATEWAY)
case("the worker is killed while starting", killed_while_starting, kill_worker, BEHIND_GATEWAY)
case("both are killed while starting", killed_while_starting, kill_both, BEHIND_GATEWAY)
case("both are killed while starting, the worker first", killed_while_starting, kill_worker_first,
     BEHIND_GATEWAY)
case("adit is killed while starting a full tunnel", killed_while_starting, kill_adit, EVERYTHING)
case("both are killed while starting a full tunnel", killed_while_starting, kill_both, EVERYTHING)
case("adit is killed while it is asked to end", killed_while_ending, kill_adit, EVERYTHING)
case("both are killed while the tunnel is asked to end", killed_while_ending, kill_both,
     EVERYTHING)
case("adit is killed while clearing up", killed_while_clearing_up, EVERYTHING)
case("adit is killed while importing", killed_while_importing)
case("resolv.conf is changed by another before adit is killed", changed_by_another)
main(client.missing)
