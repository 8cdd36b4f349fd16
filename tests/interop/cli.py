#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`adit` as an ordinary user and as root, beside aditd: up, down, status, log, explain, secrets, and
what it says when it may not or cannot."""

import contextlib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from aditd import DaemonLab, absent, kill, missing, served, text
from client import ADIT
from lab import lacks_groups, wait_until
from measure import ping
from tap import case, check, main, same

# Nobody answers there, and the protocol waits for an answer.
SILENT = "[connection]\ntype = mirror\nserver = {}:9\n"
KEYRING = ("gnome-keyring-daemon", "dbus-run-session", "secret-tool")


class User:
    """Runs `adit` on the desktop as somebody; env: HOME and the like."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.home = lab.home(name) if name != "root" else pathlib.Path("/root")
        self.env = [f"HOME={self.home}", f"XDG_CONFIG_HOME={self.home}/config", "LC_ALL=C.UTF-8",
                    "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]

    def words(self, *words, program=ADIT):
        plain = ["env", "-i", *self.env, program, *words]
        return self.lab.client.as_user(self.name, *plain) if self.name != "root" else plain

    def adit(self, *words, stdin=None, timeout_s=40):
        return self.lab.client.run(*self.words(*words), check=False, stdin=stdin,
                                   timeout_s=timeout_s)

    def good(self, *words, **more):
        done = self.adit(*words, **more)
        same((done.returncode, done.stderr), (0, ""), f"adit {words}: {done.stdout}")
        return done.stdout

    def fails(self, status, *words, **more):
        done = self.adit(*words, **more)
        same(done.returncode, status, f"adit {words}: {done.stdout} {done.stderr}")
        check(done.stderr.startswith("adit: "), done.stderr)
        return done.stderr.removeprefix("adit: ").strip()

    def file(self, name, content, mode=0o600):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        number = self.lab.client.add_user(self.name)
        for each in (path, *path.parents):
            if each == self.home.parent:
                break
            os.chown(each, number, number)
        path.chmod(mode)
        return str(path)

    def profile(self, name, content):
        return self.file(f"config/adit/profiles/{name}.conf", content)

    @contextlib.contextmanager
    def terminal(self, *words):
        """A terminal of its own, on which it runs."""
        master, slave = pty.openpty()
        argv = self.lab.client.inside(self.words("-cw", ADIT, *words, program="setsid"))
        with self.lab.client.numbered():
            process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave,
                                       start_new_session=True)
        os.close(slave)
        try:
            yield Terminal(master, process)
        finally:
            os.close(master)
            process.kill()
            process.wait()


class Terminal:
    def __init__(self, fd, process):
        self.fd, self.process, self.seen = fd, process, ""

    def until(self, words, timeout_s=15):
        end = time.monotonic() + timeout_s
        while words not in self.seen:
            check(select.select([self.fd], [], [], max(0, end - time.monotonic()))[0],
                  f"{words!r} did not come: {self.seen!r}")
            try:
                self.seen += os.read(self.fd, 4096).decode(errors="replace")
            except OSError:
                check(words in self.seen, f"{words!r} did not come: {self.seen!r}")

    def type(self, line):
        os.write(self.fd, line.encode())

    def status(self, timeout_s=20):
        """Reads on, so that it never waits for us."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.fd, 4096).decode(errors="replace")
                except OSError:
                    pass
            if self.process.poll() is not None:
                return self.process.returncode
        raise AssertionError(f"it did not end: {self.seen!r}")


def same_state(lab, before):
    after = lab.client.state()
    for what, was in before.items():
        same(after[what], was, what)


def whole_life():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice = User(lab, "alice")
        mine, peer = served(lab)
        alice.profile("hq", text("hq", mine, peer))
        same(alice.good("status"), "No tunnel is up.\n", "status")
        before = lab.client.state()
        lines = alice.good("up", "hq").splitlines()
        same(lines[-1], "connected", "last line")
        check(any(lab.server.ipv4 in line for line in lines), f"no word of the server: {lines}")
        check(ping(lab.client, "10.99.0.1"), "no echo")
        check("● hq  WireGuard  up" in alice.good("status"), "status")
        check("● hq  WireGuard  up" in alice.good("status", "hq"), "status of one")
        status, = json.loads(alice.good("status", "--json"))["tunnels"]
        same((status["name"], status["state"]), ("hq", "up"), "status as JSON")
        check("contacting" in alice.good("log", "hq"), "log")
        said = alice.fails(2, "up", "hq")
        check("hq" in said, said)
        same(alice.fails(2, "down", "qh"), "No tunnel called qh is up; did you mean hq?", "down")
        same(alice.fails(2, "status", "x"), "No tunnel called x is up; these are: hq.", "status")
        same(alice.good("down", "hq"), "hq has ended, and everything it changed is undone.\n", "down")
        same(alice.good("status"), "No tunnel is up.\n", "status")
        same_state(lab, before)


def files():
    """A file of adit's or of another program, by its path."""
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice = User(lab, "alice")
        mine, peer = served(lab)
        path = alice.file("far.conf", text("far", mine, peer))
        check(alice.good("up", path).endswith("connected\n"), "up")
        alice.good("down", "far")
        quick = "\n".join(["[Interface]", f"PrivateKey = {mine.private}", "Address = 10.66.0.2/24",
                           "[Peer]", f"PublicKey = {peer.public_key}", f"Endpoint = {peer.endpoint}",
                           "AllowedIPs = 10.66.0.0/24, 10.99.0.0/24", ""])
        path = alice.file("wg7.conf", quick)
        check(alice.good("up", path).endswith("connected\n"), "up of a foreign file")
        check("● wg7" in alice.good("status"), "status")
        alice.good("down", "wg7")
        wide = alice.file("wide.conf", text("wide", mine, peer), 0o644)
        check("chmod 600" in alice.fails(2, "up", wide), "a file that others may read")


