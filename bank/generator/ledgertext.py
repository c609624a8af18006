"""The ledger's tables as text: transfers, entries, status, paid instalments, and the labels of fraud."""

import hashlib
import json

import numpy as np

import copytext as t
import words as w
from accounts import POSTED
from fraud import PATTERNS
from sources import CHANNELS, KIND, KINDS, TOLD

SLICE = 1 << 14
KIND_TEXT, CHANNEL_TEXT, TOLD_TEXT = t.Choices(KINDS), t.Choices(CHANNELS), t.Choices(TOLD)
CURRENCY_TEXT, DISPUTE_TEXT = t.Choices(POSTED), t.Choices(w.DISPUTES)
OCTETS = t.Choices([f".{k}" for k in range(256)])
NETS = t.Choices(["\0", "10.7", "198.18"])


def sliced(rows):
    """Slices of some thousand rows: what text costs in memory is bounded."""
    for a in range(0, len(rows.at), SLICE):
        part = rows.part(a, a + SLICE)
        part.id = rows.id[a:a + SLICE]
        yield part


def uuids(plan, rows):
    """Version 7, in the order of time; version 3 for standing orders, as bank.standing_order_uuid() makes them."""
    bits = plan.d.bits("transfer.uuid", rows.id)
    high = (rows.at * 1000 + (bits >> np.uint64(54)).astype(np.int64) % 1000) << 16 | 0x7000
    high = high.astype(np.uint64) | bits & np.uint64(0xfff)
    low = plan.d.bits("transfer.uuid2", rows.id) >> np.uint64(2) | np.uint64(1 << 63)
    out = np.hstack([t.hexes(high), t.hexes(low)])
    for k in np.flatnonzero(rows.order >= 0):
        day = np.datetime64(int(rows.at[k] // 86400), "D")
        digest = hashlib.md5(f"S{rows.order[k] + 1:010d}{day}".encode()).hexdigest()
        digest = f"{digest[:12]}3{digest[13:16]}a{digest[17:]}"
        out[k] = np.frombuffer(digest.encode(), dtype=np.uint8)
    return out


def transfers(plan, rows, ids, amounts, uuid):
    """transfer_id, transfer_uuid, debit, credit, amount, currency, kind, channel, card, merchant, reversal_of, ip, told, at"""
    bits = plan.d.bits("transfer.ip", np.where(rows.ip == 2, rows.case, rows.debit)).astype(np.int64)
    address = t.glue(NETS[rows.ip], t.keep(OCTETS[bits & 255], rows.ip > 0), t.keep(OCTETS[bits >> 8 & 255], rows.ip > 0))
    return t.rows([ids, uuid, t.number(rows.debit), t.number(rows.credit), amounts, CURRENCY_TEXT[rows.currency],
                   KIND_TEXT[rows.kind], CHANNEL_TEXT[rows.channel], t.null(t.number(rows.card), rows.card == 0),
                   t.null(t.number(rows.merchant), rows.merchant == 0), t.null(t.number(rows.reverses), rows.reverses < 0),
                   t.null(address, rows.ip == 0), TOLD_TEXT[rows.told], t.stamp(rows.at)])


def entries(rows, ids, amounts):
    """transfer_id, line_no, value_date, account_id, side, amount; card payments are valued the day after."""
    value = t.day(rows.at // 86400 + (rows.kind == KIND["card"]))
    lines = [(b"1", t.number(rows.debit), b"debit"), (b"2", t.number(rows.credit), b"credit")]
    debit, credit = (t.glue(ids, b"\t" + no + b"\t", value, b"\t", account, b"\t" + side + b"\t", amounts)
                     for no, account, side in lines)
    return t.rows([t.glue(debit, b"\n", credit)])


def status(plan, rows, ids):
    """transfer_id, status, reached_at, reason; what is reversed or disputed later follows its slice."""
    n = len(rows.at)
    at = t.stamp(rows.at)
    out = t.rows([ids, t.constant("posted", n), at, t.constant(None, n)])
    back = np.flatnonzero(rows.reverses >= 0)
    if len(back):
        out += t.rows([t.number(rows.reverses[back]), t.constant("reversed", len(back)), at[back],
                       t.constant("Reversal", len(back))])
    odd = np.flatnonzero(rows.dispute)
    if len(odd):
        later = 3600 + plan.d.integer("dispute.later", rows.id[odd], 5 * 86400)
        why = DISPUTE_TEXT[plan.d.integer("dispute.reason", rows.id[odd], len(w.DISPUTES))]
        out += t.rows([ids[odd], t.constant("disputed", len(odd)), t.stamp(rows.at[odd] + later), why])
    return out


def paid(plan, rows):
    """loan_id, instalment_no, due_on, principal, interest, paid_by"""
    mine = np.flatnonzero(rows.loan >= 0)
    if not len(mine):
        return b""
    loan, number = rows.loan[mine], rows.number[mine]
    principal, interest = plan.loans.instalment(loan, number)
    return t.rows([t.number(loan + 1), t.number(number), t.day(plan.loans.due_on(loan, number)), t.number(principal),
                   t.number(interest), t.number(rows.id[mine])])


def labels(rows, uuid):
    """A line of JSON for each transfer of a fraud."""
    out = []
    for k in np.flatnonzero(rows.case >= 0):
        case, pattern = divmod(int(rows.case[k]), len(PATTERNS))
        raw = uuid[k].tobytes().decode()
        name = "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
        out.append(json.dumps({"transfer_uuid": name, "pattern": PATTERNS[pattern], "case": f"F{case + 1:08d}",
                               "step": int(rows.step[k])}) + "\n")
    return "".join(out).encode()


def texts(plan, rows):
    """All tables of some rows, as (table, bytes); "labels" is not a table of the bank."""
    for part in sliced(rows):
        ids, amounts, uuid = t.number(part.id), t.number(part.amount), uuids(plan, part)
        yield "transfer", transfers(plan, part, ids, amounts, uuid)
        yield "ledger_entry", entries(part, ids, amounts)
        yield "transfer_status", status(plan, part, ids)
        yield "loan_schedule", paid(plan, part)
        yield "labels", labels(part, uuid)
