#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A kernel WireGuard peer which initiates: 10.66.0.2 and fd66::2 inside.
#   KEY   its private key's file      PEER  the server's public key
#   PSK   preshared key's file, or empty      ENDPOINT  the server, address:port
# shellcheck source=tests/lab/vm/servers/lib.sh
. "$(dirname "$0")/../servers/lib.sh"
ip link add wg0 type wireguard
wg set wg0 private-key "$KEY" \
    peer "$PEER" endpoint "$ENDPOINT" ${PSK:+preshared-key "$PSK"} \
    allowed-ips 10.66.0.0/24,fd66::/64,10.99.0.0/24,fd99::/64
ip addr add 10.66.0.2/24 dev wg0
ip addr add fd66::2/64 dev wg0 nodad
ip link set wg0 up
ip route add 10.99.0.0/24 dev wg0
ip route add fd99::/64 dev wg0
