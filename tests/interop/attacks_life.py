#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What happens in the life of a guarded tunnel: killed, moved, asleep, two of them, its rules
flushed, booted; and `adit leak-test`.  How many packets leave in clear?  Each is also tried without the
guard, where they have to be seen: else the test could not fail."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from aditd import MANAGER, DaemonLab, kill, until_up, up
from client import ADIT, Client, profile, status
import client
from hostile import WEB, WEB6, Capture, Place, in_clear, leaks, needs_desktop, needs_tcpdump
from lab import wait_until
from measure import ping
from tap import case, check, main, same
from wireguard_go import MTU, Keys, Peer, WireGuardGo, endpoint


def before_it_is_up(guard):
    with Place(guard) as place:
        place.peer.stop()
        place.start()
        wait_until(lambda: place.lab.server.ipv4 in place.adit.output(), 5, "the first phase")
        place.talk()
        (in_clear if guard != "off" else leaks)(place.capture)
        same(place.adit.stop(), 0, "exit status")


def adit_is_killed(guard):
    with Place(guard) as place:
        place.connect()
        talking = place.talking(2)
        os.kill(place.adit.process.pid, signal.SIGKILL)
        place.adit.ended()
        wait_until(lambda: not place.lab.client.run("ip", "link", "show", "office", check=False)
                   .returncode == 0, 5, "the end of the device")
        talking.wait()
        place.talk()
        if guard == "off":
            leaks(place.capture)
            return
        said = json.loads(place.lab.client.run(ADIT, "status", "--json").stdout)  # it clears up
        same(said["guards"], [{"name": "office", "mode": guard}], "guards without a tunnel")
        check("adit guard lift office" in place.lab.client.run(ADIT, "status").stdout,
              "nobody says how to lift the guard")
        place.talk()
        in_clear(place.capture, "packets in clear after a kill")
        lifted(place, guard)


def lifted(place, guard):
    me = place.lab.client
    me.run(ADIT, "restore")
    place.talk()
    if guard == "always":
        in_clear(place.capture, "packets in clear after `adit restore`")
        me.run(ADIT, "guard", "lift", "office")
        place.talk()
    leaks(place.capture)
    same(me.run("nft", "list", "ruleset").stdout, "", "rules that are left")


def aditd_is_killed(guard):
    """The next one clears up, and lets the guard be until somebody restores."""
    with Place(guard, lab=DaemonLab(wire=True)) as place, place.lab.caller("root") as root:
        profiles = place.lab.client.folder / "etc/adit/profiles"
        profiles.mkdir(parents=True, mode=0o700)
        shutil.copy2(place.conf, profiles)
        until_up(root, root.do(up, "office"))
        check(ping(place.lab.client, WEB), "nothing arrives through the tunnel")
        talking = place.talking(2)
        kill(place.lab.daemon)
        talking.wait()
        place.talk()
        if guard == "off":
            leaks(place.capture)
            return
        in_clear(place.capture, "packets in clear without aditd")
        place.lab.start_daemon()
        place.talk()
        in_clear(place.capture, "packets in clear with the next aditd")
        root.call(MANAGER, "Restore")
        place.talk()
        leaks(place.capture)
        same(place.lab.client.run("nft", "list", "ruleset").stdout, "", "rules that are left")


def worker_is_killed(guard):
    with Place(guard) as place:
        place.connect()
        talking = place.talking(3)
        for worker in place.adit.workers():
            os.kill(worker, signal.SIGKILL)
        talking.wait()
        (in_clear if guard != "off" else leaks)(place.capture)
        if guard != "off":
            wait_until(lambda: ping(place.lab.client, "10.99.0.1", 1), 15, "the tunnel again")


def uplink_changes(guard):
    """Another address, then another router, then the link goes and comes."""
    with Place(guard) as place:
        me = place.lab.client
        place.connect()
        talking = place.talking(3)
        me.run("ip", "addr", "del", f"{me.ipv4}/24", "dev", "out0")
        me.run("ip", "addr", "add", "198.51.100.22/24", "dev", "out0")
        place.home()
        me.run("ip", "link", "set", "out0", "down")
        me.run("ip", "link", "set", "out0", "up")
        me.run("ip", "addr", "add", f"{me.ipv6}/64", "dev", "out0", "nodad")
        place.home()
        talking.wait()
        (in_clear if guard != "off" else leaks)(place.capture)
        if guard != "off":
            wait_until(lambda: ping(me, "10.99.0.1", 1), 15, "the tunnel again")


