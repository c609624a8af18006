"""Live changes to everything but money: customers, addresses, contacts, accounts' terms, cards, numbers, merchants.

A mixin of live.Live. Each method makes changes of one kind and tells how many published rows it changed.
"""


import controls
import words as w


def one_tax_id(party, organisation=False):
    """A number nobody has yet: of a region of its own, from the party's."""
    if organisation:
        return f"{controls.organisation_tax_id([97 * 10**7 + party])[0]:010d}"
    return f"{controls.person_tax_id([97 * 10**8 + party])[0]:012d}"


def one_account_no(balance, branch, serial, currency=643):
    """A number with its control key."""
    digits = controls.account_no([int(balance)], [int(currency)], [branch], [serial])
    return "".join(map(str, digits[0].tolist()))


class Registry:
    """Changes of the registers."""

    # Attributes

    def contacts(self, n):
        """Contacts change, are confirmed, come and go."""
        ids, rolls = self.keyed(self.parties, n, 10**9)
        if self.rng.random() < .1:
            return self.run_sql("DELETE FROM bank.contact WHERE party_id = ANY (%s) AND ordinal > 1", ids)
        return self.run_sql("""
            INSERT INTO bank.contact AS c (party_id, contact_type, ordinal, value, verified_at)
            SELECT v.id, CASE v.x %% 2 WHEN 0 THEN 'email' ELSE 'phone' END, 1 + v.x %% 3,
                CASE v.x %% 2 WHEN 0 THEN 'n' || v.x || '@mail.example' ELSE '+79' || lpad(v.x::text, 9, '0') END,
                CASE WHEN v.x %% 5 > 0 THEN now() END
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) ORDER BY v.id
            ON CONFLICT (party_id, contact_type, ordinal) DO UPDATE
            SET value = EXCLUDED.value, verified_at = EXCLUDED.verified_at""", ids, rolls)

    def ratings(self, n):
        """Scores and segments of customers; some become NULL."""
        return self.run_sql("""
            UPDATE bank.party AS p SET risk_score = nullif(v.x %% 101, 100), tags = CASE v.x %% 3 WHEN 0 THEN '{}'::text[]
                    WHEN 1 THEN ARRAY['vip', 'a "quoted", tag'] ELSE p.tags END
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE p.party_id = v.id""",
            *self.keyed(self.parties, n, 10**9))

    def names(self, n):
        """Persons marry, learn or lose a tax number; names keep to the sex."""
        ids, rolls = self.keyed(self.persons, n, len(w.LAST_RU))
        man, woman = w.LAST_RU, [w.feminine(name) for name in w.LAST_RU]
        return self.run_sql("""
            UPDATE bank.person AS p SET tax_id = CASE WHEN p.tax_id IS NULL THEN v.tax END,
                last_name = CASE WHEN p.middle_name IS NULL THEN v.english WHEN p.sex = 'F' THEN v.woman ELSE v.man END
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS v (id, man, woman, english, tax)
            WHERE p.party_id = v.id""", ids, [man[k] for k in rolls], [woman[k] for k in rolls],
            [w.LAST_EN[k % len(w.LAST_EN)] for k in rolls], [one_tax_id(k) for k in ids])

    def account_terms(self, n):
        """Nicknames, agreed rates, limits; limits only grow, so none is breached by it."""
        return self.run_sql("""
            UPDATE bank.account AS a SET nickname = nullif('Копилка ' || v.x %% 50, 'Копилка 0'),
                agreed_rate = CASE WHEN v.x %% 3 > 0 THEN v.x / 1000000.0 END,
                overdraft_limit_minor = greatest(a.overdraft_limit_minor, v.x / 2)
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE a.account_id = v.id AND a.status <> 'closed'""",
            *self.keyed(self.accounts, n, 200000))

    def freezes(self, _):
        """Freeze accounts and thaw them, always the same few."""
        return self.run_sql("""
            UPDATE bank.account SET status = CASE status WHEN 'active' THEN 'frozen' ELSE 'active'
                END::bank.account_status
            WHERE account_id = ANY (%s) AND status <> 'closed'""", self.some(self.accounts[::29][:200], 3))

    def branch_moves(self, n):
        """Accounts move to another branch: a foreign key moves."""
        branch = self.branches[self.numbers(1, len(self.branches))[0]]
        return self.run_sql("UPDATE bank.account SET branch_id = %s WHERE account_id = ANY (%s)",
                            branch, self.some(self.accounts, min(n, 10)))

    def addresses_mended(self, n):
        """Houses and flats corrected, postcodes within the city's."""
        return self.run_sql("""
            UPDATE bank.address AS a SET house = (v.x %% 200 + 1)::text, flat = nullif(v.x %% 90, 0)::text,
                postcode = CASE WHEN a.postcode ~ '^[0-9]{6}$' THEN left(a.postcode, 3) || lpad((v.x %% 1000)::text, 3, '0')
                                ELSE a.postcode END,
                verified_at = now()
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE a.address_id = v.id""",
            *self.keyed(self.addresses, n, 599999))

    def new_address(self, roll):
        """Enter an address; its key."""
        city = w.CITIES[roll % len(w.CITIES)]
        self.cur.execute("""INSERT INTO bank.address (country_code, region, city, street, house, postcode, latitude, longitude)
            VALUES ('RU', %s, %s, %s, %s, %s, %s, %s) RETURNING address_id""",
                         (city[0], city[1], w.STREETS[roll % len(w.STREETS)], str(1 + roll % 140),
                          f"{city[4][0]}{roll % 1000:03d}", city[2] + roll % 97 / 1000, city[3] + roll % 89 / 1000))
        return self.cur.fetchone()[0]

    def moves(self, n):
        """A customer gets a new address, or none."""
        ids = self.some(self.parties, min(n, 8))
        changed = 0
        for party, roll in zip(ids, self.numbers(len(ids), 10000)):
            if roll < 1000:
                changed += self.run_sql("DELETE FROM bank.party_address WHERE party_id = %s", party)
                continue
            changed += self.run_sql("""UPDATE bank.party_address SET valid_to = greatest(valid_from, CURRENT_DATE)
                WHERE party_id = %s AND address_type = 'residential' AND valid_to IS NULL""", party)
            changed += 1 + self.run_sql("""INSERT INTO bank.party_address (party_id, address_id, address_type)
                VALUES (%s, %s, 'residential')""", party, self.new_address(roll))
        return changed

    def notes(self, n):
        """Long notes are written, some are cleared."""
        ids = self.some(self.parties, min(n, 5))
        texts = [None if k < 2 else t for k, t in zip(
            self.numbers(len(ids), 10), self.words(len(ids), 4000))]
        self.noted = (self.noted + ids)[-self.pool:]
        return self.run_sql("""UPDATE bank.party AS p SET notes = v.note
            FROM unnest(%s::bigint[], %s::text[]) AS v (id, note) WHERE p.party_id = v.id""", ids, texts)

    def past_notes(self, n):
        """Rows with long notes change elsewhere: the notes are not in the log."""
        return self.run_sql("""UPDATE bank.party SET preferences = preferences || '{"seen": true}',
            risk_score = (coalesce(risk_score, 0) + 1) %% 101 WHERE party_id = ANY (%s)""",
                            self.some(self.noted, n))

    def merchant_facts(self, n):
        """What the acquirer reports."""
        return self.run_sql("""
            UPDATE bank.merchant AS m SET attributes = m.attributes || jsonb_build_object('score', v.x,
                'labels', jsonb_build_array('a', NULL, v.x / 7.0)), is_online = v.x %% 2 = 0
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE m.merchant_id = v.id""",
            *self.keyed(self.merchants, min(n, 10), 1000))

    def nothing_new(self, n):
        """Updates that change no value are in the log all the same."""
        return self.run_sql("UPDATE bank.merchant SET name = name WHERE merchant_id = ANY (%s)",
                            self.some(self.merchants, min(n, 10)))

    # Rows that come and go

    def customers(self, n):
        """New customers with address, contact, account and card; every other one pays something in."""
        return sum(self.customer(roll) for roll in self.numbers(max(1, min(n, 40) // 8), 10**6))

    def customer(self, roll):
        """One new customer."""
        organisation = roll % 10 == 9
        self.cur.execute("INSERT INTO bank.party (party_type, tags) VALUES (%s, ARRAY['new']) RETURNING party_id",
                         ("organisation" if organisation else "person",))
        party = self.cur.fetchone()[0]
        name = self.organisation(party, roll) if organisation else self.person(party, roll)
        self.run_sql("INSERT INTO bank.contact (party_id, contact_type, ordinal, value) VALUES (%s, 'email', 1, %s)",
                     party, f"{w.latin(name[1]).lower()}{party}@mail.example")
        self.run_sql("INSERT INTO bank.party_address (party_id, address_id, address_type) VALUES (%s, %s, %s)",
                     party, self.new_address(roll), "registered" if organisation else "residential")
        account = self.account(roll, "40702" if organisation else "40817", "BIZ-START" if organisation else "CUR-BASE")
        self.run_sql("INSERT INTO bank.account_holder (account_id, party_id, role, share) VALUES (%s, %s, 'owner', 1)",
                     account, party)
        self.run_sql("""INSERT INTO bank.card (pan_token, account_id, party_id, scheme, last4, embossed_name, expires_on, status)
            VALUES (%s, %s, %s, 'mir', %s, %s, CURRENT_DATE + 1826, 'active')""", "tok_" + self.rng.bytes(12).hex(),
                     account, party, f"{roll % 10000:04d}", " ".join(map(w.latin, name)).upper())
        if roll % 2:
            return 8 + self.first_money(account)
        self.fresh.append((party, account))
        return 8

    def person(self, party, roll):
        """A person; first and last name."""
        woman = roll // 10 % 2
        names = [pool[roll % len(pool)] for pool in (w.FEMALE_RU if woman else w.MALE_RU, w.LAST_RU, w.FATHERS)]
        if woman:
            names[1:] = w.feminine(names[1]), w.daughter(names[2])
        self.run_sql("""INSERT INTO bank.person (party_id, first_name, last_name, middle_name, birth_date, sex, tax_id)
            VALUES (%s, %s, %s, %s, DATE '1960-01-01' + %s, %s, %s)""", party, *names, roll % 16000, "MF"[woman],
                     one_tax_id(party) if roll % 3 else None)
        return names[:2]

    def organisation(self, party, roll):
        """An organisation; its name in two words."""
        name = w.TRADES[roll % len(w.TRADES)], w.SUFFIXES[roll // 7 % len(w.SUFFIXES)]
        number = controls.registration_no([10**11 + 26 * 10**9 + 97 * 10**7 + party])[0]
        self.run_sql("""INSERT INTO bank.organisation (party_id, registration_no, tax_id, legal_name, legal_form, registered_on)
            VALUES (%s, %s, %s, %s, 'ООО', CURRENT_DATE - %s)""", party, f"{number:013d}", one_tax_id(party, True),
                     "«{}{}»".format(*name), roll % 3000)
        return name

    def account(self, roll, balance, product):
        """Open an account; its key."""
        branch = self.branches[roll % len(self.branches)]
        self.cur.execute("SELECT nextval('bank.account_serial_seq')")
        number = one_account_no(balance, branch, self.cur.fetchone()[0])
        self.cur.execute("""INSERT INTO bank.account (account_no, product_id, branch_id, currency_code)
            SELECT %s, p.product_id, %s, 'RUB' FROM bank.product AS p WHERE p.product_code = %s RETURNING account_id""",
                         (number, branch, product))
        return self.cur.fetchone()[0]

    def departures(self, _):
        """A new customer leaves without a trace: children first, the subtype by cascade."""
        if len(self.fresh) < 5:
            return 0
        party, account = self.fresh.pop(self.numbers(1, len(self.fresh))[0])
        changed = self.run_sql("DELETE FROM bank.card WHERE account_id = %s", account)
        changed += self.run_sql("DELETE FROM bank.account_holder WHERE account_id = %s", account)
        changed += self.run_sql("DELETE FROM bank.account WHERE account_id = %s", account)
        changed += self.run_sql("DELETE FROM bank.contact WHERE party_id = %s", party)
        changed += self.run_sql("DELETE FROM bank.party_address WHERE party_id = %s", party)
        return changed + 2 * self.run_sql("DELETE FROM bank.party WHERE party_id = %s", party)

    def card_ends(self, _):
        """Cards that were never used are deleted, others blocked, or released again."""
        if self.fresh and self.rng.random() < .5:
            party = self.fresh[self.numbers(1, len(self.fresh))[0]][0]
            return self.run_sql("DELETE FROM bank.card WHERE party_id = %s", party)
        return self.run_sql("""UPDATE bank.card
            SET status = CASE status WHEN 'active' THEN 'blocked' ELSE 'active' END::bank.card_status
            WHERE card_id = ANY (%s) AND status IN ('active', 'blocked')""", self.some(self.cards, 2))

    def holders(self, _):
        """Joint holders go, and come back."""
        ids = self.some(self.joint, 3)
        gone = self.run_sql("DELETE FROM bank.account_holder WHERE account_id = ANY (%s)"
                            " AND role <> 'owner'", ids[:1])
        return gone + self.run_sql("""INSERT INTO bank.account_holder (account_id, party_id, role)
            SELECT a.id, %s, 'viewer' FROM unnest(%s::bigint[]) AS a (id)
            ON CONFLICT DO NOTHING""", self.some(self.parties, 1)[0], ids[1:])

    # Keys that change

    def roles(self, _):
        """A holder's role changes, and with it the primary key."""
        return self.run_sql("""
            UPDATE bank.account_holder AS h
            SET role = CASE h.role WHEN 'viewer' THEN 'attorney' ELSE 'viewer' END
            WHERE h.account_id = ANY (%s) AND h.role IN ('viewer', 'attorney') AND NOT EXISTS (
                SELECT FROM bank.account_holder AS o WHERE o.account_id = h.account_id
                AND o.party_id = h.party_id AND o.role IN ('viewer', 'attorney')
                AND o.role <> h.role)""", self.some(self.joint, 3))

    def address_types(self, _):
        """What an address is for changes, and with it the primary key."""
        return self.run_sql("""
            UPDATE bank.party_address AS h
            SET address_type = CASE h.address_type WHEN 'residential' THEN 'postal' ELSE 'residential' END
            WHERE h.party_id = ANY (%s) AND h.address_type IN ('residential', 'postal') AND NOT EXISTS (
                SELECT FROM bank.party_address AS o WHERE o.party_id = h.party_id
                AND o.address_type IN ('residential', 'postal')
                AND (o.address_type, o.address_id) <> (h.address_type, h.address_id))""", self.some(self.parties, 3))

    def party_numbers(self, _):
        """Customer numbers corrected under the same primary key."""
        return self.run_sql("""UPDATE bank.party
            SET party_no = 'C' || lpad(nextval('bank.party_no_seq')::text, 10, '0')
            WHERE party_id = ANY (%s)""", self.some(self.parties, 2))

    def account_numbers(self, _):
        """Account numbers corrected under the same primary key."""
        self.cur.execute("""SELECT account_id, account_no, nextval('bank.account_serial_seq') FROM bank.account
            WHERE account_id = ANY (%s) ORDER BY account_id""", (self.some(self.accounts, 2),))
        found = self.cur.fetchall()
        numbers = [one_account_no(no[:5], int(no[9:13]), serial, no[5:8]) for _, no, serial in found]
        return self.run_sql("""UPDATE bank.account AS a SET account_no = v.no
            FROM unnest(%s::bigint[], %s::text[]) AS v (id, no) WHERE a.account_id = v.id""", [f[0] for f in found], numbers)

    def currency_code(self, _):
        """The Belarusian code changes and back, through every reference: a key and its cascade."""
        self.cur.execute("""SELECT (SELECT count(*) FROM bank.account WHERE currency_code = c.currency_code)
            + (SELECT count(*) FROM bank.product WHERE fee_currency_code = c.currency_code)
            + (SELECT count(*) FROM bank.exchange_rate WHERE c.currency_code IN (base_code, quote_code))
            FROM bank.currency AS c WHERE c.numeric_code = '933'""")
        found = self.cur.fetchone()
        return found[0] + self.run_sql("""UPDATE bank.currency SET currency_code =
            CASE currency_code WHEN 'BYN' THEN 'BYB' ELSE 'BYN' END
            WHERE numeric_code = '933'""") if found else 0
