"""The online bank's pages in tests: built, and shown by Chromium (Playwright) against a bank that runs; each of their tests becomes a line of TAP."""

import json
import os
import pathlib
import subprocess
import tempfile

from online_bank import HOME, ROOT

__all__ = ["UI", "browser", "build", "environment", "place_of", "reproducible", "unit_tests"]

UI = ROOT / "webapp" / "ui"


def build(tap):
    """dist/, if anything has changed; whether that went well."""
    (UI / "test-results").mkdir(exist_ok=True)
    done = subprocess.run([UI / "build"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return tap.ok(done.returncode == 0, "the pages can be built", done.stdout)


def files_of(place):
    """What was built there, by name; without what webapp/ui/build adds: the same once more compressed, and its stamp."""
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*")
            if path.is_file() and path.suffix != ".gz" and path.name != ".stamp"}


def reproducible(tap, wait=300):
    """Built once more, elsewhere: the same files, byte by byte, as in dist/."""
    with tempfile.TemporaryDirectory(prefix="pages-") as place:
        try:
            done = subprocess.run(["npx", "vite", "build", "--outDir", place, "--emptyOutDir"], cwd=UI, env=environment(), timeout=wait,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            told, again = done.stdout, files_of(pathlib.Path(place)) if done.returncode == 0 else {}
        except subprocess.TimeoutExpired:
            told, again = f"not built within {wait} s", {}
        first = files_of(UI / "dist")
        other = sorted(name for name in first.keys() | again.keys() if first.get(name) != again.get(name))
        tap.ok(again and not other, f"built twice, the {len(first)} files of the pages are the same", told if not again else "\n".join(other))


def environment(**more):
    """Node of the tree's own, without the machine's settings for npm."""
    own = {name: value for name, value in os.environ.items() if name != "npm_config_nodedir"}
    return own | {"PATH": f"{HOME}/node/bin:{os.environ['PATH']}", "CI": "1"} | more


def home_of(bank):
    """A home for Chromium, in which the place's authority is trusted: no error of a certificate is passed over."""
    home = bank.directory / "home"
    keys = home / ".pki/nssdb"
    if not keys.exists():
        keys.mkdir(parents=True)
        for words in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "bank", "-i", bank.place / "ca.pem"]):
            subprocess.run(["certutil", "-d", f"sql:{keys}", *words], check=True)
    return home


def place_of(bank):
    """What Playwright is told of the bank."""
    return {"BANK_URL": bank.url, "BANK_PLACE": str(bank.place), "BANK_HOME": str(home_of(bank)), "NODE_EXTRA_CA_CERTS": str(bank.place / "ca.pem"),
            "BANK_DATABASE": f"host={bank.database.directory} port=5432 dbname=bank user=postgres"}


def tests_of(suite, path=()):
    """(name, result) of each test below a suite of Playwright's report."""
    for spec in suite.get("specs", ()):
        for test in spec["tests"]:
            yield " › ".join([*path, spec["title"]]), test
    for inner in suite.get("suites", ()):
        yield from tests_of(inner, (*path, inner["title"]))


def browser(tap, bank, words, **more):
    """Playwright with these words (files, -g PATTERN), each test a line; more of its environment."""
    report = UI / "test-results" / "browser.json"
    report.unlink(missing_ok=True)
    done = subprocess.run(["npx", "playwright", "test", *words], cwd=UI, env=environment(**place_of(bank), BANK_REPORT=str(report), **more),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = json.loads(report.read_text()) if report.exists() else {"suites": [], "errors": [{"message": done.stdout}]}
    for error in found.get("errors", ()):
        tap.ok(False, "the browser's tests could be run", error.get("message", ""))
    for suite in found["suites"]:
        for name, test in tests_of(suite, (suite["title"],)):
            if test["status"] == "skipped":
                tap.skip(name, "as it says")
                continue
            results = test["results"]
            tap.ok(test["status"] == "expected", name, *(error.get("message", "") for result in results for error in result.get("errors", ())))
            for line in (text for result in results for out in result.get("stdout", ()) for text in out.get("text", "").splitlines()):
                tap.say(line)


def unit_tests(tap):
    """vitest, each test a line."""
    report = UI / "test-results" / "unit.json"
    report.unlink(missing_ok=True)
    done = subprocess.run(["npx", "vitest", "run", "--reporter=json", f"--outputFile={report}"], cwd=UI, env=environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not report.exists():
        tap.ok(False, "the unit tests could be run", done.stdout)
        return
    for file in json.loads(report.read_text())["testResults"]:
        if not file["assertionResults"]:
            tap.ok(False, f"unit: {pathlib.Path(file['name']).name} has tests that run", file.get("message", ""))
        for test in file["assertionResults"]:
            tap.ok(test["status"] == "passed", f"unit: {test['fullName']}", *test["failureMessages"])