def refusals():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice, mallory = User(lab, "alice"), User(lab, "mallory")
        mine, peer = served(lab)
        mallory.profile("hq", text("hq", mine, peer))
        alice.profile("hq", text("hq", mine, peer))
        for words in (["up", "hq"], ["reload"], ["restore"], ["secret", "forget", "office"]):
            said = mallory.fails(8, *words)
            check("You may not" in said and "org.adit.daemon." in said, f"{words}: {said}")
        alice.good("up", "hq")
        said = mallory.fails(8, "down", "hq")
        check("somebody else started" in said, said)
        check("somebody else" in mallory.fails(8, "log", "hq"), "log of another's tunnel")
        check("somebody else" in mallory.fails(8, "status", "hq"), "status of another's tunnel")
        alice.good("down", "hq")


def asked_for_a_password():
    """Where no desktop asks for polkit, the terminal does."""
    with DaemonLab("polkit") as lab:
        mallory = User(lab, "mallory")
        mine, peer = served(lab)
        mallory.profile("hq", text("hq", mine, peer))
        with mallory.terminal("up", "hq") as terminal:
            terminal.until("AUTHENTICATING FOR org.adit.daemon.up-own")
            terminal.until("AUTHENTICATION FAILED")     # there are no passwords on this desktop
            same(terminal.status(), 8, terminal.seen)
            check("You may not" in terminal.seen, terminal.seen)
        same(mallory.good("status"), "No tunnel is up.\n", "status")


def errors():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice = User(lab, "alice")
        mine, peer = served(lab)
        check("office" in alice.fails(2, "up", "office"), "no such profile")
        check("cannot name a profile" in alice.fails(2, "up", "a b"), "no name")
        alice.profile("wrong", text("wrong", mine, peer).replace("allowed-ips", "allowed-pis"))
        said = alice.fails(2, "up", "wrong")
        check("did you mean `allowed-ips`?" in said and "wrong.conf:" in said, said)
        peer.endpoint = "nowhere.invalid:51820"
        alice.profile("lost", text("lost", mine, peer))
        same(alice.fails(4, "up", "lost"), "No address is known for nowhere.invalid.", "sentence")
        done = alice.adit("up", "lost", "-v")
        same(done.returncode, 4, "exit status")
        check("\nadit: No address is known for nowhere.invalid.\n  because: " in done.stderr, done.stderr)
        check(" info core: contacting, was resolving\n" in done.stderr, done.stderr)
        same(alice.good("status"), "No tunnel is up.\n", "status")


def interrupted():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice = User(lab, "alice")
        before = lab.client.state()
        alice.profile("hq", SILENT.format(lab.server.ipv4))
        with alice.terminal("up", "hq") as terminal:
            terminal.until(lab.server.ipv4)
            terminal.type("\x03")
            same(terminal.status(), 130, "exit status")
            check("connected" not in terminal.seen, terminal.seen)
        same(alice.good("status"), "No tunnel is up.\n", "status")
        same(lab.workers(), [], "workers")
        same_state(lab, before)


