# SPDX-License-Identifier: LGPL-2.1-or-later
"""D-Bus by hand, so that tests can send what no library would: a connection to a bus, values by their
signature, descriptors, and raw bytes.  `Caller` is one in a process of its own, as another user on a
desktop of the lab, since the bus and polkit judge by process.

    with Caller(lab.client, "alice") as alice:
        reply = alice.call(MANAGER, "List")                 # ([…],)
        alice.call(MANAGER, "Up", "sa{sv}", "hq", {"profile": ("h", fd)})
"""

import array
import itertools
import multiprocessing
import os
import pathlib
import select
import socket
import struct
import time
import traceback

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY, INTERACTIVE = 1, 4
FIXED = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d"}
ALIGN = {"y": 1, "g": 1, "v": 1, "n": 2, "q": 2, "i": 4, "u": 4, "b": 4, "h": 4, "s": 4, "o": 4,
         "a": 4, "x": 8, "t": 8, "d": 8, "(": 8, "{": 8}
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY, DESTINATION, SENDER, SIGNATURE, FDS = range(1, 10)
FIELD = {PATH: "o", INTERFACE: "s", MEMBER: "s", ERROR_NAME: "s", REPLY: "u", DESTINATION: "s",
         SIGNATURE: "g", FDS: "u"}
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
SOCKET = "run/dbus/system_bus_socket"


class BusError(Exception):
    """An error reply: .name, and the message as its text."""

    def __init__(self, name, message):
        super().__init__(message)
        self.name = name

    def __reduce__(self):
        return BusError, (self.name, str(self))

    def __str__(self):
        return self.args[0]


class Variant:
    """For values whose signature a dictionary does not tell: Variant("h", 3)."""

    def __init__(self, signature, value):
        self.signature, self.value = signature, value


def split(signature):
    """The complete types of a signature, in order."""
    types, at = [], 0
    while at < len(signature):
        end = at
        while signature[end] == "a":
            end += 1
        if signature[end] in "({":
            depth = 0
            while True:
                depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(signature[end], 0)
                if depth == 0:
                    break
                end += 1
        types.append(signature[at:end + 1])
        at = end + 1
    return types


class Writer:
    def __init__(self):
        self.bytes, self.fds = bytearray(), []

    def align(self, n):
        self.bytes += bytes(-len(self.bytes) % n)

    def put(self, kind, value):
        first = kind[0]
        self.align(ALIGN[first])
        if first in FIXED:
            self.bytes += struct.pack("<" + FIXED[first], value)
        elif first == "b":
            self.bytes += struct.pack("<I", value)
        elif first == "h":
            self.fds.append(value)
            self.bytes += struct.pack("<I", len(self.fds) - 1)
        elif first in "so":
            text = value if isinstance(value, bytes) else value.encode()
            self.bytes += struct.pack("<I", len(text)) + text + b"\0"
        elif first == "g":
            self.bytes += bytes([len(value)]) + value.encode() + b"\0"
        elif first == "v":
            signature, inner = (value.signature, value.value) if isinstance(value, Variant) else value
            self.put("g", signature)
            self.put(signature, inner)
        elif first == "a":
            self.put_array(kind[1:], value)
        else:
            for one, inner in zip(split(kind[1:-1]), value):
                self.put(one, inner)

    def put_array(self, kind, values):
        at = len(self.bytes)
        self.bytes += bytes(4)
        self.align(ALIGN[kind[0]])
        start = len(self.bytes)
        if kind == "y":
            self.bytes += bytes(values)
        else:
            for value in values.items() if isinstance(values, dict) else values:
                self.put(kind, value)
        struct.pack_into("<I", self.bytes, at, len(self.bytes) - start)


class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def align(self, n):
        self.at += -self.at % n

    def get(self, kind):
        first = kind[0]
        self.align(ALIGN[first])
        if first in FIXED or first in "bh":
            form = "<" + FIXED.get(first, "I")
            value = struct.unpack_from(form, self.data, self.at)[0]
            self.at += struct.calcsize(form)
            return bool(value) if first == "b" else value
        if first in "so":
            n = self.get("u")
            self.at += n + 1
            return bytes(self.data[self.at - n - 1:self.at - 1]).decode()
        if first == "g":
            n = self.get("y")
            self.at += n + 1
            return bytes(self.data[self.at - n - 1:self.at - 1]).decode()
        if first == "v":
            return self.get(self.get("g"))
        if first == "a":
            return self.get_array(kind[1:])
        return tuple(self.get(one) for one in split(kind[1:-1]))

    def get_array(self, kind):
        n = self.get("u")
        self.align(ALIGN[kind[0]])
        end, values = self.at + n, []
        while self.at < end:
            values.append(self.get(kind))
        return dict(values) if kind[0] == "{" else values


class Message:
    def __init__(self, data):
        self.kind, self.flags = data[1], data[2]
        length, self.serial = struct.unpack_from("<II", data, 4)
        reader = Reader(data, 12)
        self.fields = dict(reader.get_array("(yv)"))
        reader.align(8)
        self.body = tuple(reader.get(one) for one in split(self.fields.get(SIGNATURE, "")))

    member = property(lambda self: self.fields.get(MEMBER))
    path = property(lambda self: self.fields.get(PATH))


