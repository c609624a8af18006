"""Statements in their three forms: what they say, what they are not, and how they are cut; also as plain CGI writes one."""

import csv
import decimal
import html.parser
import http.client
import io
import re
import ssl
import subprocess

from online_bank import until
from onlinesite import SANDBOXED
from problem import refused
from processes import memory_of

from .common import internal_account, is_, money_account, wrong_periods

#: of what a spreadsheet takes for a formula
FORMULA = "=+-@\t\r"


class Page(html.parser.HTMLParser):
    """Tags of a page, and the cells of its rows."""

    def __init__(self):
        super().__init__()
        self.tags, self.rows, self.cell = set(), [], None

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.cell = ""

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag == "td":
            self.rows[-1].append(self.cell)
            self.cell = None
        elif tag == "thead":
            self.rows.clear()


def busy_account(site, client):
    """An account with some thousand entries of today, some with a narrative that is none of a spreadsheet's or a page's business."""
    mine, own = money_account(client), internal_account(site)
    for text in ("=1+1", "@cmd", "-2", "+7", 'a;b,"c"\'', "a;=2+2", "<script>alert(1)</script>&", None):
        site.sql("SELECT bank.transfer(gen_random_uuid(), %s, %s, 105, 'RUB', 'fee', 'branch', %s)", (mine["account_id"], own, text))
    site.sql("SELECT bank.transfer(gen_random_uuid(), %s, %s, 1, 'RUB', 'fee', 'branch', rpad(i::text, 140, 'x'))"
             " FROM generate_series(1, 8000) AS i", (mine["account_id"], own))
    return mine


def peaks(site):
    """The most memory that each worker has had, in kB."""
    return {pid: memory_of(pid, "VmHWM") for pid in site.workers()}


def statements(tap, site):
    one, two = site.client("customer1"), site.client("customer2")
    mine = busy_account(site, one)
    path, today = f"/accounts/{mine['account_id']}/statement", site.today()
    first = today.replace(month=1, day=1)
    span = f"?from={first}&to={today}"
    want = site.sql("SELECT what, value_date::text, transfer_id, counterparty, narrative, debit_minor, credit_minor, balance_minor"
                    " FROM bank.statement(%s, %s, %s)", (mine["account_id"], first, today))
    before = peaks(site)
    as_json(tap, one.get(path + span), want, mine, first, today)
    as_csv(tap, one.get(f"{path}.csv{span}"), want, f"statement-{mine['account_no']}-{first}-{today}.csv")
    told = one.get(f"{path}.html{span}")
    as_page(tap, one, told, want)
    in_little_memory(tap, told, before, peaks(site))
    wrong_periods(tap, one, f"{path}.csv", today, **{"no last day": (f"?from={first}", "missing_field")})
    for form in ("", ".csv", ".html"):
        refused(tap, two.get(f"{path}{form}{span}"), 404, "not_found", f"another's is not there {form}")
    cut(tap, site, one, f"{path}.csv{span}")


def as_json(tap, told, want, mine, first, today):
    whole = told.json
    tap.ok(told.status == 200 and "Content-Length" not in told.headers and len(whole["items"]) == len(want) - 2, "as JSON: all entries",
           told)
    names = ("value_date", "transfer_id", "counterparty", "narrative", "debit_minor", "credit_minor", "balance_minor")
    tap.equal([tuple(e[name] for name in names) for e in whole["items"]], [row[1:] for row in want[1:-1]], "each as the bank has it")
    tap.equal((whole["opening_minor"], whole["closing_minor"], whole["closing_minor"]),
              (want[0][7], want[-1][7], whole["opening_minor"] - whole["debit_minor"] + whole["credit_minor"]),
              "opening - debits + credits = closing")
    tap.equal((whole["account_no"], whole["currency_code"], whole["exponent"], whole["from"], whole["to"]),
              (mine["account_no"], "RUB", 2, str(first), str(today)), "and of what it is")


