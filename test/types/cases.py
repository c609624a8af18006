"""What each type's values are, and what the wire makes of those that it does not carry.

A table is made for each Type: values that can stand in a key are its primary key too, the others
(and all values of types without an order) are only an attribute.
"""

import dataclasses


@dataclasses.dataclass
class Type:
    """A column type with the values to send; values are literals, or expressions after an '='."""

    name: str
    sql: str
    keys: list = dataclasses.field(default_factory=list)
    others: list = dataclasses.field(default_factory=list)
    #: the type in the vault, where propose_model() must take another than the source's
    kept: str = ""


INTEGERS = "0 1 -1".split()
FLOATS = "0 0.1 1.5 -2.25 NaN Infinity -Infinity".split()
DATES = "1970-01-01 1969-12-31 2000-02-29 0001-01-01 9999-12-31 infinity -infinity".split()
BC = ["0044-03-15 BC", "4714-11-24 BC", "0001-12-31 BC"]
TIMES = "00:00:00 12:34:56 23:59:59 24:00:00".split()
STAMPS = [
    "1970-01-01 00:00:00", "2026-11-23 01:02:03", "1969-12-31 23:59:59", "0001-01-01 00:00:00",
    "9999-12-31 23:59:59", "infinity", "-infinity",
]
LONG = "=(SELECT string_agg({}, '') FROM generate_series(1, 2000) i)"

