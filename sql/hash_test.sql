-- hash_key(), hash_key_bytea(), hash_diff(): the native profile of doc/hash.md.
-- Failures show as rows; a passing comparison shows none.
\set VERBOSITY default
CREATE SCHEMA hash_test;
SET search_path = hash_test, datavault;

-- Vectors, computed with Python:
--   hashlib.sha256(b'3:abc').hexdigest()[:32], and so on for each text.
CREATE TABLE vectors (id serial, got uuid, want text);
INSERT INTO vectors (got, want) VALUES
	(hash_key('abc'), 'aab5f9ae99b2e38fb462025c8f72f570'),			-- 3:abc
	(hash_key(''), 'ba768b331fd86cec803be04e56ab2b3d'),				-- 0:
	(hash_key(NULL), '7ace431cb61584cb9b8dc7ec08cf38ac'),			-- ~
	(hash_key('a', 'bc'), '5310a58788781ab25d5ad7c3f8503582'),		-- 1:a2:bc
	(hash_key('ab', 'c'), '430fb1b4ac43316eca81fab27a1930ab'),		-- 2:ab1:c
	(hash_key(1, NULL, 'x'), 'f1a442e2e1bf73fa91d7d6a3bcd8b862'),	-- 1:1~1:x
	(hash_key('Ünïcödé €'), '0446dcb23a060b859170f1351c8c502c');	-- 15:…
SELECT * FROM vectors WHERE got IS DISTINCT FROM want::uuid;

SELECT hash_key('abc'), hash_key_bytea('abc');
SELECT pg_typeof(hash_key('abc')), pg_typeof(hash_key_bytea('abc'));

-- The first 128 bits of all 256.
SELECT substr(encode(hash_key_bytea(x), 'hex'), 1, 32)::uuid = hash_key(x) AS prefix
FROM (VALUES ('abc'::text), (''), (NULL)) v(x);

-- NULL is neither the empty string nor the mark that stands for it.
SELECT count(DISTINCT h) AS distinct_hashes FROM (VALUES
	(hash_key(NULL)), (hash_key('')), (hash_key('~')), (hash_key(NULL, NULL)),
	(hash_key('', '')), (hash_key(NULL, '')), (hash_key('', NULL))) v(h);

-- Order counts, and joins are not ambiguous.
SELECT hash_key('a', 'b') <> hash_key('b', 'a') AS ordered,
	   hash_key('a', 'bc') <> hash_key('ab', 'c') AS joined,
	   hash_key('1:a', 'b') <> hash_key('1', 'a1:b') AS marks,
	   hash_key('a1:b') <> hash_key('a', 'b') AS forged,
	   hash_key('abc') <> hash_key('abc', NULL) AS trailing_null;

-- The canonical text of each type: native_key() is the profile in plain SQL, of
-- components that are canonical texts already.
CREATE FUNCTION component(text) RETURNS text LANGUAGE sql IMMUTABLE AS
	$$SELECT coalesce(octet_length(convert_to($1, 'UTF8')) || ':' || $1, '~')$$;
CREATE FUNCTION native_key(VARIADIC text[]) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$SELECT substr(encode(sha256(convert_to(string_agg(component(t), '' ORDER BY n), 'UTF8')), 'hex'), 1, 32)::uuid
	  FROM unnest($1) WITH ORDINALITY u(t, n)$$;

