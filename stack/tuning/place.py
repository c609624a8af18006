"""What one server may have: what was found, or told instead, and the part of it that is the server's."""

import dataclasses
import math

from . import size
from .limits import Limits
from .size import MB, Problem, about


@dataclasses.dataclass(frozen=True)
class Place:
    """Amounts are kB. Processors and disk may be unknown."""

    memory: int
    cpus: int | None = None
    disk: int | None = None
    storage: str = "ssd"
    #: asked for; else as many as fit
    connections: int | None = None
    #: whether a cgroup limits the memory
    contained: bool = False

    def __str__(self):
        cpus = "an unknown number of" if self.cpus is None else self.cpus
        disk = "a disk of unknown size" if self.disk is None else f"{about(self.disk)} of disk"
        return f"{about(self.memory)} of memory, {cpus} processor{'' if self.cpus == 1 else 's'}, {disk} ({self.storage})"


class Found:
    """A place; `notes` say where its amounts come from, `warnings` what was wrong."""

    def __init__(self, root, directory, share=1.0, memory=None, cpus=None, disk=None, storage=None, connections=None,
                 own_memory=None):
        """`memory`, `cpus`, `disk` and `storage` are what there is, instead of what is found; `own_memory` is
        what the server gets, instead of its share."""
        self.limits = Limits(root)
        self.warnings = list(self.limits.warnings)
        self.notes = list(self.limits.explain())
        storage = storage or self._storage(directory)
        disk = disk or self._disk(directory, share)
        self.place = Place(
            memory=own_memory or part(memory or self._memory(), share),
            cpus=whole_cpus(cpus or self.limits.cpus.amount),
            disk=None if disk is None else part(disk, share),
            storage=storage,
            connections=connections,
            contained=any(limit.cgroup for limit in self.limits.memory_limits),
        )

    def _memory(self):
        if self.limits.memory.amount is None:
            raise Problem("how much memory there is cannot be found out", "say it: --memory 8GB")
        return self.limits.memory.amount

    def _storage(self, directory):
        storage, why = self.limits.storage(directory)
        self.notes.append(f"storage: {storage} ({why})")
        return storage

    def _disk(self, directory, share):
        disk, free = self.limits.disk(directory)
        self.notes.append(f"disk: {'not known' if disk is None else about(disk)} (the file system of {directory})")
        if disk is None:
            self.warnings.append("the size of the disk is not known: taken for a small one; say it with --disk 100GB")
        elif free < disk * share * 0.3:
            self.warnings.append(
                f"of {about(disk)} of disk {about(free)} are free, and WAL alone may take {about(int(disk * share * 0.3))}"
            )
        return disk


def part(amount, share):
    """Whole MB, downwards: kernels of one machine keep some kB more or less."""
    amount = int(amount * share)
    return amount if amount < MB else amount // MB * MB


def whole_cpus(count):
    """How many processes can run at one time: a part of a processor is no other, but for the first."""
    return None if count is None else max(1, math.floor(count))


def parse_share(text):
    try:
        share = float(text)
    except ValueError:
        share = 0
    if not 0 < share <= 1:
        raise Problem(f"{text!r} is no part of a machine", "write it like 0.25: more than 0, at most 1")
    return share


def parse_number(text, what, least, most, whole=True):
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = -1
    if not least <= number <= most:
        raise Problem(f"{text!r} is no number of {what}", f"from {least} to {most}")
    return number


def parse_size(text):
    return None if text is None else size.parse(text)