def another_uplink(guard):
    """From the cable to the wireless network, so to speak: another device, another address."""
    with Place(guard) as place:
        lab, me = place.lab, place.lab.client
        place.connect()
        me.run("ip", "link", "add", "out1", "type", "veth", "peer", "name", "port9")
        subprocess.run(["ip", "-n", me.namespace, "link", "set", "port9", "netns", lab.wire],
                       check=True)
        subprocess.run(["ip", "-n", lab.wire, "link", "set", "port9", "master", "br0", "up"],
                       check=True)
        me.run("ip", "link", "set", "out1", "up")
        second = Capture(lab, me, port="port9")
        talking = place.talking(3, WEB, WEB6, devices=("out0", "out1"))
        me.run("ip", "addr", "add", "198.51.100.32/24", "dev", "out1")
        me.run("ip", "route", "replace", "default", "via", lab.thief.ipv4, "dev", "out1")
        me.run("ip", "link", "set", "out0", "down")
        talking.wait()
        if guard == "off":
            leaks(second)
            return
        in_clear(second, "packets in clear by the new device")
        me.run("ip", "link", "set", "out0", "up")
        in_clear(place.capture, "packets in clear by the old device")
        wait_until(lambda: ping(me, "10.99.0.1", 1), 15, "the tunnel again")


def rules_are_flushed():
    """Another firewall is loaded anew, and with it all rules go."""
    with Place("tunnel") as place:
        me = place.lab.client
        place.connect()
        me.run("nft", "flush", "ruleset")
        wait_until(lambda: "out-office" in me.run("nft", "list", "ruleset").stdout, 2, "the guard")
        before = len(place.capture.seen())
        place.talk()
        same(len(place.capture.seen()), before, "packets in clear after the rules are back")
        same(place.adit.stop(), 0, "exit status")
        same(me.run("nft", "list", "ruleset").stdout, "", "rules that are left")


