#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A kernel WireGuard peer which waits: 10.66.0.1/24 and fd66::1/64 inside, its
# LAN behind it.  Keys are files, never arguments.
#   KEY   its private key's file      PEER  the client's public key
#   PSK   preshared key's file, or empty      PORT  UDP port, default 51820
# shellcheck source=tests/lab/vm/servers/lib.sh
. "$(dirname "$0")/lib.sh"
lan_up
ip link add wg0 type wireguard
wg set wg0 listen-port "${PORT:-51820}" private-key "$KEY" \
    peer "$PEER" allowed-ips 10.66.0.2/32,fd66::2/128 ${PSK:+preshared-key "$PSK"}
ip addr add 10.66.0.1/24 dev wg0
ip addr add fd66::1/64 dev wg0 nodad
ip link set wg0 up