def daemon_dies():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice = User(lab, "alice")
        alice.profile("hq", SILENT.format(lab.server.ipv4))
        with alice.terminal("up", "hq") as terminal:
            terminal.until(lab.server.ipv4)
            kill(lab.daemon)
            same(terminal.status(), 4, "exit status")
            check("aditd has ended, and the tunnel with it" in terminal.seen, terminal.seen)
        lab.client.run("rm", "/usr/share/dbus-1/system-services/org.adit.Daemon1.service")
        lab.client.run("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/",
                       "org.freedesktop.DBus.ReloadConfig")
        wait_until(lambda: alice.adit("up", "hq").returncode == 8, 10, "the bus forgot aditd")
        check("adit: aditd does not run; start it with `systemctl start aditd`, or use `adit run` as root, which "
              "needs none.\n" in alice.adit("up", "hq").stderr, "the sentence without aditd")
        root = User(lab, "root")
        same(root.good("restore"), "Nothing of ended tunnels is left.\n", "restore")


def both_kinds():
    """root sees the tunnels of aditd and of `adit run` in one table."""
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice, root = User(lab, "alice"), User(lab, "root")
        mine, peer = served(lab)
        peer.allowed_ips = ("10.99.0.0/24",)
        alice.profile("hq", text("hq", mine, peer))
        alice.good("up", "hq")
        other = lab.folder / "own.conf"
        peer.endpoint = f"{lab.server.ipv4}:9"
        peer.allowed_ips = ("10.98.0.0/24",)
        other.write_text(text("own", mine, peer))
        other.chmod(0o600)
        run = lab.client.popen(ADIT, "run", other, log="own.log")
        wait_until(lambda: lab.server.ipv4 in lab.client.text("own.log"), 10, "adit run")
        said = root.good("status")
        check("● hq  WireGuard  up" in said and "● own  WireGuard" in said, said)
        check("contacting" in root.good("log", "own"), "log of adit run's")
        check("contacting" in root.good("log", "hq"), "log of aditd's")
        check("● own" not in alice.good("status"), "what is root's alone")
        same(root.good("down", "hq"), "hq has ended, and everything it changed is undone.\n", "down")
        root.good("down", "own")
        same(run.wait(10), 0, "adit run")
        same(root.good("status"), "No tunnel is up.\n", "status")


def following_a_log():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice, root = User(lab, "alice"), User(lab, "root")
        mine, peer = served(lab)
        alice.profile("hq", text("hq", mine, peer))
        alice.good("up", "hq")
        mine_log = lab.client.popen(*alice.words("log", "-f", "hq"), log="alice.log")
        roots = lab.client.popen(*root.words("log", "-f", "hq"), log="root.log")
        for log in ("alice.log", "root.log"):
            wait_until(lambda log=log: "up" in lab.client.text(log), 10, log)
        alice.good("down", "hq")
        same(mine_log.wait(10), 0, "adit log -f")
        for log in ("alice.log", "root.log"):
            wait_until(lambda log=log: "stopping" in lab.client.text(log), 10, f"the end in {log}")
        roots.send_signal(signal.SIGINT)
        same(roots.wait(10), 0, "root's adit log -f")
        lines = lab.client.text("alice.log").splitlines()
        same(len(lines), len(set(lines)), "each line once")


def explained():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice, root = User(lab, "alice"), User(lab, "root")
        mine, peer = served(lab)
        profiles = lab.client.folder / "etc/adit/profiles"
        profiles.mkdir(parents=True, exist_ok=True)
        (profiles / "office.conf").write_text(text("office", mine, peer, exclude="10.99.0.128/25",
                                                   include="10.97.0.0/16"))
        (profiles / "office.conf").chmod(0o600)
        explain_private(alice, mine, peer)
        alice.good("up", "office")
        for who in (alice, root):
            said = who.good("explain", "10.99.0.1")
            check("10.99.0.1 goes through the tunnel office, by its device" in said, said)
            check("`allowed-ips` in [wireguard peer hq] of the profile office" in flat(said), said)
            said = who.good("explain", "10.97.1.1")
            check("`include` in [routing] of the profile office" in flat(said), said)
            said = who.good("explain", "10.99.0.200")
            check("No tunnel takes 10.99.0.200" in said or "has no route" in said, said)
            check("would take it but for the exception 10.99.0.128/25: `exclude` in [routing] of the profile "
                  "office." in flat(said), said)
        answer = json.loads(root.good("explain", "10.99.0.1", "--json"))
        same(answer["addresses"][0]["tunnel"], "office", "tunnel")
        same(answer["addresses"][0]["kernel-agrees"], True, "agreement")
        answer = json.loads(root.good("explain", "localhost", "--json"))
        same(answer["resolver"]["backend"], "hosts", "who is asked")
        said = root.good("explain", "1")
        check("Process 1 is " in said, said)
        alice.good("down", "office")


