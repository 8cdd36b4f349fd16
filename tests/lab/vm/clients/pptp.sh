#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pptp-linux + pppd, to be compared with.  Waits for the link or fails.
#   SERVER  address     USERNAME, PASSWORD  default alice's
#   AUTH    the only method to accept: mschapv2 (default) chap pap eap
#   MPPE    128 (default) 40 none
# shellcheck source=tests/lab/vm/servers/lib.sh
. "$(dirname "$0")/../servers/lib.sh"
lay_over ppp
umask 077
{
    cat <<EOF
pty "pptp $SERVER --nolaunchpppd --loglevel 1"
name "${USERNAME:-alice}"
password "${PASSWORD:-Wonder land 7#}"
remotename pptpd
ipparam lab
noauth
nodefaultroute
nobsdcomp
nodeflate
novj
novjccomp
nodetach
lock
debug
logfile $log/pppd-client.log
mtu 1400
mru 1400
nomppe-stateful
noipv6
EOF
    pppd_peer "${AUTH:-mschapv2}"
    case ${MPPE:-128} in
    128) echo require-mppe-128 ;;
    40) printf 'require-mppe-40\nnomppe-128\n' ;;
    none) echo nomppe ;;
    esac
} >/etc/ppp/peers/lab
umask 022
pppd call lab >"$log/pptp.log" 2>&1 &
p=$!
wait_for 15 sh -c "! kill -0 $p 2>/dev/null || ip -4 addr show dev ppp0 | grep -q inet"
ip -4 addr show dev ppp0 | grep -q inet
