# SPDX-License-Identifier: LGPL-2.1-or-later
"""aditd on a desktop of the lab, with its policy and its place on the bus, as installed.

$ADITD names the program; else it lies in the build tree of $ADIT.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import time

from bus import Caller
from client import ADIT
from desktop import DesktopLab
from desktop import missing as desktop_missing
from lab import wait_until
from wireguard_go import CLIENT_INNER, Peer, endpoint, gateway

ADITD = os.environ.get("ADITD") or str(pathlib.Path(ADIT).parents[1] / "client/daemon/aditd")
DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
NAME = "org.adit.Daemon1"
COMPLAINTS = ("CRITICAL", "Sanitizer", "runtime error")
PATIENCE_S = 1.0    # for any answer, whatever others do
MANAGER = (NAME, "/org/adit/Daemon1", NAME + ".Manager")
ALLOW = """
polkit.addRule(function (action, subject) {
    if (action.id.indexOf("org.adit.daemon.") == 0 && [%s].indexOf(subject.user) >= 0)
        return polkit.Result.YES;
});
"""


def absent():
    return None if shutil.which(ADITD) else f"no program {ADITD}"


def missing(*parts):
    """What this machine lacks, as a sentence, or None."""
    return desktop_missing("polkit", *parts)


def stage(tree):
    """What an installation has outside its own folders, below that one."""
    places = {"org.adit.policy": "polkit-1/actions", "org.adit.Daemon1.conf": "dbus-1/system.d",
              "org.adit.Daemon1.service.in": "dbus-1/system-services"}
    for file, place in places.items():
        folder = tree / "usr/share" / place
        folder.mkdir(parents=True)
        text = (DATA / file).read_text().replace("@sbindir@/aditd", ADITD)
        (folder / file.removesuffix(".in")).write_text(text)


def bounds():
    """The unit's CapabilityBoundingSet, as setpriv wants it."""
    unit = (DATA / "aditd.service.in").read_text()
    kept = re.search(r"^CapabilityBoundingSet=(.*)$", unit, re.M)[1].split()
    return ["-all", *("+" + name.removeprefix("CAP_").lower() for name in kept)]


class DaemonLab(DesktopLab):
    """lab.client is a desktop with aditd; `allowed` are users whom polkit lets do everything."""

    def __init__(self, *parts, allowed=(), start=True, **more):
        super().__init__(parts=parts, **more)
        self.daemon, self.start, tree = None, start, self.folder / "stage"
        stage(tree)
        rules = tree / "etc/polkit-1/rules.d"
        rules.mkdir(parents=True)
        (rules / "10-adit.rules").write_text(ALLOW % ", ".join(f'"{user}"' for user in allowed))
        self.desktop.trees.insert(0, tree)

    def __enter__(self):
        super().__enter__()
        if self.start:
            self.start_daemon()
        return self

    def __exit__(self, kind, *rest):
        said = self.client.text("aditd.log")
        super().__exit__(kind, *rest)
        if kind is None and any(word in said for word in COMPLAINTS):
            raise AssertionError(f"aditd complains: {said}")

    def start_daemon(self, *options):
        """With what the unit leaves it of root's capabilities."""
        self.daemon = self.client.service(
            "aditd", "setpriv", "--no-new-privs", f"--bounding-set={','.join(bounds())}", "--", ADITD,
            *options, env={"G_SLICE": "always-malloc"})
        wait_until(lambda: self.client.owner(NAME) or self.daemon.poll() is not None, 10, NAME)
        if self.daemon.poll() is not None:
            raise RuntimeError("aditd ended: " + self.client.text("aditd.log"))

    def workers(self):
        task = pathlib.Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children")
        return [int(pid) for pid in task.read_text().split()]

    def caller(self, user):
        return Caller(self.client, user)

    def home(self, user):
        """A folder of that user's own, which others may enter."""
        folder = self.folder / f"home-{user}"
        if not folder.exists():
            folder.mkdir()
            os.chown(folder, self.client.add_user(user), -1)
        return folder


def text(name, keys, peer, more="", key=None, **routing):
    """A profile; key: what stands for the private key."""
    lines = ["[connection]", f"name = {name}", "type = wireguard", more, "[wireguard]",
             key or f"private-key = {keys.private}", f"address = {', '.join(CLIENT_INNER)}",
             "[wireguard peer hq]", f"public-key = {peer.public_key}",
             f"allowed-ips = {', '.join(peer.allowed_ips)}", f"endpoint = {peer.endpoint}"]
    lines += ["[routing]", *(f"{k} = {v}" for k, v in routing.items())] if routing else []
    return "\n".join(lines) + "\n"


def served(lab, nets=("10.66.0.0/24", "10.99.0.0/24", "fd66::/64", "fd99::/64")):
    """(keys of the client, the server as its peer)"""
    _, server, mine, _ = gateway(lab)
    return mine, Peer(server.public, nets, endpoint(lab.server, 51820))


# ---- what a Caller does over there; the first argument is its connection ----

def memfd(content):
    fd = os.memfd_create("adit-test")
    os.write(fd, content.encode())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def up(bus, name, profile=None, secrets=(), file=None, **more):
    """Up with a profile as text, or as a file that is opened there; the tunnel's path."""
    options, fds = {}, []
    if profile is not None:
        fds.append(memfd(profile))
    if file is not None:
        fds.append(os.open(file, os.O_RDONLY))
    if fds:
        options["profile"] = ("h", fds[0])
    if secrets:
        given = {key: memfd(value) for key, value in dict(secrets).items()}
        fds += given.values()
        options["secrets"] = ("a{sh}", given)
    try:
        return bus.call(MANAGER, "Up", "sa{sv}", name, options, **more)[0]
    finally:
        for fd in fds:
            os.close(fd)


def tunnel(path):
    return (NAME, path, NAME + ".Tunnel")


def until_up(bus, path, timeout_s=15):
    """Sentences heard on the way."""
    said = []
    while True:
        state, sentence = bus.signal("StateChanged", timeout_s, path=path)
        said.append(sentence)
        if state == "up":
            return said


def get(bus, path, name):
    return bus.call((NAME, path, "org.freedesktop.DBus.Properties"), "Get", "ss",
                    NAME + ".Tunnel", name)[0]


def answer(bus, path, number, content):
    fd = memfd(content)
    try:
        return bus.call(tunnel(path), "Answer", "uh", number, fd)
    finally:
        os.close(fd)


def set_secret(bus, profile, key, content):
    fd = memfd(content)
    try:
        return bus.call(MANAGER, "SetSecret", "ssh", profile, key, fd)
    finally:
        os.close(fd)


def write(_bus, path, content, mode=0o600):
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
        f.write(content)
    os.chmod(path, mode)
    return str(path)


def kill(process, number=signal.SIGKILL):
    os.kill(process.pid, number)
    return process.wait(10)


# ---- whether others are served meanwhile ----

def latencies(bus, until_file):
    """Seconds of each List, at least one, until that file appears."""
    found = []
    while not found or not os.path.exists(until_file):
        start = time.monotonic()
        bus.call(MANAGER, "List")
        found.append(time.monotonic() - start)
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def served_meanwhile(lab, caller, what):
    """This caller's calls are answered in time while the block runs."""
    flag = lab.folder / f"over-{len(list(lab.folder.iterdir()))}"
    caller.begin(latencies, str(flag))
    try:
        yield
    finally:
        flag.touch()
        found = caller.finish()
    print(f"# {what}: another asked {len(found)} times, longest answer {max(found) * 1000:.0f} ms")
    if max(found) > PATIENCE_S:
        raise AssertionError(f"{what}: another waited {max(found):.2f} s")
