"""Answers of the online bank that are a problem (RFC 9457): its code, which programs go by, and a sentence for people."""


def is_problem(content, code):
    """Whether the content of an answer is the problem of this code."""
    return isinstance(content, dict) and content.get("code") == code


def refused(tap, answer, status, code, name, field=None):
    """An answer, (status, content), is this problem, of this field if it is of one, and says so in a sentence."""
    have, content = answer
    good = have == status and is_problem(content, code) and content["detail"] != code and field in (None, content.get("field"))
    return tap.ok(good, name, f"have {answer}\nwant {status} {code} {field or ''}")
