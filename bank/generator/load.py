"""Bulk load: the whole bank at one moment, by COPY, in one transaction."""

import sys
import time

import numpy as np
import psycopg2

import words as w
from draw import Draw, zipf

CHUNK = 20000
BRANCHES = 60
FIRST_DAY = np.datetime64("2024-01-01")
LAST_DAY = np.datetime64("2025-12-31")
POSTED = ["RUB", "USD", "EUR", "CNY"]  # BYN accounts stay without postings: their code may change
ACCOUNT_CURRENCIES = POSTED + ["BYN"]
# The bank's own accounts: settlement, then cash, for each posted currency.
INTERNAL = 2 * len(POSTED)
HOURS = [1, .6, .4, .3, .3, .5, 1.2, 3, 5, 6, 6.5, 7, 8, 8, 7, 6.5, 6.5, 7.5, 9, 8.5, 7, 5, 3, 1.8]
WEEKDAYS = [.80, .85, .90, .95, 1.20, 1.75, 1.75]  # from Monday


def _escape(text):
    """One value in COPY's text format."""
    return (text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
            .replace("\r", "\\r"))


def _column(values, i, j):
    """Rows i to j of a column as COPY text; None becomes NULL."""
    part = values[i:j]
    if isinstance(part, np.ndarray):
        if part.dtype.kind == "M":
            return np.datetime_as_string(part).tolist()
        return list(map(str, part.tolist()))
    return ["\\N" if v is None else _escape(v) if isinstance(v, str) else str(v) for v in part]


class _Rows:
    """A file-like object that makes COPY text as it is read."""

    def __init__(self, columns):
        self.columns = columns
        self.n = len(columns[0])
        self.at = 0
        self.rest = b""

    def read(self, size):
        """The next bytes, at most `size`."""
        while len(self.rest) < size and self.at < self.n:
            end = min(self.at + CHUNK, self.n)
            parts = [_column(c, self.at, end) for c in self.columns]
            self.rest += ("\n".join(map("\t".join, zip(*parts))) + "\n").encode()
            self.at = end
        out, self.rest = self.rest[:size], self.rest[size:]
        return out


