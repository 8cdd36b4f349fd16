#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# xl2tpd + pppd, UDP 1701, the kernel's L2TP data path.  Inside: the server 10.65.0.1, clients from
# 10.65.0.10.  Logs: share/xl2tpd.log, share/pppd.log.
#   AUTH, IPV6CP, EAPTLS, RADIUS, PPP_EXTRA  as in pptpd.sh
#   CHALLENGE  1: tunnel authentication, secret "tunnelsecret" (default 0)
#   MPPE       128: ask for MPPE inside (default none)
# shellcheck source=tests/lab/vm/servers/lib.sh
. "$(dirname "$0")/lib.sh"
lan_up
lay_over ppp
write_secrets
write_eaptls l2tpd
{
    echo name l2tpd
    [ "${RADIUS:-0}" = 0 ] || ask_radius
    if [ "${MPPE:-none}" = 128 ]; then echo require-mppe-128; else echo noccp; fi
    pppd_serves
} >/etc/ppp/options.xl2tpd
challenge=no
[ "${CHALLENGE:-0}" != 1 ] || challenge=yes
cat >/etc/xl2tpd/xl2tpd.conf <<EOF
[global]
port = 1701
access control = no
debug tunnel = yes
debug avp = yes
debug state = yes

[lns default]
ip range = 10.65.0.10-10.65.0.60
local ip = 10.65.0.1
name = l2tpd
challenge = $challenge
length bit = yes
require authentication = no
pppoptfile = /etc/ppp/options.xl2tpd
EOF
umask 077
echo '* * tunnelsecret' >/etc/xl2tpd/l2tp-secrets
umask 022
mkdir -p /run/xl2tpd
xl2tpd -D >"$log/xl2tpd.log" 2>&1 &
echo $! >/run/xl2tpd.server
wait_for 5 grep -q ":06A5 " /proc/net/udp