TYPES = [
    Type("smallint", "smallint", [*INTEGERS, "32767", "-32768"]),
    Type("integer", "integer", [*INTEGERS, "2147483647", "-2147483648"]),
    Type("bigint", "bigint", [*INTEGERS, "9007199254740993", "9223372036854775807", "-9223372036854775808"]),
    Type("boolean", "boolean", ["true", "false"]),
    Type("text", "text", ["", "a", " a ", "NULL", "Ünïcödé € 𝄞", "q\"u'o\\te\t\n\r/", "\x01\x1f\x7f", "null"],
         [LONG.format("i::text || 'é'")]),
    Type("varchar", "varchar(5)", ["", "a", "a    ", "ÄÖÜßé"]),
    Type("char", "char(5)", ["", "a", " a", "abcde", "ÄÖÜßé"]),
    Type("citext", "citext", ["Abc", "", "ÄÖ"], kept="text"),
    Type("name", "name", [], ["a", "Ab c"]),
    Type("money", "money", ["0", "1.10", "-12345.67", "12345678.91", "-70368744177663.99", "70368744177664.01", "9007199254740993.07", "92233720368547758.07"]),
    Type("numeric", "numeric",
         ["0.000", "1.10", "-1.5", "1e30", "1e-30", "100", "12300",
          "123456789012345678901234567890.123456789", "-0.000001", "1e300"],
         ["-0.0", "0", "1.100", "1e2", "NaN", "Infinity", "-Infinity"]),
    Type("numeric_18_2", "numeric(18,2)",
         ["0.000", "1.10", "-0.01", "9999999999999999.99", "-9999999999999999.99", "12.5"], ["NaN"]),
    Type("numeric_5", "numeric(5)", ["0", "12345", "-99999", "10"]),
    Type("numeric_3_5", "numeric(3,5)", ["0.00123", "-0.00001", "0"]),
    Type("numeric_5_m2", "numeric(5,-2)", ["0", "1200", "-9999900"]),
    Type("numeric_40_10", "numeric(40,10)", ["0", "123456789012345678901234567890.0123456789", "-1e29"]),
    Type("real", "real", [*FLOATS, "3.4028235e38", "1.17549435e-38", "1e-45", "16777217", "1e6", "123456.7"], ["-0"]),
    Type("double", "double precision",
         [*FLOATS, "1e-300", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "0.30000000000000004",
          "9007199254740993", "1e15", "1e17", "123456789.125"], ["-0"]),
    Type("date", "date", [*DATES, "5874897-12-31", *BC, "10000-01-01"]),
    Type("time", "time", [*TIMES, "01:02:03.456789", "00:00:00.000001", "23:59:59.999999"]),
    Type("time_0", "time(0)", TIMES),
    Type("time_3", "time(3)", [*TIMES, "01:02:03.456", "00:00:00.001", "23:59:59.999"]),
    Type("time_6", "time(6)", [*TIMES, "01:02:03.456789", "01:02:03.400000"]),
    Type("timestamp", "timestamp",
         [*STAMPS, "2026-11-23 01:02:03.456789", "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999",
          "0044-03-15 12:34:56.789012 BC", "4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999",
          "1582-10-10 00:00:00"]),
    Type("timestamp_0", "timestamp(0)", [*STAMPS, "0044-03-15 12:34:56 BC", "294276-12-31 23:59:59"]),
    Type("timestamp_3", "timestamp(3)", [*STAMPS, "2026-11-23 01:02:03.456", "0044-03-15 12:34:56.789 BC"]),
    Type("timestamp_6", "timestamp(6)", [*STAMPS, "2026-11-23 01:02:03.456789"]),
    Type("timestamptz", "timestamptz",
         [*STAMPS, "2026-11-23 01:02:03.456789+03", "2026-07-01 00:00:00+05:30", "9999-12-31 23:59:59.999999+00",
          "0044-03-15 12:00:00+00 BC", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00",
          "1582-10-10 00:00:00+00", "1900-01-01 00:00:00+00"]),
    Type("timestamptz_0", "timestamptz(0)", [*STAMPS, "0044-03-15 12:34:56+00 BC"]),
    Type("timestamptz_3", "timestamptz(3)", [*STAMPS, "2026-11-23 01:02:03.456+00"]),
    Type("uuid", "uuid", ["00000000-0000-0000-0000-000000000000", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"]),
    Type("json", "json", [], ['{"b": 1.0,  "a":2}', "null", '"x"', "[]", '{"a":1,"a":2}', '"\\u00e9é"', "1.10"]),
    Type("jsonb", "jsonb", ['{"b": 1.0,  "a":2}', "null", '"x"', "[]", "1.10", "1e30", '{"é": "q\\"\\\\"}', "true"],
         ["=(SELECT jsonb_agg(i) FROM generate_series(1, 3000) i)"]),
    Type("xml", "xml", [], ["<a/>", "<a b=\"1\">é &amp; ü</a>"], kept="text"),
    Type("bytea", "bytea", ["\\x", "\\x00", "\\xdeadbeef", "\\x000102fdfeff"],
         ["=decode(repeat('00ff7f80', 5000), 'hex')"]),
    Type("enum", "mood", ["sad", "ok", "very happy", "ça, \"va\""]),
    Type("domain", "positive", ["1", "2147483647"]),
    Type("domain_numeric", "amount", ["1.10", "0"]),
    Type("inet", "inet", ["10.0.0.1", "10.0.0.1/8", "10.0.0.0/8", "::1", "2001:db8::1/64", "::ffff:1.2.3.4"]),
    Type("cidr", "cidr", ["10.0.0.0/8", "2001:db8::/32", "10.0.0.1/32"]),
    Type("macaddr", "macaddr", ["08:00:2b:01:02:03"]),
    Type("macaddr8", "macaddr8", ["08:00:2b:01:02:03:04:05"]),
    Type("oid", "oid", ["0", "4294967295"]),
    Type("bit_1", "bit(1)", ["0", "1"]),
    Type("bit_10", "bit(10)", ["0000000000", "1010000011", "1000000000", "0000000001"]),
    Type("timetz", "timetz", ["01:02:03.456789+00"], ["01:02:03.456789+03"], kept="text"),
    Type("interval", "interval", ["04:05:06.78"], ["1 year 2 mons 3 days 04:05:06.78"], kept="text"),
    Type("point", "point", [], ["(1,2.5)"], kept="text"),
    Type("smallint_array", "smallint[]", ["{}", "{1,NULL,3}", "{-32768}"]),
    Type("integer_array", "integer[]", ["{}", "{1,NULL,3}", "{NULL}", "{2147483647,-2147483648}"]),
    Type("bigint_array", "bigint[]", ["{}", "{9223372036854775807,NULL,-9223372036854775808}"]),
    Type("boolean_array", "boolean[]", ["{}", "{t,NULL,f}"]),
    Type("text_array", "text[]",
         ["{}", "{a,NULL,\"NULL\",\"\",\"b,c\"}", "{\"q\\\"u'o\\\\te {x}\",é,\" s \",null}", "{\"\n\t\"}"]),
    Type("varchar_array", "varchar(5)[]", ["{}", "{a,NULL,\"a  \"}"]),
    Type("char_array", "char(5)[]", ["{}", "{a,NULL,abcde}"]),
    Type("numeric_array", "numeric[]", ["{}", "{0.000,NULL,1.10,1e30}"], ["{NaN,1}", "{Infinity}"]),
    Type("numeric_18_2_array", "numeric(18,2)[]", ["{}", "{0,NULL,1.1,-9999999999999999.99}"]),
    Type("real_array", "real[]", ["{}", "{0.1,NULL,1e-45,3.4028235e38}", "{NaN,Infinity,-Infinity}"]),
    Type("double_array", "double precision[]", ["{}", "{0.1,NULL,5e-324,1e17}", "{NaN,Infinity,-Infinity}"], ["{-0}"]),
    Type("date_array", "date[]", ["{}", "{2026-11-23,NULL,0001-01-01,9999-12-31}"],
         ["{infinity,-infinity}", "{\"0044-03-15 BC\"}"]),
    Type("time_array", "time[]", ["{}", "{01:02:03.456789,NULL,00:00:00}"], ["{24:00:00}"]),
    Type("timestamp_array", "timestamp[]", ["{}", "{\"2026-11-23 01:02:03.456789\",NULL}"],
         ["{infinity,-infinity}", "{\"0044-03-15 12:34:56 BC\"}"]),
    Type("timestamp_3_array", "timestamp(3)[]", ["{}", "{\"2026-11-23 01:02:03.456\",NULL}"]),
    Type("timestamptz_array", "timestamptz[]", ["{}", "{\"2026-11-23 01:02:03.456789+00\",NULL}"],
         ["{infinity,-infinity}"]),
    Type("uuid_array", "uuid[]", ["{}", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,NULL}"]),
    Type("json_array", "json[]", [], ["{}", "{\"{\\\"a\\\": 1.0}\",NULL}"]),
    Type("jsonb_array", "jsonb[]", ["{}", "{\"{\\\"a\\\": 1.0}\",NULL,null}"]),
    Type("bytea_array", "bytea[]", ["{}", "{\"\\\\xdeadbeef\",NULL,\"\\\\x\"}"]),
    Type("enum_array", "mood[]", ["{}", "{sad,\"very happy\"}"], ["{sad,NULL}"]),
    Type("inet_array", "inet[]", ["{}", "{10.0.0.1,NULL,::1}"]),
    Type("integer_matrix", "integer[]", [], ["{{1,2},{3,NULL}}", "{{{1}},{{2}}}", "[0:1]={1,2}"]),
    Type("text_matrix", "text[]", [], ["{{a,\"b,c\"},{NULL,\"\"}}", "{{{a}}}"]),
    Type("varbit", "bit varying(8)", [], ["101"]),
    Type("int4range", "int4range", [], ["[1,5)"], kept="text"),
    # Debezium does not know these
    Type("box", "box", [], ["(1,1),(0,0)"], kept="text"),
    Type("tsvector", "tsvector", [], ["'a' 'b'"], kept="text"),
    Type("multirange", "int4multirange", [], ["{[1,3)}"], kept="text"),
    Type("composite", "pair", [], ["(1,x)"], kept="text"),
    Type("pg_lsn", "pg_lsn", [], ["0/10"]),
    Type("regclass", "regclass", [], ["pg_class"], kept="text"),
]

# --- what the wire does not carry -----------------------------------------------------------

REJECTED = object()
EITHER = "snapshot stream"


@dataclasses.dataclass
class Loss:
    """Values of a type that do not arrive as they are; doc/types.md lists them."""

    types: str
    #: value -> what arrives: other text, None for NULL, or REJECTED
    values: dict
    phases: str = EITHER
    connectors: str = ""


BEFORE_1582 = {
    "0001-01-01 00:00:00": "0001-12-30 00:00:00 BC", "0044-03-15 12:34:56 BC": "0044-03-13 12:34:56 BC",
    "0044-03-15 12:34:56.789 BC": "0044-03-13 12:34:56.789 BC",
    "0044-03-15 12:34:56.789012 BC": "0044-03-13 12:34:56.789012 BC",
    "0044-03-15 12:00:00+00 BC": "0044-03-13 12:00:00+00 BC", "0044-03-15 12:34:56+00 BC": "0044-03-13 12:34:56+00 BC",
    "1582-10-10 00:00:00": "1582-10-20 00:00:00", "1582-10-10 00:00:00+00": "1582-10-20 00:00:00+00",
    "4714-11-24 00:00:00 BC": REJECTED, "4714-11-24 00:00:00+00 BC": REJECTED,
}
LOSSES = [
    Loss("timestamp timestamp_0 timestamp_3 timestamp_6 timestamptz timestamptz_0 timestamptz_3", BEFORE_1582, "snapshot"),
    Loss("timestamp_array", {"{\"0044-03-15 12:34:56 BC\"}": "{\"0044-03-13 12:34:56 BC\"}"}),
    Loss("timestamp", {"294276-12-31 23:59:59.999999": REJECTED}),
    Loss("date", {text: text[:-3] for text in BC}, "snapshot"),
    Loss("date_array", {"{\"0044-03-15 BC\"}": "{0044-03-15}"}),
    Loss("time_array", {"{01:02:03.456789,NULL,00:00:00}": "{01:02:03.456,NULL,00:00:00}", "{24:00:00}": "{00:00:00}"}),
    Loss("timetz", {"01:02:03.456789+03": "22:02:03.456789+00"}),
    Loss("interval", {"1 year 2 mons 3 days 04:05:06.78": "10303:05:06.78"}),
    Loss("point", {"(1,2.5)": "(1.0,2.5)"}),
    Loss("name", {"a": None, "Ab c": None}, "stream"),
    Loss("money", {"70368744177664.01": REJECTED, "9007199254740993.07": REJECTED, "92233720368547758.07": REJECTED}, "snapshot", "string schemas"),
    Loss("money", {"70368744177664.01": "70368744177664.02", "9007199254740993.07": "9007199254740994.00",
                   "92233720368547758.07": REJECTED}, "snapshot",
         "precise precise_schemas"),
    Loss("numeric", {"0.000": "0", "1.10": "1.1", "-0.0": "0", "1.100": "1.1", "NaN": None, "Infinity": None,
                     "-Infinity": None}, EITHER, "precise precise_schemas"),
    Loss("numeric_18_2", {"NaN": None}, EITHER, "precise precise_schemas"),
    Loss("numeric_array", {"{0.000,NULL,1.10,1e30}": "{0,NULL,1.1,1e30}"}, EITHER, "precise precise_schemas"),
    Loss("numeric_array", {"{NaN,1}": None, "{Infinity}": None}),
    Loss("enum_array", {"{sad,NULL}": None}),
    Loss("integer_matrix", {"{{1,2},{3,NULL}}": "{NULL,NULL}", "{{{1}},{{2}}}": "{NULL,NULL}", "[0:1]={1,2}": "{1,2}"}),
    Loss("text_matrix", {"{{a,\"b,c\"},{NULL,\"\"}}": REJECTED, "{{{a}}}": REJECTED}),
    Loss("varbit", {"101": REJECTED}),
    Loss("box", {"(1,1),(0,0)": None}),
    Loss("tsvector", {"'a' 'b'": None}),
    Loss("multirange", {"{[1,3)}": None}),
    Loss("composite", {"(1,x)": None}),
    Loss("pg_lsn", {"0/10": None}),
    Loss("regclass", {"pg_class": None}),
]


def arriving(connector, name, phase, value):
    """What arrives for a value: itself, unless it is listed above."""
    for loss in LOSSES:
        if (name in loss.types.split() and phase in loss.phases.split() and value in loss.values
                and connector in (loss.connectors or connector).split()):
            return loss.values[value]
    return value
