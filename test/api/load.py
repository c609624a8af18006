"""Requests at the same time: some at once, or clients that ask again and again meanwhile."""

import threading
import time


def at_once(jobs):
    """What functions return that run at the same time, each with the seconds that it took."""
    done = [None] * len(jobs)

    def run(n):
        begun = time.monotonic()
        try:
            answer = jobs[n]()
        except OSError as error:
            answer = str(error)
        done[n] = (answer, time.monotonic() - begun)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def answers_at_once(jobs):
    """What functions return that run at the same time."""
    return [answer for answer, _ in at_once(jobs)]


class Load:
    """Clients that ask until they are told to stop: how often they were answered what, and the longest that one waited."""

    def __init__(self, bank, session, clients=8, path="/session"):
        self.answers, self.errors, self.slowest = {}, [], 0.0
        self.done = threading.Event()
        self.bank, self.session, self.path = bank, session, path
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]

    def run(self):
        client = self.bank.client(cookies=self.session.cookies)
        while not self.done.is_set():
            self.note(lambda: client.get(self.path)[0])

    def note(self, ask):
        """A request's status."""
        begun = time.monotonic()
        try:
            status = ask()
            self.answers[status] = self.answers.get(status, 0) + 1
        except OSError as error:
            self.errors.append(str(error))
        self.slowest = max(self.slowest, time.monotonic() - begun)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()
