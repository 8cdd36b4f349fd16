#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A RADIUS server that lets nobody in: radius.py SECRET says to the user u648 what MS-CHAPv2 says with code 648.
pppd, told to ask it, passes the text on."""

import hashlib
import socket
import struct
import sys

ACCESS_REJECT, USER_NAME, REPLY_MESSAGE = 3, 1, 18      # RFC 2865 5
TEXT = "E={code} R=0 C={challenge} V=3 M=Says who knows"


def attributes(data):
    while len(data) >= 2 and data[1] >= 2:
        yield data[0], data[2:data[1]]
        data = data[data[1]:]


def reject(request, secret):
    user = dict(attributes(request[20:]))[USER_NAME].decode()
    text = TEXT.format(code=user.removeprefix("u"), challenge="0123456789abcdef" * 2).encode()
    body = bytes([REPLY_MESSAGE, len(text) + 2]) + text
    head = struct.pack("!BBH", ACCESS_REJECT, request[1], 20 + len(body))
    return head + hashlib.md5(head + request[4:20] + body + secret).digest() + body


door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
door.bind(("127.0.0.1", 1812))
while True:
    packet, client = door.recvfrom(4096)
    door.sendto(reject(packet, sys.argv[1].encode()), client)
