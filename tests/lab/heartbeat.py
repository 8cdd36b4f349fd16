# SPDX-License-Identifier: LGPL-2.1-or-later
"""One TCP connection with a number each 20 ms and its echo; the client's end writes `SENT CAME` for
each, in monotonic microseconds.  The connection breaks: so does the program.

heartbeat.py echo ADDRESS PORT
heartbeat.py beat ADDRESS PORT
"""

import select
import socket
import sys
import time

sys.dont_write_bytecode = True

from transfer import connected

BEAT_S, SIZE = 0.02, 8


def now_us():
    return time.monotonic_ns() // 1000


def echo(address, port):
    with socket.create_server((address, port)) as server:
        stream = server.accept()[0]
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := stream.recv(65536):
            stream.sendall(data)


def beat(address, port):
    came, due = b"", time.monotonic()
    with connected(address, port) as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setblocking(False)
        while True:
            if select.select([stream], [], [], max(0, due - time.monotonic()))[0]:
                data = stream.recv(65536)
                if not data:
                    sys.exit("the other end hung up")
                came += data
            while len(came) >= SIZE:
                print(int.from_bytes(came[:SIZE], "big"), now_us(), flush=True)
                came = came[SIZE:]
            if time.monotonic() >= due:
                due = time.monotonic() + BEAT_S
                try:
                    stream.send(now_us().to_bytes(SIZE, "big"))
                except BlockingIOError:
                    pass


if __name__ == "__main__":
    {"echo": echo, "beat": beat}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
