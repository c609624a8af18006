"""Processes as the kernel tells of them, by number; for tests."""

import contextlib
import pathlib


def stat_of(stat):
    """The fields of a /proc/PID/stat from the state on; what is before it may have blanks."""
    return stat.read_text().rpartition(")")[2].split()


def status_of(pid):
    """Name -> value of what /proc/PID/status says; amounts of memory are in kB, with that word."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


def memory_of(pid, name="VmRSS"):
    """An amount of memory of /proc/PID/status, in kB."""
    return int(status_of(pid)[name].split()[0])


def alive(pid):
    """When a process was started, or None: a number alone may be given out again."""
    try:
        fields = stat_of(pathlib.Path(f"/proc/{pid}/stat"))
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def found(condition):
    """Processes whose fields of stat are so."""
    pids = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if condition(stat_of(stat)):
                pids.append(int(stat.parent.name))
    return pids


def children(parent):
    """Process ids of a process's children."""
    return found(lambda fields: int(fields[1]) == parent)


def of_session(session):
    """Processes of a session that live."""
    return found(lambda fields: int(fields[3]) == session and fields[0] not in "ZX")
