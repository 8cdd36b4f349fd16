#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""adit on wires as they are: lossy, narrow, behind a NAT that forgets; what may be seen there."""

import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lab"))

from client import ADIT, Client, status
import client
from lab import Lab, wait_until
from measure import ping, reachable, sha_transfer
from tap import case, check, main, same
from wireguard_go import (BEHIND_GATEWAY, Keys, Peer, WireGuardGo, endpoint, gateway,
                          secret_file, wg_quick)

PORT = 51820
LOSS = """table inet bad {
    chain lose { numgen random mod 100 < 3 drop; }
    chain in { type filter hook input priority 0; udp dport 51820 jump lose; }
    chain out { type filter hook output priority 0; udp sport 51820 jump lose; }
}"""
MASQUERADE = """table ip nat {
    chain post { type nat hook postrouting priority 100; masquerade random; }
}"""
MARKER = b"cleartext-marker"


def connected(lab, near=None, **more):
    """adit on a side; its gateway is lab.server."""
    server, its, mine, _ = gateway(lab)
    conf = wg_quick(lab, "office", mine,
                    Peer(its.public, BEHIND_GATEWAY, endpoint(lab.server, PORT)), **more)
    return Client(near or lab.client, conf).connected(), server, its, mine


def loses_packets():
    with Lab() as lab:
        lab.server.run("nft", "-f", "-", stdin=LOSS)
        connected(lab)
        sha_transfer(lab.client, lab.server, "10.99.0.1")
        sha_transfer(lab.server, lab.client, "10.66.0.2")
        answered = ping(lab.client, "fd99::1", 100, 0.02).received
        check(answered > 70, f"only {answered} of 100 echoes were answered")


def nothing_in_clear():
    with Lab() as lab:
        connected(lab)
        capture = lab.server.folder / "wire.pcap"
        dump = lab.server.popen("tcpdump", "-U", "-i", "out0", "-w", capture, log="tcpdump.log")
        wait_until(lambda: "listening" in lab.server.text("tcpdump.log"), 10, "tcpdump")
        pattern = ["-c", "5", "-i", "0.05", "-p", MARKER.hex(), "-s", "600"]
        for inner in ("10.99.0.1", "fd99::1"):
            lab.client.run("ping", *pattern, inner)
        lab.client.run("ping", *pattern, lab.server.ipv4)
        wait_until(lambda: MARKER in capture.read_bytes(), 5, "the echo outside, seen in clear")
        dump.terminate()
        dump.wait(5)
        shown = lab.server.run("tcpdump", "-nr", capture, "udp", "port", str(PORT), "-A").stdout
        check("UDP" in shown, "nothing of the tunnel was captured")
        check(MARKER.decode() not in shown, "what went through the tunnel is on the wire in clear")


def behind_nat():
    """The router gets another address: it forgets its mappings, the tunnel goes on."""
    with Lab("server", "router", "client") as lab:
        router = lab.router
        router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; for f in all out0; do"
                               " echo 0 > /proc/sys/net/ipv4/conf/$f/send_redirects; done")
        router.run("nft", "-f", "-", stdin=MASQUERADE)
        lab.client.run("ip", "route", "add", f"{lab.server.ipv4}/32", "via", router.ipv4)
        _, server, _, mine = connected(lab)
        check(ping(lab.client, "10.99.0.1"), "no echo")
        seen = server.show()["peers"][mine.public]["endpoint"]
        check(seen.startswith(router.ipv4 + ":"), f"the server sees {seen}, not the router")
        router.run("ip", "addr", "add", "198.51.100.77/24", "dev", "out0")
        lab.client.run("ip", "route", "replace", f"{lab.server.ipv4}/32", "via", "198.51.100.77")
        router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/out0/promote_secondaries")
        router.run("ip", "addr", "del", f"{router.ipv4}/24", "dev", "out0")
        reachable(lab.client, "10.99.0.1", 10)
        check(ping(lab.server, "10.66.0.2"), "the server does not reach its client")
        seen = server.show()["peers"][mine.public]["endpoint"]
        check(seen.startswith("198.51.100.77:"), f"the server still sees {seen}")


def fits(side, address, size):
    """An echo of so many bytes of IP, not to be fragmented, is answered at least once."""
    header = 48 if ":" in address else 28
    return side.run("ping", "-c", "3", "-i", "0.1", "-W", "2", "-M", "do", "-s", size - header,
                    address, check=False).returncode == 0


