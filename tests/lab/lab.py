# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab: a few machines on one wire, all inside network namespaces.

Each side is a namespace with a /run and an /etc of its own, so that nothing a
test starts can touch the machine it runs on.  Everything made is removed when
the `with` block ends, for whatever reason; what a killed run left behind is
removed by the next one.  Peers are in wireguard_go.py and guest.py, the program
under test in client.py, measurements in measure.py.
"""

import atexit
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

NAME = re.compile(r"adit-(\d+)-\d+-[a-z0-9]+$")
ETC = ("passwd", "group", "nsswitch.conf", "hosts", "host.conf", "gai.conf", "services",
       "protocols", "iproute2", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives",
       "localtime", "ssl/openssl.cnf")
SETTLED = """
echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad
echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6
echo 0 > /proc/sys/net/ipv6/conf/default/disable_ipv6
"""
ROOM = """
mount --bind "$1/run" /run && mount --bind "$1/etc" /etc || exit 1
echo ready
exec cat
"""


def missing():
    """What this machine lacks for a lab, as a sentence, or None."""
    if os.geteuid() != 0:
        return "not root, which network namespaces need"
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    for tool in ("ip", "nsenter", "wg", "ping"):
        if not shutil.which(tool):
            return f"no program {tool}"
    probe = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True)
    return "this machine allows no network namespace" if probe.returncode else None


def lacks_groups():
    """Why programs cannot be told apart here, as a sentence, or None."""
    kinds = pathlib.Path("/proc/filesystems").read_text().split()
    return None if "cgroup2" in kinds else "no control groups of version 2 in this kernel"


def wait_until(predicate, timeout_s, what="the awaited state"):
    """Polls until predicate() is true and returns its value."""
    end = time.monotonic() + timeout_s
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {timeout_s} s")
        time.sleep(0.01)


def die_with_parent():
    """A test that is killed takes what it started along (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _host(*argv, check=True):
    return subprocess.run(argv, check=check, capture_output=True, text=True)


def furnish(etc):
    """Fills a side's /etc with what programs look up there; no key of this machine is copied."""
    etc.mkdir()
    for name in ETC:
        source = pathlib.Path("/etc", name)
        if source.is_dir():
            shutil.copytree(source, etc / name, symlinks=True)
        elif source.exists():
            (etc / name).parent.mkdir(exist_ok=True)
            shutil.copy2(source, etc / name)
    (etc / "resolv.conf").write_text("# the lab's\nnameserver 192.0.2.53\n")


class Side:
    """One machine: its namespace, its addresses on the wire, its own /run and /etc."""

    def __init__(self, lab, name, number):
        self.lab = lab
        self.name = name
        self.namespace = f"adit-{os.getpid()}-{lab.number}-{name}"
        self.number = number
        self.ipv4 = f"198.51.100.{number}"
        self.ipv6 = f"2001:db8:51::{number}"
        self.folder = lab.folder / name
        self.room = None

    def open(self):
        self.folder.mkdir()
        (self.lab.memory / self.name).mkdir()
        (self.folder / "run").symlink_to(self.lab.memory / self.name)
        furnish(self.folder / "etc")
        _host("ip", "netns", "add", self.namespace)
        self.room = subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, "sh", "-c", ROOM, "room", self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        if self.room.stdout.readline() != b"ready\n":
            raise RuntimeError(f"side {self.name} got no /run and /etc of its own")
        self.run("sh", "-c", SETTLED)
        self.run("ip", "link", "set", "lo", "up")

    def inside(self, argv):
        """The argument vector which runs argv on this side."""
        where = ["nsenter", f"--target={self.room.pid}", "--mount", "--net", "--root", "--"]
        return where + [str(a) for a in argv]

    def run(self, *argv, check=True, timeout_s=30, stdin=None):
        """Runs a command on this side to its end; text output is captured."""
        done = subprocess.run(self.inside(argv), input=stdin, timeout=timeout_s,
                              capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(map(str, argv))}: status {done.returncode}"
                               f"\n{done.stdout}{done.stderr}")
        return done

    def popen(self, *argv, log=None, env=None, **more):
        """Starts a command on this side; it ends with the lab at the latest.  With log=NAME
        its output goes to NAME in the side's folder."""
        output = open(self.folder / log, "wb") if log else more.pop("stdout", subprocess.DEVNULL)
        process = subprocess.Popen(
            self.inside(argv), stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT if log else more.pop("stderr", subprocess.DEVNULL),
            env={**os.environ, **env} if env else None,
            start_new_session=True, preexec_fn=die_with_parent, **more)
        if log:
            output.close()
        self.lab.started.append(process)
        return process

    def text(self, log):
        path = self.folder / log
        return path.read_text(errors="replace") if path.exists() else ""

    def ip(self, *argv):
        """`ip -j …` on this side, parsed."""
        return json.loads(self.run("ip", "-j", *argv).stdout or "[]")

    def address(self, family):
        return self.ipv4 if family == 4 else self.ipv6

    def pids(self):
        return [int(p) for p in _host("ip", "netns", "pids", self.namespace,
                                      check=False).stdout.split()]

    def resolv_conf(self):
        """Where it leads to, or its text."""
        path = self.folder / "etc/resolv.conf"
        return os.readlink(path) if path.is_symlink() else path.read_text()

    def state(self):
        """All that a VPN client may change on a machine, to compare before with after."""
        tables = {f"{what} -{family}": self.ip(f"-{family}", *what.split())
                  for family in (4, 6) for what in ("route show table all", "rule show")}
        tables["link"] = self.ip("link")
        tables["address"] = self.ip("address")
        tables["resolv.conf"] = self.resolv_conf()
        if shutil.which("nft"):
            tables["nft"] = self.run("nft", "list", "ruleset").stdout
        return tables

    def close(self):
        if self.room:
            self.room.stdin.close()
            self.room.stdout.close()
            self.room.wait()
        remove_namespace(self.namespace)


