# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program under test: `adit` on one side of the lab, or inside a guest.

$ADIT names it; else it is the one in PATH.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from lab import wait_until
from wireguard_go import CLIENT_INNER, MTU, secret_file, wg_show

ADIT = os.environ.get("ADIT") or shutil.which("adit") or "adit"


def missing():
    return None if shutil.which(ADIT) else f"no program {ADIT}"


def profile(lab, name, keys, *peers, addresses=CLIENT_INNER, listen_port=None,
            connection=(), sections=()):
    """Writes NAME.conf in adit's own format, 0600, and returns its path."""
    lines = ["[connection]", f"name = {name}", "type = wireguard", *connection,
             "", "[wireguard]", f"private-key = {keys.private}",
             f"address = {', '.join(addresses)}"]
    lines += [f"listen-port = {listen_port}"] if listen_port else []
    for number, peer in enumerate(peers, 1):
        lines += ["", f"[wireguard peer p{number}]", f"public-key = {peer.public_key}",
                  f"allowed-ips = {', '.join(peer.allowed_ips)}"]
        lines += [f"preshared-key = {peer.psk.read_text().strip()}"] if peer.psk else []
        lines += [f"endpoint = {peer.endpoint}"] if peer.endpoint else []
        lines += [f"persistent-keepalive = {peer.keepalive}"] if peer.keepalive else []
    lines += ["", *(sections or ["[routing]", f"mtu = {MTU}"])]
    return secret_file(lab, f"{name}.conf", "\n".join(lines))


class Client:
    """`adit run FILE` on a side."""

    def __init__(self, side, conf):
        self.side, self.conf = side, pathlib.Path(conf)
        self.log = f"{self.conf.stem}-adit.log"
        self.process = side.popen(ADIT, "run", conf, log=self.log)

    def output(self):
        return self.side.text(self.log)

    def is_connected(self):
        return "connected" in self.output().splitlines()

    def connected(self, timeout_s=15):
        """Waits for the line `connected`."""
        wait_until(lambda: self.is_connected() or self.process.poll() is not None, timeout_s,
                   "the line `connected`")
        if not self.is_connected():
            raise AssertionError(f"adit ended with status {self.process.returncode}")
        return self

    def tunnel(self):
        """What `adit status --json` says of this tunnel."""
        tunnels = status(self.side)
        if len(tunnels) != 1:
            raise AssertionError(f"{len(tunnels)} tunnels, wanted one: {tunnels}")
        return tunnels[0]

    def interface(self):
        return self.tunnel()["interface"]

    def show(self):
        return wg_show(self.side, self.interface())

    def workers(self):
        """The processes which adit started."""
        task = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in task.read_text().split()]

    def ended(self, timeout_s=10):
        """Waits for its end; its exit status."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"adit did not end within {timeout_s} s") from None

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.ended()


class GuestClient:
    """`adit run FILE` inside a guest; its output is in the guest's share."""

    def __init__(self, guest, conf):
        self.guest = guest
        self.log, self.pid = guest.share / "adit.log", guest.share / "adit.pid"
        self.process = guest.popen("sh", "-c", 'echo $$ > "$1"; exec "$2" run "$3" > "$4" 2>&1',
                                   "sh", self.pid, ADIT, conf, self.log)

    def connected(self, timeout_s=30):
        def is_over():
            text = self.log.read_text() if self.log.exists() else ""
            return "connected" in text.splitlines() or self.process.poll() is not None
        wait_until(is_over, timeout_s, "the line `connected` in the guest")
        if self.process.poll() is not None:
            raise AssertionError(f"adit in the guest ended: {self.log.read_text()}")
        return self

    def tunnel(self):
        return status(self.guest)[0]

    def stop(self):
        self.guest.run("kill", self.pid.read_text().strip())
        return self.process.wait(20)


def status(side):
    """The list of tunnels of `adit status --json`."""
    return json.loads(side.run(ADIT, "status", "--json").stdout)["tunnels"]


def dropped(tunnel):
    return sum(tunnel["drops"].values())


def seconds_until(predicate, timeout_s=5):
    start = time.monotonic()
    wait_until(predicate, timeout_s)
    return time.monotonic() - start
