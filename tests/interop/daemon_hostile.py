#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever a user of this machine sends to aditd, rights or not: it neither falls nor keeps another
user waiting, and nothing of it stays."""

import contextlib
import os
import pathlib
import random
import socket
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from aditd import (MANAGER, DaemonLab, absent, memfd, missing, served, served_meanwhile,
                   text, tunnel, until_up, up)
from bus import BusError, Connection, Variant, split
from lab import wait_until
from measure import about
from tap import case, check, main, same

SEED = 20220
FUZZED = int(os.environ.get("ADITD_FUZZED", 1000))
FLOOD, HANGUPS, HUGE, ENTRIES = 20000, 200, (1 << 20, 8 << 20, 30 << 20), 16384
MEMORY_KIB = int(os.environ.get("ADITD_MEMORY_KIB", 16 << 10))
MEMBERS = {"Up": "sa{sv}", "List": "", "Log": "su", "Reload": "", "Explain": "s", "SetSecret": "ssh",
           "ForgetSecret": "ss", "EnterSplit": "sbh", "Nothing": "s"}
TUNNEL_MEMBERS = {"Status": "", "Log": "u", "Watch": "", "Unwatch": "", "Answer": "uh", "Refuse": "u"}
TEXTS = ("", "hq", "../../etc/shadow", "a\nb", "a\x01b", "\u202ehq", "x" * 65, "-x", ".x", "hq\x7f",
         "wireguard.private-key", "wireguard peer hq.preshared-key", ".", "a.", ".b", "%s%n", "é", "é.é" * 60)


PROFILE = ("[connection]\ntype = wireguard\n[wireguard]\nprivate-key-source = ask\n"
           "address = 10.1.1.1/32\n")


# ---- what mallory does; in a process of her own ----

@contextlib.contextmanager
def odd_descriptors():
    """Readable or not, endless, silent, huge, closed to reading, no files at all."""
    reading, writing = os.pipe()
    left, right = socket.socketpair()
    sparse = os.memfd_create("sparse")
    os.truncate(sparse, 1 << 34)
    fds = [reading, writing, os.open("/dev/null", os.O_RDWR), os.open("/dev/zero", os.O_RDONLY), sparse,
           os.open("/", os.O_RDONLY | os.O_DIRECTORY), os.open("/etc/passwd", os.O_PATH),
           os.open("/proc/self/status", os.O_RDONLY), os.open("/etc/passwd", os.O_RDONLY),
           memfd("[connection]\nname = x\n"), memfd(""), memfd("\0" * 5000)]
    try:
        yield [*fds, left.fileno(), right.fileno()]
    finally:
        for fd in fds:
            os.close(fd)
        left.close()
        right.close()


def random_value(dice, kind, fds, depth=0):
    """A value of that type, seldom a friendly one."""
    first = kind[0]
    if first in "ynqiuxtb":
        bits = {"y": 8, "n": 15, "q": 16, "i": 31, "u": 32, "x": 63, "t": 64, "b": 1}[first]
        return dice.choice((0, 1, (1 << bits) - 1, dice.getrandbits(bits)))
    if first == "h":
        return dice.choice(fds)
    if first == "s":
        return dice.choice(TEXTS) if dice.random() < 0.9 else dice.choice("ab\n\x02") * dice.randrange(9000)
    if first == "v":
        return Variant(*random_variant(dice, fds, depth))
    if first == "a" and kind[1] == "{":
        keys = ["profile", "secrets", *TEXTS] if depth == 0 else list(TEXTS)
        return {dice.choice(keys): random_value(dice, kind[3:-1], fds, depth + 1)
                for _ in range(dice.choice((0, 1, 2, 5, 40)))}
    return [random_value(dice, kind[1:], fds, depth + 1) for _ in range(dice.randrange(4))]


def random_variant(dice, fds, depth):
    kind = dice.choice(("h", "a{sh}", "a{sh}", "h", "s", "u", "as", "ay", "a{sv}", "v", "b"))
    if depth > 6 and "v" in kind:
        kind = "s"
    return kind, random_value(dice, kind, fds, depth + 1)


def one_call(bus, dice, fds, paths):
    """The name of the error, or "fine"."""
    members, where = (MEMBERS, MANAGER) if dice.random() < 0.7 else (TUNNEL_MEMBERS, None)
    where = where or tunnel(dice.choice(paths))
    member = dice.choice(list(members))
    signature = members[member]
    if dice.random() < 0.15:
        signature = dice.choice(("", "s", "h", "a{sv}", "v", "sa{sv}", "ssh", "uh", "ay"))
    from_bus = [random_value(dice, one, fds) for one in split(signature)]
    serial, data, attached = bus.message(where, member, signature, *from_bus)
    if dice.random() < 0.1:
        attached = attached[:len(attached) // 2]    # fewer than the message says: the bus hangs up
    bus.send(data, attached[:14])
    try:
        bus.wait(serial, 20)
        return "fine"
    except BusError as error:
        return error.name


def fuzz(bus, seed, rounds):
    """How often which answer came.  A message that the bus itself refuses costs the connection."""
    dice, answers = random.Random(seed), {}
    paths = [*["/org/adit/Daemon1/tunnel/hq"] * 5, "/org/adit/Daemon1/tunnel/x", "/"]
    with odd_descriptors() as fds:
        for _ in range(rounds):
            try:
                name = one_call(bus, dice, fds, paths)
            except (ConnectionError, BrokenPipeError):
                name, bus = "hung up", Connection(bus.path)
            answers[name] = answers.get(name, 0) + 1
            if "LimitsExceeded" in name:
                time.sleep(0.05)
            elif "UnknownMethod" in name:
                with contextlib.suppress(BusError):
                    up(bus, "hq", PROFILE)
    return answers


def flood(bus, rounds):
    """As fast as the bus takes them, reading no reply before the end; how many came back."""
    serials = set()
    for _ in range(rounds):
        serials.add(bus.post(MANAGER, "List"))
    answered = 0
    while serials:
        message = bus.receive(20)
        if message is None:
            break
        answered += message.fields.get(5) in serials
        serials.discard(message.fields.get(5))
    return answered


def huge(bus):
    """Texts and dictionaries as large as the bus lets through."""
    names = []
    for size in HUGE:
        for arguments in (("sa{sv}", "x" * size, {}), ("sa{sv}", "hq", {"k" * size: ("s", "v")}),
                          ("sa{sv}", "hq", {str(i): ("s", "x") for i in range(min(size >> 9, ENTRIES))}),
                          ("sa{sv}", "hq", {"secrets": ("ay", bytes(size))})):
            try:
                bus.call(MANAGER, "Up", *arguments)
            except BusError as error:
                names.append(error.name)
            except (ConnectionError, BrokenPipeError):
                names.append("hung up")
                bus = Connection(bus.path)
    return names


def silent_pipe(bus):
    """A secret that never comes; (seconds, error)."""
    reading, writing = os.pipe()
    start = time.monotonic()
    try:
        bus.call(MANAGER, "Up", "sa{sv}", "slow", {"profile": ("h", memfd("[connection]\ntype=wireguard\n"
                 "[wireguard]\nprivate-key-source=ask\naddress=10.1.1.1/32\n")),
                 "secrets": ("a{sh}", {"wireguard.private-key": reading})})
        return 0, "fine"
    except BusError as error:
        return time.monotonic() - start, str(error)
    finally:
        os.close(writing)


def hang_up(first, profile):
    """Connections that leave at every moment of an Up."""
    dice = random.Random(SEED)
    for i in range(HANGUPS):
        bus = Connection(first.path)
        reading, writing = os.pipe()
        bus.post(MANAGER, "Up", "sa{sv}", f"h{i % 7}", {
            "profile": ("h", memfd(profile)), "secrets": ("a{sh}", {"wireguard.private-key": reading})})
        if dice.random() < 0.5:
            os.write(writing, b"x")
        os.close(writing)
        os.close(reading)
        time.sleep(dice.choice((0, 0, 0.002, 0.01)))
        bus.close()


def until_full(bus, profile):
    """Tunnels until one is too many; their paths, and the refusal."""
    paths = []
    while True:
        try:
            paths.append(up(bus, f"t{len(paths)}", profile))
        except BusError as error:
            return paths, error.name, str(error)


def end_all(bus):
    for entry in bus.call(MANAGER, "List")[0]:
        try:
            bus.call(tunnel(entry["tunnel"]), "Down")
        except BusError:
            pass


def open_files(lab):
    return len(os.listdir(f"/proc/{lab.daemon.pid}/fd"))


@contextlib.contextmanager
def besieged(allowed=("alice", "mallory"), memory_kib=MEMORY_KIB):
    """(lab, mallory, alice); afterwards the daemon is as it was."""
    with DaemonLab("polkit", allowed=allowed) as lab, lab.caller("mallory") as mallory, \
            lab.caller("alice") as alice:
        alice.call(MANAGER, "List")
        files, pid = open_files(lab), lab.daemon.pid
        yield lab, mallory, alice
        with lab.caller("root") as root:
            root.do(end_all)
        check(lab.daemon.poll() is None, f"aditd ended with {lab.daemon.poll()}")
        same(lab.daemon.pid, pid, "the daemon")
        wait_until(lambda: open_files(lab) <= files + 2, 10, "the end of all descriptors")
        start = time.monotonic()
        wait_until(lambda: not lab.workers(), 10, "the end of all children")
        wait_until(lambda: about(lab.daemon.pid, "VmRSS") < memory_kib or time.monotonic() > start + 3, 5)
        print(f"# memory {about(lab.daemon.pid, 'VmRSS')} KiB, at most {about(lab.daemon.pid, 'VmHWM')} KiB")
        check(about(lab.daemon.pid, "VmRSS") < memory_kib, f"aditd holds {about(lab.daemon.pid, 'VmRSS')} KiB")
        mine, peer = served(lab)
        tunnel_path = alice.do(up, "after", text("after", mine, peer))
        alice.do(until_up, tunnel_path)
        alice.call(tunnel(tunnel_path), "Down")


def fuzzed(allowed):
    with besieged(allowed) as (lab, mallory, alice):
        with served_meanwhile(lab, alice, "fuzz"):
            answers = mallory.do(fuzz, SEED, FUZZED)
        print(f"# {answers}")
        check(sum(answers.values()) == FUZZED and len(answers) > 3, f"{answers}")


def flooded():
    with besieged() as (lab, mallory, alice):
        with served_meanwhile(lab, alice, "flood"):
            start = time.monotonic()
            answered = mallory.do(flood, FLOOD)
        print(f"# {answered} of {FLOOD} answered in {time.monotonic() - start:.1f} s")
        same(answered, FLOOD, "answers")


def huge_values():
    """GDBus keeps a buffer as large as the largest message, which the bus limits to 32 MiB."""
    with besieged(memory_kib=MEMORY_KIB + (32 << 10)) as (lab, mallory, alice):
        with served_meanwhile(lab, alice, "huge values"):
            names = mallory.do(huge)
        check("fine" not in names and len(names) == 4 * len(HUGE), f"{names}")


def pipe_without_data():
    with besieged() as (lab, mallory, alice):
        with served_meanwhile(lab, alice, "silent pipe"):
            seconds, said = mallory.do(silent_pipe)
        check("5 seconds" in said and 4 < seconds < 8, f"{seconds:.1f} s: {said}")


def hung_up():
    with besieged() as (lab, mallory, alice):
        with served_meanwhile(lab, alice, "hang-ups"):
            mallory.do(hang_up, PROFILE)


def too_many_tunnels():
    with besieged() as (lab, mallory, alice):
        with served_meanwhile(lab, alice, "many tunnels"):
            paths, name, said = mallory.do(until_full, PROFILE)
        same((len(paths), name), (16, "org.adit.Error.System"), "tunnels of one user")
        check("too many" in said, said)


case("fuzzed calls of a user with rights", fuzzed, ("alice", "mallory"), needs=missing)
case("fuzzed calls of a user without rights", fuzzed, ("alice",), needs=missing)
case("a flood of calls", flooded, needs=missing)
case("values as large as the bus lets through", huge_values, needs=missing)
case("a secret that never comes", pipe_without_data, needs=missing)
case("callers that hang up in the middle", hung_up, needs=missing)
case("one user cannot take all tunnels", too_many_tunnels, needs=missing)

if __name__ == "__main__":
    main(absent)
