"""37 to 40, the program: how it is built, what it says of its faults, its sandbox, and what it is made of."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time

from online_bank import OWNER, ROOT, until
from problem import is_problem, refused
from processes import status_of

from .common import requirement, transfer


@requirement(37, "hardened build")
def hardening(tap, bank):
    program = bank.place / "bank-api"

    def said(*words):
        return subprocess.run([*words, program], stdout=subprocess.PIPE, text=True).stdout

    header, parts, dynamic, symbols = (
        said("readelf", "-hW"), said("readelf", "-lW"), said("readelf", "-dW"), said("readelf", "-sW", "--dyn-syms"))
    tap.ok("DYN (Position-Independent Executable" in header, "37: position-independent")
    tap.ok("GNU_RELRO" in parts and "BIND_NOW" in dynamic, "37: relocations are read-only from the start")
    tap.ok(re.search(r"GNU_STACK\s+\S+ \S+ \S+ \S+ \S+ RW\s", parts), "37: no executable stack")
    tap.ok("__stack_chk_fail" in symbols, "37: stack protector")
    tap.ok(re.search(r"__\w+_chk@", symbols), "37: fortified calls")
    code = said("objdump", "-d", "--no-show-raw-insn")
    tap.ok(code.count("endbr64") > 50, "37: control-flow protection: jumps land where they may")
    tap.ok(not re.search(r"RPATH|RUNPATH|TEXTREL", dynamic), "37: no paths or relocations of its own")


@requirement(38, "generic errors; a lost database fails closed, and comes back")
def database_lost(tap, bank):
    client = bank.signed_in("customer1")
    fields = transfer(bank, client)
    bank.kill_database()
    without_database(tap, bank, client, fields)
    bank.start_database()
    until(bank.is_ready, 10, "the API without a restart")
    without_api(tap, bank, client)
    tap.equal(client.post("/transfers", **fields)[0], 201, "38: the same session goes on")
    faults_of_ours(tap, bank, client)


def without_database(tap, bank, client, fields):
    begun = time.monotonic()
    answers = [client.get("/accounts"), client.post("/transfers", **fields), client.get("/session"),
               bank.client().post("/login", login="customer1", password="wrong password", code="000000")]
    took = time.monotonic() - begun
    tap.equal({status for status, _ in answers}, {503}, "38: without the database, 503")
    tap.ok(took < 4 * 5, "38: within the time limit", f"{took:.1f} s")
    text = json.dumps(answers)
    tap.ok(all(is_problem(answer, "unavailable") for _, answer in answers)
           and not re.search(r"postgres|server|socket|connection|SQL|bank_|/", text.replace("application/", "")), "38: and no word of why",
           text[:500])
    tap.ok(client.headers["Retry-After"], "38: but when to ask again")
    tap.equal((client.request("GET", "/healthz")[0], client.request("GET", "/readyz")[0]), (200, 503), "38: alive, not ready")


def without_api(tap, bank, client):
    path = bank.place / "run/api.sock"
    path.rename(path.with_suffix(".away"))
    try:
        status, answer = client.get("/session")
        tap.ok(status == 503 and is_problem(answer, "unavailable") and client.headers.get_all("retry-after") == ["2"],
               "38: nor is the API's absence told in other words", status, answer)
    finally:
        path.with_suffix(".away").rename(path)


def faults_of_ours(tap, bank, client):
    """An answer of the database that says nothing; a refusal that cannot be counted, which is not told."""
    with bank.without("bank.payee(text)"):
        for _ in range(3):
            status, answer = client.post("/payees", account_no="40817810000000000001")
            if status == 500:
                break
        tap.ok(status in (500, 503) and not re.search("function|payee|SQL", json.dumps(answer)), "38: a fault of ours says nothing, either",
               status, answer)
    nobodys = transfer(bank, client) | {"credit_account_no": "40817810000000000001"}
    tap.equal(client.post("/transfers", **nobodys)[0], 422, "38: there is no such account")
    with bank.without("bank_online.count_payee()"):
        refused(tap, client.post("/transfers", **nobodys), 503, "unavailable", "38: which is not told where asking cannot be counted")


# --- the sandbox -------------------------------------------------------------------


def holds(pid, needle):
    """Whether a process has these bytes somewhere in memory that it may write."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if "w" not in rights or "s" in rights:
                continue
            begin, end = (int(word, 16) for word in span.split("-"))
            memory.seek(begin)
            with contextlib.suppress(OSError):
                if needle in memory.read(end - begin):
                    return True
    return False


