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

# wait_for SECONDS COMMAND...: until COMMAND succeeds.
wait_for() {
    local n=$(($1 * 20)); shift
    until "$@" >/dev/null 2>&1; do
        n=$((n - 1))
        [ $n -gt 0 ] || { echo "gave up on: $*" >&2; return 1; }
        sleep 0.05
    done
}