class Loader:
    """Draws every entity under one seed and copies it in."""

    def __init__(self, dsn, seed, scale):
        self.con = psycopg2.connect(dsn)
        self.cur = self.con.cursor()
        self.d = Draw(seed)
        self.rows = 0
        self.begun = time.monotonic()
        self.parties = max(100, round(60000 * scale))
        self.accounts = max(100, round(80000 * scale))
        self.addresses = max(2 * BRANCHES, round(40000 * scale))
        self.merchants = max(50, round(5000 * scale))
        self.cards = max(50, round(40000 * scale))
        self.transfers = max(500, round(200000 * scale))

    def copy(self, table, **columns):
        """Copy whole columns into a table and show progress."""
        names = ", ".join(columns)
        rows = _Rows(list(columns.values()))
        self.cur.copy_expert(f"COPY bank.{table} ({names}) FROM STDIN", rows, 1 << 20)
        self.rows += rows.n
        print(f"{time.monotonic() - self.begun:6.1f} s  {table:<16}{rows.n:>10,}", file=sys.stderr)

    def pick(self, name, n, items):
        """A random item for each row."""
        return [items[k] for k in self.d.integer(name, n, len(items))]

    def some(self, name, values, share):
        """The values, NULL but for a share of the rows."""
        return [v if u < share else None
                for v, u in zip(values, self.d.uniform(name, len(values)))]

    def days(self, name, n, first, last):
        """Uniform dates."""
        span = int((np.datetime64(last) - np.datetime64(first)).astype(int)) + 1
        return np.datetime64(first) + self.d.integer(name, n, span)

    def stamps(self, name, days):
        """Times of day on the given days, by the hourly curve."""
        n = len(days)
        seconds = self.d.choice(name + ".hour", n, HOURS) * 3600 + self.d.integer(name + ".s", n, 3600)
        return days.astype("datetime64[s]") + seconds

    def note(self, name, n, shortest=2500, longest=6000):
        """Notes long enough to be stored out of line."""
        words = np.array(w.NOTE_WORDS, dtype=object)
        sizes = shortest // 8 + self.d.integer(name + ".size", n, (longest - shortest) // 8)
        picks = self.d.integer(name + ".word", int(sizes.sum()), len(words))
        ends = np.cumsum(sizes)
        return [" ".join(words[picks[e - s:e]]) for s, e in zip(sizes, ends)]

    def reference(self):
        """Currencies, categories, products: small and fixed."""
        c = list(zip(*w.CURRENCIES))
        self.copy("currency", currency_code=c[0], numeric_code=c[1], exponent=c[2], name=c[3],
                  name_ru=c[4])
        rows = []
        for code, name, name_ru, children in w.CATEGORIES:
            rows.append((len(rows) + 1, code, None, name, name_ru, code == "G010"))
            parent = len(rows)
            rows += [(len(rows) + 1 + k, mcc, parent, en, ru, code == "G010")
                     for k, (mcc, en, ru) in enumerate(children)]
        self.leaves = [r[0] for r in rows if r[2] is not None]
        c = list(zip(*rows))
        self.copy("category", category_id=c[0], mcc=c[1], parent_id=c[2], name=c[3], name_ru=c[4],
                  is_high_risk=c[5])
        c = list(zip(*w.PRODUCTS))
        self.copy("product", product_id=range(1, len(w.PRODUCTS) + 1), product_code=c[0], kind=c[1],
                  name=c[2], annual_rate=c[3], monthly_fee_minor=c[4], fee_currency_code=c[5],
                  notice_days=c[6], on_sale_from=["2015-01-01"] * len(w.PRODUCTS))

    def places(self):
        """Addresses, branches, merchants."""
        n = self.addresses
        city = self.d.choice("address.city", n, zipf(len(w.CITIES), 0.8))
        off = self.d.uniform("address.lat", n), self.d.uniform("address.lon", n)
        known = self.d.uniform("address.known", n) < 0.7
        lat = [f"{w.CITIES[c][2] + (a - .5) / 5:.6f}" if k else None
               for c, a, k in zip(city, off[0], known)]
        lon = [f"{w.CITIES[c][3] + (a - .5) / 3:.6f}" if k else None
               for c, a, k in zip(city, off[1], known)]
        made = self.stamps("address.made", self.days("address.day", n, "2015-01-01", "2023-12-31"))
        self.copy("address", address_id=np.arange(1, n + 1),
                  address_no=[f"A{i:010d}" for i in range(1, n + 1)], country_code=["RU"] * n,
                  region=[w.CITIES[c][0] for c in city], city=[w.CITIES[c][1] for c in city],
                  street=self.pick("address.street", n, w.STREETS),
                  house=[str(k + 1) for k in self.d.integer("address.house", n, 140)],
                  flat=self.some("address.has_flat",
                                 [str(k + 1) for k in self.d.integer("address.flat", n, 300)], .8),
                  postcode=self.some("address.has_post", [
                      f"{100000 + k}" for k in self.d.integer("address.post", n, 599999)], .95),
                  latitude=lat, longitude=lon, created_at=made)
        b = BRANCHES
        self.copy("branch", branch_id=np.arange(1, b + 1),
                  bic=[f"DVLTRUMM{k:03d}" for k in range(1, b + 1)],
                  name=[f"{w.CITIES[city[k]][1]} № {k + 1}" for k in range(b)],
                  address_id=np.arange(1, b + 1),
                  phone=[f"+7800{k:07d}" for k in self.d.integer("branch.phone", b, 10**7)],
                  has_atm=self.d.uniform("branch.atm", b) < .8,
                  opened_on=self.days("branch.day", b, "2005-01-01", "2014-12-31"))
        m = self.merchants
        shops = min(m * 6 // 10, n - b)
        place = [b + 1 + k if k < shops else None for k in range(m)]
        digest = [None if u < .7 else f"\\x{a:016x}{c:016x}{a ^ c:016x}{c:016x}" for u, a, c in zip(
            self.d.uniform("merchant.logo", m), self.d.raw("merchant.a", m).tolist(),
            self.d.raw("merchant.c", m).tolist())]
        tier = self.d.integer("merchant.tier", m, 4)
        self.copy("merchant", merchant_id=np.arange(1, m + 1),
                  merchant_no=[f"M{k:09d}" for k in range(1, m + 1)],
                  category_id=self.pick("merchant.category", m, self.leaves), address_id=place,
                  name=[f"{a} {c}" for a, c in zip(self.pick("merchant.name", m, w.SHOPS),
                                                   self.pick("merchant.kind", m, w.SHOP_KINDS))],
                  website=[f"https://shop{k}.example" if p is None else None
                           for k, p in enumerate(place)],
                  attributes=[f'{{"tier": {t}, "terminals": {t * 3 + 1}}}' for t in tier.tolist()],
                  logo_digest=digest, is_online=[p is None for p in place],
                  created_at=self.stamps("merchant.made",
                                         self.days("merchant.day", m, "2015-01-01", "2023-12-31")))

    def people(self):
        """Parties, persons, organisations; every tenth party is an organisation."""
        n = self.parties
        ids = np.arange(1, n + 1)
        self.is_org = ids % 10 == 0
        free = BRANCHES + self.merchants * 6 // 10
        spare = max(1, self.addresses - free)
        home = self.d.integer("party.address", n, spare) + self.addresses - spare + 1
        noted = np.flatnonzero(self.d.uniform("party.noted", n) < .02)
        notes = [None] * n
        for k, text in zip(noted, self.note("party.note", len(noted))):
            notes[k] = text
        self.since = self.days("party.since", n, "2015-01-01", "2021-12-31")
        tags = self.pick("party.tag", n, w.TAGS)
        more = self.d.uniform("party.tags", n)
        self.copy("party", party_id=ids, party_no=[f"C{k:010d}" for k in range(1, n + 1)],
                  party_type=["organisation" if o else "person" for o in self.is_org],
                  status=[("active", "blocked", "left")[k]
                          for k in self.d.choice("party.status", n, [.96, .01, .03])],
                  language=[("ru", "en")[k] for k in self.d.choice("party.lang", n, [.9, .1])],
                  risk_score=self.some("party.rated", self.d.integer("party.risk", n, 101).tolist(),
                                       .6),
                  preferences=[f'{{"theme": "{("light", "dark")[k % 2]}", "push": {"true" if k > 1 else "false"}}}'
                               for k in self.d.integer("party.pref", n, 4)],
                  tags=["{}" if u < .6 else f'{{"{t}"}}' if u < .9 else f'{{"{t}",new}}'
                        for t, u in zip(tags, more)],
                  notes=notes, customer_since=self.since,
                  created_at=self.stamps("party.made", self.since))
        lives = np.flatnonzero(self.d.uniform("party.has_address", n) < .93)
        self.copy("party_address", party_id=ids[lives], address_id=home[lives],
                  address_type=["residential"] * len(lives), valid_from=self.since[lives])
        mailed = np.flatnonzero(self.d.uniform("party.has_email", n) < .7)
        called = np.flatnonzero(self.d.uniform("party.has_phone", n) < .95)
        numbers = self.d.integer("party.phone", n, 10**9)[called]
        self.copy("contact", party_id=np.concatenate([ids[mailed], ids[called]]),
                  contact_type=["email"] * len(mailed) + ["phone"] * len(called),
                  ordinal=np.ones(len(mailed) + len(called), np.int64),
                  value=[f"c{k}@mail.example" for k in mailed] + [f"+79{k:09d}" for k in numbers])
        ids = np.flatnonzero(~self.is_org) + 1
        n = len(ids)
        female, english = (self.d.uniform("person." + c, n) for c in ("sex", "english"))
        female, english = female < .53, english < .12
        first = {k: self.pick(f"person.first{k}", n, v) for k, v in enumerate(
            [w.MALE_RU, w.FEMALE_RU, w.MALE_EN, w.FEMALE_EN])}
        last = self.pick("person.last", n, w.LAST_RU), self.pick("person.last_en", n, w.LAST_EN)
        father = self.pick("person.father", n, w.FATHERS)
        self.copy("person", party_id=ids,
                  last_name=[last[1][k] if e else last[0][k] + "а" * int(f)
                             for k, (f, e) in enumerate(zip(female, english))],
                  first_name=[first[2 * int(e) + int(f)][k]
                              for k, (f, e) in enumerate(zip(female, english))],
                  middle_name=[None if e else patronymic(father[k], f)
                               for k, (f, e) in enumerate(zip(female, english))],
                  birth_date=self.days("person.birth", n, "1940-01-01", "2005-12-31"),
                  sex=["F" if f else "M" for f in female],
                  tax_id=self.some("person.taxed", [f"{770000000000 + k}" for k in ids.tolist()], .8),
                  citizenship=["GB" if e else "RU" for e in english],
                  is_pep=self.d.uniform("person.pep", n) < .002)
        ids = np.flatnonzero(self.is_org) + 1
        n = len(ids)
        about = [t if u < .1 else None for t, u in zip(
            self.note("organisation.about", n, 800, 4000), self.d.uniform("organisation.told", n))]
        names = zip(self.pick("organisation.trade", n, w.TRADES),
                    self.pick("organisation.suffix", n, w.SUFFIXES))
        self.copy("organisation", party_id=ids,
                  registration_no=[f"{1027700000000 + k}" for k in ids.tolist()],
                  tax_id=[f"{7700000000 + k}" for k in ids.tolist()],
                  legal_name=[f"«{a}{b}»" for a, b in names],
                  legal_form=self.pick("organisation.form", n, w.FORMS),
                  registered_on=self.days("organisation.day", n, "1995-01-01", "2014-12-31"),
                  employee_count=self.some("organisation.staffed", self.d.lognormal(
                      "organisation.staff", n, 20, 1.5).tolist(), .8), description=about)

    def holdings(self):
        """Accounts, holders, cards. The first accounts are the bank's own."""
        n, own = self.accounts, INTERNAL
        extra = max(0, n - self.parties)
        self.owner = np.concatenate([np.arange(1, min(n, self.parties) + 1), 1 + self.d.integer(
            "account.owner", extra, self.parties)])
        cur = self.d.choice("account.currency", n, [.92, .035, .03, .01, .005])
        product = 3 + self.d.choice("account.product", n, [.5, .12, .02, .15, .05, .05, .03, .08])
        product[self.is_org[self.owner - 1]] = 11
        product[cur == 4] = 12
        state = self.d.choice("account.status", n, [.975, .005, .02])
        self.currency = np.concatenate([np.arange(own) % len(POSTED), cur])
        self.usable = np.concatenate([np.zeros(own, bool), (state == 0) & (cur < 4)])
        opened = self.days("account.day", n, "2022-01-01", "2023-06-30")
        branch = 1 + self.d.integer("account.branch", n, BRANCHES)
        numeric = {c[0]: c[1] for c in w.CURRENCIES}
        branch = np.concatenate([np.ones(own, np.int64), branch])
        total = n + own
        balance = ["30301"] * own + ["40702" if o else "40817" for o in self.is_org[self.owner - 1]]
        self.opened = np.concatenate([np.full(own, np.datetime64("2015-01-01")), opened])
        numbers = [f"{p}{numeric[ACCOUNT_CURRENCIES[c]]}{(k * 7 + 3) % 10}{b:04d}{k:07d}" for p, c, b, k
                   in zip(balance, self.currency, branch.tolist(), range(1, total + 1))]
        limit = np.where(product == 10, 10000000, 0)
        rate = self.some("account.agreed", [
            f"{u / 5:.6f}" for u in self.d.uniform("account.rate", n)], .03)
        closed = [str(o + 200) if s == 2 else None for o, s in zip(opened, state)]
        self.copy("account", account_id=np.arange(1, total + 1), account_no=numbers,
                  product_id=[1] * (own // 2) + [2] * (own // 2) + product.tolist(), branch_id=branch,
                  currency_code=[ACCOUNT_CURRENCIES[c] for c in self.currency],
                  status=["active"] * own + [("active", "frozen", "closed")[s] for s in state],
                  overdraft_limit_minor=[10**17] * own + limit.tolist(),
                  agreed_rate=[None] * own + rate, opened_on=self.opened, closed_on=[None] * own + closed,
                  created_at=self.stamps("account.made", self.opened))
        account = np.arange(own + 1, total + 1)
        joint = np.flatnonzero(self.d.uniform("holder.joint", n) < .05)
        other = 1 + (self.owner[joint] + self.d.integer("holder.party", len(joint), self.parties - 1)
                     ) % self.parties
        role = self.pick("holder.role", len(joint), ["co_owner", "attorney", "viewer"])
        self.copy("account_holder", account_id=np.concatenate([account, account[joint]]),
                  party_id=np.concatenate([self.owner, other]), role=["owner"] * n + role,
                  share=["1"] * n + [None] * len(joint),
                  valid_from=np.concatenate([opened, opened[joint]]))
        c = self.cards
        able = np.flatnonzero(self.usable & (self.currency == 0))
        self.card_account = able[self.d.integer("card.account", c, len(able))] + 1
        self.card_live = self.d.uniform("card.status", c) < .9
        tail = self.d.integer("card.last4", c, 10000)
        high = self.d.raw("card.token", c).tolist()
        issued = self.days("card.day", c, "2023-07-01", "2023-12-31")
        self.copy("card", card_id=np.arange(1, c + 1),
                  pan_token=[f"tok_{h:016x}{k:08x}" for k, h in enumerate(high)],
                  account_id=self.card_account, party_id=self.owner[self.card_account - own - 1],
                  scheme=self.pick("card.scheme", c, ["mir", "mir", "mir", "visa", "mastercard", "unionpay"]),
                  last4=[f"{k:04d}" for k in tail.tolist()], embossed_name=["CARD HOLDER"] * c,
                  expires_on=issued + 1826, status=["active" if a else "blocked" for a in self.card_live],
                  is_virtual=self.d.uniform("card.virtual", c) < .2,
                  day_limit_minor=self.some("card.limited", (1000000 * (1 + self.d.integer(
                      "card.limit", c, 50))).tolist(), .5), issued_at=self.stamps("card.made", issued))

    def ledger(self):
        """Transfers in the order of their time, and two entries each.

        Every account opens with what it will spend and something over, so that no order of
        postings ever overdraws it.
        """
        d = self.d
        opening = np.flatnonzero(self.usable) + 1
        if self.transfers <= len(opening):
            raise SystemExit("scale too small: fewer transfers than accounts")
        n = self.transfers - len(opening)
        days = np.arange(FIRST_DAY, LAST_DAY + 1)
        weekday = (days.astype(int) + 3) % 7
        month_day = (days - days.astype("datetime64[M]")).astype(int) + 1
        weight = np.array(WEEKDAYS)[weekday] * np.where((month_day >= 5) & (month_day <= 14), 1.5, 1)
        booked = self.stamps("transfer.at", days[d.choice("transfer.day", n, weight)])
        order = np.argsort(booked, kind="stable")
        booked = booked[order]
        kind = d.choice("transfer.kind", n, [.55, .25, .12, .06, .02])  # card payment salary cash interest
        payer = opening[d.integer("transfer.payer", n, len(opening))]
        # A payee in the payer's currency: the next account of that currency, some way on.
        payee = np.empty(n, np.int64)
        for c in range(len(POSTED)):
            pool = opening[self.currency[opening - 1] == c]
            mine = np.flatnonzero(self.currency[payer - 1] == c)
            at = np.searchsorted(pool, payer[mine])
            hop = 1 + (d.uniform("transfer.payee", n)[mine] * (len(pool) - 1)).astype(np.int64)
            payee[mine] = pool[(at + hop) % len(pool)]
        settle = 1 + self.currency[payer - 1]
        live = np.flatnonzero(self.card_live)
        card = live[d.integer("transfer.card", n, len(live))] + 1
        merchant = 1 + d.choice("transfer.merchant", n, zipf(self.merchants))
        amount = d.lognormal("transfer.amount", n, 90000, 1.25)
        salary = d.lognormal("transfer.salary", n, 7000000, .3)
        by_card, pays, paid, cash, interest = (kind == k for k in range(5))
        amount = np.where(paid, salary, amount)
        debit = np.where(by_card, self.card_account[card - 1], payer)
        credit = np.where(by_card, 1, np.where(pays, payee, settle + len(POSTED)))
        back = paid | interest
        debit, credit = np.where(back, settle, debit), np.where(back, payer, credit)
        # One card payment in two hundred is taken back, in the place of the next interest row.
        firsts = len(opening)
        sources = np.flatnonzero(by_card)[::200]
        slots = np.flatnonzero(interest)
        where = np.searchsorted(slots, sources)
        reversal = np.zeros(n, np.int64)
        done = set()
        for source, at in zip(sources, where):
            if at < len(slots) and slots[at] not in done:
                slot = slots[at]
                done.add(slot)
                reversal[slot] = firsts + source + 1
                debit[slot], credit[slot], amount[slot] = credit[source], debit[source], amount[source]
        spent = np.bincount(debit, weights=amount, minlength=len(self.usable) + 1).astype(np.int64)
        fund = spent[opening] + d.lognormal("opening.amount", firsts, 3000000, 1.0)
        seq = np.argsort(self.opened[opening - 1], kind="stable")
        first = opening[seq]
        total = firsts + n
        names = np.array(["card", "payment", "salary", "cash", "interest"], dtype=object)[kind]
        names[reversal > 0] = "reversal"
        channels = np.array(["terminal", "mobile", "batch", "branch", "batch"], dtype=object)[kind]
        web = d.uniform("transfer.web", n) < .3
        channels[pays & web] = "web"
        told = self.pick("transfer.told", n, w.NARRATIVES)
        ip = d.integer("transfer.ip", n, 1 << 16).tolist()
        high, low = (d.raw("transfer." + c, total).tolist() for c in ("u1", "u2"))
        debits = np.concatenate([1 + self.currency[first - 1], debit])
        credits = np.concatenate([first, credit])
        amounts = np.concatenate([fund[seq], amount])
        at = np.concatenate([self.stamps("opening", self.opened[first - 1]), booked])
        ids = np.arange(1, total + 1)
        none = [None] * firsts
        self.copy("transfer", transfer_id=ids, transfer_uuid=[
                      f"{h & ~0xf000 | 0x4000:016x}{v >> 2 | 1 << 63:016x}" for h, v in zip(high, low)],
                  debit_account_id=debits, credit_account_id=credits, amount_minor=amounts,
                  currency_code=[POSTED[c] for c in self.currency[credits - 1]],
                  kind=["opening"] * firsts + names.tolist(),
                  channel=["branch"] * firsts + channels.tolist(),
                  card_id=none + [c if b else None for c, b in zip(card.tolist(), by_card)],
                  merchant_id=none + [m if b else None for m, b in zip(merchant.tolist(), by_card)],
                  reversal_of=none + [r or None for r in reversal.tolist()],
                  client_ip=none + [f"10.7.{k >> 8}.{k & 255}" if p else None
                                    for k, p in zip(ip, pays)],
                  narrative=none + [t if p else None for t, p in zip(told, pays)], booked_at=at)
        gone = np.flatnonzero(reversal)
        self.copy("transfer_status", transfer_id=np.concatenate([ids, reversal[gone]]),
                  status=["posted"] * total + ["reversed"] * len(gone),
                  reached_at=np.concatenate([at, booked[gone]]),
                  reason=[None] * total + ["Reversal"] * len(gone))
        # Card payments are valued the day after, the rest the same day.
        value = at.astype("datetime64[D]") + np.concatenate([np.zeros(firsts, int), by_card.astype(int)])
        self.copy("ledger_entry", transfer_id=np.repeat(ids, 2),
                  line_no=np.tile([1, 2], total), value_date=np.repeat(value, 2),
                  account_id=np.column_stack([debits, credits]).ravel(),
                  side=["debit", "credit"] * total, amount_minor=np.repeat(amounts, 2))

    def lending(self):
        """Exchange rates, standing orders, loans with their instalments."""
        d = self.d
        days = np.repeat(np.arange(FIRST_DAY, LAST_DAY + 1), 3)
        wave = np.exp(.02 * d.normal("rate.wave", len(days)))
        self.copy("exchange_rate", base_code=["USD", "EUR", "CNY"] * (len(days) // 3),
                  quote_code=["RUB"] * len(days), rate_date=days, source=["central_bank"] * len(days),
                  rate=[f"{v:.10f}" for v in np.tile([92.5, 100.1, 12.7], len(days) // 3) * wave])
        able = np.flatnonzero(self.usable & (self.currency == 0)) + 1
        n = max(20, len(able) // 20)
        at = d.integer("order.debit", n, len(able))
        self.copy("standing_order", standing_order_id=np.arange(1, n + 1),
                  order_no=[f"S{k:010d}" for k in range(1, n + 1)], debit_account_id=able[at],
                  credit_account_id=able[(at + 1 + d.integer("order.credit", n, len(able) - 1)) % len(able)],
                  amount_minor=d.lognormal("order.amount", n, 300000, .6),
                  day_of_month=1 + d.integer("order.day", n, 31),
                  starts_on=self.days("order.start", n, "2024-01-01", "2025-12-31"))
        n = max(20, len(able) // 40)
        term = 6 * (1 + d.integer("loan.term", n, 10))
        month = d.integer("loan.month", n, 24) + np.datetime64("2024-01")
        part = d.lognormal("loan.amount", n, 1000000, .7)
        self.copy("loan", loan_id=np.arange(1, n + 1), contract_no=[f"L{k:010d}" for k in range(1, n + 1)],
                  account_id=able[d.integer("loan.account", n, len(able))], product_id=[13] * n,
                  principal_minor=part * term, annual_rate=["0.18"] * n, term_months=term,
                  granted_on=month.astype("datetime64[D]"))
        whose = np.repeat(np.arange(n), term)
        no = np.concatenate([np.arange(1, t + 1) for t in term])
        self.copy("loan_schedule", loan_id=whose + 1, instalment_no=no,
                  due_on=(month[whose] + no).astype("datetime64[D]") + 14, principal_minor=part[whose],
                  interest_minor=(part[whose] * (term[whose] - no + 1) * 15 + 999) // 1000)

    def check_foreign_keys(self):
        """Look for dangling references, one anti-join for each foreign key."""
        self.cur.execute("""
            SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, f.attname
            FROM pg_constraint AS c
            JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            JOIN pg_attribute AS f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1]
            WHERE c.contype = 'f' AND c.conparentid = 0
              AND c.connamespace = 'bank'::regnamespace""")
        for table, column, parent, key in self.cur.fetchall():
            self.cur.execute(f"SELECT count(*) FROM {table} AS c WHERE c.{column} IS NOT NULL AND NOT"
                             f" EXISTS (SELECT FROM {parent} AS p WHERE p.{key} = c.{column})")
            if self.cur.fetchone()[0]:
                raise SystemExit(f"{table}.{column} refers to missing rows of {parent}")

    def run(self):
        """Load everything or nothing."""
        cur = self.cur
        cur.execute("SET LOCAL timezone = 'UTC'; SET LOCAL synchronous_commit = off")
        cur.execute("SELECT EXISTS (SELECT FROM bank.currency) OR EXISTS (SELECT FROM bank.party)")
        if cur.fetchone()[0]:
            raise SystemExit("the bank is not empty: load wants a fresh one")
        # Set-based checks at the end stand for the triggers that look at each row.
        cur.execute("SET LOCAL session_replication_role = replica")
        self.reference()
        self.places()
        self.people()
        self.holdings()
        self.ledger()
        self.lending()
        cur.execute("""
            INSERT INTO bank.account_balance (account_id, balance_minor, entry_count, changed_at)
            SELECT a.account_id, coalesce(e.balance, 0), coalesce(e.n, 0), a.created_at
            FROM bank.account AS a LEFT JOIN (
                SELECT account_id, count(*) AS n, sum(
                    CASE side WHEN 'credit' THEN amount_minor ELSE -amount_minor END) AS balance
                FROM bank.ledger_entry GROUP BY account_id) AS e ON e.account_id = a.account_id""")
        balances = cur.rowcount
        cur.execute("SET LOCAL session_replication_role = origin")
        self.check_foreign_keys()
        for table in ("category", "product", "address", "branch", "merchant", "party", "account",
                      "card", "transfer", "loan", "standing_order"):
            cur.execute(f"SELECT setval(pg_get_serial_sequence('bank.{table}', '{table}_id'),"
                        f" max({table}_id)) FROM bank.{table}")
        for sequence, table in (("party_no", "party"), ("address_no", "address"),
                                ("merchant_no", "merchant"), ("account_serial", "account"),
                                ("contract_no", "loan"), ("standing_order_no", "standing_order")):
            cur.execute(f"SELECT setval('bank.{sequence}_seq', max({table}_id)) FROM bank.{table}")
        cur.execute("SELECT * FROM bank.ledger_violations() LIMIT 5")
        wrong = cur.fetchall()
        if wrong:
            raise SystemExit(f"the ledger does not hold: {wrong}")
        self.con.commit()
        self.con.autocommit = True
        cur.execute("ANALYZE")
        took = time.monotonic() - self.begun
        print(f"loaded {self.rows:,} rows and {balances:,} balances in {took:.1f} s")


def patronymic(father, female):
    """A patronymic from a stem; stems without a hard ending take a soft sign's form."""
    soft = father[-1] in "иеа"
    return father + (("евна" if female else "евич") if soft else ("овна" if female else "ович"))
