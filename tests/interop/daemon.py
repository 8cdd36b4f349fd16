#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""aditd for ordinary users, on a real bus with the real polkitd: who may do what, the whole life of a
tunnel without root, and secrets that stay secrets."""

import json
import os
import pathlib
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from aditd import (MANAGER, NAME, DaemonLab, absent, answer, get, kill, missing, served,
                   served_meanwhile, set_secret, text, tunnel, until_up, up, write)
from bus import INTERACTIVE, BusError
from client import ADIT
from lab import lacks_groups, wait_until
from measure import about, ping
from tap import case, check, main, same

DENIED = "org.freedesktop.DBus.Error.AccessDenied"
ASK = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
VERBS = {"up-own": None, "up-system": ("Up", "sa{sv}", "office", {}), "reload": ("Reload",),
         "restore": ("Restore",), "secret": ("ForgetSecret", "ss", "office", "")}


def refused(call, names, *words):
    """The sentence of a call that must fail with one of these names."""
    try:
        value = call()
    except BusError as error:
        check(error.name in names, f"{error.name}: {error}, wanted {names}")
        first = str(error).splitlines()[0]
        check(first.endswith(".") or "; run: " in first, f"no sentence: {first!r}")
        for word in words:
            check(word in str(error), f"{word!r} is not in {error}")
        return first
    raise AssertionError(f"allowed: {value!r}")


def calls_of(caller):
    """Every verb that takes a right, as a function."""
    yield "up-own", lambda **more: caller.do(up, "mine", "[connection]\n", **more)
    for verb, arguments in VERBS.items():
        if arguments:
            yield verb, lambda arguments=arguments, **more: caller.call(MANAGER, *arguments, **more)


def nobody_without_rights():
    """Not sitting at the machine: an administrator's password, and nobody to type it."""
    with DaemonLab("polkit") as lab, lab.caller("mallory") as mallory:
        for verb, call in calls_of(mallory):
            refused(call, [ASK], "nobody can be asked")
            said = refused(lambda call=call: call(flags=INTERACTIVE), [DENIED, ASK],
                           f"org.adit.daemon.{verb}")
            check("You may not" in said, said)
        same(mallory.call(MANAGER, "List"), ([],), "tunnels")


def without_polkit():
    with DaemonLab(start=False) as lab, lab.caller("alice") as alice, \
            lab.caller("root") as root:
        lab.client.run("rm", "/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service")
        lab.start_daemon()
        for verb, call in calls_of(alice):
            refused(call, [DENIED], "only root may do that")
        same(root.call(MANAGER, "Reload"), ([],), "what root's Reload started")
        root.call(MANAGER, "Restore")
        refused(lambda: root.do(up, "office"), ["org.adit.Error.Profile"], "office")


def whole_life():
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice:
        mine, peer = served(lab)
        before = lab.client.state()
        file = lab.home("alice") / "hq.conf"
        alice.do(write, file, text("hq", mine, peer))
        path = alice.do(up, "hq", file=str(file))
        heard_line, = alice.signal("LogLine", path=path)
        said = alice.do(until_up, path)
        check(any(lab.server.ipv4 in s for s in said), f"no word about the server: {said}")
        check(ping(lab.client, "10.99.0.1"), "no echo")
        (listed,), = alice.call(MANAGER, "List")
        same((listed["name"], listed["owner"], listed["state"], listed["tunnel"]),
             ("hq", alice.uid, "up", path), "what List says")
        status = json.loads(alice.call(tunnel(path), "Status")[0])
        same((status["name"], status["state"]), ("hq", "up"), "status")
        same(status["interface"], alice.do(get, path, "Interface"), "interface")
        check(status["rx"]["packets"] > 0, "no packet counted")
        log, = alice.call(tunnel(path), "Log", "u", 0)
        check(heard_line in log, f"heard {heard_line!r}, which is not in the log")
        check(log.count("\n") > 3 and mine.private not in log, "the log")
        last, = alice.call(tunnel(path), "Log", "u", 2)
        same(last.splitlines(), log.splitlines()[-2:], "the last two lines")
        alice.call(tunnel(path), "Down")
        same(alice.signal("Ended", path=path), ("", []), "how it ended")
        same(alice.call(MANAGER, "List"), ([],), "tunnels")
        same(lab.workers(), [], "workers")
        for what, was in before.items():
            same(lab.client.state()[what], was, what)


