"""Reference data, addresses, branches and merchants, as text: block by block, each a function of the plan and the indices."""

import numpy as np

import copytext as t
import words as w
from draw import weighted, zipf
from plan import BRANCHES
from accounts import day_number

ALL_CITIES = w.CITIES + w.CITIES_EN
HOME_CITIES = zipf(len(w.CITIES), .8)
PLACE = {name: t.Choices([c[k] for c in ALL_CITIES]) for k, name in ((0, "region"), (1, "city"))}
STREETS, STREETS_EN = t.Choices(w.STREETS), t.Choices(w.STREETS_EN)
AREAS = t.Choices([c[4] if isinstance(c[4], str) else "" for c in ALL_CITIES])
POSTCODES = np.array([c[4] if isinstance(c[4], tuple) else (0, 0) for c in ALL_CITIES])
LETTERS = t.Choices([a + b for a in "ABDEFGHJLNPQRSTUWXYZ" for b in "ABDEFGHJLNPQRSTUWXYZ"])
LEAVES = [(mcc, en, ru, code) for code, _, _, children in w.CATEGORIES for mcc, en, ru in children]


def columns(rows):
    """Short tables, row by row."""
    return "".join("\t".join(t.escape(None if v is None else str(v)).decode() for v in row) + "\n" for row in rows).encode()


def currency(_plan, _a, _b):
    """currency_code, numeric_code, exponent, name, name_ru"""
    return columns(w.CURRENCIES)


def category(_plan, _a, _b):
    """category_id, mcc, parent_id, name, name_ru, is_high_risk"""
    rows = []
    for code, name, name_ru, children in w.CATEGORIES:
        parent = len(rows) + 1
        risk = "t" if code == "G010" else "f"
        rows.append((parent, code, None, name, name_ru, risk))
        rows += [(parent + 1 + k, mcc, parent, en, ru, risk) for k, (mcc, en, ru) in enumerate(children)]
    return columns(rows)


def leaf_ids():
    """category_id of each category that merchants have."""
    ids, at = [], 0
    for _, _, _, children in w.CATEGORIES:
        ids += range(at + 2, at + 2 + len(children))
        at += 1 + len(children)
    return np.array(ids)


def product(_plan, _a, _b):
    """product_id, product_code, kind, name, annual_rate, monthly_fee_minor, fee_currency_code, notice_days, on_sale_from"""
    return columns([(k + 1, *p, "2015-01-01") for k, p in enumerate(w.PRODUCTS)])


def city_of(plan, address):
    """Index of an address's city; homes of some English customers are abroad."""
    city = weighted(plan.d.uniform("address.city", address), HOME_CITIES)
    customer = address - BRANCHES - plan.shops
    abroad = (customer >= 0) & plan.d.below("person.english", customer, plan.cal.english)
    abroad &= ~plan.accounts.is_organisation(customer) & plan.d.below("address.abroad", address, .15)
    return np.where(abroad, len(w.CITIES) + plan.d.integer("address.city_en", address, len(w.CITIES_EN)), city)


