#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program sends that wants to be heard past the tunnel: UDP, TCP and ICMP to each address,
by the way that the kernel chooses and bound to each device.

Usage: hostile_traffic.py ADDRESS[,ADDRESS…] PORT[,PORT…] [DEVICE[,DEVICE…]] [SECONDS]
Runs once, or over and over for SECONDS; the last line is the number of packets that left it."""
import socket
import struct
import sys
import time

MARKER = b"adit leak test "
BINDTODEVICE = socket.SO_BINDTODEVICE


def made(family, kind, device, protocol=0):
    found = socket.socket(family, kind, protocol)
    found.setblocking(False)
    if device:
        found.setsockopt(socket.SOL_SOCKET, BINDTODEVICE, device.encode() + b"\0")
    return found


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def echo(family):
    kind = 8 if family == socket.AF_INET else 128
    body = struct.pack("!HH", 0xad17, 1) + MARKER + b"."
    return struct.pack("!BBH", kind, 0, checksum(struct.pack("!BBH", kind, 0, 0) + body)) + body


def attempts(address, ports, device):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    icmp = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    with made(family, socket.SOCK_RAW, device, icmp) as raw:
        yield lambda: raw.sendto(echo(family), (address, 0))
    for port in ports:
        with made(family, socket.SOCK_DGRAM, device) as udp:
            yield lambda: udp.sendto(MARKER, (address, port))
        with made(family, socket.SOCK_STREAM, device) as tcp:
            yield lambda: tcp.connect_ex((address, port)) not in (0, 115) and fail()


def fail():
    raise OSError("refused")


def everything(addresses, ports, devices):
    left = 0
    for device in ["", *devices]:
        for address in addresses:
            for attempt in attempts(address, ports, device):
                try:
                    attempt()
                    left += 1
                except OSError:
                    pass
    return left


def main():
    addresses, ports, devices, seconds, *_ = [*sys.argv[1:], "", "", ""]
    words = [w for w in devices.split(",") if w]
    numbers = [int(p) for p in ports.split(",")]
    end = time.monotonic() + float(seconds or 0)
    left = everything(addresses.split(","), numbers, words)
    while time.monotonic() < end:
        time.sleep(0.02)
        left += everything(addresses.split(","), numbers, words)
    print(left)


main()