def by_the_program():
    """`adit`, as people use it."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice:
        mine, peer = served(lab)
        file = alice.do(write, lab.home("alice") / "hq.conf", text("hq", mine, peer))
        lab.client.add_user("mallory")

        def adit(user, *words):
            return lab.client.run(*lab.client.as_user(user, ADIT, *words), check=False)
        done = adit("alice", "up", file)
        check(done.returncode == 0 and "connected" in done.stdout, done)
        check("hq" in adit("alice", "status").stdout, "status")
        check("up, was" in adit("alice", "log", "hq").stdout, "log")
        done = adit("mallory", "down", "hq")
        check(done.returncode == 8 and "somebody else" in done.stderr, done)
        same(adit("alice", "down", "hq").returncode, 0, "status of adit down")
        check("stopping" in adit("alice", "log", "hq").stdout, "log after the end")
        same(lab.workers(), [], "workers")


def logs_of_two():
    """One's log stays when the tunnel has ended, and is not shown to who takes its name next."""
    with DaemonLab("polkit", allowed=["alice", "bob"]) as lab, lab.caller("alice") as alice, \
            lab.caller("bob") as bob, lab.caller("carol") as carol:
        mine, peer = served(lab)
        path = alice.do(up, "hq", text("hq", mine, peer))
        line, = alice.signal("LogLine", path=path)      # with a time, so there is no other like it
        alice.call(tunnel(path), "Down")
        check(line in alice.call(MANAGER, "Log", "su", "hq", 0)[0], "the log is gone")
        refused(lambda: carol.call(MANAGER, "Log", "su", "hq", 0), [ASK], "somebody else")
        for name in ("none", "../hq", ""):
            refused(lambda n=name: alice.call(MANAGER, "Log", "su", n, 0), ["org.adit.Error.Profile"])
        lab.client.polkit_rule("05-no-look", NO_LOOK)    # one's own log takes no right
        wait_until(lambda: not looks_at(alice, "spare"), 5, "the end of alice's right to look")
        check(line in alice.call(MANAGER, "Log", "su", "hq", 0)[0], "her own log")
        path = bob.do(up, "hq", text("hq", mine, peer))
        bob.do(until_up, path)
        refused(lambda: alice.call(MANAGER, "Log", "su", "hq", 0), [DENIED], "somebody else")
        found = bob.call(tunnel(path), "Log", "u", 0)[0] + bob.call(MANAGER, "Log", "su", "hq", 0)[0]
        check("up, was" in found and line not in found, f"bob reads {found!r}")
        bob.call(tunnel(path), "Down")


NO_LOOK = """
polkit.addRule(function (action, subject) {
    if (action.id == "org.adit.daemon.status")
        return polkit.Result.NO;
});
"""


def looks_at(caller, name):
    """Has it the right to read a log that is not there?"""
    time.sleep(0.2)
    try:
        caller.call(MANAGER, "Log", "su", name, 0)
    except BusError as error:
        return error.name != DENIED
    raise AssertionError(f"there is a log of {name}")


def not_for_one_user():
    """What would outlive a private profile, or take another's place."""
    with DaemonLab("polkit", allowed=["alice", "bob"]) as lab, lab.caller("alice") as alice, \
            lab.caller("bob") as bob:
        mine, peer = served(lab)
        for word, content in (("guard.mode", text("hq", mine, peer) + "[guard]\nmode = always\n"),
                              ("routing.table", text("hq", mine, peer, table=254)),
                              ("routing.table", text("hq", mine, peer, mark=7)),
                              ("no section", text("hq", mine, peer) + "[hooks]\nup = /bin/sh\n")):
            refused(lambda c=content: alice.do(up, "hq", c), ["org.adit.Error.Profile"], word)
        path = alice.do(up, "hq", text("hq", mine, peer))
        refused(lambda: bob.do(up, "hq", text("hq", mine, peer)), ["org.adit.Error.Profile"],
                "runs already")
        alice.call(tunnel(path), "Down")


def bus_is_gone():
    """Nobody could end the tunnels any more, so they end, and nothing stays."""
    with DaemonLab("polkit", allowed=["alice"]) as lab:
        mine, peer = served(lab)
        before = lab.client.state()
        with lab.caller("alice") as alice:
            alice.do(until_up, alice.do(up, "hq", text("hq", mine, peer)))
        kill(lab.client.services.pop("bus"))
        check(lab.daemon.wait(15) != 0, "the daemon's exit status is 0")
        for what, was in before.items():
            same(lab.client.state()[what], was, what)