def postcodes(plan, address, city):
    """Six digits that begin as the city's do; abroad the area, district and unit."""
    d = plan.d
    low, high = POSTCODES[city].T
    beginning = low + (d.uniform("address.post", address) * (high - low + 1)).astype(np.int64)
    russian = t.padded(beginning * 1000 + d.integer("address.post2", address, 999) + 1, 6)
    there = d.integer("address.post3", address, 10**6)
    english = t.glue(AREAS[city], t.number(1 + there % 19), b" ", t.number(1 + there // 20 % 9), LETTERS[there // 200 % len(LETTERS)])
    abroad = city >= len(w.CITIES)
    return t.null(t.glue(t.keep(russian, ~abroad), t.keep(english, abroad)), d.below("address.no_post", address, .04))


def degrees(values, where):
    """Latitudes and longitudes with six places, NULL where told."""
    micro = np.rint(values * 1e6).astype(np.int64)
    sign = t.keep(t.constant("-", len(micro)), micro < 0)
    return t.null(t.glue(sign, t.number(abs(micro) // 10**6), b".", t.padded(abs(micro) % 10**6, 6)), where)


def address(plan, a, b):
    """address_id, address_no, country_code, region, city, street, house, flat, postcode, latitude, longitude, created_at"""
    d, i = plan.d, np.arange(a, b)
    city = city_of(plan, i)
    abroad = city >= len(w.CITIES)
    street = t.glue(t.keep(STREETS[d.integer("address.street", i, len(STREETS))], ~abroad),
                    t.keep(STREETS_EN[d.integer("address.street", i, len(STREETS_EN))], abroad))
    corpus = t.glue(b" \xd0\xba", t.number(1 + d.integer("address.corpus", i, 5)))
    house = t.glue(t.number(1 + d.integer("address.house", i, 140)),
                   t.keep(corpus, d.below("address.has_corpus", i, .12) & ~abroad))
    unknown = ~d.below("address.known", i, .7)
    where = np.array([c[2:4] for c in ALL_CITIES])[city] + np.column_stack(
        [(d.uniform("address.lat", i) - .5) / 6, (d.uniform("address.lon", i) - .5) / 4])
    customer = np.maximum(0, i - BRANCHES - plan.shops)
    made = np.where(i < BRANCHES + plan.shops, day_number("2017-01-01"), plan.accounts.since(customer))
    return t.rows([t.number(i + 1), t.glue(b"A", t.padded(i + 1, 10)), t.Choices(["RU", "GB"])[abroad.astype(int)],
                   PLACE["region"][city], PLACE["city"][city], street, house,
                   t.null(t.number(1 + d.integer("address.flat", i, 300)), (i < BRANCHES) | d.below("address.no_flat", i, .2)),
                   postcodes(plan, i, city), degrees(where[:, 0], unknown), degrees(where[:, 1], unknown),
                   t.stamp(made * 86400 + 25200 + d.integer("address.made", i, 3600))])


def telephone(city, digits):
    """Numbers in a city, from seven random digits."""
    codes = ["+7" + c[5] if c[6] < 99 else "+44" + c[5] for c in ALL_CITIES]
    short = np.array([len(c) == 6 for c in codes])[city]
    return t.glue(t.Choices(codes)[city], t.keep(t.number(2 + digits // 10**6 % 7), ~short), t.padded(digits % 10**6, 6))


def branch(plan, a, b):
    """branch_id, bic, name, address_id, phone, has_atm, opened_on"""
    d, i = plan.d, np.arange(a, b)
    city = city_of(plan, i)
    return t.rows([t.number(i + 1), t.glue(b"DVLTRUMM", t.padded(i + 1, 3)),
                   t.glue(PLACE["city"][city], " № ", t.number(i + 1)), t.number(i + 1),
                   telephone(city, d.integer("branch.phone", i, 10**7)), t.boolean(d.below("branch.atm", i, .8)),
                   t.day(day_number("2005-01-01") + d.integer("branch.day", i, 3600))])


def merchant(plan, a, b):
    """merchant_id, merchant_no, category_id, address_id, name, website, attributes, logo_digest, is_online, created_at"""
    d, i = plan.d, np.arange(a, b)
    online = i >= plan.shops
    tier = d.integer("merchant.tier", i, 4)
    logo = [t.hexes(d.bits(f"merchant.logo{k}", i)) for k in range(4)]
    name = t.glue(t.Choices(w.SHOPS)[d.integer("merchant.name", i, len(w.SHOPS))], b" ",
                  t.Choices(w.SHOP_KINDS)[d.integer("merchant.kind", i, len(w.SHOP_KINDS))])
    return t.rows([t.number(i + 1), t.glue(b"M", t.padded(i + 1, 9)),
                   t.number(leaf_ids()[d.integer("merchant.category", i, len(LEAVES))]),
                   t.null(t.number(BRANCHES + 1 + i), online), name,
                   t.null(t.glue(b"https://shop", t.number(i + 1), b".example"), ~online),
                   t.glue(b'{"tier": ', t.number(tier), b', "terminals": ', t.number(tier * 3 + 1), b"}"),
                   t.null(t.glue(b"\\\\x", *logo), d.below("merchant.plain", i, .7)), t.boolean(online),
                   t.stamp((day_number("2017-06-01") + d.integer("merchant.day", i, 500)) * 86400 + 36000)])


TABLES = {"currency": (currency, lambda plan: None), "category": (category, lambda plan: None),
          "product": (product, lambda plan: None), "address": (address, lambda plan: plan.addresses),
          "branch": (branch, lambda plan: BRANCHES), "merchant": (merchant, lambda plan: plan.merchants)}
