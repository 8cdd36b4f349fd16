#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An IPv6 router on every PPP interface: advertise.py PREFIX SERVER answers each solicitation with that prefix of
64 bits and that name server, and takes the prefix's ::1 there.  Ends with its guest."""

import ipaddress
import socket
import struct
import subprocess
import sys

SOLICITATION, ADVERTISEMENT, HOUR = 133, 134, 3600
prefix = ipaddress.IPv6Address(sys.argv[1])
server = ipaddress.IPv6Address(sys.argv[2])

link = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
message = struct.pack("!BBHBBHII", ADVERTISEMENT, 0, 0, 64, 0, HOUR, 0, 0)              # RFC 4861 4.2
message += struct.pack("!BBBBIII", 3, 4, 64, 0xc0, HOUR, HOUR, 0) + prefix.packed       # on link, autonomous
message += struct.pack("!BBHI", 25, 3, 0, HOUR) + server.packed                         # RFC 8106 5.1
while True:
    packet, source = link.recvfrom(2048)
    name = socket.if_indextoname(source[3])
    if packet[0] == SOLICITATION and name.startswith("ppp"):
        subprocess.run(["ip", "addr", "replace", f"{prefix + 1}/64", "dev", name, "nodad"], check=True)
        link.sendto(message, ("ff02::1", 0, 0, source[3]))