def others_see_nothing():
    """Bob has all rights over his own, and over alice's tunnel none."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice, \
            lab.caller("bob") as bob:
        mine, peer = served(lab)
        path = alice.do(up, "hq", text("hq", mine, peer))
        alice.do(until_up, path)
        for member, arguments in (("Status", ()), ("Log", ("u", 0)), ("Watch", ()), ("Down", ())):
            refused(lambda m=member, a=arguments: bob.call(tunnel(path), m, *a), [ASK, DENIED],
                    "somebody else started")
        refused(lambda: bob.do(answer, path, 1, "x"), [DENIED], "questions")
        refused(lambda: bob.call(tunnel(path), "Refuse", "u", 1), [DENIED], "questions")
        alice.call(tunnel(path), "Down")
        check(bob.do(heard) == [], "bob heard of a tunnel that is not his")


def heard(bus):
    """Signals of tunnels that came unasked."""
    while bus.receive(0.2):
        pass
    return [m.member for m in bus.signals if m.fields.get(2) == NAME + ".Tunnel"]


def files_of_others():
    """A profile or a secret in a file counts only when it is the caller's and closed to others."""
    with DaemonLab("polkit", allowed=["alice", "bob"]) as lab, lab.caller("alice") as alice, \
            lab.caller("bob") as bob:
        mine, peer = served(lab)
        home = lab.home("alice")
        open_file = alice.do(write, home / "open.conf", text("hq", mine, peer), 0o644)
        key = alice.do(write, home / "hq.key", mine.private + "\n")
        alice.do(write, home / "wide.key", mine.private + "\n", 0o644)
        os.symlink(key, home / "link.key")
        os.symlink(home, lab.folder / "way")
        os.mkfifo(home / "pipe.key")
        refused(lambda: alice.do(up, "hq", file=open_file), ["org.adit.Error.Profile"], "chmod 600")
        refused(lambda: bob.do(up, "hq", file=open_file), ["org.adit.Error.Profile"],
                "another user")

        def asked_of(caller, file):
            """Why a tunnel with its key in that file ends."""
            path = caller.do(up, "hq", text("hq", mine, peer, key=f"private-key-source = file:{file}"))
            code, sentences = caller.signal("Ended", path=path)
            check(mine.private not in "".join(sentences), "a sentence holds the secret")
            return code, sentences[0]
        for caller, file, code, word in (
                (bob, key, "system", "may not be read"), (alice, home / "wide.key", "secret", "chmod 600"),
                (alice, home / "link.key", "profile", "symbolic link"),
                (alice, lab.folder / "way/hq.key", "profile", "symbolic link"),
                (alice, home / "pipe.key", "profile", "regular file"),
                (alice, "/etc/shadow", "system", "may not be read"),
                (alice, home / "gone.key", "profile", "does not exist")):
            found, said = asked_of(caller, file)
            check(found == code and word in said, f"{file}: {found}: {said}")
        path = alice.do(up, "hq", text("hq", mine, peer, key=f"private-key-source = file:{key}"))
        alice.do(until_up, path)
        alice.call(tunnel(path), "Down")


