\echo Use "CREATE EXTENSION datavault_probe" to load this file. \quit

-- The Datum of a decoded value as the type prints it.  Values: an integer for
-- int64, date, time, timestamp and timestamptz, digits for float8, hexadecimal
-- for bytes and for octets (text given octet by octet).
CREATE FUNCTION probe_datum(type text, kind text, value text) RETURNS text
	LANGUAGE c STRICT AS 'MODULE_PATHNAME';
