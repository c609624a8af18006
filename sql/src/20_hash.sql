-- Hash keys and hash diffs (doc/hash.md defines them).

CREATE FUNCTION datavault.hash_key(VARIADIC components "any") RETURNS uuid
	LANGUAGE c IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'hash_key';
COMMENT ON FUNCTION datavault.hash_key(VARIADIC "any") IS
	'hash key of a business key: the first 128 bits of SHA-256 over the canonical texts of its components';

CREATE FUNCTION datavault.hash_key_bytea(VARIADIC components "any") RETURNS bytea
	LANGUAGE c IMMUTABLE PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'hash_key_bytea';
COMMENT ON FUNCTION datavault.hash_key_bytea(VARIADIC "any") IS
	'hash key of a business key with all 256 bits; hash_key() gives the first 128 of them';

CREATE FUNCTION datavault.hash_diff(attributes record) RETURNS uuid
	LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'hash_diff';
COMMENT ON FUNCTION datavault.hash_diff(record) IS
	'hash diff of a row: over the names and values of its non-NULL attributes, in the order of their names';

CREATE FUNCTION datavault.can_hash(type regtype) RETURNS boolean
	LANGUAGE c STABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'can_hash';
COMMENT ON FUNCTION datavault.can_hash(regtype) IS
	'whether values of the type have a canonical text, so that hash_key() and hash_diff() take them';
