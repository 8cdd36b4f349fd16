# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases as TAP.  A case is a function that raises when something is wrong; `Skip` names what the
machine lacks.  Arguments of the script choose cases by a part of their sentence."""

import sys
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


def main(absent=lambda: None):
    """Runs the cases and exits: 1 when one failed.  absent() tells that what is to be tested is
    not there, which is a failure; what a case `needs` from the machine may be lacking."""
    wanted = [c for c in cases if all(a in c[0] for a in sys.argv[1:])]
    if absent():
        print(f"Bail out! {absent()}")
        sys.exit(1)
    lack = lab.missing()
    if lack or not wanted:
        print(f"1..0 # SKIP {lack or 'no such case'}")
        sys.exit(0)
    print(f"1..{len(wanted)}", flush=True)
    failed = 0
    for number, (sentence, function, arguments, needs) in enumerate(wanted, 1):
        start = time.monotonic()
        verdict, directive, diagnostics = _attempt(function, arguments, needs)
        failed += verdict != "ok"
        print(f"{verdict} {number} - {sentence}{directive}")
        print(f"# {time.monotonic() - start:.1f} s")
        for line in diagnostics.splitlines():
            print(f"# {line}")
        sys.stdout.flush()
    sys.exit(1 if failed else 0)
