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
