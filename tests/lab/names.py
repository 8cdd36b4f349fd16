# SPDX-License-Identifier: LGPL-2.1-or-later
"""Name servers which say what they were asked: the LAN's, and the corporate one behind the tunnel; and the
ways in which a client's machine resolves names."""

import re

from desktop import PROGRAMS
from lab import wait_until

LAN, CORPORATE = "198.51.100.1", "10.99.0.1"
PUBLIC_ANSWER, CORPORATE_ANSWER = "203.0.113.10", "10.99.0.10"
# What an init system does when openresolv asks it to start its dnsmasq anew.
RESTART = f"""#!/bin/sh
old=$(cat /run/dnsmasq/pid 2>/dev/null)
[ -z "$old" ] || kill -9 "$old"
while [ -n "$old" ] && [ -d "/proc/$old" ]; do :; done
{PROGRAMS["dnsmasq"]} --conf-file=/run/dnsmasq/openresolv.conf --user=root --no-hosts \\
    --resolv-file=/run/dnsmasq/resolv.conf --bind-interfaces --listen-address=127.0.0.1 \\
    --pid-file=/run/dnsmasq/pid
"""
QUERY = re.compile(r"query\[(\w+)\] (\S+) from")


class NameServer:
    """dnsmasq, which answers `answer` for every name below one of the domains ("#": every name)."""

    def __init__(self, side, address, answer, domain="#"):
        self.side, self.log = side, f"names-{address}.log"
        self.process = side.popen(
            PROGRAMS["dnsmasq"], "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
            "--no-hosts", "--bind-interfaces", f"--listen-address={address}", "--user=root",
            "--pid-file", "--log-queries", "--log-facility=-",
            f"--address=/{domain}/{answer}", log=self.log)
        wait_until(lambda: "started, version" in side.text(self.log), 5, "a name server")
        self.read = 0

    def asked(self):
        """The names asked for since the last time."""
        text = self.side.text(self.log)
        names = {name.lower() for _, name in QUERY.findall(text[self.read:])}
        self.read = len(text)
        return names


def servers(lab):
    """(the LAN's, the corporate one); the latter once the network behind the tunnel is there."""
    return (NameServer(lab.server, LAN, PUBLIC_ANSWER),
            NameServer(lab.server, CORPORATE, CORPORATE_ANSWER))


# ---- the client's machine, by what resolves names there ----

def by_resolved(client):
    client.run("resolvectl", "dns", "out0", LAN)
    client.run("resolvectl", "default-route", "out0", "yes")


def by_file(client):
    (client.folder / "etc/resolv.conf").write_text(
        f"# the LAN's\nsearch isp.example\nnameserver {LAN}\noptions timeout:1\n")


def by_file_alone(client):
    """Without dnsmasq."""
    by_file(client)
    client.run("rm", PROGRAMS["dnsmasq"])


def tell_resolvconf(client):
    client.run("resolvconf", "-a", "out0", stdin=f"nameserver {LAN}\n")
    resolv_conf = client.folder / "etc/resolv.conf"
    wait_until(lambda: "nameserver" in client.run("cat", "/etc/resolv.conf").stdout, 5, resolv_conf)


def by_openresolv(client):
    tell_resolvconf(client)


def by_openresolv_and_dnsmasq(client):
    """openresolv as its manual has it for a resolver on this machine."""
    (client.folder / "etc/resolvconf.conf").write_text(
        "resolv_conf=/etc/resolv.conf\nname_servers=127.0.0.1\ndnsmasq_restart=/etc/restart\n"
        "dnsmasq_conf=/run/dnsmasq/openresolv.conf\ndnsmasq_resolv=/run/dnsmasq/resolv.conf\n")
    restart = client.folder / "etc/restart"
    restart.write_text(RESTART)
    restart.chmod(0o755)
    client.run("mkdir", "-p", "/run/dnsmasq")
    tell_resolvconf(client)


def by_resolvconf(client):
    """Debian's, which writes through a link only."""
    client.run("mkdir", "-p", "/run/resolvconf/interface")
    client.run("touch", "/run/resolvconf/enable-updates")
    client.run("ln", "-sfn", "/run/resolvconf/resolv.conf", "/etc/resolv.conf")
    tell_resolvconf(client)