def explain_private(alice, mine, peer):
    """Of a profile that only its user has, too."""
    peer.allowed_ips = ("10.94.0.0/16",)
    alice.profile("mine", text("mine", mine, peer, include="10.95.0.0/16", exclude="10.95.7.0/24", lan="on"))
    alice.good("up", "mine")
    for address, why in (("10.95.1.1", "`include` in [routing] of the profile mine."),
                         ("10.94.1.1", "`allowed-ips` in [wireguard peer hq] of the profile mine."),
                         ("10.95.7.7", "exception 10.95.7.0/24: `exclude` in [routing] of the profile mine.")):
        said = flat(alice.good("explain", address))
        check(why in said, f"{address}: {said}")
    alice.good("down", "mine")


def explained_guard_and_names():
    """IPv6 beside a tunnel of IPv4 alone is stopped by the guard; names of the tunnel's domain are asked there."""
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice, root = User(lab, "alice"), User(lab, "root")
        mine, peer = served(lab, ("0.0.0.0/0",))
        lab.client.run("ip", "-6", "route", "add", "default", "via", lab.server.ipv6)
        more = "[dns]\nservers = 10.99.0.1\ndomains = corp.invalid\n[guard]\nmode = tunnel\n"
        alice.profile("hq", text("hq", mine, peer) + more)
        said = flat(root.good("explain", "2001:db8::9"))
        check("No tunnel takes 2001:db8::9: it leaves by out0" in said and "guard" not in said, said)
        alice.good("up", "hq")
        for who in (root, alice):
            said = flat(who.good("explain", "2001:db8::9"))
            check("But the guard of hq stops it (`mode = tunnel` in [guard])." in said, said)
            said = flat(who.good("explain", "203.0.113.1"))
            check("203.0.113.1 goes through the tunnel hq" in said and "No guard stops it." in said, said)
        said = flat(alice.good("explain", "intra.corp.invalid"))
        check("For intra.corp.invalid the name servers of the tunnel hq are asked (10.99.0.1), because it lies in "
              "the domain corp.invalid." in said and "10.99.0.1 goes through the tunnel hq" in said, said)
        check(not ping(lab.client, "2001:db8::9"), "an echo past the guard")
        answer = json.loads(root.good("explain", "2001:db8::9", "--json"))["addresses"][0]
        same(answer["guard"], {"verdict": "stops", "tunnel": "hq"}, "guard")
        same((answer["goes"], answer["device"]), ("device", "out0"), "way")
        alice.good("down", "hq")


def flat(said):
    return re.sub(r"\s+", " ", said)


def given_secrets():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice = User(lab, "alice")
        mine, peer = served(lab)
        for source in ("ask", "keyring"):
            alice.profile("hq", text("hq", mine, peer, key=f"private-key-source = {source}"))
            said = alice.fails(3, "up", "hq")
            same(said, "wireguard.private-key is needed, and there is no terminal to ask on; give it with "
                 '`--secret "wireguard.private-key=fd:3"`, or keep it with `adit secret set hq '
                 '"wireguard.private-key"`.', "sentence")
        for how, content in (("--secret=private-key=fd:0", mine.private),
                             ("--secrets-fd=0", f"wireguard.private-key={mine.private}\n")):
            check(alice.good("up", "hq", how, stdin=content).endswith("connected\n"), how)
            alice.good("down", "hq")
        check("no secret of this profile" in alice.fails(2, "up", "hq", "--secret=password=fd:0"), "key")
        said = alice.fails(3, "up", "hq", "--secret=private-key=fd:0", stdin="no key")
        check("private-key" in said and "no key" not in said, said)
        with alice.terminal("up", "hq") as terminal:
            terminal.until("[wireguard]:")
            terminal.type(mine.private + "\n")
            terminal.until("connected")
            terminal.until("Keep wireguard.private-key in your key ring? (y/N)")
            terminal.type("n\n")
            same(terminal.status(), 0, "exit status")
            check(mine.private not in terminal.seen, "the key was shown")
        alice.good("down", "hq")


