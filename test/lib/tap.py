"""Results as lines of TAP; what explains a failure follows as comments."""

import time


class Tap:
    """One run of a test program. With `clock`, comments say when."""

    def __init__(self, clock=False):
        self.number = self.failed = 0
        self.begun = time.monotonic() if clock else None

    def ok(self, passed, name, *why):
        """One result, and what was seen if it is bad; tells whether it was good."""
        self.number += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.number} - {name}", flush=True)
        if not passed:
            for part in why:
                self.say(part)
        return passed

    def equal(self, have, want, name):
        """Two values are equal."""
        return self.ok(have == want, name, f"have {have!r}\nwant {want!r}")

    def skip(self, name, why):
        """What cannot be tried here."""
        self.number += 1
        print(f"ok {self.number} - {name} # SKIP {why}", flush=True)

    def say(self, text):
        """A comment, not longer than somebody reads: of much, the end."""
        when = "" if self.begun is None else f"{time.monotonic() - self.begun:5.1f} s  "
        for line in str(text).rstrip().split("\n")[-60:]:
            print(f"# {when}{line[:500]}", flush=True)

    def end(self):
        """The plan; 1 if something failed, or nothing was tried."""
        print(f"1..{self.number}", flush=True)
        return 1 if self.failed or not self.number else 0