def suspended(guard):
    with Place(guard) as place:
        place.connect()
        pids = [place.adit.process.pid, *place.adit.workers()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        place.talk(seconds=1.5)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        place.talk(seconds=0.5)
        (in_clear if guard != "off" else leaks)(place.capture)


def container(guard):
    """A machine behind this one, whose packets are forwarded; adit is killed meanwhile."""
    with Place(guard) as place:
        me, name = place.lab.client, place.lab.client.namespace + "box"
        subprocess.run(["ip", "netns", "add", name], check=True)
        place.lab.at_close.append(lambda: subprocess.run(["ip", "netns", "del", name]))
        subprocess.run(["ip", "-n", me.namespace, "link", "add", "box0", "type", "veth", "peer",
                        "name", "eth0", "netns", name], check=True)
        me.run("sh", "-c", "ip addr add 172.30.0.1/24 dev box0; ip link set box0 up;"
               "echo 1 > /proc/sys/net/ipv4/ip_forward")
        inside = ["ip", "netns", "exec", name]
        subprocess.run([*inside, "sh", "-c", "ip addr add 172.30.0.2/24 dev eth0;"
                        "ip link set eth0 up; ip route add default via 172.30.0.1"], check=True)
        place.connect()
        os.kill(place.adit.process.pid, signal.SIGKILL)
        place.adit.ended()
        for _ in range(2):
            subprocess.run([*inside, "ping", "-n", "-c", "2", "-i", "0.1", "-W", "0.3", WEB],
                           capture_output=True)
        (in_clear if guard != "off" else leaks)(place.capture)


def restarted():
    """always: after `down`, and after a boot from what was kept, as the unit does it."""
    with Place("always") as place:
        me = place.lab.client
        place.connect()
        me.run(ADIT, "down", "office")
        place.adit.ended()
        place.talk()
        in_clear(place.capture, "packets in clear after `adit down`")
        me.run("sh", "-c", "nft flush ruleset; rm -rf /run/adit")
        me.run(ADIT, "guard", "up")
        place.talk()
        in_clear(place.capture, "packets in clear after a boot")
        place.connect()
        check(ping(me, WEB), "nothing arrives through the tunnel")
        in_clear(place.capture, "packets in clear while it is up again")
        same(place.adit.stop(), 0, "exit status")
        lifted(place, "always")


def taken_over():
    """adit is killed and started again: there is no moment between."""
    with Place("tunnel") as place:
        place.connect()
        talking = place.talking(4)
        os.kill(place.adit.process.pid, signal.SIGKILL)
        place.adit.ended()
        place.connect()
        talking.wait()
        in_clear(place.capture)
        same(place.adit.stop(), 0, "exit status")
        same(place.lab.client.run("nft", "list", "ruleset").stdout, "", "rules that are left")


def two_at_once():
    """Each passes the other's guard, and the end of one is not the end of the other's."""
    with Place("tunnel") as place:
        lab, me = place.lab, place.lab.client
        second = WireGuardGo(lab.server, name="wg1")
        its, mine = Keys(lab, "second-server"), Keys(lab, "second-client")
        lab.server.run("ip", "addr", "add", "10.88.0.1/32", "dev", "lo")
        second.configure(its, Peer(mine.public, ("10.67.0.2/32",)), listen_port=51821,
                         addresses=("10.67.0.1/24",))
        conf = profile(lab, "branch", mine, Peer(its.public, ("10.67.0.0/24", "10.88.0.0/24"),
                                                 endpoint(lab.server, 51821)),
                       addresses=("10.67.0.2/32",), sections=[
                           "[routing]", f"mtu = {MTU}", "priority = 50", "[guard]",
                           "mode = tunnel"])
        place.connect()
        other = Client(me, conf).connected()
        check(ping(me, "10.88.0.1") and ping(me, WEB), "one is in the other's way")
        place.talk(WEB, WEB6, "10.88.0.1")
        in_clear(place.capture, "packets in clear of two tunnels")
        same(other.stop(), 0, "exit status")
        check(ping(me, WEB), "the first tunnel went with the second")
        place.talk()
        in_clear(place.capture, "packets in clear of the first")
        Client(me, conf).connected()
        same(place.adit.stop(), 0, "exit status")
        check(ping(me, "10.88.0.1"), "the second tunnel went with the first")
        place.talk("10.88.0.1")
        in_clear(place.capture, "packets in clear of the second")
        place.talk(WEB)
        check(place.capture.seen(), "the first one's guard still holds")


# ---- the program's own attacks ----

def without_counts(state):
    return {**state, "nft": re.sub(r"packets \d+ bytes \d+", "", state["nft"])}


def own_test(guard):
    with Place(guard) as place:
        me = place.lab.client
        place.connect()
        before = without_counts(me.state())
        done = me.run(ADIT, "leak-test", "--json", check=False)
        report = json.loads(done.stdout)
        for attack in report["attacks"]:
            print(f"# {attack['attack']}: past it {attack['clear']}, through it "
                  f"{attack['through']}, skipped: {attack['skipped']}", flush=True)
            same(attack["skipped"], None, attack["attack"])
        same(done.returncode, 0 if guard != "off" else 8, "exit status")
        same(report["leaks"] == 0, guard != "off", "no leaks")
        found = {attack["attack"]: attack for attack in report["attacks"]}
        for name in ("dhcp-route-1", "dhcp-route-2", "dhcp-route-32", "local-net"):
            same(found[name]["clear"], 0, f"packets in clear by {name}")
            check(found[name]["through"], f"nothing went through the tunnel by {name}")
        same(without_counts(me.state()), before, "the machine afterwards")
        (in_clear if guard != "off" else leaks)(place.capture)


def own_test_is_killed():
    """Whatever moment it dies at, nothing hostile is left."""
    with Place("tunnel") as place:
        me = place.lab.client
        place.connect()
        before = me.ip("route", "show", "table", "main")
        for delay_s in (0.05, 0.1, 0.2, 0.3):
            test = me.popen(ADIT, "leak-test", "office")
            try:
                test.wait(delay_s)
            except subprocess.TimeoutExpired:
                test.kill()
                test.wait()
            wait_until(lambda: len(status(me)) == 1 and status(me)[0]["state"] == "up", 15, "it")
            same(me.ip("route", "show", "table", "main"), before, "routes afterwards")
            check(me.run("ip", "link", "show", "adit-hostile", check=False).returncode,
                  "the hostile device is still there")


for sentence, function in (("before it is up", before_it_is_up),
                           ("the worker is killed", worker_is_killed),
                           ("the uplink changes", uplink_changes),
                           ("another device becomes the uplink", another_uplink),
                           ("suspended", suspended), ("a container, adit killed", container)):
    case(sentence, function, "tunnel")
    case(f"control: {sentence}", function, "off")
case("two tunnels at once", two_at_once)
case("all rules of the packet filter are flushed", rules_are_flushed)
for mode in ("tunnel", "always"):
    case(f"adit is killed, guard.mode = {mode}", adit_is_killed, mode)
case("control: adit is killed", adit_is_killed, "off")
case("aditd is killed", aditd_is_killed, "tunnel", needs=needs_desktop)
case("control: aditd is killed", aditd_is_killed, "off", needs=needs_desktop)
case("adit is killed and started again", taken_over)
case("always: down, boot, up, lifted", restarted)
case("adit leak-test finds nothing", own_test, "tunnel")
case("control: adit leak-test finds what there is", own_test, "off")
case("adit leak-test is killed", own_test_is_killed)
main(lambda: client.missing() or needs_tcpdump(), at_once=4)