def lacks_keyring():
    for program in KEYRING:
        if not shutil.which(program):
            return f"no program {program}"
    return missing()


RING = """
printf ring | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
until dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
    string:org.freedesktop.secrets | grep -q true; do sleep 0.05; done
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.SetAlias string:default \
    objpath:/org/freedesktop/secrets/collection/login >/dev/null
echo "$DBUS_SESSION_BUS_ADDRESS"
wait
"""


def open_ring(lab, user):
    """A session bus with an unlocked Secret Service on it."""
    run = user.home / "run"
    run.mkdir()
    os.chown(run, lab.client.add_user(user.name), -1)
    run.chmod(0o700)
    user.env += [f"XDG_RUNTIME_DIR={run}", f"XDG_DATA_HOME={user.home}/data"]
    config = run / "session.conf"       # the installed one listens in /tmp, and leaves a socket there
    config.write_text(re.sub("<listen>.*</listen>", f"<listen>unix:dir={run}</listen>",
                             pathlib.Path("/usr/share/dbus-1/session.conf").read_text()))
    lab.client.popen(*user.words(f"--config-file={config}", "--", "bash", "-c", RING, program="dbus-run-session"),
                     log="ring.log")
    wait_until(lambda: "unix:" in lab.client.text("ring.log"), 20, "a key ring")
    user.env.append(f"DBUS_SESSION_BUS_ADDRESS={lab.client.text('ring.log').split()[-1]}")


def keyring():
    """A real Secret Service: kept by `adit secret set`, found by `adit up`, forgotten again; kept by `adit up`
    when the person agrees, and forgotten with the profile."""
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice = User(lab, "alice")
        mine, peer = served(lab)
        open_ring(lab, alice)

        def kept():
            return lab.client.run(*alice.words("lookup", "profile", "hq", "key", "wireguard.private-key",
                                               program="secret-tool"), check=False).stdout

        path = alice.profile("hq", text("hq", mine, peer, key="private-key-source = keyring"))
        alice.good("secret", "set", "hq", "private-key", "--secret=private-key=fd:0", stdin=mine.private + "\n")
        same(kept(), mine.private, "what secret-tool finds")
        check(alice.good("up", "hq").endswith("connected\n"), "up")
        check(mine.private not in pathlib.Path(path).read_text(), "the key is in the profile")
        alice.good("down", "hq")
        alice.good("secret", "forget", "hq")
        same(kept(), "", "what is kept")
        check("wireguard.private-key is needed" in alice.fails(3, "up", "hq"), "after it was forgotten")
        with alice.terminal("up", "hq") as terminal:
            terminal.until("[wireguard]:")
            terminal.type(mine.private + "\n")
            terminal.until("in your key ring? (y/N)")
            terminal.type("y\n")
            same(terminal.status(), 0, terminal.seen)
        alice.good("down", "hq")
        same(kept(), mine.private, "what was kept after a success")
        check(alice.good("up", "hq").endswith("connected\n"), "up without a question")
        alice.good("down", "hq")
        alice.good("forget", "hq")
        same(kept(), "", "what is kept of a forgotten profile")


def kept_for_root():
    """Secrets of a system profile: set over the bus, used by aditd and by root's `adit run` alike."""
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice, root = User(lab, "alice"), User(lab, "root")
        mine, peer = served(lab)
        profiles = lab.client.folder / "etc/adit/profiles"
        profiles.mkdir(parents=True, exist_ok=True)
        (profiles / "office.conf").write_text(text("office", mine, peer, key="private-key-source = keyring"))
        (profiles / "office.conf").chmod(0o600)
        alice.good("secret", "set", "office", "wireguard.private-key",
                   "--secret=wireguard.private-key=fd:0", stdin=mine.private)
        check(alice.good("up", "office").endswith("connected\n"), "up")
        alice.good("down", "office")
        alice.good("secret", "forget", "office")
        check("private-key" in alice.fails(3, "up", "office"), "after it was forgotten")
        root.good("secret", "set", "office", "private-key", "--secret=private-key=fd:0", stdin=mine.private)
        check(root.good("up", "office").endswith("connected\n"), "up by root")
        root.good("down", "office")
        root.good("secret", "forget", "office", "private-key")


