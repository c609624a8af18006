-- What decoded values become.  probe() gives the value, or the SQLSTATE and the
-- detail of the error.
SET TimeZone = 'UTC';
SET client_min_messages = warning;
CREATE FUNCTION probe(type text, kind text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	why text;
BEGIN
	RETURN probe_datum(type, kind, value);
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR object_not_in_prerequisite_state THEN
	GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
	RETURN 'ERROR ' || sqlstate || ' ' || coalesce(nullif(why, ''), sqlerrm);
END$$;
CREATE TYPE colour AS ENUM ('red');
CREATE DOMAIN positive AS numeric(6,2) CHECK (VALUE > 0);
CREATE DOMAIN short AS varchar(3);

\pset format unaligned
\pset tuples_only on
SELECT type, kind, value, probe(type, kind, value) FROM (VALUES
	('int2', 'int64', '32767'), ('int2', 'int64', '32768'), ('int2', 'int64', '-32768'), ('int2', 'int64', '-32769'),
	('int4', 'int64', '2147483648'), ('int4', 'int64', '-2147483648'), ('int8', 'int64', '9223372036854775807'),
	('int4', 'text', '12'), ('int4', 'text', '12.5'), ('int4', 'float8', '3'), ('int4', 'float8', '3.5'),
	('bool', 'bool', 'true'), ('bool', 'text', 'f'), ('bool', 'int64', '1'), ('bool', 'int64', '2'),
	('float8', 'float8', '0.1'), ('float8', 'int64', '9007199254740992'), ('float8', 'int64', '9007199254740993'),
	('float8', 'int64', '9223372036854775807'), ('float8', 'text', 'NaN'),
	('float4', 'float8', '1.1'), ('float4', 'float8', '16777216'), ('float4', 'float8', '0.1234567890123'),
	('float4', 'float8', '1e300'), ('float4', 'float8', '1e-300'), ('float4', 'float8', '1.10000002384185791015625'),
	('numeric', 'text', '12.30'), ('numeric(6,2)', 'text', '12.30'), ('numeric(6,2)', 'text', '12.300'),
	('numeric(6,2)', 'text', '12.345'), ('numeric(6,2)', 'text', '12345.67'), ('numeric(6,2)', 'int64', '42'),
	('numeric(6,2)', 'text', 'NaN'), ('numeric(6,2)', 'float8', '0.5'), ('numeric(6,-1)', 'int64', '123'),
	('text', 'text', 'å€'), ('text', 'int64', '-5'), ('text', 'bool', 'true'), ('text', 'float8', '0.1'),
	('text', 'date', '0'), ('text', 'timestamp', '0'), ('text', 'timestamptz', '1'), ('text', 'bytes', '00ff'),
	('text', 'octets', '6100'), ('text', 'octets', '61ff'), ('text', 'octets', 'c3'), ('text', 'octets', 'eda080'), ('text', 'octets', ''),
	('varchar(3)', 'text', 'åäö'), ('varchar(3)', 'text', 'åäö '), ('varchar(3)', 'text', 'åäöx'), ('varchar(3)', 'text', 'åäö x'),
	('char(3)', 'text', 'å'), ('char(3)', 'text', 'abc   '), ('char(3)', 'text', 'abcd'), ('varchar(3)', 'int64', '1234'),
	('name', 'text', 'abc'), ('name', 'text', repeat('x', 64)),
	('date', 'date', '9498'), ('date', 'date', '-2147483648'), ('date', 'date', '2147483647'), ('date', 'date', '2147483646'),
	('date', 'timestamp', '86400000000'), ('date', 'timestamp', '86400000001'), ('date', 'timestamp', '-86400000000'),
	('date', 'text', '2026-01-02'), ('date', 'text', '2026-01-02 10:00'), ('date', 'text', 'now'), ('date', 'text', 'infinity'),
	('date', 'int64', '5'),
	('time', 'time', '86400000000'), ('time', 'time', '86400000001'), ('time', 'time', '-1'), ('time(3)', 'time', '1000'),
	('time(3)', 'time', '1001'), ('time', 'text', '10:11:12.5'), ('time', 'text', '10:00+03'), ('time', 'text', '2026-01-02 10:00'),
	('time', 'text', '10:00:00.1234567'), ('time', 'text', '10:00:00.1234560'), ('time(3)', 'text', '10:00:00.1234'), ('time', 'timestamp', '0'),
	('timestamp', 'timestamp', '0'), ('timestamp(3)', 'timestamp', '1000'), ('timestamp(3)', 'timestamp', '1'),
	('timestamp(3)', 'timestamp', '-1'), ('timestamp(0)', 'timestamp', '9223372036854775807'), ('timestamp', 'timestamp', '-9223372036854775808'),
	('timestamp', 'timestamp', '9223372036854775806'), ('timestamp', 'date', '1'), ('timestamp', 'date', '2147483647'), ('timestamp', 'date', '2000000000'),
	('timestamp', 'text', '2026-01-02 10:00:00+03'), ('timestamp', 'text', '2026-01-02T10:00:00'), ('timestamp', 'text', '0044-03-15 10:00:00 BC'),
	('timestamp(0)', 'text', 'infinity'), ('timestamp(0)', 'text', '2026-01-02 10:00:00.5'), ('timestamp', 'text', 'today'),
	('timestamptz', 'timestamptz', '0'), ('timestamptz(0)', 'timestamptz', '1'), ('timestamptz', 'text', '2026-01-02 10:00:00+03'),
	('timestamptz', 'text', '2026-01-02 10:00:00.1234567Z'), ('timestamp', 'timestamptz', '0'), ('timestamptz', 'int64', '5'),
	('uuid', 'text', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'), ('uuid', 'text', 'x'), ('uuid', 'bytes', '000102030405060708090a0b0c0d0e0f'),
	('bytea', 'bytes', '00ff'), ('bytea', 'bytes', ''), ('bytea', 'text', '\x6162'), ('bytea', 'text', '\x6'),
	('json', 'text', '{"a": 1}'), ('json', 'text', '{'), ('jsonb', 'text', '{"a":1.0}'), ('jsonb', 'text', '"\u0000"'),
	('inet', 'text', '10.0.0.1/8'), ('inet', 'text', 'x'), ('colour', 'text', 'red'), ('colour', 'text', 'green'),
	('money', 'text', '12.34'), ('money', 'text', '12.345'), ('money', 'text', '1.2345678901E8'), ('money', 'text', '7.036874417766399E13'), ('money', 'text', '-7.0368744177664E13'), ('money', 'int64', '12'),
	('int4[]', 'text', '{1,NULL,3}'), ('numeric(6,2)[]', 'text', '{1.5,NULL}'), ('numeric(6,2)[]', 'text', '{1.505}'),
	('varchar(2)[]', 'text', '{abc}'), ('timestamp(0)[]', 'text', '{2026-01-02 10:00:00.5}'),
	('positive', 'text', '1.5'), ('positive', 'text', '-1'), ('positive', 'text', '1.555'), ('positive', 'int64', '7'), ('short', 'text', 'abcd'),
	('interval', 'text', '1 day 02:00'), ('interval(0)', 'text', '0.5 s'), ('bit(3)', 'text', '101'), ('bit(3)', 'text', '1011')
) v(type, kind, value);
\pset format aligned
\pset tuples_only off

-- An error as it is shown: names the type and the value, says what to do.
SELECT probe_datum('varchar(3)', 'text', repeat('long ', 50));
SELECT probe_datum('positive', 'text', '-1');
