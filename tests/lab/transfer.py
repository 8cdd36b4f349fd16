#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random bytes over TCP; both ends print `BYTES SHA256 SILENCE`, the last being the longest time in
seconds between two blocks.

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


class Silence:
    """The longest time between two beats."""

    def __init__(self):
        self.last, self.longest = None, 0.0

    def beat(self):
        now = time.monotonic()
        if self.last is not None:
            self.longest = max(self.longest, now - self.last)
        self.last = now


def send(address, port, mib):
    digest, silence = hashlib.sha256(), Silence()
    blocks = [os.urandom(1 << 20) for _ in range(4)]
    with connected(address, port) as stream:
        stream.settimeout(PATIENCE_S)
        for n in range(mib):
            block = n.to_bytes(4, "big") + blocks[n % len(blocks)][4:]
            digest.update(block)
            stream.sendall(block)
            silence.beat()
    return mib << 20, digest, silence.longest


def receive(address, port):
    digest, size, silence = hashlib.sha256(), 0, Silence()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family) as server:
        server.settimeout(PATIENCE_S)
        stream, _ = server.accept()
        stream.settimeout(PATIENCE_S)
        with stream:
            while block := stream.recv(1 << 18):
                digest.update(block)
                size += len(block)
                silence.beat()
    return size, digest, silence.longest


def main():
    what, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    total, sha, longest = \
        send(address, port, int(sys.argv[4])) if what == "send" else receive(address, port)
    print(total, sha.hexdigest(), f"{longest:.4f}")


if __name__ == "__main__":
    main()
