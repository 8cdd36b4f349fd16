#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random bytes over TCP; both ends print `BYTES SHA256`.

transfer.py receive ADDRESS PORT
transfer.py send ADDRESS PORT MIB
"""

import hashlib
import os
import socket
import sys
import time

PATIENCE_S = 60


def connected(address, port):
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return socket.create_connection((address, port), timeout=5)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def send(address, port, mib):
    digest = hashlib.sha256()
    with connected(address, port) as stream:
        stream.settimeout(PATIENCE_S)
        for _ in range(mib):
            block = os.urandom(1 << 20)
            digest.update(block)
            stream.sendall(block)
    return mib << 20, digest


def receive(address, port):
    digest, size = hashlib.sha256(), 0
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family) as server:
        server.settimeout(PATIENCE_S)
        stream, _ = server.accept()
        stream.settimeout(PATIENCE_S)
        with stream:
            while block := stream.recv(1 << 18):
                digest.update(block)
                size += len(block)
    return size, digest


what, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
total, sha = send(address, port, int(sys.argv[4])) if what == "send" else receive(address, port)
print(total, sha.hexdigest())