def secrets_travel_as_descriptors():
    """Given with the call, asked for, and never in the log."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice:
        mine, peer = served(lab)
        asks = text("hq", mine, peer, key="private-key-source = ask")
        path = alice.do(up, "hq", asks, {"wireguard.private-key": mine.private + "\n"})
        alice.do(until_up, path)
        alice.call(tunnel(path), "Down")
        path = alice.do(up, "hq", asks)
        number, key, question, secret = alice.signal("Question", path=path)
        same((key, secret), ("wireguard.private-key", True), "the question")
        check("hq" in question, question)
        with lab.caller("alice") as window:     # another program of hers
            window.call(tunnel(path), "Watch")
            same(window.signal("Question", path=path)[:2], (number, key), "what is asked again")
            window.do(answer, path, number, mine.private)
        alice.do(until_up, path)
        alice.call(tunnel(path), "Down")
        path = alice.do(up, "hq", asks)
        number, *_ = alice.signal("Question", path=path)
        alice.call(tunnel(path), "Refuse", "u", number)
        code, sentences = alice.signal("Ended", path=path)
        same(code, "secret", "how it ended")
        check("private-key" in sentences[0], sentences)
        path = alice.do(up, "hq", asks, {"wireguard.private-key": "5ecret-but-wrong"})
        code, sentences = alice.signal("Ended", path=path)
        check(code == "secret" and "5ecret-but-wrong" not in sentences[0], f"{code}: {sentences}")
        check(mine.private not in lab.client.text("aditd.log"), "the daemon's log holds the secret")


def system_profile(lab, name, content):
    folder = lab.client.folder / "etc/adit/profiles"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.conf").write_text(content)
    (folder / f"{name}.conf").chmod(0o600)


def kept_secrets():
    """Root's, in a file that only root reads; a private profile of the same name gets none."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice:
        mine, peer = served(lab)
        keyring = text("office", mine, peer, key="private-key-source = keyring")
        system_profile(lab, "office", keyring)
        refused(lambda: alice.do(set_secret, "office", "wireguard.private-key", "no key"),
                ["org.adit.Error.Secret"])
        refused(lambda: alice.do(set_secret, "office", "wireguard.address", "x"),
                ["org.adit.Error.Profile"], "no secret")
        alice.do(set_secret, "office", "wireguard.private-key", mine.private + "\n")
        kept = lab.client.folder / "etc/adit/secrets/office.conf"
        same((kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777, kept.stat().st_uid),
             (0o600, 0o700, 0), "rights of the secret")
        path = alice.do(up, "office")
        alice.do(until_up, path)
        alice.call(tunnel(path), "Down")
        refused(lambda: alice.do(up, "office", keyring), ["org.adit.Error.Profile"],
                "profile of this machine")
        path = alice.do(up, "mine", keyring)
        alice.signal("Question", path=path)
        alice.call(tunnel(path), "Down")
        alice.call(MANAGER, "ForgetSecret", "ss", "office", "")
        check(not kept.exists(), "the secret is still there")


def by_itself():
    """autoconnect at the start, Reload later, and who owns them."""
    with DaemonLab("polkit", allowed=["alice"], start=False) as lab:
        mine, peer = served(lab)
        system_profile(lab, "office", text("office", mine, peer, "autoconnect = yes"))
        system_profile(lab, "spare", text("spare", mine, peer))
        system_profile(lab, "broken", "[connection\n")
        lab.start_daemon()
        with lab.caller("alice") as alice:
            path = "/org/adit/Daemon1/tunnel/office"
            wait_until(lambda: alice.call(MANAGER, "List")[0], 15, "a tunnel by itself")
            wait_until(lambda: alice.do(get, path, "State") == "up", 15,
                       "the tunnel that connects by itself")
            (listed,), = alice.call(MANAGER, "List")
            same((listed["name"], listed["owner"]), ("office", 0), "tunnel and owner")
            same(alice.call(MANAGER, "Reload"), ([],), "what Reload started")
            alice.call(tunnel(listed["tunnel"]), "Down")
            same(alice.call(MANAGER, "Reload"), (["office"],), "what Reload started")
        check("broken" in lab.client.text("aditd.log"), "no word about the broken profile")
        lab.daemon.terminate()
        same(lab.daemon.wait(20), 0, "exit status after SIGTERM")


def woken_by_the_bus():
    with DaemonLab("polkit", start=False) as lab, lab.caller("alice") as alice:
        same(alice.call(MANAGER, "List"), ([],), "tunnels")


def enter(bus, name, exclude, whose="mine"):
    """EnterSplit with a descriptor of this process, of its parent, or of none; its group then."""
    fd = {"mine": lambda: os.pidfd_open(os.getpid()), "parent's": lambda: os.pidfd_open(1),
          "no": lambda: os.open("/dev/null", os.O_RDONLY)}[whose]()
    try:
        bus.call(MANAGER, "EnterSplit", "sbh", name, exclude, fd)
    finally:
        os.close(fd)
    return pathlib.Path("/proc/self/cgroup").read_text()


