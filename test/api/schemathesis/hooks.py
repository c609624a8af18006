"""What schemathesis has to be told of the online bank: who asks, and what a good request may be refused for.

API_WORLD is the address of test/api/openapi, which signs users in and puts the world of the examples back; API_SEEN a file that gets a line
for each answer.
"""

import functools
import hashlib
import http.client
import json
import os
import re
import threading
import uuid

import jsonschema_rs
import schemathesis

#: codes of requests that are not as the document wants them: a request made by it gets none of these
FORM = {"bad_json", "bad_query", "bad_request", "body_too_large", "field_twice", "media_type", "missing_field", "query_too_long", "unknown_field"}
#: what is looked at before the form of a body, and a path that leads nowhere
BEFORE = {"cross_site", "internal", "no_session", "no_such_method", "no_such_route", "not_found", "too_many_tries", "unavailable"}
#: what takes the session, the password, or the codes away from whoever asks: each request of these has a session of its own,
#: and the last two a user of their own
ENDING = {"signOut", "endSession", "changePassword", "renewRecoveryCodes"}
OTHERS = {"changePassword", "renewRecoveryCodes"}
UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.I)
seen = open(os.environ["API_SEEN"], "a", buffering=1)


class World:
    """test/api/openapi, which knows all secrets. What a request takes away is put back before the next."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(os.environ["API_WORLD"], timeout=120)
        self.lock, self.sessions, self.is_changed = threading.RLock(), {}, True

    def ask(self, path):
        with self.lock:
            self.connection.request("GET", "/" + path)
            answer = self.connection.getresponse()
            said = answer.read().decode()
            if answer.status != 200:
                raise RuntimeError(said)
            return said

    def session(self, whose, fresh):
        """A session of a user, with a further code given; the same as before unless it is to be a fresh one."""
        with self.lock:
            if fresh:
                return self.ask(f"sign-in/{whose}")
            if whose not in self.sessions:
                self.sessions[whose] = self.ask(f"sign-in/{whose}")
            return self.sessions[whose]

    def forget_sessions(self):
        with self.lock:
            self.sessions.clear()

    def put_back(self):
        with self.lock:
            if self.is_changed:
                self.ask("put-back")
            self.is_changed = False


world = World()


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
        return world.session("other" if name in OTHERS else role, name in ENDING)

    def set(self, case, data, context):
        case.cookies = {**(case.cookies or {}), "__Host-session": data}


def give_own_id(body):
    """
    Whoever instructs the bank makes an id for it; schemathesis takes those that it has seen, and is refused (id_reused). So three of four
    get one that is made of all else they say: the same again is the same instruction.
    """
    for name in ("transfer_uuid", "request_id"):
        if isinstance(body, dict) and UUID.fullmatch(str(body.get(name))):
            rest = json.dumps({key: value for key, value in body.items() if key != name}, sort_keys=True, default=str)
            digest = hashlib.sha256(rest.encode()).digest()
            if digest[-1] % 4:
                body[name] = str(uuid.UUID(bytes=digest[:16], version=4))


@schemathesis.hook
def before_call(context, case, kwargs):
    """What one request takes away is there for the next; and no request has a cookie that another one's answer has set."""
    give_own_id(case.body)
    world.put_back()
    if kwargs.get("session") is not None:
        kwargs["session"].cookies.clear()


@schemathesis.hook
def after_call(context, case, response):
    name, phase = operation_id(case.operation), case.meta.phase.name.value if case.meta else "probe"
    seen.write(json.dumps([name, phase, case.method, response.status_code]) + "\n")
    # looking at customers is recorded, and counted
    world.is_changed = world.is_changed or case.method != "GET" or "/staff/" in case.operation.path
    if response.status_code == 401 or name in ENDING:
        world.forget_sessions()


def problem_of(response):
    """The code of a problem, and the name of its field; empty texts if it is none."""
    kind = (response.headers.get("content-type") or [""])[0]
    problem = json.loads(response.content) if kind.startswith("application/problem+json") else {}
    return problem.get("code", ""), problem.get("field", "")


@functools.cache
def validator_of(name, text):
    return jsonschema_rs.validator_for(json.loads(text))


@schemathesis.check
def malformed_is_refused_as_such(ctx, response, case):
    """
    A body that is not as the document wants it is refused for that, before anybody looks at what it says: 422 alone would not tell, since
    it is also what a wrong code gets.
    """
    name = operation_id(case.operation)
    schema = case.operation.schema.raw_schema["components"]["schemas"].get(f"{name[:1].upper()}{name[1:]}Request")
    if schema is None or not isinstance(case.body, dict) or case.method != case.operation.method.upper():
        return
    if not validator_of(name, json.dumps(schema)).is_valid(case.body):
        code, _ = problem_of(response)
        if code not in FORM | BEFORE | {"bad_field"}:
            raise AssertionError(f"a body of bad form is answered by {response.status_code} {code}")


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
    code, field = problem_of(response)
    if code in FORM or (code == "bad_field" and field):
        raise AssertionError(f"a good request is refused for its form: {code} {field}")
