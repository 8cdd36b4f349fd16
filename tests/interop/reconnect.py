#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a tunnel survives: another uplink, a server that starts anew, a worker that is killed, names
that move; how soon traffic flows again, that connections inside live on, and that nothing leaks
meanwhile.  Each figure is a line of diagnostics."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
LAB = pathlib.Path(__file__).parents[1] / "lab"
sys.path.insert(0, str(LAB))

from client import Client, profile, status
import client
from lab import Lab, wait_until
from measure import ping
from tap import Skip, case, check, main, same
from wireguard_go import (BEHIND_GATEWAY, CLIENT_INNER, EVERYTHING, Keys, Peer, endpoint, gateway,
                          secret_file, wg_quick)

PORT, BEAT_PORT = 51820, 7777
INNER = "10.99.0.1"
ANYWHERE = "192.0.2.10"         # of the server, reached over either uplink
DEAF_IPV6 = f"""table ip6 deaf {{
    chain in {{ type filter hook input priority 0; udp dport {PORT} drop; }}
}}"""
DEAF_31 = """table ip deaf {
    chain in { type filter hook input priority 0; ip daddr 198.51.100.31 drop; }
    chain out { type filter hook output priority 0; ip saddr 198.51.100.31 drop; }
}"""
UPLINK_S, RESTART_S, WORKER_S, FALLBACK_S = 1, 3, 2, 5


class Beats:
    """A TCP connection through the tunnel, and an echo each 0.2 s beside it."""

    def __init__(self, lab):
        self.side, self.log = lab.client, "beats.log"
        script = LAB / "heartbeat.py"
        lab.server.popen(sys.executable, script, "echo", INNER, BEAT_PORT, log="echo.log")
        self.process = lab.client.popen(sys.executable, script, "beat", INNER, BEAT_PORT,
                                        log=self.log)
        lab.client.popen("ping", "-n", "-D", "-i", "0.2", INNER, log="echoes.log")
        wait_until(lambda: len(self.pairs()) > 20, 10, "twenty beats")

    def pairs(self):
        lines = self.side.text(self.log).splitlines()[:-1]
        return [tuple(map(int, line.split())) for line in lines if re.fullmatch(r"\d+ \d+", line)]

    def after(self, start_us):
        """Seconds from then until the first beat that was sent later came back."""
        def first():
            check(self.process.poll() is None, "the connection inside broke")
            return next((came for sent, came in self.pairs() if sent >= start_us), None)
        return (wait_until(first, 30, "a beat") - start_us) / 1e6

    def echo_after(self, start_s):
        """The same of echoes; seconds of the wall clock."""
        def first():
            found = re.findall(r"\[(\d+\.\d+)\].*time=([0-9.]+) ms", self.side.text("echoes.log"))
            return next((float(at) for at, ms in found if float(at) - float(ms) / 1e3 >= start_s),
                        None)
        return wait_until(first, 30, "an echo") - start_s


def recovers(beats, event, limit_s, what):
    """event() happens, and returns when it is over."""
    event()
    wall, start_us = time.time(), time.monotonic_ns() // 1000
    inside, echo = beats.after(start_us), beats.echo_after(wall)
    print(f"# figure: {what}: inner TCP {inside:.2f} s, ping each 0.2 s {echo:.2f} s "
          f"(limit {limit_s})")
    check(echo <= limit_s, f"{what}: no echo for {echo:.2f} s")
    check(inside <= limit_s, f"{what}: the connection inside stood still for {inside:.2f} s")


def connected(lab, nets=BEHIND_GATEWAY, where=None, native=False):
    server, its, mine, _ = gateway(lab)
    written = profile if native else wg_quick
    conf = written(lab, "office", mine, Peer(its.public, nets, where or endpoint(lab.server, PORT)))
    adit = Client(lab.client, conf).connected()
    check(ping(lab.client, INNER), "no echo")
    return adit, server, its, mine


def restart(server, its, mine):
    """The same keys, and nothing else is remembered; returns once it listens."""
    server.start()
    server.configure(its, Peer(mine.public, CLIENT_INNER), listen_port=PORT)


# ---- uplinks ----