def which_way():
    """Explain for everybody who may ask, and a program that puts itself into a tunnel."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice, \
            lab.caller("bob") as bob:
        lab.client.run("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
        mine, peer = served(lab)
        name = f"w{os.getpid()}"        # control groups are everybody's on this machine
        path = alice.do(up, name, text(name, mine, peer))
        alice.do(until_up, path)
        said = json.loads(alice.call(MANAGER, "Explain", "s", "10.99.0.1")[0])
        check(name in json.dumps(said), said)
        for what in ("", "a b", "x\n", "a" * 300):
            refused(lambda w=what: alice.call(MANAGER, "Explain", "s", w),
                    ["org.freedesktop.DBus.Error.InvalidArgs"])
        refused(lambda: bob.call(MANAGER, "Explain", "s", "10.99.0.1"), [ASK])
        refused(lambda: bob.do(enter, name, False), [ASK])
        refused(lambda: alice.do(enter, "none", False), ["org.adit.Error.Profile"], "none")
        for whose in ("parent's", "no"):
            refused(lambda w=whose: alice.do(enter, name, False, w), ["org.adit.Error.Profile"],
                    "only put itself")
        with lab.caller("alice") as program:
            check(f"adit/{name}.include" in program.do(enter, name, False), "the program is where it was")
        alice.call(tunnel(path), "Down")
        group = lab.client.run("ls", "-d", f"/sys/fs/cgroup/adit/{name}.include", check=False)
        check(group.returncode != 0, "its control group is left")


def begin(lab, mine, peer, caller, number):
    """One of many tunnels, each with networks of its own; its path."""
    peer.allowed_ips = (f"10.{100 + number}.0.0/24",)
    content = text(f"t{number}", mine, peer).replace("10.66.0.2/32, fd66::2/128",
                                                     f"10.{200 + number}.0.2/32")
    path = caller.do(up, f"t{number}", content)
    caller.do(until_up, path)
    return path


def many_at_once():
    """Twenty tunnels of one daemon; one that goes and comes leaves the other nineteen alone."""
    with DaemonLab("polkit", allowed=["alice", "bob"]) as lab, lab.caller("alice") as alice, \
            lab.caller("bob") as bob, lab.caller("carol") as carol:
        mine, peer = served(lab)
        with served_meanwhile(lab, carol, "twenty tunnels"):
            paths = [begin(lab, mine, peer, (alice, bob)[n % 2], n) for n in range(20)]
            one_by_one(lab, mine, peer, (alice, bob), paths)
        managed, = carol.call(("org.adit.Daemon1", "/org/adit/Daemon1",
                               "org.freedesktop.DBus.ObjectManager"), "GetManagedObjects")
        same(sorted(managed), sorted(paths), "managed objects")
        print(f"# {about(lab.daemon.pid, 'VmRSS')} KiB with 20 tunnels")
        lab.daemon.terminate()
        same(lab.daemon.wait(30), 0, "exit status")


def one_by_one(lab, mine, peer, callers, paths):
    workers, routes = set(lab.workers()), others(lab)
    same((len(workers), len(routes)), (20, 20), "workers, devices with routes")
    for n in (0, 7, 19):
        caller = callers[n % 2]
        device = caller.do(get, paths[n], "Interface")
        caller.call(tunnel(paths[n]), "Down")
        left = set(lab.workers())
        check(left < workers and len(left) == 19, f"workers {len(left)}")
        same(others(lab, device), {d: r for d, r in routes.items() if d != device}, "the others")
        begin(lab, mine, peer, caller, n)
        same(others(lab).keys(), routes.keys(), "devices")
        check(left < set(lab.workers()), "a worker of another tunnel is new")
        workers, routes = set(lab.workers()), others(lab)


def others(lab, but=None):
    """Routes and address of each tunnel's device."""
    found = {}
    for route in lab.client.ip("route", "show", "table", "all"):
        if route.get("dev", "").startswith("t") and route["dev"] != but:
            found.setdefault(route["dev"], []).append((route["dst"], str(route.get("table"))))
    return {device: sorted(routes) for device, routes in found.items()}


def switches(pid):
    """How often the threads of a process were woken."""
    return sum(about(f"{pid}/task/{task}", "voluntary_ctxt_switches")
               for task in os.listdir(f"/proc/{pid}/task"))


IDLE_S, IDLE_KIB = 5, 12 << 10


