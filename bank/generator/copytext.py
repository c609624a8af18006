"""Rows as text for COPY, whole columns at a time.

A column is a matrix of bytes, a row of it a value; the byte 0 is filling and vanishes when rows are put together. So
values of any length are made by numpy, without a loop over rows. The few texts that are long are put in last.
"""

import numpy as np

LONG = 1  # the byte that stands for a long text
TENS = np.array([10**k for k in range(1, 19)], dtype=np.int64)
EPOCH = int(np.datetime64("1930-01-01").astype(int))  # the first day that can be written


def _table(texts):
    """Texts of one length as rows of bytes."""
    return np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(len(texts), -1)


QUADS = _table([f"{k:04d}" for k in range(10000)])
HEXES = _table([f"{k:04x}" for k in range(65536)])
DAYS = _table(np.datetime_as_string(np.arange(EPOCH, EPOCH + 55000).astype("datetime64[D]")).tolist())
TIMES = _table([f" {h:02d}:{m:02d}:{s:02d}+00" for h in range(24) for m in range(60) for s in range(60)])


def escape(value):
    """One value as COPY's text format has it; None is NULL."""
    if value is None:
        return b"\\N"
    return (value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")).encode()


def padded(values, width):
    """Whole numbers of a fixed number of digits."""
    values = np.asarray(values, dtype=np.int64)
    groups = -(-width // 4)
    out = np.empty((len(values), 4 * groups), dtype=np.uint8)
    for k in range(groups - 1, -1, -1):
        rest = values // 10000
        out[:, 4 * k:4 * k + 4] = QUADS[values - rest * 10000]
        values = rest
    return out[:, 4 * groups - width:]


def number(values):
    """Whole numbers, also negative."""
    values = np.asarray(values, dtype=np.int64)
    sizes = np.abs(values)
    lengths = 1 + np.searchsorted(TENS, sizes, side="right")
    width = int(lengths.max(initial=1))
    out = padded(sizes, width)
    out[np.arange(width) < (width - lengths)[:, None]] = 0
    if (values < 0).any():
        sign = np.where(values < 0, ord("-"), 0).astype(np.uint8)
        out = np.hstack([sign[:, None], out])
    return out


def day(values):
    """Dates, from days since 1970."""
    return DAYS[np.asarray(values) - EPOCH]


def stamp(values):
    """Timestamps in UTC, from seconds since 1970."""
    days, seconds = np.divmod(np.asarray(values), 86400)
    return np.hstack([DAYS[days - EPOCH], TIMES[seconds]])


def hexes(bits):
    """64 bits as 16 hexadecimal digits."""
    return HEXES[bits.astype(">u8").view(">u2").reshape(-1, 4)].reshape(-1, 16)


class Choices:
    """A few texts, of which each row has one."""

    def __init__(self, values):
        texts = [escape(v) for v in values]
        width = max(map(len, texts))
        self.table = np.array([list(t.ljust(width, b"\0")) for t in texts], dtype=np.uint8)

    def __getitem__(self, index):
        return self.table[index]

    def __len__(self):
        return len(self.table)


BOOLEANS = Choices(["f", "t"])


def boolean(values):
    """Booleans."""
    return BOOLEANS[np.asarray(values).astype(np.int64)]


def constant(text, n):
    """The same text in each row."""
    raw = text if isinstance(text, bytes) else escape(text)
    return np.broadcast_to(np.frombuffer(raw, dtype=np.uint8), (n, len(raw)))


def glue(*parts):
    """Columns and constants side by side, as one column."""
    n = next(len(p) for p in parts if not isinstance(p, (str, bytes)))
    return np.hstack([constant(p, n) if isinstance(p, (str, bytes)) else p for p in parts])


def null(column, where):
    """The column, NULL where told."""
    out = np.zeros((len(column), max(2, column.shape[1])), dtype=np.uint8)
    out[:, :column.shape[1]] = column
    out[where] = 0
    out[where, :2] = np.frombuffer(b"\\N", dtype=np.uint8)
    return out


def keep(column, where):
    """The column where told, else nothing at all: to be glued to another."""
    out = column.copy()
    out[~where] = 0
    return out


def long_text(n, where):
    """A column of NULLs, but for long texts where told: `rows` puts them in."""
    out = np.zeros((n, 2), dtype=np.uint8)
    out[:] = np.frombuffer(b"\\N", dtype=np.uint8)
    out[where] = (LONG, 0)
    return out


def rows(columns, texts=()):
    """The rows of some columns; `texts` are the long ones in their order."""
    n = len(columns[0])
    width = sum(c.shape[1] + 1 for c in columns)
    out = np.empty((n, width), dtype=np.uint8)
    at = 0
    for column in columns:
        out[:, at:at + column.shape[1]] = column
        at += column.shape[1] + 1
        out[:, at - 1] = ord("\t")
    out[:, -1] = ord("\n")
    flat = out.ravel()
    made = flat[flat != 0].tobytes()
    if not texts:
        return made
    parts = made.split(bytes([LONG]))
    return b"".join(p + t for p, t in zip(parts, [escape(t) for t in texts] + [b""]))
