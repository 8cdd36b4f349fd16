# SPDX-License-Identifier: LGPL-2.1-or-later
"""wireguard-go as a peer, the one of Debian and the faster one of its backports; also keys,
`wg show` as data, and wg-quick files.  Works for every program that answers on
/run/wireguard/NAME.sock, so for adit too."""

import dataclasses
import os
import pathlib
import re
import socket
import subprocess

from lab import wait_until

MTU = 1420
GATEWAY_INNER = ("10.66.0.1/24", "fd66::1/64")
GATEWAY_LAN = ("10.99.0.1/24", "fd99::1/64")
CLIENT_INNER = ("10.66.0.2/32", "fd66::2/128")
BEHIND_GATEWAY = ("10.66.0.0/24", "10.99.0.0/24", "fd66::/64", "fd99::/64")
EVERYTHING = ("0.0.0.0/0", "::/0")
SOURCES = ("/etc/apt/sources.list", *map(str, pathlib.Path("/etc/apt/sources.list.d").glob("*")))


class Keys:
    """A key pair: the private half only in a 0600 file, never in an argument."""

    def __init__(self, lab, name):
        self.file = secret_file(lab, f"{name}.key", wg("genkey"))
        self.public = wg("pubkey", stdin=self.private)

    @property
    def private(self):
        return self.file.read_text().strip()


def preshared_key(lab, name="psk"):
    return secret_file(lab, f"{name}.key", wg("genpsk"))


def secret_file(lab, name, text):
    path = lab.folder / name
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
        f.write(text + "\n")
    return path


def wg(*argv, stdin=None):
    return subprocess.run(["wg", *argv], input=stdin, check=True, capture_output=True,
                          text=True).stdout.strip()


@dataclasses.dataclass
class Peer:
    public_key: str
    allowed_ips: tuple
    endpoint: str = ""
    psk: pathlib.Path = None
    keepalive: int = 0

    def wg_arguments(self):
        arguments = ["peer", self.public_key, "allowed-ips", ",".join(self.allowed_ips)]
        if self.endpoint:
            arguments += ["endpoint", self.endpoint]
        if self.psk:
            arguments += ["preshared-key", self.psk]
        if self.keepalive:
            arguments += ["persistent-keepalive", str(self.keepalive)]
        return arguments


def endpoint(side, port, family=4):
    return f"{side.ipv4}:{port}" if family == 4 else f"[{side.ipv6}]:{port}"


class WireGuardGo:
    """wireguard-go in the foreground on one side."""

    def __init__(self, side, binary="wireguard-go", name="wg0"):
        self.side, self.binary, self.name = side, binary, name
        self.process = None
        self.start()

    def start(self):
        self.process = self.side.popen(self.binary, "-f", self.name, log=f"{self.name}.log")
        wait_until(lambda: self._listens() or self.process.poll() is not None, 5,
                   f"{self.binary}'s control socket")
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.binary} ended: {self.side.text(self.name + '.log')}")

    def _listens(self):
        """Asked by hand: wg removes a control socket which does not listen yet."""
        with socket.socket(socket.AF_UNIX) as control:
            path = self.side.folder / f"run/wireguard/{self.name}.sock"
            return control.connect_ex(str(path)) == 0

    def configure(self, keys, *peers, listen_port=None, addresses=GATEWAY_INNER, routes=()):
        port = ["listen-port", str(listen_port)] if listen_port else []
        self.side.run("wg", "set", self.name, *port, "private-key", keys.file)
        for peer in peers:
            self.side.run("wg", "set", self.name, *peer.wg_arguments())
        for address in addresses:
            nodad = ["nodad"] if ":" in address else []
            self.side.run("ip", "addr", "add", address, "dev", self.name, *nodad)
        self.side.run("ip", "link", "set", self.name, "mtu", str(MTU), "up")
        for route in routes:
            self.side.run("ip", "route", "replace", route, "dev", self.name)
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait(5)

    def show(self):
        return wg_show(self.side, self.name)


def lan(side):
    """The network behind a gateway, on its loopback: it answers only through the tunnel."""
    for address in GATEWAY_LAN:
        side.run("ip", "addr", "add", address, "dev", "lo",
                 *(["nodad"] if ":" in address else []))
    side.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward;"
                         "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")


