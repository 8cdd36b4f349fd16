#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""first-ping.py ADDRESS SECONDS: an ICMP echo every ms, whatever the route says, until one is
answered; prints CLOCK_MONOTONIC of the first answer."""

import select
import socket
import struct
import sys
import time

IDENTIFIER = 0x5150
EVERY_S = 0.001


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo(sequence):
    body = bytes(32)
    header = struct.pack("!BBHHH", 8, 0, 0, IDENTIFIER, sequence)
    header = struct.pack("!BBHHH", 8, 0, checksum(header + body), IDENTIFIER, sequence)
    return header + body


def is_answer(packet):
    icmp = packet[(packet[0] & 15) * 4:]
    return icmp[0] == 0 and struct.unpack("!H", icmp[4:6])[0] == IDENTIFIER


def answered(wire, until):
    while (left := until - time.monotonic()) > 0 and select.select([wire], [], [], left)[0]:
        if is_answer(wire.recv(2048)):
            return True
    return False


def main():
    address, limit = sys.argv[1], float(sys.argv[2])
    wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    end = time.monotonic() + limit
    print("sending", flush=True)
    for sequence in range(1 << 16):
        try:
            wire.sendto(echo(sequence), (address, 0))
        except OSError:
            pass
        if answered(wire, min(end, time.monotonic() + EVERY_S)):
            print(f"{time.monotonic():.6f}")
            return 0
        if time.monotonic() >= end:
            break
    return 1


sys.exit(main())
