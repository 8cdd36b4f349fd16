# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server of plugins/mirror, the toy protocol: gives an address, sends echo requests back as
their replies.  Writes the type of each message it gets.

Usage: mirror_server.py ADDRESS"""

import socket
import sys

HELLO, HELLO_ACK, DATA, ECHO, ECHO_ACK, BYE = range(1, 7)


def message(kind, body=b""):
    return bytes([kind]) + len(body).to_bytes(2, "big") + body


def mirrored(packet):
    """An IPv4 packet on its way back; ICMP's checksum follows its type (RFC 1624)."""
    back = bytearray(packet)
    back[12:16], back[16:20] = packet[16:20], packet[12:16]
    if back[9] == socket.IPPROTO_ICMP and back[20] == 8:
        total = int.from_bytes(back[22:24], "big") + 0x0800
        back[20], back[22:24] = 0, ((total & 0xFFFF) + (total >> 16)).to_bytes(2, "big")
    return bytes(back)


def answer(request):
    if request[0] == HELLO:
        return message(HELLO_ACK, request[3:7] + bytes([10, 9, 0, 2, 24]) + (1400).to_bytes(2, "big"))
    if request[0] == ECHO:
        return message(ECHO_ACK)
    if request[0] == DATA:
        return message(DATA, mirrored(request[3:]))
    return None


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((sys.argv[1], 4444))
        while True:
            request, client = server.recvfrom(65536)
            print(request[0], flush=True)
            reply = answer(request)
            if reply:
                server.sendto(reply, client)


if __name__ == "__main__":
    main()