def narrow_wire(wire_mtu, tunnel_mtu):
    """No MTU in the file: the wire's less what WireGuard adds over IPv6 at most (80 bytes)."""
    with Lab() as lab:
        for side in lab.sides.values():
            side.run("ip", "link", "set", "out0", "mtu", str(wire_mtu))
        server, its, mine, _ = gateway(lab)
        conf = wg_quick(lab, "plain", mine,
                        Peer(its.public, BEHIND_GATEWAY, endpoint(lab.server, PORT)))
        text = "".join(line for line in conf.read_text().splitlines(True) if "MTU" not in line)
        lab.server.run("ip", "link", "set", "wg0", "mtu", str(tunnel_mtu))
        adit = Client(lab.client, secret_file(lab, "office.conf", text)).connected()
        link = lab.client.ip("link", "show", adit.interface())[0]
        same(link["mtu"], tunnel_mtu, "the device's MTU")
        for inner in ("10.99.0.1", "fd99::1"):
            check(fits(lab.client, inner, tunnel_mtu), f"{tunnel_mtu} bytes did not fit")
            check(not fits(lab.client, inner, tunnel_mtu + 1), "one byte more fitted")
        sha_transfer(lab.client, lab.server, "10.99.0.1")
        sha_transfer(lab.server, lab.client, "fd66::2")


def by_name():
    """The file names the gateway; where that is says the side's own /etc/hosts."""
    with Lab() as lab:
        _, its, mine, _ = gateway(lab)
        hosts = lab.client.folder / "etc/hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{lab.server.ipv4} vpn.lab.test\n")
        conf = wg_quick(lab, "office", mine, Peer(its.public, BEHIND_GATEWAY,
                                                  f"vpn.lab.test:{PORT}"))
        adit = Client(lab.client, conf).connected()
        check(ping(lab.client, "10.99.0.1"), "no echo")
        same(adit.tunnel()["endpoint"], endpoint(lab.server, PORT), "endpoint")


def unknown_name():
    with Lab() as lab:
        (lab.client.folder / "etc/nsswitch.conf").write_text("hosts: files\n")
        before = lab.client.state()
        conf = wg_quick(lab, "office", Keys(lab, "mine"),
                        Peer(Keys(lab, "its").public, BEHIND_GATEWAY, f"nowhere.lab.test:{PORT}"))
        adit = Client(lab.client, conf)
        same(adit.ended(60), 4, "exit status")
        check("nowhere.lab.test" in adit.output(), "the sentence does not name the server")
        same(lab.client.state(), before, "the machine's state")


def two_tunnels():
    with Lab("client", "left", "right") as lab:
        before = lab.client.state()
        adits = []
        for number, side in enumerate((lab.left, lab.right), 1):
            its, mine = Keys(lab, f"its{number}"), Keys(lab, f"mine{number}")
            WireGuardGo(side).configure(
                its, Peer(mine.public, (f"10.7{number}.0.2/32",)), listen_port=PORT,
                addresses=(f"10.7{number}.0.1/24",))
            peer = Peer(its.public, (f"10.7{number}.0.0/24",), endpoint(side, PORT))
            adits.append(Client(lab.client, wg_quick(
                lab, f"office{number}", mine, peer,
                addresses=(f"10.7{number}.0.2/32",))).connected())
        check(ping(lab.client, "10.71.0.1") and ping(lab.client, "10.72.0.1"), "no echo")
        same(sorted(t["name"] for t in status(lab.client)), ["office1", "office2"], "tunnels")
        same(adits[0].stop(), 0, "exit status")
        same([t["name"] for t in status(lab.client)], ["office2"], "tunnels")
        check(ping(lab.client, "10.72.0.1"), "the other tunnel ended with the first")
        same(adits[1].stop(), 0, "exit status")
        same(lab.client.state(), before, "the machine's state")


def same_name_twice():
    with Lab() as lab:
        adit, _, _, _ = connected(lab)
        again = lab.client.run(ADIT, "run", adit.conf, check=False)
        check(again.returncode not in (0, 70), f"exit status {again.returncode}")
        check("office" in again.stdout + again.stderr, "the sentence does not name the tunnel")
        check(ping(lab.client, "10.99.0.1"), "the first tunnel was disturbed")


def stopped_while_connecting(number):
    with Lab() as lab:
        server, its, mine, _ = gateway(lab)
        server.stop()
        before = lab.client.state()
        adit = Client(lab.client, wg_quick(
            lab, "office", mine, Peer(its.public, BEHIND_GATEWAY, endpoint(lab.server, PORT))))
        wait_until(lambda: lab.server.ipv4 in adit.output(), 5, "the phase of contacting")
        check(adit.stop(number) in (0, 130), f"exit status {adit.process.returncode}")
        same(lab.client.state(), before, "the machine's state")
        same(status(lab.client), [], "tunnels")


case("three packets of a hundred are lost either way", loses_packets)
case("nothing is on the wire in clear", nothing_in_clear)
case("behind a NAT that forgets", behind_nat)
for wire_mtu, tunnel_mtu in ((1500, 1420), (1400, 1320)):
    case(f"a wire of {wire_mtu} bytes: an MTU of {tunnel_mtu} by itself", narrow_wire, wire_mtu,
         tunnel_mtu)
case("the gateway is named, not numbered", by_name)
case("a gateway's name without an address", unknown_name)
case("two tunnels at once", two_tunnels)
case("the same tunnel cannot run twice", same_name_twice)
for end in (signal.SIGINT, signal.SIGTERM):
    case(f"{end.name} while connecting", stopped_while_connecting, end)
main(client.missing)
