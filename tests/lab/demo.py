#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The show of tools/demo: adit and a WireGuard gateway in two namespaces.

ADIT=PROGRAM demo.py [FOLDER]       FOLDER is removed at the end
"""

import os
import shutil
import sys
import time

import client
import lab
from lab import Lab, wait_until
from measure import iperf3, ping
from wireguard_go import (BEHIND_GATEWAY, Peer, backports_wireguard_go, endpoint, gateway,
                          lacks_backports, wg_quick)

COLOURS = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "blue": 34}
IS_PLAIN = not sys.stdout.isatty() or "NO_COLOR" in os.environ


def paint(colour, text):
    return text if IS_PLAIN else f"\033[{COLOURS[colour]}m{text}\033[0m"


def title(text):
    print("\n" + paint("bold", text), flush=True)


def typed(command):
    print(paint("blue", "$ ") + paint("bold", command), flush=True)


def shown(text, colour="dim"):
    for line in text.strip("\n").splitlines():
        print("  " + paint(colour, line), flush=True)


def result(name, value):
    print(f"  {name:<28}{paint('green', value)}", flush=True)


def set_up(stage):
    """The gateway, and a wg-quick file for it."""
    binary = "wireguard-go" if lacks_backports() else backports_wireguard_go()
    _, its, mine, psk = gateway(stage, binary, psk=True)
    conf = wg_quick(stage, "office", mine, Peer(
        its.public, BEHIND_GATEWAY, endpoint(stage.server, 51820), psk, 25), dns=("10.99.0.1",))
    secrets = (mine.private, psk.read_text().strip())
    text = conf.read_text()
    for secret in secrets:
        text = text.replace(secret, "(secret)")
    shown(text)
    return conf


def follow(adit, timeout_s=20):
    """Prints the program's lines as they come, until it is connected."""
    printed, start = 0, time.monotonic()
    while True:
        over = adit.is_connected() or adit.process.poll() is not None
        lines = adit.output().splitlines()
        for line in lines[printed:]:
            shown(line, "green" if line == "connected" else "yellow")
        printed = len(lines)
        if adit.is_connected():
            return time.monotonic() - start
        if over or time.monotonic() - start > timeout_s:
            raise RuntimeError("adit did not connect")
        try:
            wait_until(lambda: len(adit.output().splitlines()) > printed
                       or adit.process.poll() is not None, 0.5)
        except TimeoutError:
            pass


def measured(stage, adit):
    echoes = ping(stage.client, "10.99.0.1", 20)
    result("echo, IPv4", f"{echoes.received} of {echoes.sent}, median {echoes.median_ms:.2f} ms")
    echoes = ping(stage.client, "fd99::1", 20)
    result("echo, IPv6", f"{echoes.received} of {echoes.sent}, median {echoes.median_ms:.2f} ms")
    pids = [adit.process.pid, *adit.workers()]
    for way, back in (("to the gateway", False), ("from the gateway", True)):
        run = iperf3(stage.client, stage.server, "10.99.0.1", 4, reverse=back, pids=pids)
        result(f"TCP {way}", f"{run.gbit_per_s * 1000:.0f} Mbit/s, "
                             f"{run.cpu_s_per_gb:.2f} s of processor time a gigabyte")


def show(stage):
    title("A WireGuard gateway in a namespace of its own, and the file its user got")
    conf = set_up(stage)
    before = stage.client.state()
    title("Connecting")
    typed("adit run office.conf")
    adit = client.Client(stage.client, conf)
    seconds = follow(adit)
    result("from start to connected", f"{seconds:.2f} s")
    title("What is true now")
    typed("adit status")
    shown(stage.client.run(client.ADIT, "status").stdout)
    typed(f"wg show {adit.interface()}")
    shown(stage.client.run("wg", "show", adit.interface()).stdout)
    title("Through the tunnel")
    measured(stage, adit)
    title("The end")
    typed("kill adit")
    status = adit.stop()
    result("exit status", str(status))
    wait_until(lambda: stage.client.state() == before, 5, "the machine's former state")
    result("links, routes, rules, DNS", "as they were")


def main():
    lack = lab.missing() or client.missing()
    if lack:
        print(paint("red", f"The demonstration cannot start: {lack}."), file=sys.stderr)
        return 1
    try:
        with Lab() as stage:
            show(stage)
    except KeyboardInterrupt:
        print("\nStopped; everything is removed.")
        return 130
    except (AssertionError, OSError, RuntimeError) as error:
        print(paint("red", f"\n{error}"), file=sys.stderr)
        print(Lab.evidence, file=sys.stderr)
        return 1
    finally:
        if len(sys.argv) > 1:
            shutil.rmtree(sys.argv[1], ignore_errors=True)
    return 0


sys.exit(main())