CREATE TYPE colour AS ENUM ('red', 'blue ünï');
CREATE DOMAIN amount AS numeric(10,2) CHECK (VALUE >= 0);
CREATE DOMAIN amounts AS amount[];
CREATE VIEW canon (what, got, want) AS VALUES
	('true', hash_key(true), 'true'), ('false', hash_key(false), 'false'),
	('int2', hash_key((-32768)::int2), '-32768'),
	('int4', hash_key(2147483647), '2147483647'),
	('int4 min', hash_key((-2147483648)::int4), '-2147483648'),
	('int8', hash_key((-9223372036854775808)::int8), '-9223372036854775808'),
	('int8 max', hash_key(9223372036854775807), '9223372036854775807'),
	('zero', hash_key(0), '0'),
	('float8', hash_key(0.1::float8), '0.1'),
	('float8 long', hash_key(0.30000000000000004::float8), '0.30000000000000004'),
	('float8 integer', hash_key(1.0::float8), '1'),
	('float8 -0', hash_key('-0'::float8), '0'),
	('float8 1e30', hash_key(1e30::float8), '1e+30'),
	('float8 1e-7', hash_key(1e-7::float8), '1e-07'),
	('float8 1e14', hash_key(1e14::float8), '100000000000000'),
	('float8 1e15', hash_key(1e15::float8), '1e+15'),
	('float8 1e-4', hash_key(1e-4::float8), '0.0001'),
	('float8 1e-5', hash_key(1e-5::float8), '1e-05'),
	('float8 max', hash_key('1.7976931348623157e308'::float8), '1.7976931348623157e+308'),
	('float8 min', hash_key('5e-324'::float8), '5e-324'),
	('float8 NaN', hash_key('NaN'::float8), 'NaN'),
	('float8 inf', hash_key('-Infinity'::float8), '-Infinity'),
	('float4', hash_key(1.1::float4), '1.1'),
	('float4 -0', hash_key('-0'::float4), '0'),
	('float4 1e6', hash_key(1e6::float4), '1e+06'),
	('float4 inf', hash_key('Infinity'::float4), 'Infinity'),
	('numeric', hash_key(1.00), '1'), ('numeric 2', hash_key(1.0::numeric(10,5)), '1'),
	('numeric 3', hash_key(-12.30), '-12.3'), ('numeric 4', hash_key(0.00), '0'),
	('numeric 5', hash_key(100), '100'), ('numeric 6', hash_key(1e20), '100000000000000000000'),
	('numeric 7', hash_key(-0.001), '-0.001'), ('numeric 8', hash_key(10.0), '10'),
	('numeric NaN', hash_key('NaN'::numeric), 'NaN'),
	('numeric inf', hash_key('-Infinity'::numeric), '-Infinity'),
	('text', hash_key('a b '::text), 'a b '), ('varchar', hash_key('a b '::varchar(9)), 'a b '),
	('name', hash_key('a_name'::name), 'a_name'),
	('char', hash_key('ab'::char(5)), 'ab'), ('char leading', hash_key(' a'::char(5)), ' a'),
	('char blank', hash_key(''::char(5)), ''),
	('date', hash_key('2026-01-02'::date), '2026-01-02'),
	('date leap', hash_key('2000-02-29'::date), '2000-02-29'),
	('date far', hash_key('5874897-12-31'::date), '5874897-12-31'),
	('date BC', hash_key('0044-03-15 BC'::date), '0044-03-15 BC'),
	('date first', hash_key('4713-01-01 BC'::date), '4713-01-01 BC'),
	('date inf', hash_key('-infinity'::date), '-infinity'),
	('time', hash_key('03:04:05'::time), '03:04:05.000000'),
	('time 24', hash_key('24:00'::time), '24:00:00.000000'),
	('timestamp', hash_key('2026-01-02 03:04:05.678'::timestamp), '2026-01-02T03:04:05.678000'),
	('timestamp old', hash_key('1899-12-31 23:59:59.999999'::timestamp), '1899-12-31T23:59:59.999999'),
	('timestamp BC', hash_key('0044-03-15 10:00 BC'::timestamp), '0044-03-15T10:00:00.000000 BC'),
	('timestamp inf', hash_key('infinity'::timestamp), 'infinity'),
	('timestamptz', hash_key('2026-01-02 03:04:05.678901+03'::timestamptz), '2026-01-02T00:04:05.678901Z'),
	('timestamptz BC', hash_key('0044-03-15 10:00+00 BC'::timestamptz), '0044-03-15T10:00:00.000000Z BC'),
	('timestamptz inf', hash_key('-infinity'::timestamptz), '-infinity'),
	('uuid', hash_key('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
	('bytea', hash_key('\x00DEadff'::bytea), '00deadff'), ('bytea empty', hash_key(''::bytea), ''),
	('json', hash_key('{"b": 1.0,  "a":2}'::json), '{"b": 1.0,  "a":2}'),
	('jsonb', hash_key('{"b": 1.0,  "aa":"1.0 \"0.0"}'::jsonb), '{"b": 1, "aa": "1.0 \"0.0"}'),
	('jsonb -', hash_key('[-0.50, 1e3, true, null, {}]'::jsonb), '[-0.5, 1000, true, null, {}]'),
	('inet', hash_key('10.0.0.1'::inet), '10.0.0.1'), ('inet net', hash_key('10.0.0.1/8'::inet), '10.0.0.1/8'),
	('inet 6', hash_key('2001:DB8::1'::inet), '2001:db8::1'), ('cidr', hash_key('10/8'::cidr), '10.0.0.0/8'),
	('macaddr', hash_key('08-00-2B-01-02-03'::macaddr), '08:00:2b:01:02:03'),
	('bit', hash_key(B'101'), '101'), ('pg_lsn', hash_key('16/B374D848'::pg_lsn), '16/B374D848'),
	('oid', hash_key(4294967295::oid), '4294967295'),
	('enum', hash_key('blue ünï'::colour), 'blue ünï'),
	('money', hash_key(12.34::numeric::money), '1234'),
	('domain', hash_key(1.50::amount), '1.5'),
	('array', hash_key(ARRAY[1,NULL,3]), '[1:3]1:1~1:3'),
	('array empty', hash_key('{}'::text[]), '[]'),
	('array text', hash_key(ARRAY['a:b','','~']), '[1:3]3:a:b0:1:~'),
	('array 2', hash_key('{{1,2},{3,4}}'::int2[]), '[1:2][1:2]1:11:21:31:4'),
	('array bounds', hash_key('[0:1]={1.0,2.50}'::numeric[]), '[0:1]1:13:2.5'),
	('array domain', hash_key(ARRAY[1.50]::amounts), '[1:1]3:1.5');
SELECT what, got, want FROM canon WHERE got IS DISTINCT FROM native_key(want);
SELECT count(*) AS checked FROM canon;

-- Equal values of one type have equal keys, whatever they were written as.
SELECT hash_key(1.0) = hash_key(1.00) AS numeric_scale,
	   hash_key('-0'::float8) = hash_key(0::float8) AS zero,
	   hash_key('a'::char(3)) = hash_key('a'::char(9)) AS padding,
	   hash_key('a'::char(3)) = hash_key('a'::text) AS char_text,
	   hash_key(1) = hash_key(1::int8) AS int_width,
	   hash_key('2026-01-02 03:00+03'::timestamptz) = hash_key('2026-01-02 00:00Z'::timestamptz) AS instant,
	   hash_key('{"a":1.0}'::jsonb) = hash_key('{"a":1.00}'::jsonb) AS jsonb;

-- No setting changes anything.
CREATE TABLE under_defaults AS SELECT what, got FROM canon;
SET TimeZone = 'Asia/Kathmandu';
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = -15;
SET bytea_output = 'escape';
SET lc_monetary = 'C';
SET lc_numeric = 'C';
SET lc_time = 'C';
SET xmloption = 'document';
SELECT what FROM canon JOIN under_defaults d USING (what) WHERE canon.got <> d.got;
RESET ALL;
SET search_path = hash_test, datavault;
CREATE TABLE samples AS
SELECT i, 'k' || i AS t, i / 7.0::float8 AS f8, (i / 7.0)::float4 AS f4,
	   (i - 500)::numeric / 8 AS n, date '1990-01-01' + i AS d,
	   timestamp '1999-12-31 23:00' + i * interval '61.000123 minutes' AS ts,
	   timestamptz '1999-12-31 23:00Z' + i * interval '61.000123 minutes' AS tz,
	   time '00:00' + i * interval '59.7 seconds' AS tm,
	   decode(md5(i::text), 'hex') AS b, i % 2 = 0 AS o,
	   CASE WHEN i % 3 > 0 THEN 'x' || i END AS nullable
FROM generate_series(1, 1000) i;
CREATE TABLE keys AS SELECT i, hash_key(t, f8, f4, n, d, ts, tz, tm, b, o, nullable) AS h,
	hash_diff(s) AS diff FROM samples s;
SET TimeZone = 'America/New_York';
SET DateStyle = 'German';
SET extra_float_digits = -10;
SET bytea_output = 'escape';
SELECT count(*) AS changed FROM samples s JOIN keys USING (i)
WHERE h <> hash_key(t, f8, f4, n, d, ts, tz, tm, b, o, nullable) OR diff <> hash_diff(s);
RESET TimeZone;
RESET DateStyle;
RESET extra_float_digits;
RESET bytea_output;

-- The profile once more, in plain SQL, over all rows.
CREATE VIEW plain AS
SELECT i, t, f8::text, f4::text, CASE WHEN n = 0 THEN '0' ELSE trim_scale(n)::text END AS n,
	   to_char(d, 'YYYY-MM-DD') AS d,
	   to_char(ts, 'YYYY-MM-DD"T"HH24:MI:SS.US') AS ts,
	   to_char(tz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS tz,
	   to_char(tm, 'HH24:MI:SS.US') AS tm, encode(b, 'hex') AS b, o::text, nullable
FROM samples;
SELECT count(*) AS differing FROM plain p JOIN keys USING (i)
WHERE h <> native_key(t, f8, f4, n, d, ts, tz, tm, b, o, nullable);
SELECT count(*) AS differing FROM keys JOIN (
	SELECT p.i, string_agg(component(key) || component(value), '' ORDER BY key COLLATE "C") AS joined
	FROM plain p, jsonb_each_text(to_jsonb(p)) WHERE value IS NOT NULL GROUP BY p.i) p USING (i)
WHERE diff <> substr(encode(sha256(convert_to(joined, 'UTF8')), 'hex'), 1, 32)::uuid;

-- Arrays as components: each element is one.
SELECT hash_key(VARIADIC ARRAY['a', NULL, 'c']) = hash_key('a', NULL, 'c') AS elements,
	   hash_key(VARIADIC ARRAY[1, 2]) = hash_key(1, 2) AS numbers,
	   hash_key(VARIADIC ARRAY['a']) <> hash_key(ARRAY['a']) AS not_an_array,
	   hash_key(VARIADIC NULL::text[]) IS NULL AS nothing,
	   hash_key_bytea(VARIADIC '{{1,2},{3,4}}'::int[]) = hash_key_bytea(1, 2, 3, 4) AS flat;

-- Large and compressed values; one beyond the call site's own buffer.
CREATE TABLE large AS SELECT repeat(md5(i::text), i * 500) AS t FROM generate_series(1, 5) i;
INSERT INTO large VALUES ('short');
SELECT count(*) AS differing FROM large WHERE hash_key(t, 'x') <> native_key(t, 'x');
SELECT count(*) AS differing FROM large WHERE hash_key(t::bytea) <> native_key(encode(t::bytea, 'hex'));

-- hash_diff: by name, without NULLs.
SELECT hash_diff(r) = (SELECT hash_diff(s) FROM (SELECT 2 AS b, 1 AS a, NULL::text AS added) s) AS same,
	   hash_diff(r) FROM (SELECT 1 AS a, 2 AS b) r;		-- 1:a1:11:b1:2
SELECT hash_diff(r) FROM (SELECT NULL::int AS a) r;		-- SHA-256 of nothing
SELECT hash_diff(NULL) IS NULL AS unknown;
SELECT count(DISTINCT hash_diff(r)) AS distinct_diffs FROM (VALUES ('a', NULL), (NULL, 'a'), ('', 'a')) r(x, y);
SELECT hash_diff(r) = native_key('B', '1', 'a', '2', 'é', '3') AS bytewise
FROM (SELECT 3 AS "é", 2 AS a, 1 AS "B") r;
SELECT hash_diff(r) = native_key('a', '1', 'a', '2') AS same_names FROM (SELECT 1 AS a, 2 AS a) r;
CREATE TABLE changing (a int, gone text, b text);
INSERT INTO changing VALUES (1, 'x', 'two');
ALTER TABLE changing DROP COLUMN gone, ADD COLUMN c numeric;
SELECT hash_diff(r) = native_key('a', '1', 'b', 'two') AS dropped FROM changing r;
UPDATE changing SET c = 1.50;
SELECT hash_diff(r) = native_key('a', '1', 'b', 'two', 'c', '1.5') AS added FROM changing r;

-- Row types that change from call to call at one call site.
CREATE FUNCTION diff_of(r record) RETURNS uuid LANGUAGE plpgsql AS $$BEGIN RETURN datavault.hash_diff(r); END$$;
SELECT diff_of(a) = hash_diff(a) AND diff_of(b) = hash_diff(b) AS both
FROM (SELECT 1 AS x) a, (SELECT 'q' AS y, 2.0 AS z) b, generate_series(1, 3);

-- Generated columns, indexes, parallel plans.
CREATE TABLE source (customer_no text, branch int,
	hk uuid GENERATED ALWAYS AS (hash_key(customer_no, branch)) STORED);
INSERT INTO source SELECT 'c' || i, i % 7 FROM generate_series(1, 20000) i;
SELECT count(*) AS differing FROM source WHERE hk <> hash_key(customer_no, branch);
CREATE UNIQUE INDEX source_key ON source (hash_key(customer_no, branch));
ANALYZE source;
EXPLAIN (COSTS OFF) SELECT * FROM source WHERE hash_key(customer_no, branch) = hash_key('c5', 5);
SELECT customer_no, branch FROM source WHERE hash_key(customer_no, branch) = hash_key('c5', 5);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT count(*) FROM source s WHERE hash_diff(s) IS NOT NULL AND hk = hash_key_bytea(branch)::text::uuid;
SELECT count(*) AS parallel FROM source WHERE hk = hash_key(customer_no, branch);
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
SELECT proname, provolatile, proparallel, proisstrict, obj_description(oid, 'pg_proc') IS NOT NULL AS commented
FROM pg_proc WHERE proname IN ('hash_key', 'hash_key_bytea', 'hash_diff') ORDER BY proname;

-- Prepared statements and views keep their arguments' types.
PREPARE p(text, int) AS SELECT hash_key($1, $2) = native_key($1, $2::text) AS prepared;
EXECUTE p('a', 1);
EXECUTE p(NULL, 2);

-- Outside the list: an error that says what to do.
SELECT hash_key('1 day'::interval);
SELECT hash_key('10:00+03'::timetz);
SELECT hash_key('<a/>'::xml);
SELECT hash_key(ROW(1, 2));
SELECT hash_key('[1,2)'::int4range);
SELECT hash_key('pg_class'::regclass);
SELECT hash_key(ARRAY['1 day'::interval]);
SELECT hash_key('a'::"char");
CREATE EXTENSION citext;
SELECT hash_key('A'::citext);
SELECT hash_diff(r) FROM (SELECT 1 AS a, ROW(1) AS b) r;
SELECT hash_key();

SET client_min_messages = warning;
DROP EXTENSION citext;
DROP SCHEMA hash_test CASCADE;