def two_uplinks(lab):
    """A second wire, and a server that is behind both."""
    server, client = lab.server, lab.client
    subprocess.run(["ip", "-n", server.namespace, "link", "add", "out1", "type", "veth", "peer",
                    "name", "out1", "netns", client.namespace], check=True)
    for side, number in ((server, 1), (client, 2)):
        side.run("ip", "addr", "add", f"203.0.113.{number}/24", "dev", "out1")
        side.run("ip", "link", "set", "out1", "up")
    server.run("ip", "addr", "add", f"{ANYWHERE}/32", "dev", "lo")
    uplink(client, "out0", server.ipv4, 100)
    uplink(client, "out1", "203.0.113.1", 200)


def uplink(side, device, router, metric):
    side.run("ip", "route", "add", "default", "via", router, "dev", device, "metric", str(metric))


def address_changes():
    with Lab() as lab:
        adit, *_ = connected(lab)

        def change():
            lab.client.run("ip", "addr", "del", f"{lab.client.ipv4}/24", "dev", "out0")
            lab.client.run("ip", "addr", "add", "198.51.100.77/24", "dev", "out0")
        recovers(Beats(lab), change, UPLINK_S, "the address changes")
        same(adit.tunnel()["state"], "up", "state")


def second_uplink(strict):
    """strict: both refuse what came another way than an answer would go (RFC 3704 2.2)."""
    with Lab() as lab:
        two_uplinks(lab)
        lab.client.run("sh", "-c", f"for f in /proc/sys/net/ipv4/conf/out*/rp_filter; do "
                                   f"echo {strict:d} > $f; done")
        adit, *_ = connected(lab, EVERYTHING, f"{ANYWHERE}:{PORT}")
        beats = Beats(lab)

        def unplug():
            lab.client.run("ip", "link", "set", "out0", "down")

        def plug():
            lab.client.run("ip", "link", "set", "out0", "up")
            uplink(lab.client, "out0", lab.server.ipv4, 100)
        recovers(beats, unplug, UPLINK_S, "the second uplink takes over")
        recovers(beats, plug, UPLINK_S, "the first uplink is back")
        same(adit.tunnel()["state"], "up", "state")


def other_end_is_unplugged():
    """No link of this machine is down by order: its wire has no carrier any more."""
    with Lab() as lab:
        two_uplinks(lab)
        lab.client.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/out0/ignore_routes_with_linkdown")
        connected(lab, EVERYTHING, f"{ANYWHERE}:{PORT}")
        # The kernel itself may take a second to tell of a carrier that was lost (net/core/link_watch.c),
        # and TCP inside then waits for its own clock.
        recovers(Beats(lab), lambda: lab.server.run("ip", "link", "set", "out0", "down"),
                 UPLINK_S + 1.5, "the carrier is lost, the second uplink takes over")


def down_and_up():
    with Lab() as lab:
        connected(lab)
        beats = Beats(lab)

        def cut():
            lab.client.run("ip", "link", "set", "out0", "down")
            time.sleep(1)       # how long it is away is what is tested
            lab.client.run("ip", "link", "set", "out0", "up")
        recovers(beats, cut, UPLINK_S + 1, "the only uplink is away for a second")


# ---- the server ----

def server_restarts(away_s):
    with Lab() as lab:
        adit, server, its, mine = connected(lab)
        beats = Beats(lab)

        def again():
            server.stop()
            time.sleep(away_s)  # how long it is away is what is tested
            restart(server, its, mine)
        recovers(beats, again, RESTART_S, f"the server starts anew, away for {away_s} s")
        same(adit.tunnel()["state"], "up", "state")


def name_moves():
    with Lab() as lab:
        names(lab.client, lab.server.ipv4)
        connected(lab, where=f"vpn.example.test:{PORT}")
        beats = Beats(lab)

        def move():
            names(lab.client, "198.51.100.21")
            lab.server.run("ip", "addr", "del", f"{lab.server.ipv4}/24", "dev", "out0")
            lab.server.run("ip", "addr", "add", "198.51.100.21/24", "dev", "out0")
        recovers(beats, move, FALLBACK_S, "the server's name has another address")


def names(side, *addresses):
    lines = ["127.0.0.1 localhost", *(f"{address} vpn.example.test" for address in addresses)]
    (side.folder / "etc/hosts").write_text("\n".join([*lines, ""]))