def idle():
    """It sleeps, and holds little: just started, and after a tunnel came and went."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice:
        mine, peer = served(lab)
        for when in ("at first", "after a tunnel"):
            alice.call(MANAGER, "List")
            time.sleep(1)   # the bus has told everybody everything
            before = switches(lab.daemon.pid)
            time.sleep(IDLE_S)
            woken, memory = switches(lab.daemon.pid) - before, about(lab.daemon.pid, "VmRSS")
            print(f"# {when}: woken {woken} times in {IDLE_S} s, {memory} KiB")
            same(woken, 0, "wake-ups")
            check(memory <= IDLE_KIB, f"{memory} KiB")
            if when == "at first":
                path = alice.do(up, "hq", text("hq", mine, peer))
                alice.do(until_up, path)
                alice.call(tunnel(path), "Down")


def rests():
    """It ends when there is nothing to do, not while there is a tunnel; whoever calls starts it again."""
    with DaemonLab("polkit", allowed=["alice"], start=False) as lab, lab.caller("alice") as alice:
        lab.start_daemon("--exit-after=1")
        mine, peer = served(lab)
        path = alice.do(up, "hq", text("hq", mine, peer))
        alice.do(until_up, path)
        time.sleep(2.5)
        same(lab.daemon.poll(), None, "the end of a daemon with a tunnel")
        alice.call(tunnel(path), "Down")
        wait_until(lambda: lab.daemon.poll() is not None, 5, "the end")
        same(lab.daemon.returncode, 0, "exit status")
        check(not lab.client.owner(NAME), "the name is still somebody's")
        done = lab.client.run(*lab.client.as_user("alice", ADIT, "status"), check=False)  # starts another
        check(done.returncode == 0 and "No tunnel is up" in done.stdout, done)
        said = alice.call(MANAGER, "Log", "su", "hq", 0)[0]     # which knows whose it is
        check("up, was" in said, f"her own log: {said!r}")


def killed():
    """Workers die with the daemon; the next one gives the machine back its state."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice:
        mine, peer = served(lab)
        before = lab.client.state()
        for name, nets in (("hq", ("10.66.0.0/24", "10.99.0.0/24")), ("lab", ("10.77.0.0/24",))):
            keys, its = mine, peer
            its.allowed_ips = nets
            path = alice.do(up, name, text(name, keys, its))
            if name == "hq":
                alice.do(until_up, path)
        wait_until(lambda: len(lab.workers()) == 2, 5, "both workers")
        workers = lab.workers()
        kill(lab.daemon, signal.SIGKILL)
        wait_until(lambda: all(map(is_gone, workers)), 2,
                   "the end of the workers")
        check(lab.client.state() != before, "nothing was left to restore")
        lab.start_daemon()
        for what, was in before.items():
            same(lab.client.state()[what], was, what)
        same(alice.call(MANAGER, "List"), ([],), "tunnels")


