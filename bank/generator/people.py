"""Parties, persons, organisations, their addresses and contacts, as text: block by block by customer."""

import numpy as np

import controls
import copytext as t
import words as w
from accounts import day_number
from contracts import birth_day
from places import BRANCHES, city_of, telephone

MEN, WOMEN, MEN_EN, WOMEN_EN = (t.Choices(names) for names in (w.MALE_RU, w.FEMALE_RU, w.MALE_EN, w.FEMALE_EN))
LAST = [t.Choices(w.LAST_RU), t.Choices([w.feminine(n) for n in w.LAST_RU]), t.Choices(w.LAST_EN)]
FATHERS = [t.Choices(w.FATHERS), t.Choices([w.daughter(n) for n in w.FATHERS])]
LATIN_MEN, LATIN_WOMEN = t.Choices(map(w.latin, w.MALE_RU)), t.Choices(map(w.latin, w.FEMALE_RU))
LATIN_LAST = [t.Choices(map(w.latin, w.LAST_RU)), t.Choices([w.latin(w.feminine(n)) for n in w.LAST_RU]), LAST[2]]
TAX_REGIONS = np.array([c[6] for c in w.CITIES] + [99] * len(w.CITIES_EN))
BLOCK_OF_NOTES = np.array(w.NOTE_WORDS, dtype=object)
STATES = t.Choices(["active", "blocked", "left"])
TAGS = t.Choices(["{}"] + [f'{{"{tag}"{more}}}' for tag in w.TAGS for more in ("", ",new")])


def home(plan, customer):
    """Index of a customer's address."""
    return BRANCHES + plan.shops + customer


def notes(d, name, index, shortest, longest):
    """Texts long enough to be stored out of line, one for each index."""
    sizes = (shortest + d.integer(name + ".size", index, longest - shortest)) // 8
    for k, size in zip(index.tolist(), sizes.tolist()):
        picks = d.integer(name + ".word", np.arange(k * 1000, k * 1000 + size), len(BLOCK_OF_NOTES))
        yield " ".join(BLOCK_OF_NOTES[picks])