def falls_back_to_ipv4(mode):
    """IPv6 leads to the server's machine, and there into nothing."""
    with Lab() as lab:
        lab.server.run("nft", "-f", "-", stdin=DEAF_IPV6)
        names(lab.client, lab.server.ipv6, lab.server.ipv4)
        _, its, mine, _ = gateway(lab)
        peer = Peer(its.public, EVERYTHING, f"vpn.example.test:{PORT}")
        conf = profile(lab, "office", mine, peer, sections=("[guard]", f"mode = {mode}"))
        start = time.monotonic()
        adit = Client(lab.client, conf).connected()
        took = time.monotonic() - start
        print(f"# figure: IPv6 is dead, IPv4 is not, guard {mode}: connected after {took:.2f} s")
        check(took <= FALLBACK_S, f"connected after {took:.1f} s")
        check(lab.server.ipv4 in adit.tunnel()["endpoint"], adit.tunnel()["endpoint"])
        check(ping(lab.client, INNER), "no echo")


# ---- the worker ----

def worker_is_killed(nets):
    with Lab() as lab:
        adit, *_ = connected(lab, nets)
        before = lab.client.state()
        capture = lab.server.folder / "wire.pcap"
        dump = lab.server.popen("tcpdump", "-U", "-i", "out0", "-w", capture, log="tcpdump.log")
        wait_until(lambda: "listening" in lab.server.text("tcpdump.log"), 10, "tcpdump")
        beats = Beats(lab)
        for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV):
            recovers(beats, lambda: os.kill(adit.workers()[0], number), WORKER_S,
                     f"the worker gets {number.name}")
        tunnel = adit.tunnel()
        same((tunnel["state"], tunnel["reconnects"], tunnel["retry"]), ("up", 3, None), "status")
        same(lab.client.state(), before, "the machine's state")
        dump.terminate()
        dump.wait(5)
        inside = lab.server.run("tcpdump", "-nr", capture, "net", "10.99.0.0/16", "or", "net",
                                "10.66.0.0/16", check=False).stdout
        same(inside, "", "packets of the inside that were seen outside")
        same(adit.stop(), 0, "exit status")


def name_servers_are_inside(mode):
    """The server has a name, and who knows it is now asked through the tunnel: which has no worker."""
    with Lab() as lab:
        lab.server.popen("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=",
                         "--no-resolv", "--no-hosts", "--user=root", "--bind-dynamic",
                         f"--address=/vpn.example.test/{lab.server.ipv4}", log="dnsmasq.log")
        (lab.client.folder / "etc/resolv.conf").write_text(f"nameserver {lab.server.ipv4}\n")
        _, its, mine, _ = gateway(lab)
        peer = Peer(its.public, EVERYTHING, f"vpn.example.test:{PORT}")
        conf = profile(lab, "office", mine, peer, sections=(
            "[dns]", "servers = 10.99.0.1", "[guard]", f"mode = {mode}"))
        adit = Client(lab.client, conf).connected()
        wait_until(lambda: "10.99.0.1" in (lab.client.folder / "etc/resolv.conf").read_text(), 5,
                   "the tunnel's name server")
        recovers(Beats(lab), lambda: os.kill(adit.workers()[0], signal.SIGKILL), WORKER_S,
                 f"the worker is killed, names are known inside only, guard {mode}")


def lacks_dnsmasq():
    return None if shutil.which("dnsmasq") else "no dnsmasq"


def frozen_while_it_moves():
    """Both processes sleep while the address changes, as they do when the machine does."""
    with Lab() as lab:
        adit, *_ = connected(lab)
        pids = [adit.process.pid, *adit.workers()]
        beats = Beats(lab)

        def sleep():
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            lab.client.run("ip", "addr", "del", f"{lab.client.ipv4}/24", "dev", "out0")
            lab.client.run("ip", "addr", "add", "198.51.100.78/24", "dev", "out0")
            time.sleep(2)       # how long it sleeps is what is tested
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        recovers(beats, sleep, UPLINK_S + 2, "asleep for 2 s, awake elsewhere")


def clock_is_set():
    """To what it is: the kernel tells of it as it does after a sleep."""
    with Lab() as lab:
        adit, *_ = connected(lab)
        before = adit.tunnel()["last-handshake"]
        wait_until(lambda: time.time() > before + 1.1, 3)
        try:
            time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))
        except PermissionError:
            raise Skip("needs CAP_SYS_TIME")
        wait_until(lambda: adit.tunnel()["last-handshake"] > before, 2, "a new handshake")


# ---- several servers ----

def toy_server(lab, side):
    return side.popen(sys.executable, LAB / "mirror_server.py", side.ipv4, log="mirror.log")


