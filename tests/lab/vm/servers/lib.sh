# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the server and client scripts, which run in guests only.
set -e
log=${ADIT_LAB_SHARE:-/tmp}

# The network behind a server, for routes and split tunnels: 10.99.0.0/24 and
# fd99::/64 with the server at .1, and an iperf3 server on every address.
lan_up() {
    echo 1 >/proc/sys/net/ipv4/ip_forward
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    ip link show lan0 >/dev/null 2>&1 || {
        ip link add lan0 type dummy
        ip addr add 10.99.0.1/24 dev lan0
        ip addr add fd99::1/64 dev lan0 nodad
        ip link set lan0 up
    }
    iperf3 -s -D --logfile "$log/iperf3.log"
}

# lay_over NAME: files of packages that are unpacked aside (../desktop-prep) over the guest's own.
lay_over() {
    tar -C "${ADIT_CACHE:-/var/cache/adit}/desktop/$1" --exclude=./usr/share -c . |
        tar -C / -x --keep-directory-symlink --no-overwrite-dir --no-same-owner
}

# Accounts of every server that runs pppd; carol has an address of her own.
write_secrets() {
    umask 077
    for f in chap pap; do
        cat >/etc/ppp/$f-secrets <<EOF
# client  server  secret            addresses
alice     *       "Wonder land 7#"  *
bob       *       bobpass           *
carol     *       carolpass         10.64.0.77,10.65.0.77
EOF
    done
    umask 022
}

# pppd_auth METHOD: options of a pppd that insists on it.
pppd_auth() {
    case $1 in
    mschapv2) echo "refuse-pap refuse-chap refuse-mschap refuse-eap require-mschap-v2" ;;
    mschap) echo "refuse-pap refuse-chap refuse-mschap-v2 refuse-eap require-mschap" ;;
    chap) echo "refuse-pap refuse-mschap refuse-mschap-v2 refuse-eap require-chap" ;;
    pap) echo "refuse-chap refuse-mschap refuse-mschap-v2 refuse-eap require-pap" ;;
    eap) echo "refuse-pap refuse-chap refuse-mschap refuse-mschap-v2 require-eap" ;;
    *) echo "unknown AUTH $1" >&2; return 1 ;;
    esac | tr ' ' '\n'
}

# write_eaptls NAME: with EAPTLS=FOLDER, EAP-TLS for clients of FOLDER/ca.pem by FOLDER/vpn.example.org.*,
# and for the user late by FOLDER/late.example.org.*.
write_eaptls() {
    [ -n "${EAPTLS:-}" ] || return 0
    umask 077
    while read -r client server; do
        echo "$client $1 - $EAPTLS/$server.pem $EAPTLS/ca.pem $EAPTLS/$server.key *"
    done >/etc/ppp/eaptls-server <<EOF
*     vpn.example.org
late  late.example.org
EOF
    umask 022
}

# ask_radius: options of a pppd that has ../radius.py decide who comes in.
ask_radius() {
    mkdir -p /etc/radiusclient
    echo "127.0.0.1 $(hostname)" >>/etc/hosts
    echo 'localhost secret' >/etc/radiusclient/servers
    cat >/etc/radiusclient/dictionary <<'EOF'
ATTRIBUTE User-Name           1   string
ATTRIBUTE NAS-IP-Address      4   ipaddr
ATTRIBUTE NAS-Port            5   integer
ATTRIBUTE Service-Type        6   integer
ATTRIBUTE Framed-Protocol     7   integer
ATTRIBUTE Reply-Message       18  string
ATTRIBUTE Calling-Station-Id  31  string
ATTRIBUTE NAS-Identifier      32  string
ATTRIBUTE NAS-Port-Type       61  integer
VENDOR    Microsoft           311
ATTRIBUTE MS-CHAP-Challenge   11  string  Microsoft
ATTRIBUTE MS-CHAP2-Response   25  string  Microsoft
EOF
    cat >/etc/radiusclient/radiusclient.conf <<'EOF'
auth_order radius
login_tries 1
login_timeout 10
authserver localhost:1812
acctserver localhost:1813
servers /etc/radiusclient/servers
dictionary /etc/radiusclient/dictionary
seqfile /run/radius.seq
mapfile /dev/null
radius_timeout 3
radius_retries 1
bindaddr 127.0.0.1
EOF
    "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../radius.py" secret >"$log/radius.log" 2>&1 &
    wait_for 5 grep -q ":0714 " /proc/net/udp
    echo plugin radius.so
}

# pppd_peer METHOD: options of a pppd that proves itself in no other way.
pppd_peer() {
    case $1 in
    mschapv2) printf '%s\n' refuse-pap refuse-chap refuse-mschap refuse-eap ;;
    chap) printf '%s\n' refuse-pap refuse-mschap refuse-mschap-v2 refuse-eap ;;
    pap) printf '%s\n' refuse-chap refuse-mschap refuse-mschap-v2 refuse-eap ;;
    eap) printf '%s\n' refuse-pap refuse-chap refuse-mschap refuse-mschap-v2 ;;
    *) echo "unknown AUTH $1" >&2; return 1 ;;
    esac
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds.
wait_for() {
    local n=$(($1 * 20)); shift
    until "$@" >/dev/null 2>&1; do
        n=$((n - 1))
        [ $n -gt 0 ] || { echo "gave up on: $*" >&2; return 1; }
        sleep 0.05
    done
}

# Options of every pppd that serves: its method, IPV6CP (1: offered) and PPP_EXTRA, a line each.
pppd_serves() {
    pppd_auth "${AUTH:-mschapv2}"
    if [ "${IPV6CP:-0}" = 1 ]; then echo +ipv6; else echo noipv6; fi
    cat <<EOF
ms-dns 10.99.0.1
nodefaultroute
novj
novjccomp
logfile $log/pppd.log
debug
mtu 1400
mru 1400
lcp-echo-interval 10
lcp-echo-failure 3
${PPP_EXTRA:-}
EOF
}