def party(plan, a, b):
    """party_id, party_no, party_type, status, language, risk_score, preferences, tags, notes, customer_since, created_at"""
    d, c, accounts = plan.d, np.arange(a, b), plan.accounts
    since = accounts.since(c)
    noted = d.below("party.noted", c, .02)
    gone = accounts.left[a:b]
    state = np.where(gone, 2, np.where(d.below("party.blocked", c, .01), 1, 0))
    english = d.below("person.english", c, plan.cal.english) & ~accounts.is_organisation(c)
    wish = d.integer("party.wish", c, 4)
    tag = np.where(d.below("party.tagged", c, .4), 1 + d.integer("party.tag", c, len(TAGS) - 1), 0)
    return t.rows([t.number(c + 1), t.glue(b"C", t.padded(c + 1, 10)),
                   t.Choices(["person", "organisation"])[accounts.is_organisation(c).astype(int)], STATES[state],
                   t.Choices(["ru", "en"])[english.astype(int)],
                   t.null(t.number(d.integer("party.risk", c, 101)), d.below("party.unrated", c, .4)),
                   t.glue(b'{"theme": "', t.Choices(["light", "dark"])[wish % 2], b'", "push": ',
                          t.Choices(["false", "true"])[wish // 2], b"}"), TAGS[tag], t.long_text(len(c), noted),
                   t.day(since), t.stamp(since * 86400 + 28800 + d.integer("party.made", c, 3600))],
                  list(notes(d, "party.note", c[noted], 2500, 6000)))


class Names:
    """The names of persons, as indices; texts are made where they are needed."""

    def __init__(self, plan, customer):
        d = plan.d
        self.female = d.below("person.female", customer, plan.cal.women)
        self.english = d.below("person.english", customer, plan.cal.english)
        self.u = [d.uniform("person." + part, customer) for part in ("first", "last", "father")]

    def pick(self, table, k):
        """A member of the table for each person, by its k-th random number."""
        return table[(self.u[k] * len(table)).astype(np.int64)]

    def by(self, k, man, woman, man_en, woman_en):
        """From one of four tables, by sex and language."""
        f, e = self.female, self.english
        return t.glue(*(t.keep(self.pick(table, k), where) for table, where in (
            (man, ~f & ~e), (woman, f & ~e), (man_en, ~f & e), (woman_en, f & e))))

    def first(self):
        return self.by(0, MEN, WOMEN, MEN_EN, WOMEN_EN)

    def last(self):
        return self.by(1, LAST[0], LAST[1], LAST[2], LAST[2])

    def father(self):
        return t.null(self.by(2, *FATHERS, *FATHERS), self.english)

    def latin(self):
        """First and last name as passports and cards have them."""
        return (self.by(0, LATIN_MEN, LATIN_WOMEN, MEN_EN, WOMEN_EN),
                self.by(1, LATIN_LAST[0], LATIN_LAST[1], LATIN_LAST[2], LATIN_LAST[2]))


def lower(column):
    """Latin letters in lower case."""
    return np.where((column >= ord("A")) & (column <= ord("Z")), column + 32, column).astype(np.uint8)


def upper(column):
    """Latin letters in upper case."""
    return np.where((column >= ord("a")) & (column <= ord("z")), column - 32, column).astype(np.uint8)


def serial(index, digits):
    """Numbers in no visible order, all different for different indices."""
    return (index * 48271 + 12345) % 10**digits


def person(plan, a, b):
    """party_id, last_name, first_name, middle_name, birth_date, sex, tax_id, citizenship, is_pep"""
    c = np.arange(a, b)
    d, c = plan.d, c[~plan.accounts.is_organisation(c)]
    names = Names(plan, c)
    region = TAX_REGIONS[city_of(plan, home(plan, c))]
    tax = t.padded(controls.person_tax_id(region * 10**8 + serial(c, 8)), 12)
    return t.rows([t.number(c + 1), names.last(), names.first(), names.father(), t.day(birth_day(d, c)),
                   t.Choices(["M", "F"])[names.female.astype(int)], t.null(tax, names.english | d.below("person.untaxed", c, .15)),
                   t.Choices(["RU", "GB"])[names.english.astype(int)], t.boolean(d.below("person.pep", c, .002))])


def organisation(plan, a, b):
    """party_id, registration_no, tax_id, legal_name, legal_form, registered_on, employee_count, description"""
    c = np.arange(a, b)
    d, c = plan.d, c[plan.accounts.is_organisation(c)]
    registered = day_number("2002-07-01") + d.integer("organisation.day", c, 5600)
    year = registered.astype("datetime64[D]").astype("datetime64[Y]").astype(int) - 30
    region = TAX_REGIONS[city_of(plan, home(plan, c))]
    number = 10**11 + year * 10**9 + region * 10**7 + serial(c, 7)
    named = t.glue("«", t.Choices(w.TRADES)[d.integer("organisation.trade", c, len(w.TRADES))],
                   t.Choices(w.SUFFIXES)[d.integer("organisation.suffix", c, len(w.SUFFIXES))], "»")
    told = d.below("organisation.told", c, .1)
    staff = d.lognormal("organisation.staff", c, 20, 1.5)
    return t.rows([t.number(c + 1), t.padded(controls.registration_no(number), 13),
                   t.padded(controls.organisation_tax_id(region * 10**7 + serial(c, 7)), 10), named,
                   t.Choices(w.FORMS)[d.integer("organisation.form", c, len(w.FORMS))], t.day(registered),
                   t.null(t.number(staff), d.below("organisation.unstaffed", c, .2)), t.long_text(len(c), told)],
                  list(notes(d, "organisation.about", c[told], 800, 4000)))


def party_address(plan, a, b):
    """party_id, address_id, address_type, valid_from, valid_to"""
    d, c = plan.d, np.arange(a, b)
    accounts, since = plan.accounts, plan.accounts.since(c)
    lives = d.below("party.has_address", c, .94)
    moved = lives & d.below("party.moved", c, .06)
    move = since + (d.uniform("party.moved_on", c) * (plan.end - since)).astype(np.int64)
    before = home(plan, (c + 1 + d.integer("party.before", c, plan.customers - 1)) % plan.customers)
    org = accounts.is_organisation(c)
    registered = org | lives & d.below("party.registered", c, .3)
    postal = d.below("party.postal", c, .06)
    open_end = np.full(len(c), -1)
    out = b""
    for where, at, kind, first, last in ((moved, before, "residential", since, move),
                                         (lives & ~org, home(plan, c), "residential", np.where(moved, move, since), open_end),
                                         (registered, home(plan, c), "registered", since, open_end),
                                         (postal, home(plan, c), "postal", since, open_end)):
        if where.any():
            n = int(where.sum())
            end = t.null(t.day(np.maximum(last[where], 0)), last[where] < 0)
            out += t.rows([t.number(c[where] + 1), t.number(at[where] + 1), t.constant(kind, n), t.day(first[where]), end])
    return out


def contact(plan, a, b):
    """party_id, contact_type, ordinal, value, verified_at"""
    d, c = plan.d, np.arange(a, b)
    first, last = Names(plan, c).latin()
    mail = t.glue(lower(last), b".", lower(first), t.number(c + 1), b"@mail.example")
    office = t.glue(b"office", t.number(c + 1), b"@firma.example")
    org = plan.accounts.is_organisation(c)
    mail = t.glue(t.keep(mail, ~org), t.keep(office, org))
    mobile = t.glue(b"+79", t.padded(d.integer("party.phone", c, 10**9), 9))
    landline = telephone(city_of(plan, home(plan, c)), d.integer("party.landline", c, 10**7))
    checked = plan.accounts.since(c) * 86400 + 36000 + d.integer("party.checked", c, 86400 * 30)
    out = b""
    for where, kind, ordinal, value in ((d.below("party.has_email", c, .7), "email", b"1", mail),
                                        (~org & d.below("party.has_phone", c, .95), "phone", b"1", mobile),
                                        (org, "phone", b"1", landline),
                                        (~org & d.below("party.has_phone2", c, .1), "phone", b"2", landline)):
        n = int(where.sum())
        if n:
            at = t.null(t.stamp(checked[where]), d.below(f"party.unchecked{kind}", c[where], .4))
            out += t.rows([t.number(c[where] + 1), t.constant(kind, n), t.constant(ordinal, n), value[where], at])
    return out


def customers(plan):
    """How many indices the tables here have."""
    return plan.customers


TABLES = {"party": (party, customers), "person": (person, customers), "organisation": (organisation, customers),
          "party_address": (party_address, customers), "contact": (contact, customers)}