def toy(lab, *servers):
    return secret_file(lab, "toy.conf", "\n".join(
        ["[connection]", "type = mirror", "name = toy", f"server = {', '.join(servers)}",
         "[mirror]", "keepalive = 1"]))


def second_server():
    """The first is dead from the start."""
    with Lab("server", "spare", "client") as lab:
        toy_server(lab, lab.spare)
        start = time.monotonic()
        adit = Client(lab.client, toy(lab, lab.server.ipv4, lab.spare.ipv4)).connected(30)
        check(f"{lab.server.ipv4} did not answer. Trying again." in adit.output(), adit.output())
        print(f"# figure: the first server is dead: connected to the next after "
              f"{time.monotonic() - start:.2f} s")
        same(adit.tunnel()["endpoint"], lab.spare.ipv4, "endpoint")
        check(ping(lab.client, "10.9.0.1"), "no echo")


def second_endpoint():
    """Of one peer: the first leads nowhere, and later the other one does."""
    with Lab() as lab:
        lab.server.run("ip", "addr", "add", "198.51.100.31/24", "dev", "out0")
        start = time.monotonic()
        adit, *_ = connected(lab, where=f"198.51.100.30:{PORT}, 198.51.100.31:{PORT}", native=True)
        print(f"# figure: the first endpoint is dead: connected to the next after "
              f"{time.monotonic() - start:.2f} s")
        beats = Beats(lab)

        def change():
            lab.server.run("ip", "addr", "add", "198.51.100.30/24", "dev", "out0")
            lab.server.run("nft", "-f", "-", stdin=DEAF_31)
        recovers(beats, change, FALLBACK_S, "the second endpoint dies, the first is back")
        check("198.51.100.30" in adit.tunnel()["endpoint"], adit.tunnel()["endpoint"])


def says_when():
    """There is no way to the server any more: status tells why, and when the next try is; and when
    the way is back it is not waited for."""
    with Lab() as lab:
        before = lab.client.state()
        toy_server(lab, lab.server)
        adit = Client(lab.client, toy(lab, lab.server.ipv4)).connected()
        during = lab.client.state()
        lab.client.run("ip", "route", "add", "unreachable", lab.server.ipv4)
        os.kill(adit.workers()[0], signal.SIGKILL)

        def waits():
            retry = adit.tunnel()["retry"]
            return retry if retry and retry["seconds"] >= 3 else None
        retry = wait_until(waits, 20, "a wait of three seconds")
        same(adit.tunnel()["state"], "reconnecting", "state")
        same(retry["error"]["code"], "unreachable", "code")
        shown = lab.client.run(client.ADIT, "status").stdout
        check("next try" in shown and "no route" in shown, shown)
        back = time.monotonic()
        lab.client.run("ip", "route", "del", "unreachable", lab.server.ipv4)
        wait_until(lambda: adit.tunnel()["state"] == "up", 5, "the server again")
        print(f"# figure: up {time.monotonic() - back:.2f} s after there is a way again, not after "
              f"{retry['seconds']} s")
        same(lab.client.state(), during, "the machine's state")
        same(adit.stop(), 0, "exit status")
        same(lab.client.state(), before, "the machine's state at the end")


case("another address on the uplink", address_changes)
case("the uplink goes down, a second takes over, the first comes back", second_uplink, False)
case("the same where both filter strictly by the way back", second_uplink, True)
case("the uplink loses its carrier, a second takes over", other_end_is_unplugged)
case("the only uplink goes down and up", down_and_up)
for away in (0, 2):
    case(f"the server starts anew, away for {away} s", server_restarts, away)
case("the server's name gets another address", name_moves)
for mode in ("off", "tunnel"):
    case(f"IPv6 leads nowhere, IPv4 does, guard {mode}", falls_back_to_ipv4, mode)
case("the worker is killed, three times", worker_is_killed, BEHIND_GATEWAY)
case("the worker of a full tunnel is killed, three times", worker_is_killed, EVERYTHING)
for mode in ("off", "tunnel"):
    case(f"the worker is killed, names are known inside only, guard {mode}",
         name_servers_are_inside, mode, needs=lacks_dnsmasq)
case("asleep while the address changes", frozen_while_it_moves)
case("the clock is set", clock_is_set)
case("a server's list: the next one", second_server)
case("a peer's list of endpoints: the next one", second_endpoint)
case("while nobody answers, status says what comes", says_when)
main(client.missing)