class Connection:
    """Speaks as the calling process."""

    def __init__(self, path, hello=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.path = path
        self.serials, self.signals, self.rest = itertools.count(1), [], b""
        uid = str(os.geteuid()).encode().hex().encode()
        for line in (b"\0AUTH EXTERNAL " + uid, b"NEGOTIATE_UNIX_FD"):
            self.socket.sendall(line + b"\r\n")
            if not self.socket.recv(512).startswith((b"OK", b"AGREE_UNIX_FD")):
                raise ConnectionError("the bus does not want us")
        self.socket.sendall(b"BEGIN\r\n")
        self.name = self.call(BUS, "Hello")[0] if hello else None

    def close(self):
        self.socket.close()

    def message(self, where, member, signature="", *values, flags=0, fds=None):
        """(serial, bytes, descriptors)"""
        body, serial = Writer(), next(self.serials)
        for one, value in zip(split(signature), values):
            body.put(one, value)
        attached = body.fds if fds is None else fds
        fields = {DESTINATION: where[0], PATH: where[1], INTERFACE: where[2], MEMBER: member}
        fields.update({SIGNATURE: signature} if signature else {})
        fields.update({FDS: len(attached)} if attached else {})
        head = Writer()
        head.bytes += struct.pack("<BBBBII", ord("l"), CALL, flags, 1, len(body.bytes), serial)
        head.put("a(yv)", [(n, (FIELD[n], v)) for n, v in fields.items()])
        head.align(8)
        return serial, bytes(head.bytes + body.bytes), attached

    def send(self, data, fds=()):
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        sent = self.socket.sendmsg([data], ancillary)
        self.socket.sendall(data[sent:])

    def post(self, *arguments, **more):
        """Sends a call without waiting; its serial."""
        serial, data, fds = self.message(*arguments, **more)
        self.send(data, fds)
        return serial

    def receive(self, timeout_s):
        """The next message of whatever kind, or None."""
        end = time.monotonic() + timeout_s
        while True:
            if len(self.rest) >= 16:
                body, = struct.unpack_from("<I", self.rest, 4)
                fields, = struct.unpack_from("<I", self.rest, 12)
                whole = 16 + fields + -fields % 8 + body
                if len(self.rest) >= whole:
                    data, self.rest = self.rest[:whole], self.rest[whole:]
                    return Message(data)
            if not select.select([self.socket], [], [], max(0, end - time.monotonic()))[0]:
                return None
            part = self.socket.recv(1 << 16)
            if not part:
                raise ConnectionError("the bus hung up")
            self.rest += part

    def wait(self, serial, timeout_s=30):
        """The values of the reply; signals that come meanwhile are kept."""
        end = time.monotonic() + timeout_s
        while True:
            message = self.receive(end - time.monotonic())
            if message is None:
                raise TimeoutError(f"no reply within {timeout_s} s")
            if message.kind == SIGNAL:
                self.signals.append(message)
            elif message.fields.get(REPLY) == serial and message.kind == RETURN:
                return message.body
            elif message.fields.get(REPLY) == serial:
                raise BusError(message.fields[ERROR_NAME], message.body[0] if message.body else "")

    def call(self, *arguments, timeout_s=30, **more):
        return self.wait(self.post(*arguments, **more), timeout_s)

    def signal(self, member, timeout_s=10, **wanted):
        """Values of the next signal of that name, dropping others before it."""
        end = time.monotonic() + timeout_s
        while True:
            message = self.signals.pop(0) if self.signals else self.receive(end - time.monotonic())
            if message is None:
                raise TimeoutError(f"no signal {member} within {timeout_s} s")
            if message.kind == SIGNAL and message.member == member and \
                    all(getattr(message, k) == v for k, v in wanted.items()):
                return message.body


def _serve(pipe, path, uid):
    """The life of a Caller's process."""
    place = os.open(path, os.O_PATH)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    try:
        connection = Connection(f"/proc/self/fd/{place}")
        pipe.send((True, connection.name))
    except BaseException as error:
        pipe.send((False, error))
        return
    while True:
        try:
            work, arguments, more = pipe.recv()
        except EOFError:
            return
        if work is None:
            return
        try:
            function = getattr(connection, work) if isinstance(work, str) else work
            leading = () if isinstance(work, str) else (connection,)
            pipe.send((True, function(*leading, *arguments, **more)))
        except Exception as error:
            error.args += () if isinstance(error, BusError) else (traceback.format_exc(limit=-2),)
            pipe.send((False, error))


class Caller:
    """A connection in a process of the desktop, owned by that user."""

    def __init__(self, desktop, user):
        path = pathlib.Path(desktop.folder, SOCKET).resolve()
        uid = 0 if user == "root" else desktop.add_user(user)
        fork = multiprocessing.get_context("fork")
        self.uid, (self.pipe, theirs) = uid, fork.Pipe()
        self.process = fork.Process(target=_serve, args=(theirs, path, uid), daemon=True)
        with desktop.numbered():
            self.process.start()
        theirs.close()
        self.name = self._answer()

    def _answer(self):
        fine, value = self.pipe.recv()
        if not fine:
            raise value
        return value

    def do(self, function, *arguments, **more):
        """function (connection, …) over there; it must be one of a module."""
        self.begin(function, *arguments, **more)
        return self.finish()

    def begin(self, function, *arguments, **more):
        self.pipe.send((function, arguments, more))

    def finish(self):
        return self._answer()

    def call(self, *arguments, **more):
        return self.do("call", *arguments, **more)

    def signal(self, *arguments, **more):
        return self.do("signal", *arguments, **more)

    def close(self):
        if self.process.is_alive():
            self.pipe.send((None, (), {}))
        self.pipe.close()
        self.process.join(1)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
