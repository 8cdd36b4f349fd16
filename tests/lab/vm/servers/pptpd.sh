#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# pptpd + pppd on every address, TCP 1723 and GRE.  Inside: the server 10.64.0.1, clients from 10.64.0.10.
# Logs: share/pppd.log, share/syslog.
#   AUTH      mschapv2 (default) mschap chap pap eap
#   MPPE      128 (default; 40 and 56 refused), 40, any, none
#   STATEFUL  1: accept stateful MPPE when the client asks (default 0: refuse it)
#   IPV6CP    1: offer IPV6CP (default 0)
#   EAPTLS    with AUTH=eap: a folder of certificates, see lib.sh
#   RADIUS    1: ../radius.py knows who comes in (default 0: the accounts of lib.sh)
#   PPP_EXTRA further options of pppd, a line each
# shellcheck source=tests/lab/vm/servers/lib.sh
. "$(dirname "$0")/lib.sh"
lan_up
lay_over ppp
write_secrets
write_eaptls pptpd
{
    echo name pptpd
    [ "${RADIUS:-0}" = 0 ] || ask_radius
    case ${MPPE:-128} in
    128) echo require-mppe-128 ;;
    40) printf 'require-mppe-40\nnomppe-128\n' ;;
    any) echo require-mppe ;;
    none) echo nomppe ;;
    esac
    if [ "${STATEFUL:-0}" = 1 ]; then echo mppe-stateful; else echo nomppe-stateful; fi
    printf '%s\n' 'ms-wins 10.99.0.2' lock nobsdcomp nodeflate nologfd
    pppd_serves
} >/etc/ppp/pptpd-options
cat >/etc/pptpd.conf <<EOF
option /etc/ppp/pptpd-options
localip 10.64.0.1
remoteip 10.64.0.10-60
EOF
# pptpd logs to syslog alone; busybox's syslogd puts it in a file.
busybox syslogd -O "$log/syslog"
pptpd
wait_for 5 grep -q ":06BB " /proc/net/tcp