def exec_and_explain():
    """A command of an ordinary user's goes through the tunnel that nobody else uses, and explain says why."""
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        lab.client.run("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
        alice, root, mallory = (User(lab, name) for name in ("alice", "root", "mallory"))
        mine, peer = served(lab, ("0.0.0.0/0", "::/0"))
        lab.client.run("ip", "route", "add", "default", "via", lab.server.ipv4)
        name = f"x{os.getpid()}"
        alice.profile(name, text(name, mine, peer).replace("[wireguard]", "[routing]\ndefault-route = no\n"
                                                            "[wireguard]"))
        alice.good("up", name)
        said = alice.good("exec", name, "--", "sh", "-c", "id -un; ip route get 203.0.113.1 >/dev/null; "
                          "grep -c adit /proc/self/cgroup")
        same(said.split(), ["alice", "1"], "the command's user and group")
        check("You may not" in mallory.fails(8, "exec", name, "--", "true"), "exec in another's tunnel")
        check("could not be run" in alice.fails(8, "exec", name, "--", "/no/such"), "no command")
        inside = lab.client.popen(*alice.words("exec", name, "--", "sleep", "60"))
        outside = lab.client.popen(*alice.words("60", program="sleep"))
        number = {}
        for process in (inside, outside):
            wait_until(lambda p=process: pathlib.Path(f"/proc/{p.pid}/comm").read_text() == "sleep\n", 10, "sleep")
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            number[process] = re.search(r"NSpid:.*\s(\d+)\n", status)[1]
        for who in (root, alice):
            said = flat(who.good("explain", number[inside]))
            check(f"203.0.113.1 goes through the tunnel {name}, by its device" in said, said)
            check("Its control group is " in said and "adit marks what this program sends with 0x" in said, said)
            said = flat(who.good("explain", number[outside]))
            check("No tunnel takes 203.0.113.1: it leaves by" in said, said)
        answer = json.loads(root.good("explain", number[inside], "--json"))["addresses"][0]
        check(answer["mark"] != 0 and answer["kernel-agrees"], str(answer))
        for process in (inside, outside):
            process.kill()
            process.wait()
        alice.good("down", name)


def reloaded():
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        alice = User(lab, "alice")
        mine, peer = served(lab)
        same(alice.good("reload"), "Nothing was to be started.\n", "reload of nothing")
        profiles = lab.client.folder / "etc/adit/profiles"
        profiles.mkdir(parents=True, exist_ok=True)
        (profiles / "office.conf").write_text(text("office", mine, peer, "autoconnect = yes"))
        (profiles / "office.conf").chmod(0o600)
        same(alice.good("reload"), "Started: office.\n", "reload")
        wait_until(lambda: "office  WireGuard  up" in User(lab, "root").good("status"), 15, "autoconnect")
        same(alice.good("reload"), "Nothing was to be started.\n", "reload again")
        same(alice.good("restore"), "Nothing of ended tunnels is left.\n", "restore")
        check("office  WireGuard  up" in User(lab, "root").good("status"), "after restore")


def polkit():
    return missing()


case("an ordinary user's whole life of a tunnel", whole_life, needs=polkit)
case("profiles in files, ours and others'", files, needs=polkit)
case("who may not is told so", refusals, needs=polkit)
case("a terminal asks for the password", asked_for_a_password, needs=polkit)
case("each failure is a sentence and a status", errors, needs=polkit)
case("Ctrl+C while connecting ends it and undoes all", interrupted, needs=polkit)
case("aditd dies while connecting, or is not there", daemon_dies, needs=polkit)
case("root sees tunnels of both kinds", both_kinds, needs=polkit)
case("a log is followed to the end", following_a_log, needs=polkit)
case("explain names the key of the profile", explained, needs=polkit)
case("explain names the guard, and who is asked", explained_guard_and_names, needs=polkit)
case("exec by an ordinary user, and explained", exec_and_explain, needs=lambda: missing() or lacks_groups())
case("secrets by descriptor, by question, and missing", given_secrets, needs=polkit)
case("secrets in a real key ring", keyring, needs=lacks_keyring)
case("secrets of root's profiles", kept_for_root, needs=polkit)
case("reload starts what is to be started", reloaded, needs=polkit)

if __name__ == "__main__":
    main(absent, at_once=3)
