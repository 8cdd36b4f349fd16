#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# xl2tpd + pppd, to be compared with.  Waits for the link or fails.
#   SERVER, USERNAME, PASSWORD, AUTH  as in pptp.sh
# shellcheck source=tests/lab/vm/servers/lib.sh
. "$(dirname "$0")/../servers/lib.sh"
lay_over ppp
umask 077
{
    cat <<EOF
name "${USERNAME:-alice}"
password "${PASSWORD:-Wonder land 7#}"
remotename l2tpd
noauth
nodefaultroute
novj
novjccomp
noccp
noipv6
debug
logfile $log/pppd-client.log
mtu 1400
mru 1400
EOF
    pppd_peer "${AUTH:-mschapv2}"
} >/etc/ppp/options.l2tp-client
cat >/etc/xl2tpd/xl2tpd.conf <<EOF
[global]
port = 1701
access control = no

[lac lab]
lns = $SERVER
length bit = yes
require authentication = no
pppoptfile = /etc/ppp/options.l2tp-client
autodial = no
EOF
umask 022
mkdir -p /run/xl2tpd
xl2tpd -D >"$log/xl2tpd.log" 2>&1 &
wait_for 5 test -p /run/xl2tpd/l2tp-control
xl2tpd-control connect-lac lab
wait_for 15 sh -c "ip -4 addr show dev ppp0 | grep -q inet"