def rows_of(told, delimiter=","):
    """The lines of an answer that is CSV, in cells."""
    return list(csv.reader(io.StringIO(told.body.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def as_csv(tap, told, want, name):
    tap.ok(told.status == 200 and told.headers["Content-Type"].startswith("text/csv") and told.body.startswith(b"\xef\xbb\xbf")
           and told.headers["Content-Disposition"] == f'attachment; filename="{name}"', "as CSV: a file, in UTF-8 with its mark", told)
    lines = rows_of(told)
    tap.equal(len(lines), len(want) + 1, "with a line for each row, and its heading")
    cells = [cell for line in lines for cell in line]
    tap.equal([c for c in cells if c[:1] and c[0] in FORMULA and not re.fullmatch(r"-?\d+(\.\d+)?", c)], [], "no cell is a formula")
    tap.equal(sorted(c for c in cells if c.startswith("'")), sorted(["'=1+1", "'@cmd", "'-2", "'+7"]),
              "those that would be begin with an apostrophe")
    tap.ok(any(c == 'a;b,"c"\'' for c in cells), "separators and quotes are within their cell")
    cells = [cell for line in rows_of(told, ";") for cell in line]
    tap.ok(len(cells) > len(lines) and not [c for c in cells if c[:1] and c[0] in FORMULA], "nor is one where semicolons separate",
           cells[-3:])
    amounts = [[decimal.Decimal(cell or 0) for cell in line[5:8]] for line in lines[1:]]
    tap.equal([balance for _, _, balance in amounts], [decimal.Decimal(row[7]) / 100 for row in want],
              "balances with the currency's decimals")
    debits, credits, closing = amounts[-1]
    tap.ok(lines[-1][0] == "closing" and amounts[0][2] - debits + credits == closing, "the totals are those of the lines", lines[-1])


def as_page(tap, client, told, want):
    text, parser = told.body.decode(), Page()
    tap.ok(told.status == 200 and told.headers["Content-Type"] == "text/html; charset=utf-8" and text.endswith("</html>\n"), "as a page",
           told)
    parser.feed(text)
    tap.equal((len(parser.rows), parser.rows[0][5], parser.rows[-1][5]),
              (len(want), f"{decimal.Decimal(want[0][7]) / 100:.2f}", f"{decimal.Decimal(want[-1][7]) / 100:.2f}"),
              "a row for each, opening and closing shown")
    tap.ok(any(row[2] == "<script>alert(1)</script>&" for row in parser.rows), "markup in a narrative is text")
    tap.equal(parser.tags & {"script", "style", "iframe", "img", "form"}, set(), "no script, and no style of its own")
    tap.equal((client.get("/statement.css").headers["Content-Type"], "/api/v1/statement.css" in text), ("text/css; charset=utf-8", True),
              "but for a sheet of the bank's")


def in_little_memory(tap, told, before, after):
    grown = max(after[pid] - before.get(pid, after[pid]) for pid in after)
    if not SANDBOXED:
        tap.skip("and all that in little memory", "sanitizers keep what is freed")
    else:
        tap.ok(len(told.body) > 1500000 and grown < 1000, "and all that in little memory",
               f"{len(told.body)} bytes, the most that a worker grew: {grown} kB")


def rows_until(last, what="WHEN 4000 THEN 'closing'"):
    """A statement of 4,000 rows, the last of them with this balance."""
    return (f"SELECT CASE i WHEN 1 THEN 'opening' {what} ELSE 'entry' END, p_from, i, NULL, repeat('n', 100), 1::bigint, NULL::bigint,"
            f" CASE WHEN i = 4000 THEN {last} ELSE 0 END FROM generate_series(1::bigint, 4000) AS i")


def cut(tap, site, client, path):
    """A statement that is not true to its end has none."""
    for name, last in (("a statement that fails on its way", "1 / (i - i) * i"), ("one whose sum is untrue", "i")):
        with site.bank.other_statement(rows_until(last)):
            try:
                told = client.get(path)
                tap.ok(b"closing" not in told.body and told.status == 200, f"{name}: has no closing line", told)
                tap.ok(False, f"{name}: is cut, not ended", told)
            except (http.client.HTTPException, OSError) as error:
                tap.ok(isinstance(error, (http.client.IncompleteRead, ConnectionError, ssl.SSLError)), f"{name}: is cut, not ended", error)
    is_(tap, client.get(path), 200, "and the next one is whole again")


def database_dies_on_the_way(tap, site):
    """kill -9 of the session whose rows are being passed on: the answer is cut, and the worker lives."""
    one = site.client("customer1")
    mine = busy_account(site, one)
    path, span = f"/accounts/{mine['account_id']}/statement", f"?from={site.today()}&to={site.today()}"
    site.sql("""CREATE FUNCTION public.die() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'; RETURN 1; END $$;
        GRANT USAGE ON SCHEMA public TO bank_app""")
    workers = set(site.workers())
    with site.bank.other_statement(rows_until("public.die()", "")):
        for form in ("", ".csv", ".html"):
            try:
                told = one.get(path + form + span)
                tap.ok(told.status == 503, f"statement{form}: 503, or cut", told)
            except (http.client.HTTPException, OSError):
                tap.ok(True, f"statement{form}: cut")
            site.connection = None
            until(site.bank.is_ready, 60, "the database")
    tap.equal(set(site.workers()), workers, "the workers live")
    site.sql("DROP FUNCTION public.die()")
    is_(tap, one.get(f"{path}.csv{span}"), 200, "and the next statement is whole")


def statement_of_another(tap, site):
    """A statement has its account's owners, whoever asks."""
    one, two = site.client("customer1"), site.client("customer2")
    mine, owner, viewer = money_account(one), one.user["party_id"], two.user["party_id"]
    names = dict(site.sql("SELECT party_id, concat_ws(' ', first_name, middle_name, last_name) FROM bank.person WHERE party_id IN (%s, %s)",
                          (owner, viewer)))
    site.sql("INSERT INTO bank.account_holder (account_id, party_id, role, valid_from) VALUES (%s, %s, 'viewer', '2020-01-01')",
             (mine["account_id"], viewer))
    try:
        path, span = f"/accounts/{mine['account_id']}/statement", f"?from={site.today()}&to={site.today()}"
        told = [client.get(path + span).json["customer"] for client in (one, two)]
        tap.ok(told[0] == told[1] and names[owner] in told[0] and names[viewer] not in told[0], "the same name for owner and viewer", told)
        page = two.get(f"{path}.html{span}").body.decode()
        tap.ok(names[viewer] not in page, "on the page, too")
    finally:
        site.sql("DELETE FROM bank.account_holder WHERE account_id = %s AND party_id = %s", (mine["account_id"], viewer))


def plain_cgi(tap, site):
    one = site.client("customer1")
    mine = money_account(one)
    today = site.today()
    path = f"/api/v1/accounts/{mine['account_id']}/statement.csv?from={today.replace(month=1, day=1)}&to={today}"
    cookie = "; ".join(f"{name}={value}" for name, value in one.cookies.items())

    def run(target, **more):
        environment = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "REQUEST_URI": target, "REMOTE_ADDR": "127.0.0.1",
                       "HTTP_COOKIE": cookie, "BANK_API_CONFIG": str(site.configuration)} | more
        done = subprocess.run([site.program], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        return done.returncode, head.decode().split("\r\n"), body

    status, head, body = run(path)
    tap.ok(status == 0 and head[0] == "Status: 200 OK" and body == one.get(path).body,
           "the same binary as plain CGI streams the same statement", head, body[:200])
    status, head, body = run("/api/v1/session", HTTP_COOKIE="")
    tap.ok(status == 0 and head[0] == "Status: 401 Unauthorized" and b"no_session" in body, "and refuses as it does", head, body[:200])