def gateway(lab, binary="wireguard-go", psk=False, port=51820, side=None):
    """A wireguard-go server with its LAN, and the keys for one client: (peer, server keys,
    client keys, preshared key file or None)."""
    side = side or lab.server
    server, client = Keys(lab, "server"), Keys(lab, "client")
    shared = preshared_key(lab) if psk else None
    lan(side)
    peer = WireGuardGo(side, binary)
    peer.configure(server, Peer(client.public, CLIENT_INNER, psk=shared), listen_port=port)
    return peer, server, client, shared


def wg_show(side, name):
    """`wg show NAME dump` as data; private keys are left out."""
    lines = [line.split("\t") for line in
             side.run("wg", "show", name, "dump").stdout.splitlines()]
    device = lines.pop(0)
    return {
        "public-key": device[1],
        "listen-port": int(device[2]),
        "fwmark": 0 if device[3] == "off" else int(device[3], 0),
        "peers": {peer[0]: {
            "preshared-key": peer[1] != "(none)",
            "endpoint": "" if peer[2] == "(none)" else peer[2],
            "allowed-ips": [] if peer[3] == "(none)" else sorted(peer[3].split(",")),
            "latest-handshake": int(peer[4]),
            "rx": int(peer[5]),
            "tx": int(peer[6]),
            "keepalive": 0 if peer[7] == "off" else int(peer[7]),
        } for peer in lines},
    }


def wg_quick(lab, name, keys, *peers, addresses=CLIENT_INNER, listen_port=None, mtu=MTU,
             dns=()):
    """Writes NAME.conf as wg-quick knows it, 0600, and returns its path."""
    lines = ["[Interface]", f"PrivateKey = {keys.private}", f"MTU = {mtu}"]
    lines += [f"Address = {', '.join(addresses)}"] if addresses else []
    lines += [f"ListenPort = {listen_port}"] if listen_port else []
    lines += [f"DNS = {', '.join(dns)}"] if dns else []
    for peer in peers:
        lines += ["", "[Peer]", f"PublicKey = {peer.public_key}",
                  f"AllowedIPs = {', '.join(peer.allowed_ips)}"]
        lines += [f"PresharedKey = {peer.psk.read_text().strip()}"] if peer.psk else []
        lines += [f"Endpoint = {peer.endpoint}"] if peer.endpoint else []
        lines += [f"PersistentKeepalive = {peer.keepalive}"] if peer.keepalive else []
    return secret_file(lab, f"{name}.conf", "\n".join(lines))


def debian_mirror():
    """The URI of this machine's own Debian archive, whichever way it is written."""
    for path in SOURCES:
        if path.endswith((".sources", ".list")) and os.path.exists(path):
            text = pathlib.Path(path).read_text()
            found = re.search(r"^URIs:\s*(\S+/debian/?)\s*$", text, re.M) or \
                re.search(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+/debian/?)\s", text, re.M)
            if found:
                return found[1]
    raise RuntimeError("this machine's apt sources name no Debian archive")


def backports_wireguard_go():
    """The path of bookworm-backports' wireguard-go (TUN and UDP offloads), unpacked beside the
    installed one into the cache; nothing on the machine is changed."""
    folder = pathlib.Path(os.environ.get("ADIT_CACHE", "/var/cache/adit"), "backports")
    program = folder / "root/usr/bin/wireguard-go"
    if program.exists():
        return str(program)
    for sub in ("lists/partial", "cache/archives/partial"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
        f"{debian_mirror()} bookworm-backports main\n")
    apt = ["apt-get", "-q", f"-oDir::Etc::sourcelist={folder}/sources.list",
           "-oDir::Etc::sourceparts=/dev/null", f"-oDir::State::lists={folder}/lists",
           f"-oDir::Cache={folder}/cache", "-oAPT::Sandbox::User=root"]
    for step in ("update", "download wireguard-go/bookworm-backports"):
        subprocess.run([*apt, *step.split()], cwd=folder, check=True, capture_output=True,
                       timeout=300)
    package = next(folder.glob("wireguard-go_*.deb"))
    subprocess.run(["dpkg-deb", "-x", package, folder / "unpacked"], check=True)
    (folder / "unpacked").rename(folder / "root")
    package.unlink()
    return str(program)


def lacks_backports():
    """Why there is no wireguard-go of the backports, as a sentence, or None."""
    try:
        backports_wireguard_go()
        return None
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return f"no wireguard-go of the backports: {error}"
