# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases as TAP.  A case is a function that raises when something is wrong; `Skip` names what the
machine lacks.  Arguments of the script choose cases by a part of their sentence.

Cases that mostly wait may run beside each other, in processes that take one after the other; what a case
keeps for the next one, it keeps for those of its process."""

import contextlib
import io
import json
import os
import queue
import sys
import threading
import time
import traceback

import lab

cases = []


class Skip(Exception):
    pass


def case(sentence, function, *arguments, needs=None):
    """needs() returns what is missing, as a sentence, or None."""
    cases.append((sentence, function, arguments, needs))


def check(truth, sentence):
    """Unlike assert, not to be switched off."""
    if not truth:
        raise AssertionError(sentence)


def same(found, wanted, what):
    check(found == wanted, f"{what}: {found!r}, wanted {wanted!r}")


def _attempt(function, arguments, needs):
    """("ok" or "not ok", directive, diagnostics)"""
    lab.Lab.evidence = ""
    try:
        lack = needs() if needs else None
        if lack:
            raise Skip(lack)
        function(*arguments)
        return "ok", "", ""
    except Skip as skip:
        return "ok", f" # SKIP {skip}", ""
    except Exception:
        return "not ok", "", traceback.format_exc(limit=-3) + lab.Lab.evidence


def _outcome(sentence, function, arguments, needs):
    """Runs one case: its verdict, and its lines after the number."""
    start = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        verdict, directive, diagnostics = _attempt(function, arguments, needs)
    took = f"{time.monotonic() - start:.1f} s\n"
    remarks = said.getvalue() + "".join(f"# {line}\n" for line in (took + diagnostics).splitlines())
    return verdict, f"{sentence}{directive}\n{remarks}"


def _work(wanted, numbers, answers):
    """A process's part: takes numbers of cases until there are none, and ends the program."""
    lab.die_with_parent()
    with os.fdopen(answers, "w") as out:
        while number := os.read(numbers, 2):
            print(json.dumps(_outcome(*wanted[int.from_bytes(number, "big")])), file=out, flush=True)
    sys.exit(0)


def _beside_each_other(wanted, processes):
    """Yields the outcomes as they come; a process that dies takes its case's along."""
    numbers, filling = os.pipe()
    for number in range(len(wanted)):
        os.write(filling, number.to_bytes(2, "big"))
    os.close(filling)
    came = queue.Queue()

    def read(pipe):
        with os.fdopen(pipe) as lines:
            for line in lines:
                came.put(json.loads(line))
        came.put(None)
    readers = []
    for _ in range(processes):
        reading, writing = os.pipe()
        if os.fork() == 0:
            _work(wanted, numbers, writing)
        os.close(writing)
        readers.append(reading)
    for reader in readers:      # no thread before the last fork
        threading.Thread(target=read, args=(reader,), daemon=True).start()
    living = processes
    while living:
        outcome = came.get()
        living -= outcome is None
        if outcome:
            yield outcome
    for _ in readers:
        _, status = os.wait()
        if status:
            yield "not ok", f"a process of the test ended with {status:#x}\n"


def main(absent=lambda: None, at_once=1):
    """Runs the cases, as many at_once as said, and exits: 1 when one failed.  absent() tells that what is
    to be tested is not there, which is a failure; what a case `needs` from the machine may be lacking."""
    wanted = [c for c in cases if all(a in c[0] for a in sys.argv[1:])]
    if absent():
        print(f"Bail out! {absent()}")
        sys.exit(1)
    lack = lab.missing()
    if lack or not wanted:
        print(f"1..0 # SKIP {lack or 'no such case'}")
        sys.exit(0)
    print(f"1..{len(wanted)}", flush=True)
    processes = min(at_once, len(wanted))
    outcomes = _beside_each_other(wanted, processes) if processes > 1 else (_outcome(*c) for c in wanted)
    failed = number = 0
    for number, (verdict, rest) in enumerate(outcomes, 1):
        failed += verdict != "ok"
        print(f"{verdict} {number} - {rest}", end="", flush=True)
    sys.exit(1 if failed or number != len(wanted) else 0)
