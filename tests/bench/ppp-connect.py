#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long from a command to the first answered echo, for PPP tunnels, all in one guest: `adit run` beside
pptp-linux with pppd; beside xl2tpd with pppd, started for the connection; and beside the same when its daemon
runs already and is only told to dial.  Interleaved; prints medians in ms and their ratios, as JSON.
Usage: ppp-connect.py [--rounds N] [pptp|l2tp]...

Inside the guest this same file is started as `ppp-connect.py inside ADDRESS UNDO COMMAND...`."""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))

INNER = {"pptp": "10.64.0.1", "l2tp": "10.65.0.1"}
LIMIT_S = 30


def inside(address, undo, command):
    """Starts the command while echoes are on their way; prints ms to the first answer."""
    echoes = subprocess.Popen([sys.executable, HERE / "first-ping.py", address, str(LIMIT_S)],
                              stdout=subprocess.PIPE, text=True)
    echoes.stdout.readline()
    begun = time.monotonic()
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answered = echoes.stdout.readline().strip()
    echoes.wait()
    if undo:
        subprocess.run(undo.split(), check=False, stdout=subprocess.DEVNULL)
    elif started.poll() is None:
        started.send_signal(signal.SIGTERM)
    started.wait()
    while any(name.startswith(("ppp", "vpn")) for name in os.listdir("/sys/class/net")):
        time.sleep(0.05)
    print(f"{(float(answered) - begun) * 1000:.0f}" if answered else "none")


def one(guest, kind, undo, *command):
    done = guest.run("python3", HERE / "ppp-connect.py", "inside", INNER[kind], undo, *command,
                     timeout_s=LIMIT_S + 30)
    if done.stdout.strip() in ("", "none"):
        raise SystemExit(f"{command[0]}: no echo was answered")
    return float(done.stdout)


def dial_at_once(guest):
    """No daemon yet; one that is started dials by itself."""
    guest.run("sh", "-c", "killall xl2tpd; sed 's/autodial = no/autodial = yes/' /etc/xl2tpd/xl2tpd.conf "
              ">/etc/xl2tpd/at-once.conf; while pidof xl2tpd; do sleep 0.05; done", check=False)


def daemon_up(guest):
    guest.run("sh", "-c", "rm -f /run/xl2tpd/l2tp-control; xl2tpd -D >/dev/null 2>&1 & "
              "until test -p /run/xl2tpd/l2tp-control; do sleep 0.05; done")


# What adit is compared with: what is prepared, how it is undone, the command.
REFERENCES = {
    "pptp": {"pptp-linux": (lambda guest: None, "", ("pppd", "call", "lab"))},
    "l2tp": {"xl2tpd": (dial_at_once, "", ("xl2tpd", "-D", "-c", "/etc/xl2tpd/at-once.conf")),
             "xl2tpd, running": (daemon_up, "xl2tpd-control disconnect-lac lab",
                                 ("xl2tpd-control", "connect-lac", "lab"))},
}


def profile(kind, server):
    return "\n".join([
        "[connection]", f"type = {kind}", "name = vpn", f"server = {server}", f"[{kind}]",
        "user = alice", "password = Wonder land 7#", *(["ipsec = off"] if kind == "l2tp" else []),
        "[routing]", "default-route = no", "include = 10.64.0.0/15", "[dns]", "mode = off"])


def measure(kind, rounds):
    import client
    from guest import ppp_guest
    from lab import Lab
    from wireguard_go import secret_file

    server_script = {"pptp": "servers/pptpd.sh", "l2tp": "servers/xl2tpd.sh"}[kind]
    with Lab("client", wire=True) as lab:
        server = ppp_guest(lab, server_script, 11)
        script = {"pptp": "clients/pptp.sh", "l2tp": "clients/xl2tpd.sh"}[kind]
        guest = ppp_guest(lab, script, 12, SERVER=server.ipv4)
        guest.run("sh", "-c", "killall pptp pppd xl2tpd; "
                  "while ip link show ppp0; do sleep 0.1; done", check=False)
        conf = secret_file(lab, "vpn.conf", profile(kind, server.ipv4))
        target = guest.share / "vpn.conf"
        target.write_text(conf.read_text())
        target.chmod(0o600)
        took = {"adit": [], **{name: [] for name in REFERENCES[kind]}}
        for _ in range(rounds):
            took["adit"].append(one(guest, kind, "", client.ADIT, "run", target))
            for name, (prepare, undo, command) in REFERENCES[kind].items():
                prepare(guest)
                took[name].append(one(guest, kind, undo, *command))
    middle = {name: statistics.median(values) for name, values in took.items()}
    return {"kind": kind, "rounds": rounds, "ms": middle, "all": took,
            "ratio": {name: round(middle["adit"] / middle[name], 2) for name in REFERENCES[kind]}}


def main():
    if sys.argv[1:2] == ["inside"]:
        inside(sys.argv[2], sys.argv[3], sys.argv[4:])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("kind", nargs="*", default=["pptp", "l2tp"])
    arguments = parser.parse_args()
    for kind in arguments.kind:
        print(json.dumps(measure(kind, arguments.rounds)), flush=True)


main()