def remove_namespace(name):
    pids = _host("ip", "netns", "pids", name, check=False).stdout.split()
    for pid in map(int, pids):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    _host("ip", "netns", "del", name, check=False)


def remove_stale():
    """Removes the namespaces of runs that were killed."""
    for line in _host("ip", "netns", "list", check=False).stdout.splitlines():
        name = line.split()[0] if line else ""
        owner = NAME.match(name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            remove_namespace(name)
    for place in {tempfile.gettempdir(), in_memory()}:
        for folder in pathlib.Path(place).glob("adit-lab-*-*"):
            if not os.path.exists(f"/proc/{folder.name.split('-')[2]}"):
                shutil.rmtree(folder, ignore_errors=True)


def in_memory():
    """Where files cost no disk, as in a machine's /run."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()


class Lab:
    """`with Lab() as lab:` makes lab.server and lab.client, joined by one veth pair.  With
    more names, or with wire=True, all hang on a bridge in a namespace of its own (lab.wire),
    where guests can be plugged in too."""

    count = 0
    evidence = ""       # of the last block that failed: the ends of its logs

    def __init__(self, *names, wire=False):
        Lab.count += 1
        self.number = Lab.count
        names = names or ("server", "client")
        prefix = f"adit-lab-{os.getpid()}-"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.memory = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=in_memory()))
        self.sides = {name: Side(self, name, i + 1) for i, name in enumerate(names)}
        self.wire = None
        if wire or len(names) != 2:
            self.wire = f"adit-{os.getpid()}-{self.number}-wire"
        self.started, self.at_close = [], []
        self.is_open = False

    def __getattr__(self, name):
        sides = self.__dict__.get("sides", {})
        if name in sides:
            return sides[name]
        raise AttributeError(name)

    def __enter__(self):
        remove_stale()
        self.is_open = True
        atexit.register(self.close)
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            for side in self.sides.values():
                side.open()
            self._join()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind:
            Lab.evidence = "".join(self._ends_of_logs())
        self.close()

    def _ends_of_logs(self):
        for log in sorted([*self.folder.glob("*/*.log"), *self.folder.glob("guests/*/share/*")]):
            lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
            lines = [line for line in lines if line[:1] not in "┌│└"]     # wireguard-go's banner
            if lines:
                yield "\n".join([f"--- {log.relative_to(self.folder)}", *lines[-30:], ""])

    def _join(self):
        sides = list(self.sides.values())
        if self.wire:
            _host("ip", "netns", "add", self.wire)
            _host("ip", "-n", self.wire, "link", "add", "br0", "type", "bridge",
                  "forward_delay", "0", "mcast_snooping", "0")
            _host("ip", "-n", self.wire, "link", "set", "br0", "up")
            for side in sides:
                port = f"port{side.number}"
                _host("ip", "-n", side.namespace, "link", "add", "out0", "type", "veth",
                      "peer", "name", port, "netns", self.wire)
                _host("ip", "-n", self.wire, "link", "set", port, "master", "br0", "up")
        else:
            _host("ip", "-n", sides[0].namespace, "link", "add", "out0", "type", "veth",
                  "peer", "name", "out0", "netns", sides[1].namespace)
        for side in sides:
            side.run("ip", "addr", "add", f"{side.ipv4}/24", "dev", "out0")
            side.run("ip", "addr", "add", f"{side.ipv6}/64", "dev", "out0", "nodad")
            side.run("ip", "link", "set", "out0", "up")
        for side in sides:      # the kernel's own address comes later, which would look like a change
            wait_until(lambda side=side: "local fe80" in side.run(
                "ip", "-6", "route", "show", "table", "local", "dev", "out0").stdout,
                5, f"{side.name}'s link-local address")

    def close(self):
        """Ends every process, removes every namespace; may be called twice."""
        if not self.is_open:
            return
        self.is_open = False
        atexit.unregister(self.close)
        deaf = [(s, signal.signal(s, signal.SIG_IGN)) for s in (signal.SIGINT, signal.SIGTERM)]
        for undo in reversed(self.at_close):
            undo()
        self._end_processes()
        for side in self.sides.values():
            side.close()
        if self.wire:
            remove_namespace(self.wire)
        for folder in (self.folder, self.memory):
            shutil.rmtree(folder, ignore_errors=True)
        for number, handler in deaf:
            signal.signal(number, handler)

    def _end_processes(self):
        living = [p for p in self.started if p.poll() is None]
        for process in living:
            process.terminate()
        end = time.monotonic() + 3
        for process in living:
            try:
                process.wait(max(0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
