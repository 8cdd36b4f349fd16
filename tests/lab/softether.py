# SPDX-License-Identifier: LGPL-2.1-or-later
"""SoftEther VPN Server as an L2TP peer, all in user space: hub `lab`, a tap device of the server's, and
its own DHCP server for the addresses inside.  desktop-prep unpacks it; it is never installed."""

import os
import pathlib

from lab import wait_until

CACHE = pathlib.Path(os.environ.get("ADIT_CACHE", "/var/cache/adit"), "desktop", "softether")
PROGRAMS = CACHE / "usr/libexec/softether"
USER, PASSWORD = "lab", "labpass"
INNER, LAN, DNS = "10.70.0.1", "10.99.0.1", "10.99.0.1"
LAN_NET, ADDRESSES = "10.99.0.0", "10.70.0."

# Nothing of it looks for the Internet: no dynamic DNS, no relay, no check for updates.
CONFIG = """declare root
{
    declare ListenerList
    {
        declare Listener0
        {
            bool DisableDos true
            bool Enabled true
            uint Port 5555
        }
    }
    declare DDnsClient
    {
        bool Disabled true
    }
    declare ServerConfiguration
    {
        bool DisableNatTraversal true
        bool DisableDeadLockCheck true
        bool NoSendSignature true
        bool DisableGetHostNameWhenAcceptTcp true
    }
}
"""

# Its state lies at fixed places; here they are in memory and nobody else's.
ROOM = """
mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /var/log || exit 1
mkdir -p /var/lib/softether /var/log/softether /run/softether
[ -z "$1" ] || cp "$1" /var/lib/softether/vpn_server.config
shift
exec "$@"
"""

HUB = f"""Hub lab
UserCreate {USER} /GROUP:none /REALNAME:none /NOTE:none
UserPasswordSet {USER} /PASSWORD:{PASSWORD}
UserCreate expired /GROUP:none /REALNAME:none /NOTE:none
UserPasswordSet expired /PASSWORD:{PASSWORD}
UserExpiresSet expired /EXPIRES:"2001/01/01 00:00:00"
SecureNatEnable
SecureNatHostSet /MAC:5E-00-00-00-00-01 /IP:10.70.0.254 /MASK:255.255.255.0
NatDisable
DhcpSet /START:10.70.0.10 /END:10.70.0.99 /MASK:255.255.255.0 /EXPIRE:7200 /GW:none /DNS:{DNS} \
/DNS2:none /DOMAIN:lab.example /LOG:no /PUSHROUTE:"{LAN_NET}/255.255.255.0/{INNER}"
"""


def missing():
    return None if PROGRAMS.is_dir() else "no SoftEther server unpacked: run tests/lab/desktop-prep"


class SoftEther:
    """The server on a side."""

    def __init__(self, side):
        self.side = side
        self._start()
        self._command("", "ServerPasswordSet admin\n")
        self._command("admin", "HubCreate lab /PASSWORD:hub\nBridgeCreate lab /DEVICE:lab /TAP:yes\n" + HUB)
        self._command("admin", "IPsecEnable /L2TP:yes /L2TPRAW:yes /ETHERIP:no /PSK:labpsk /DEFAULTHUB:lab\n")
        wait_until(lambda: "tap_lab" in [link["ifname"] for link in side.ip("link")], 10, "tap_lab")
        side.run("ip", "addr", "add", f"{INNER}/24", "dev", "tap_lab")
        side.run("ip", "link", "set", "tap_lab", "up")
        side.run("ip", "addr", "add", f"{LAN}/24", "dev", "lo")

    def _start(self):
        config = self.side.folder / "vpn_server.config"
        config.write_text(CONFIG)
        self.process = self.side.popen("unshare", "--mount", "sh", "-c", ROOM, "room", config,
                                       PROGRAMS / "vpnserver/vpnserver", "execsvc", log="softether.log")
        wait_until(self._listens, 20, "SoftEther's listener")

    def _listens(self):
        return ":5555" in self.side.run("ss", "-lnt").stdout

    def _command(self, password, text):
        """Commands of vpncmd, one a line."""
        batch = self.side.folder / "vpncmd.txt"
        batch.write_text(text)
        done = self.side.run("unshare", "--mount", "sh", "-c", ROOM, "room", "",
                             PROGRAMS / "vpncmd/vpncmd", f"{self.side.ipv4}:5555", "/SERVER",
                             f"/PASSWORD:{password}", f"/IN:{batch}", timeout_s=60, check=False)
        if done.returncode:
            raise RuntimeError(f"vpncmd: status {done.returncode}\n{done.stdout}")
        return done.stdout

    def hub(self, text):
        return self._command("admin", f"Hub lab\n{text}\n")

    def certify(self, ca, name, user):
        """It is `name` and lets `user` in, both by certificates of ca's; RSA only."""
        self._command("admin", f"ServerCertSet /LOADCERT:{ca.certificate(name)} /LOADKEY:{ca.key(name)}\n")
        self.hub(f"UserCreate {user} /GROUP:none /REALNAME:none /NOTE:none\n"
                 f"UserCertSet {user} /LOADCERT:{ca.certificate(user)}")

    def sessions(self):
        """Names of users who are connected."""
        return [line.split("|")[1].strip() for line in self.hub("SessionList").splitlines()
                if line.startswith("User Name")]
