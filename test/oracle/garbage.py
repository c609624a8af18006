"""Messages that no connector sends: they must cost only themselves.

Each is made from a good message of the same partition, under a key that no row has: broken JSON,
wrong types, missing keys, unknown tables. Its `garbage` says what must become of it: `reject` or
`skip`. Nothing else knows of them: the reference never sees them.
"""

import copy
import json

from source import TABLES, compact

#: So many at most: each has a key of its own, or it would be taken for a repetition of another.
A_PARTITION = 24


def far(table, index, n):
    """Primary key values that no row of the history has."""
    return {
        c: f"h{index}-G{n}" if c in ("code", "role") else index * 1000 + 900 + n for c in TABLES[table].pk
    }


def cut(rng, index, n, table, value):
    """Ends too early; what is before that may tell the row and its position, and is believed."""
    value["after"].update(far(table, index, n))
    text = compact(value)
    return compact(far(table, index, n)), text[: rng.randrange(1, len(text) - 1)]


def cut_key(rng, index, n, table, value):
    key = compact(far(table, index, n))
    return key[: rng.randrange(1, len(key) - 1)], cut(rng, index, n, table, value)[1]


def no_json(rng, index, n, table, value):
    return rng.choice((None, "", "null", "7")), rng.choice(("", "hello", "[" * 300, '"text"', "{}", "[1]"))


def no_envelope(rng, index, n, table, value):
    return compact(far(table, index, n)), compact(rng.choice(({"hello": 1}, value["after"], {"op": "x"})))


def wrong_key_type(rng, index, n, table, value):
    key = {c: {"no": "key"} for c in TABLES[table].pk}
    value["after"].update(key)
    return compact(key), compact(value)


def missing_key(rng, index, n, table, value):
    column = rng.choice(TABLES[table].pk)
    del value["after"][column]
    return "{}", compact(value)


def null_key(rng, index, n, table, value):
    key = {c: None for c in TABLES[table].pk}
    value["after"].update(key)
    return compact(key), compact(value)


def wrong_value(rng, index, n, table, value):
    """A value of a type that no column takes, in a row of its own."""
    key = far(table, index, n)
    free = [c for c in TABLES[table].columns if c not in TABLES[table].pk] or TABLES[table].pk
    value["after"].update(key)
    value["after"][rng.choice(free)] = rng.choice(({"an": "object"}, [1, [2]]))
    return compact(key), compact(value)


def nul(rng, index, n, table, value):
    key, text = wrong_value(rng, index, n, table, value)
    value = json.loads(text)
    for column, held in value["after"].items():
        if isinstance(held, (dict, list)):
            value["after"][column] = "nul \0 byte"
    return key, compact(value)


def no_position(rng, index, n, table, value):
    key = far(table, index, n)
    value["after"].update(key)
    value["source"].update(rng.choice((
        {"sequence": None, "lsn": None},
        {"sequence": "no", "lsn": "x"},
        {"ts_us": None, "ts_ms": 10**18},
        {"name": ""},
    )))
    return compact(key), compact(value)


def unknown_table(rng, index, n, table, value):
    value["source"]["table"] = rng.choice(("nothing", "Party", "party "))
    return compact(far(table, index, n)), compact(value)


KINDS = [(make, "reject") for make in (
    cut, cut_key, no_json, no_envelope, wrong_key_type, missing_key, null_key, wrong_value, nul, no_position
)] + [(unknown_table, "skip")]


def spoil(rng, index, place, messages, rate):
    """The messages of one partition with garbage between them."""
    table = place[0].rsplit(".", 1)[1]
    good = [json.loads(m["value"]) for m in messages if m["value"] is not None]
    good = [value for value in good if value.get("after")]
    if table not in TABLES or not good:
        return messages
    out = []
    n = 0
    for message in messages:
        while n < A_PARTITION and rng.random() < rate:
            make, fate = rng.choice(KINDS)
            number = place[1] % 4 * A_PARTITION + n
            key, value = make(rng, index, number, table, copy.deepcopy(rng.choice(good)))
            out.append({"table": table, "key": key, "value": value, "headers": [], "garbage": fate})
            n += 1
        out.append(message)
    return out
