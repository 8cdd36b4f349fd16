#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A NAT box: what comes in by eth1 leaves by eth0 under eth0's address.
#   NETEM   a bad line, both ways: tc-netem's words, as "delay 20ms loss 1%"
# shellcheck source=tests/lab/vm/servers/lib.sh
. "$(dirname "$0")/lib.sh"
echo 1 >/proc/sys/net/ipv4/ip_forward
nft add table ip aditlab
nft add chain ip aditlab post '{ type nat hook postrouting priority 100; }'
nft add rule ip aditlab post oifname eth0 masquerade
for d in eth0 eth1; do
    # shellcheck disable=SC2086
    [ -z "${NETEM:-}" ] || tc qdisc add dev $d root netem $NETEM
done