def guard_of_the_dead():
    """It holds after the daemon was killed and after the next one started, until it is lifted."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice:
        mine, peer = served(lab, ("0.0.0.0/0", "::/0"))
        before = lab.client.state()
        path = alice.do(up, "hq", text("hq", mine, peer) + "[guard]\nmode = tunnel\n")
        alice.do(until_up, path)
        check(ping(lab.client, "10.99.0.1"), "no echo through the tunnel")
        kill(lab.daemon, signal.SIGKILL)
        check(not ping(lab.client, lab.server.ipv4), "the guard was gone with the daemon")
        lab.start_daemon()
        check(not ping(lab.client, lab.server.ipv4), "the next daemon lifted the guard")
        alice.call(MANAGER, "Restore")
        check(ping(lab.client, lab.server.ipv4), "the guard holds after Restore")
        for what, was in before.items():
            same(lab.client.state()[what], was, what)


def lifted_by_its_owner():
    """Whose tunnel died with its guard may lift it, with Lift or `adit down`; somebody else may not."""
    with DaemonLab("polkit") as lab, lab.caller("alice") as alice, lab.caller("bob") as bob:
        lab.client.polkit_rule("20-own", OWN)
        mine, peer = served(lab, ("0.0.0.0/0", "::/0"))
        wait_until(lambda: not_denied(alice), 5, "alice's right to connect")
        for way in (lambda: alice.call(MANAGER, "Lift", "s", "hq"), lambda: down_as(lab, "alice")):
            path = alice.do(up, "hq", text("hq", mine, peer) + "[guard]\nmode = tunnel\n")
            alice.do(until_up, path)
            kill(lab.daemon, signal.SIGKILL)
            lab.start_daemon()
            check(not ping(lab.client, lab.server.ipv4), "the guard is gone with the daemon")
            refused(lambda: bob.call(MANAGER, "Lift", "s", "hq"), [ASK], "undo")
            check(down_as(lab, "bob").returncode, "bob's `adit down`")
            check(not ping(lab.client, lab.server.ipv4), "somebody else lifted the guard")
            way()
            check(ping(lab.client, lab.server.ipv4), "the guard holds")
        refused(lambda: alice.call(MANAGER, "Lift", "s", "hq"), ["org.adit.Error.Profile"], "guard")
        done = down_as(lab, "alice")
        check(done.returncode == 2 and "No tunnel called hq is up" in done.stderr, done)


def down_as(lab, user):
    return lab.client.run(*lab.client.as_user(user, ADIT, "down", "hq"), check=False)


def not_denied(caller):
    """Has the rule that lets her connect come into force?  The call itself is a wrong one."""
    time.sleep(0.2)
    try:
        caller.do(up, "hq", "nothing")
    except BusError as error:
        return error.name == "org.adit.Error.Profile"
    return True


OWN = """
polkit.addRule(function (action, subject) {
    if (action.id == "org.adit.daemon.up-own")
        return polkit.Result.YES;
});
"""


def watched_by_another():
    """Who has only the right to look hears what happens, but is asked nothing."""
    with DaemonLab("polkit", allowed=["alice"]) as lab, lab.caller("alice") as alice, \
            lab.caller("carol") as carol:
        lab.client.polkit_rule("20-carol", LOOK)
        mine, peer = served(lab)
        asks = text("hq", mine, peer, key="private-key-source = ask")
        path = alice.do(up, "hq", asks)
        number, *_ = alice.signal("Question", path=path)
        wait_until(lambda: allowed_to(carol, path), 5, "carol's right to look")
        refused(lambda: carol.call(tunnel(path), "Down"), [ASK], "somebody else")
        refused(lambda: carol.do(answer, path, number, mine.private), [DENIED])
        alice.do(answer, path, number, mine.private)
        said = carol.do(until_up, path)
        check(any(lab.server.ipv4 in s for s in said), f"heard {said}")
        check("Question" not in carol.do(heard), "carol was asked")
        check(mine.private not in carol.call(tunnel(path), "Status")[0], "status tells the secret")
        alice.call(tunnel(path), "Down")


LOOK = """
polkit.addRule(function (action, subject) {
    if (action.id == "org.adit.daemon.status" && subject.user == "carol")
        return polkit.Result.YES;
});
"""


def allowed_to(caller, path):
    """polkitd notices a new rule within a second."""
    time.sleep(0.2)
    try:
        return caller.call(tunnel(path), "Watch") == ()
    except BusError:
        return False


def is_gone(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except FileNotFoundError:
        return True


case("without rights: a refusal with a sentence for each verb", nobody_without_rights,
     needs=missing)
case("without polkit: root only, and a sentence", without_polkit, needs=missing)
case("the whole life of a tunnel without root", whole_life, needs=missing)
case("adit up, status, log and down without root", by_the_program, needs=missing)
case("a log is of one user, and stays", logs_of_two, needs=missing)
case("what a private profile may not do", not_for_one_user, needs=missing)
case("the bus is gone: so are the tunnels", bus_is_gone, needs=missing)
case("another user sees and ends nothing", others_see_nothing, needs=missing)
case("files of other users, open files, links and pipes are refused", files_of_others,
     needs=missing)
case("secrets travel as descriptors only", secrets_travel_as_descriptors,
     needs=missing)
case("kept secrets are root's, and for root's profiles", kept_secrets,
     needs=missing)
case("profiles that connect by themselves", by_itself, needs=missing)
case("which way traffic goes, and a program that chooses", which_way,
     needs=lambda: missing() or lacks_groups())
case("twenty tunnels at once leave each other alone", many_at_once, needs=missing)
case("idle: no wake-ups, little memory", idle, needs=missing)
case("nothing to do: it ends, and is started again", rests, needs=missing)
case("the bus starts the daemon", woken_by_the_bus, needs=missing)
case("a watcher hears, and is asked nothing", watched_by_another, needs=missing)
case("killed with a guard: it holds until it is lifted", guard_of_the_dead, needs=missing)
case("killed with a guard: who started it lifts it", lifted_by_its_owner, needs=missing)
case("killed: workers die, the next daemon restores", killed, needs=missing)

if __name__ == "__main__":
    main(absent)
