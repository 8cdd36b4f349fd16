# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the unittest cases of the calling script and prints them as TAP."""
import sys
import unittest


class Result(unittest.TestResult):
    number = 0

    def line(self, verdict, test, rest=''):
        self.number += 1
        print(f'{verdict} {self.number} - {test.id().split(".")[-1].removeprefix("test_").replace("_", " ")}{rest}',
              flush=True)

    def addSuccess(self, test):
        self.line('ok', test)

    def addSkip(self, test, reason):
        self.line('ok', test, f' # SKIP {reason}')

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line('not ok', test)
        for line in self.failures[-1][1].splitlines():
            print(f'# {line}', flush=True)

    def addError(self, test, err):
        self.addFailure(test, err)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    print(f'1..{suite.countTestCases()}', flush=True)
    result = Result()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
