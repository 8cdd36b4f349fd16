# SPDX-License-Identifier: LGPL-2.1-or-later
"""`serve ADDRESS…` answers everybody, over TCP and UDP, with the address they came from;
`ask ADDRESS…` asks, and prints one line for each address and transport: "ADDRESS tcp FROM", or
why there was no answer."""

import socket
import sys
import threading

PORT, PATIENCE_S = 7007, 2
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve_tcp(listener):
    while True:
        one, sender = listener.accept()
        with one:
            one.sendall(sender[0].encode())


def serve_udp(bound):
    while True:
        _, sender = bound.recvfrom(64)
        try:
            bound.sendto(sender[0].encode(), sender)
        except OSError:
            pass            # no way back: the asker will tell


def serve(addresses):
    for address in addresses:
        for name, kind in KINDS.items():
            bound = socket.socket(family_of(address), kind)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((address, PORT))
            if name == "tcp":
                bound.listen()
            threading.Thread(target=serve_tcp if name == "tcp" else serve_udp, args=(bound,),
                             daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def ask(address, kind):
    with socket.socket(family_of(address), kind) as asker:
        asker.settimeout(PATIENCE_S)
        try:
            asker.connect((address, PORT))
            if kind == socket.SOCK_DGRAM:
                asker.send(b"?")
            return asker.recv(64).decode()
        except OSError as error:
            return f"{type(error).__name__}"


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2:])
    for to in sys.argv[2:]:
        for name, kind in KINDS.items():
            print(to, name, ask(to, kind), flush=True)
