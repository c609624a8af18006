"""Results as TAP lines; `end()` prints the plan and tells whether all was well."""

import sys


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def ok(self, good, what, why=""):
        """One result, with what was seen if it is bad."""
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {what}")
        if not good and why != "":
            print(f"# {str(why)[:500]}")
        sys.stdout.flush()
        return good

    def same(self, got, wanted, what):
        """Equal."""
        return self.ok(got == wanted, what, f"got {got!r}, wanted {wanted!r}")

    def end(self):
        print(f"1..{self.n}")
        return 1 if self.failed or not self.n else 0
