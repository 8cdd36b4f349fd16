# SPDX-License-Identifier: LGPL-2.1-or-later
"""Profiles for the accounts of vm/servers/lib.sh, and for an LNS or PPTP server at any address."""

from wireguard_go import secret_file

USER, PASSWORD = "alice", "Wonder land 7#"
PPTPD, XL2TPD = "10.64.0.1", "10.65.0.1"


# In a guest: xl2tpd dies without a word, with all that it remembered, and starts anew.
XL2TPD_ANEW = """
kill -9 $(cat /run/xl2tpd.server) $(pidof pppd) 2>/dev/null
rm -f /run/xl2tpd.pid /run/xl2tpd/*.pid
while grep -q ":06A5 " /proc/net/udp; do sleep 0.05; done
xl2tpd -D >"$ADIT_LAB_SHARE/xl2tpd.log" 2>&1 </dev/null &
echo $! >/run/xl2tpd.server
until grep -q ":06A5 " /proc/net/udp; do sleep 0.05; done
"""


def profile(lab, kind, server, *keys, user=USER, password=PASSWORD, connection=()):
    own = ["ipsec = off"] if kind == "l2tp" else []
    own += [f"password = {password}"] if password else []
    (lab.folder / "vpn.conf").unlink(missing_ok=True)   # of the connection before
    return secret_file(lab, "vpn.conf", "\n".join([
        "[connection]", f"type = {kind}", "name = vpn", f"server = {server}", *connection,
        f"[{kind}]", f"user = {user}", *own, *keys]))