@requirement(39, "a sandbox: no exec")
def sandbox(tap, bank):
    def sandboxed(what):
        return subprocess.run([ROOT / "test/api/unit/build/sandboxed", what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    tap.equal(sandboxed("exec").returncode, -signal.SIGSYS, "39: an attempt to run a program kills the process")
    for what, name in (("open", "files are out of reach"), ("packet", "so are other kinds of sockets")):
        done = sandboxed(what)
        tap.ok(done.returncode == 0 and "EPERM" in done.stdout, f"39: {name}", done.stdout)
    if os.geteuid() == 0:
        secrets_in_memory(tap, bank)
    states = [status_of(pid)["Seccomp"] for pid in bank.workers_of(bank.master())]
    tap.equal(states, ["2"] * bank.workers, "39: every worker is in it")
    sandboxed_cgi(tap, bank)


def secrets_in_memory(tap, bank):
    """Secrets are in the memory of those alone that need them, and no other process may look into any."""
    found, key = {}, bytes.fromhex((bank.place / "secret/seal").read_text())
    own = [bank.master(), *bank.workers_of(bank.master()), *bank.workers_of(bank.master(), "bank-api-hasher")]
    for pid in own:
        found.setdefault(status_of(pid)["Name"], set()).add(holds(pid, key))
    tap.equal(found, {"bank-api": {True}, "bank-api-worker": {True}, "bank-api-hasher": {False}},
              "39: the key that seals is in no hasher's memory")
    tap.equal({os.stat(f"/proc/{pid}/mem").st_uid for pid in own}, {0}, "39: and nobody's own processes look into any of it")


def sandboxed_cgi(tap, bank):
    """As plain CGI: before it looks at what comes."""
    body = b'{"account_no": "40817810000000000001"}'
    variables = {"GATEWAY_INTERFACE": "CGI/1.1", "BANK_API_CONFIG": str(bank.place / "api.conf"), "REQUEST_METHOD": "POST",
                 "REQUEST_URI": "/api/v1/payees",
                 "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "127.0.39.1"}
    owner = {"user": OWNER, "group": OWNER, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen([bank.place / "bank-api"], env=variables, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL,
                          **owner) as program:
        try:
            until(lambda: status_of(program.pid)["Seccomp"] == "2", 5, "the sandbox")
            tap.ok(True, "39: as CGI it is in it before it reads the body")
        except RuntimeError as error:
            tap.ok(False, "39: as CGI it is in it before it reads the body", error)
        answer = program.communicate(body, timeout=20)[0]
    tap.ok(answer.startswith(b"Status: 401 "), "39: and answers from there", answer[:200])


@requirement(40, "a bill of materials, and nothing in it that has a newer version")
def materials(tap, bank):
    done = subprocess.run([ROOT / "webapp/sbom", bank.place / "bank-api"], stdout=subprocess.PIPE, text=True)
    bill = json.loads(done.stdout or "{}")
    names = {part["name"] for part in bill.get("components", ())}
    tap.ok(bill.get("bomFormat") == "CycloneDX"
           and {"libfcgi0ldbl", "libsodium23", "libjansson4", "libpq5", "libseccomp2", "libssl3"} <= names,
           f"40: {len(names)} packages that the program is linked with", sorted(names))
    old = [part["name"] for part in bill.get("components", ()) for p in part["properties"] if p["name"] == "candidate"
           and p["value"] != part["version"]]
    tap.equal(old, [], "40: each in the newest version that the distribution's security archive has")
