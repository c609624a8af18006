"""What schemathesis has to be told of the online bank: who asks, and what a good request may be refused for.

API_WORLD is the address of test/api/openapi, which signs users in and puts the world of the examples back; API_SEEN a file that gets a line
for each answer.
"""

import json
import os
import threading
import urllib.request

import schemathesis

#: codes of requests that are not as the document wants them: a request made by it gets none of these
FORM = {"bad_json", "bad_query", "bad_request", "body_too_large", "field_twice", "media_type", "missing_field", "query_too_long", "unknown_field"}
#: what takes the session, the password, or the codes away from whoever asks: each request of these has a session of its own,
#: and the last two a user of their own
ENDING = {"signOut", "endSession", "changePassword", "renewRecoveryCodes"}
OTHERS = {"changePassword", "renewRecoveryCodes"}
seen = open(os.environ["API_SEEN"], "a", buffering=1)
sessions, lock = {}, threading.Lock()


def ask(path):
    with urllib.request.urlopen(f"{os.environ['API_WORLD']}/{path}", timeout=60) as answer:
        return answer.read().decode()


def operation_id(operation):
    return operation.definition.raw.get("operationId", "")


def who(operation):
    """Who may ask this: the first role of its security, a customer if it is anybody's."""
    for requirement in operation.definition.raw.get("security", []):
        return (requirement.get("session") or ["customer"])[0]
    return None


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    """A session of whoever may, with a further code given. It may end at any time: the run does that, too."""

    def get(self, case, context):
        name, role = operation_id(context.operation), who(context.operation)
        if role is None:
            return None
        if name in ENDING:
            return ask("sign-in/other" if name in OTHERS else f"sign-in/{role}")
        with lock:
            if role not in sessions:
                sessions[role] = ask(f"sign-in/{role}")
            return sessions[role]

    def set(self, case, data, context):
        case.cookies = {**(case.cookies or {}), "__Host-session": data}


@schemathesis.hook
def before_call(context, case, kwargs):
    """What one request takes away is there for the next; and no request has a cookie that another one's answer has set."""
    ask("put-back")
    if kwargs.get("session") is not None:
        kwargs["session"].cookies.clear()


@schemathesis.hook
def after_call(context, case, response):
    name, phase = operation_id(case.operation), case.meta.phase.name.value if case.meta else "probe"
    seen.write(json.dumps([name, phase, case.method, response.status_code]) + "\n")
    if response.status_code == 401 or name in ENDING:
        with lock:
            sessions.clear()


@schemathesis.check
def well_formed_is_understood(ctx, response, case):
    """
    A request as the document wants it is not refused for its form. What is then wrong with a field's value is the bank's to say (days that
    do not follow each other), and it says so without a field's name; with one it is the form.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code < 400 or case.method != case.operation.method.upper():
        return
    if isinstance(case.body, dict) and any(isinstance(value, float) for value in case.body.values()):
        return  # JSON Schema calls 1.0 an integer; the bank takes no number that is written with a point, and the document says so
    if "problem+json" not in (response.headers.get("content-type") or [""])[0]:
        return
    problem = json.loads(response.content)
    if problem["code"] in FORM or (problem["code"] == "bad_field" and "field" in problem):
        raise AssertionError(f"a good request is refused for its form: {problem}")
