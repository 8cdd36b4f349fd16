#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The toy protocol through the whole of adit: nothing outside its folder knows of it."""

import pathlib
import signal
import sys

sys.dont_write_bytecode = True
LAB = pathlib.Path(__file__).parents[1] / "lab"
sys.path.insert(0, str(LAB))

from client import Client
import client
from lab import Lab, wait_until
from measure import ping
from tap import case, check, main, same
from wireguard_go import secret_file

HELLO, ECHO, BYE = "1", "4", "6"


def connected(lab, *keys):
    """A client of the toy server, and what that server got so far."""
    server = lab.server.popen(sys.executable, LAB / "mirror_server.py", lab.server.address(4),
                              log="mirror.log")
    conf = secret_file(lab, "toy.conf", "\n".join([
        "[connection]", "type = mirror", "name = toy", f"server = {lab.server.address(4)}",
        "[mirror]", *keys]))
    return server, Client(lab.client, conf).connected(), \
        lambda: lab.server.text("mirror.log").split()


def carries_and_says_goodbye():
    with Lab() as lab:
        before = lab.client.state()
        _, adit, seen = connected(lab)
        same(adit.tunnel()["addresses"], ["10.9.0.2/24"], "addresses")
        check(ping(lab.client, "10.9.0.1"), "10.9.0.1 did not answer")
        same(adit.stop(signal.SIGINT), 0, "exit status")
        wait_until(lambda: BYE in seen(), 5, "the goodbye")
        same(lab.client.state(), before, "the client's network")


def notices_silence():
    """And goes on once the server is there again."""
    with Lab() as lab:
        server, adit, seen = connected(lab, "keepalive = 1")
        wait_until(lambda: ECHO in seen(), 5, "an echo")
        server.kill()
        wait_until(lambda: "stopped answering" in adit.output() or "broke" in adit.output(), 30,
                   "the end of its patience")
        lab.server.popen(sys.executable, LAB / "mirror_server.py", lab.server.address(4),
                         log="mirror.log")
        wait_until(lambda: adit.output().endswith("connected\n"), 30, "the server again")
        check(ping(lab.client, "10.9.0.1"), "10.9.0.1 did not answer")


case("the toy protocol carries, and says goodbye", carries_and_says_goodbye)
case("the toy protocol's server falls silent", notices_silence)
main(client.missing, at_once=2)
