"""How much memory, how many processors and what disk there is for this process.

The smallest limit counts: of its cgroups (v1 and v2, each level up to the root that can be seen) and of the
machine. What makes no sense is left out with a warning, and the next source of truth decides. All files are
read below a directory that stands for /, so that recorded machines can be read too.
"""

import os
import pathlib
import re
import typing

from .size import about

#: v1 writes "no limit" as the largest number of pages; no machine has as much (kB).
UNLIMITED = 1 << 50
#: A disk of a virtual machine says that it rotates, whatever is below it.
VIRTUAL_DISK = re.compile(r"(vd|xvd|nbd)[a-z]")


class Limit(typing.NamedTuple):
    amount: float  # kB of memory; processors, parts of one too
    what: str
    cgroup: str | None = None  # its file, if it is a cgroup's

    def __str__(self):
        return self.what if self.cgroup is None else f"{self.what} of the cgroup"


NOT_KNOWN = Limit(None, "not known")


class Limits:
    """What was found below `root`; `warnings` is what made no sense."""

    def __init__(self, root="/"):
        self.root = pathlib.Path(root)
        self.warnings = []
        self.memory_limits = list(self._machine_memory())
        self.cpu_limits = list(self._machine_cpus())
        for fstype, options, directories in self._hierarchies():
            if fstype == "cgroup2":
                self._read_v2(directories)
            else:
                self._read_v1(options, directories)

    @property
    def memory(self):
        return min(self.memory_limits, key=lambda limit: limit.amount, default=NOT_KNOWN)

    @property
    def cpus(self):
        return min(self.cpu_limits, key=lambda limit: limit.amount, default=NOT_KNOWN)

    # --- files ----------------------------------------------------------------------

    def _path(self, *parts):
        return self.root.joinpath(*(str(part).lstrip("/") for part in parts))

    def _text(self, path):
        """What a file says, or None."""
        try:
            return path.read_text(errors="replace").strip()
        except OSError:
            return None

    def _warn(self, path, text, what):
        shown = text if len(text) <= 40 else text[:40] + "…"
        self.warnings.append(f"{self._name(path)} says {shown!r}, which is no {what}: not used")

    def _count(self, path, what, unlimited):
        """A positive number; None if there is no limit, no file, or no sense."""
        text = self._text(path)
        if text is None or text == unlimited:
            return None
        if not re.fullmatch(r"\d{1,20}", text, re.ASCII) or int(text) == 0:
            self._warn(path, text, what)
            return None
        return int(text)

    def _cpus(self, path):
        """How many processors a file lists."""
        text = self._text(path)
        if text is None:
            return None
        count = count_cpus(text)
        if count is None:
            self._warn(path, text, "list of processors")
        return count

    # --- the machine ------------------------------------------------------------------

    def _machine_memory(self):
        path = self._path("proc/meminfo")
        found = re.search(r"^MemTotal:(.*)$", self._text(path) or "", re.M)
        amount = re.fullmatch(r"\s*([1-9]\d{0,15}) kB", found[1], re.ASCII) if found else None
        if amount:
            yield Limit(int(amount[1]), "MemTotal of the machine")
        else:
            self._warn(path, found[0] if found else "", "amount of memory")

    def _machine_cpus(self):
        path = self._path("proc/self/status")
        allowed = re.search(r"^Cpus_allowed_list:(.*)$", self._text(path) or "", re.M)
        if allowed:
            count = count_cpus(allowed[1].strip())
            if count:
                yield Limit(count, "the processors this process may use")
            else:
                self._warn(path, allowed[0], "list of processors")
        online = self._cpus(self._path("sys/devices/system/cpu/online"))
        count = online or len(re.findall(r"^processor\s*:", self._text(self._path("proc/cpuinfo")) or "", re.M))
        if count:
            yield Limit(count, "the processors of the machine")

    # --- cgroups ----------------------------------------------------------------------

    def _mounts(self):
        """(root, mount point, device, type, options of the file system) of each mount."""
        for line in (self._text(self._path("proc/self/mountinfo")) or "").splitlines():
            before, _, after = line.partition(" - ")
            words, rest = before.split(), after.split()
            if len(words) >= 6 and len(rest) >= 3:
                root, point = (re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), word) for word in words[3:5])
                yield root, point, words[2], rest[0], rest[2].split(",")

    def _hierarchies(self):
        """(type, controllers, directories from this process's own cgroup up) of each hierarchy."""
        own = {}
        for line in (self._text(self._path("proc/self/cgroup")) or "").splitlines():
            number, _, rest = line.partition(":")
            controllers, colon, path = rest.partition(":")
            if colon and number.isdigit():
                own.update({name: path for name in controllers.split(",")})  # v2 has no name: ""
        seen = set()
        for root, point, device, fstype, options in self._mounts():
            names = [""] if fstype == "cgroup2" else [n for n in options if n in ("memory", "cpu", "cpuset")]
            if fstype not in ("cgroup", "cgroup2") or device in seen or not set(names) & set(own):
                continue
            seen.add(device)
            path = next(own[name] for name in names if name in own)
            yield fstype, names, self._levels(root, point, path)

    def _levels(self, root, point, path):
        """A container sees its cgroup, or one above it, at the mount point; `root` is that one's path."""
        inside = pathlib.PurePosixPath(path)
        if root != "/" and inside.is_relative_to(root):
            inside = inside.relative_to(root)
        elif root != "/":
            inside = pathlib.PurePosixPath("/")
        parts = [part for part in inside.parts if part != "/"]
        if ".." in parts:  # of another namespace: not to be seen from here
            parts = []
        levels = [self._path(point, *parts[:length]) for length in range(len(parts), -1, -1)]
        there = [level for level in levels if level.is_dir()]
        if not there or there[0] != levels[0]:
            self.warnings.append(f"{self._name(levels[0])}, this process's cgroup, is not there: looked above it")
        return there

    def _name(self, path):
        return f"/{path.relative_to(self.root)}"

    def _add_memory(self, path, amount):
        """Bytes; v1 writes a number near 2^63 for none."""
        if amount is not None and amount // 1024 < UNLIMITED:
            self.memory_limits.append(Limit(max(1, amount // 1024), path.name, self._name(path)))

    def _add_cpus(self, path, count):
        if count is not None:
            self.cpu_limits.append(Limit(count, path.name, self._name(path)))

    def _missing(self, path):
        self.warnings.append(f"{self._name(path)} is missing: not used")

    def _read_v2(self, directories):
        for directory in directories:
            for name in ("memory.max", "memory.high"):
                self._add_memory(directory / name, self._count(directory / name, "number of bytes", "max"))
            self._add_cpus(directory / "cpu.max", self._quota_v2(directory / "cpu.max"))
            self._add_cpus(directory / "cpuset.cpus.effective", self._cpus(directory / "cpuset.cpus.effective"))
            own = directory / "cpuset.cpus"
            if self._text(own):  # (empty: as above)
                self._add_cpus(own, self._cpus(own))
        # the root has none; below it each has one where the controller is
        for directory in directories[:-1]:
            controllers = (self._text(directory / "cgroup.controllers") or "").split()
            for name in ("memory", "cpu"):
                if name in controllers and not (directory / f"{name}.max").exists():
                    self._missing(directory / f"{name}.max")

    def _quota_v2(self, path):
        text = self._text(path)
        if text is None or re.fullmatch(r"max( \d+)?", text, re.ASCII):
            return None
        found = re.fullmatch(r"(\d{1,15}) (\d{1,15})", text, re.ASCII)
        if not found or 0 in (int(found[1]), int(found[2])):
            self._warn(path, text, "quota and period")
            return None
        return int(found[1]) / int(found[2])

    def _read_v1(self, controllers, directories):
        for directory in directories:
            if "memory" in controllers:
                path = directory / "memory.limit_in_bytes"
                if not path.exists():
                    self._missing(path)
                self._add_memory(path, self._count(path, "number of bytes", "-1"))
            if "cpu" in controllers:
                self._add_cpus(directory / "cpu.cfs_quota_us", self._quota_v1(directory))
            if "cpuset" in controllers:
                for name in ("cpuset.effective_cpus", "cpuset.cpus"):
                    self._add_cpus(directory / name, self._cpus(directory / name))
        if "memory" in controllers and directories:
            self._add_memory(directories[0] / "memory.stat", self._above(directories[0] / "memory.stat"))

    def _above(self, path):
        """The smallest limit up to the root: also of levels that cannot be seen from inside of a container."""
        found = re.search(r"^hierarchical_memory_limit (\d{1,20})$", self._text(path) or "", re.M | re.ASCII)
        return int(found[1]) if found and int(found[1]) else None

    def _quota_v1(self, directory):
        quota = self._count(directory / "cpu.cfs_quota_us", "number of microseconds", "-1")
        period = self._count(directory / "cpu.cfs_period_us", "number of microseconds", None)
        return quota / period if quota and period else None

    # --- disk ---------------------------------------------------------------------------

    def storage(self, directory):
        """('ssd' or 'hdd', why) of the file system of a directory."""
        found = None
        for _, point, device, _, _ in self._mounts():
            if pathlib.PurePosixPath(directory).is_relative_to(point):
                if found is None or len(point) >= len(found[0]):
                    found = point, device
        block = self._path("sys/dev/block", found[1]) if found else None
        event = self._text(block / "uevent") if block else None
        name = re.search(r"^DEVNAME=(\S+)$", event or "", re.M)
        if not name:
            return "ssd", "no disk of this machine, or none that it tells"
        rotational = None
        for queue in ("queue", "../queue"):  # (a partition's is its disk's)
            rotational = rotational or self._text(block / queue / "rotational")
        if VIRTUAL_DISK.match(name[1]):
            return "ssd", f"{name[1]} is virtual: what is below it is not known"
        if rotational not in ("0", "1"):
            return "ssd", f"{name[1]} does not say whether it rotates"
        return ("hdd", f"{name[1]} rotates") if rotational == "1" else ("ssd", f"{name[1]} does not rotate")

    def disk(self, directory):
        """(kB of the file system, kB free), or (None, None) where it cannot be asked."""
        if self.root != pathlib.Path("/"):
            return None, None
        try:
            status = os.statvfs(directory)
        except OSError:
            return None, None
        return status.f_blocks * status.f_frsize // 1024, status.f_bavail * status.f_frsize // 1024

    def explain(self):
        """Lines: every limit, the deciding ones marked."""
        for what, limits, least, form in (
            ("memory", self.memory_limits, self.memory, about),
            ("processors", self.cpu_limits, self.cpus, "{:g}".format),
        ):
            for limit in limits or [NOT_KNOWN]:
                mark = ", the smallest" if limit is least and len(limits) > 1 else ""
                amount = form(limit.amount) if limits else ""
                yield f"{what}: {amount} ({limit.cgroup or limit.what}){mark}"


def count_cpus(text):
    """How many processors '0-3,7' are; None if it is no list."""
    numbers = set()
    for part in text.split(","):
        found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", part.strip(), re.ASCII)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if last < first:
            return None
        numbers.update(range(first, last + 1))
    return len(numbers)
