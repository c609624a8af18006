-- Source positions: where in the source's history a row version stands.

CREATE TYPE datavault.source_pos;

CREATE FUNCTION datavault.source_pos_in(cstring) RETURNS datavault.source_pos
    AS 'MODULE_PATHNAME', 'dv_source_pos_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_in(cstring) IS 'input of source_pos';

CREATE FUNCTION datavault.source_pos_out(datavault.source_pos) RETURNS cstring
    AS 'MODULE_PATHNAME', 'dv_source_pos_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_out(datavault.source_pos) IS 'output of source_pos';

CREATE FUNCTION datavault.source_pos_recv(internal) RETURNS datavault.source_pos
    AS 'MODULE_PATHNAME', 'dv_source_pos_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_recv(internal) IS 'binary input of source_pos';

CREATE FUNCTION datavault.source_pos_send(datavault.source_pos) RETURNS bytea
    AS 'MODULE_PATHNAME', 'dv_source_pos_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_send(datavault.source_pos) IS 'binary output of source_pos';

CREATE TYPE datavault.source_pos (
    INPUT = datavault.source_pos_in,
    OUTPUT = datavault.source_pos_out,
    RECEIVE = datavault.source_pos_recv,
    SEND = datavault.source_pos_send,
    INTERNALLENGTH = 20,
    ALIGNMENT = char,
    STORAGE = plain,
    CATEGORY = 'U'
);
COMMENT ON TYPE datavault.source_pos IS 'position of a row version in its source: epoch/commit/stage/lsn/half';

CREATE FUNCTION datavault.source_pos_lt(datavault.source_pos, datavault.source_pos) RETURNS boolean
    AS 'MODULE_PATHNAME', 'dv_source_pos_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_lt(datavault.source_pos, datavault.source_pos) IS 'implementation of the < operator';

CREATE FUNCTION datavault.source_pos_le(datavault.source_pos, datavault.source_pos) RETURNS boolean
    AS 'MODULE_PATHNAME', 'dv_source_pos_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_le(datavault.source_pos, datavault.source_pos) IS 'implementation of the <= operator';

CREATE FUNCTION datavault.source_pos_eq(datavault.source_pos, datavault.source_pos) RETURNS boolean
    AS 'MODULE_PATHNAME', 'dv_source_pos_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_eq(datavault.source_pos, datavault.source_pos) IS 'implementation of the = operator';

CREATE FUNCTION datavault.source_pos_ne(datavault.source_pos, datavault.source_pos) RETURNS boolean
    AS 'MODULE_PATHNAME', 'dv_source_pos_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_ne(datavault.source_pos, datavault.source_pos) IS 'implementation of the <> operator';

CREATE FUNCTION datavault.source_pos_ge(datavault.source_pos, datavault.source_pos) RETURNS boolean
    AS 'MODULE_PATHNAME', 'dv_source_pos_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_ge(datavault.source_pos, datavault.source_pos) IS 'implementation of the >= operator';

CREATE FUNCTION datavault.source_pos_gt(datavault.source_pos, datavault.source_pos) RETURNS boolean
    AS 'MODULE_PATHNAME', 'dv_source_pos_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_gt(datavault.source_pos, datavault.source_pos) IS 'implementation of the > operator';

CREATE FUNCTION datavault.source_pos_cmp(datavault.source_pos, datavault.source_pos) RETURNS integer
    AS 'MODULE_PATHNAME', 'dv_source_pos_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_cmp(datavault.source_pos, datavault.source_pos) IS 'btree comparison of source positions';

CREATE FUNCTION datavault.source_pos_sortsupport(internal) RETURNS void
    AS 'MODULE_PATHNAME', 'dv_source_pos_sortsupport' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_sortsupport(internal) IS 'sort support of source positions';

CREATE FUNCTION datavault.source_pos_hash(datavault.source_pos) RETURNS integer
    AS 'MODULE_PATHNAME', 'dv_source_pos_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_hash(datavault.source_pos) IS 'hash of a source position';

CREATE FUNCTION datavault.source_pos_hash_extended(datavault.source_pos, bigint) RETURNS bigint
    AS 'MODULE_PATHNAME', 'dv_source_pos_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.source_pos_hash_extended(datavault.source_pos, bigint) IS 'hash of a source position, seeded';

CREATE OPERATOR datavault.< (
    FUNCTION = datavault.source_pos_lt,
    LEFTARG = datavault.source_pos, RIGHTARG = datavault.source_pos,
    COMMUTATOR = OPERATOR(datavault.>), NEGATOR = OPERATOR(datavault.>=),
    RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR datavault.< (datavault.source_pos, datavault.source_pos) IS 'less than';

CREATE OPERATOR datavault.<= (
    FUNCTION = datavault.source_pos_le,
    LEFTARG = datavault.source_pos, RIGHTARG = datavault.source_pos,
    COMMUTATOR = OPERATOR(datavault.>=), NEGATOR = OPERATOR(datavault.>),
    RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR datavault.<= (datavault.source_pos, datavault.source_pos) IS 'less than or equal';

CREATE OPERATOR datavault.= (
    FUNCTION = datavault.source_pos_eq,
    LEFTARG = datavault.source_pos, RIGHTARG = datavault.source_pos,
    COMMUTATOR = OPERATOR(datavault.=), NEGATOR = OPERATOR(datavault.<>),
    HASHES, MERGES,
    RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR datavault.= (datavault.source_pos, datavault.source_pos) IS 'equal';

CREATE OPERATOR datavault.<> (
    FUNCTION = datavault.source_pos_ne,
    LEFTARG = datavault.source_pos, RIGHTARG = datavault.source_pos,
    COMMUTATOR = OPERATOR(datavault.<>), NEGATOR = OPERATOR(datavault.=),
    RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR datavault.<> (datavault.source_pos, datavault.source_pos) IS 'not equal';

CREATE OPERATOR datavault.>= (
    FUNCTION = datavault.source_pos_ge,
    LEFTARG = datavault.source_pos, RIGHTARG = datavault.source_pos,
    COMMUTATOR = OPERATOR(datavault.<=), NEGATOR = OPERATOR(datavault.<),
    RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR datavault.>= (datavault.source_pos, datavault.source_pos) IS 'greater than or equal';

CREATE OPERATOR datavault.> (
    FUNCTION = datavault.source_pos_gt,
    LEFTARG = datavault.source_pos, RIGHTARG = datavault.source_pos,
    COMMUTATOR = OPERATOR(datavault.<), NEGATOR = OPERATOR(datavault.<=),
    RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR datavault.> (datavault.source_pos, datavault.source_pos) IS 'greater than';

CREATE OPERATOR CLASS datavault.source_pos_ops DEFAULT FOR TYPE datavault.source_pos USING btree AS
    OPERATOR 1 datavault.<, OPERATOR 2 datavault.<=, OPERATOR 3 datavault.=,
    OPERATOR 4 datavault.>=, OPERATOR 5 datavault.>,
    FUNCTION 1 datavault.source_pos_cmp(datavault.source_pos, datavault.source_pos),
    FUNCTION 2 datavault.source_pos_sortsupport(internal);
COMMENT ON OPERATOR CLASS datavault.source_pos_ops USING btree IS 'order of source positions';
CREATE OPERATOR CLASS datavault.source_pos_ops DEFAULT FOR TYPE datavault.source_pos USING hash AS
    OPERATOR 1 datavault.=,
    FUNCTION 1 datavault.source_pos_hash(datavault.source_pos),
    FUNCTION 2 datavault.source_pos_hash_extended(datavault.source_pos, bigint);
COMMENT ON OPERATOR CLASS datavault.source_pos_ops USING hash IS 'equality of source positions';

CREATE FUNCTION datavault.make_source_pos(epoch integer, commit pg_lsn, stage integer, lsn pg_lsn, half integer) RETURNS datavault.source_pos
    AS 'MODULE_PATHNAME', 'dv_make_source_pos' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.make_source_pos(epoch integer, commit pg_lsn, stage integer, lsn pg_lsn, half integer) IS 'a source position from its parts';

CREATE FUNCTION datavault.pos_epoch(datavault.source_pos) RETURNS integer
    AS 'MODULE_PATHNAME', 'dv_source_pos_epoch' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.pos_epoch(datavault.source_pos) IS 'part of a source position: counts the times that the source was restored or moved';

CREATE FUNCTION datavault.pos_commit(datavault.source_pos) RETURNS pg_lsn
    AS 'MODULE_PATHNAME', 'dv_source_pos_commit' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.pos_commit(datavault.source_pos) IS 'part of a source position: end of the commit before the transaction, or the snapshot';

CREATE FUNCTION datavault.pos_stage(datavault.source_pos) RETURNS integer
    AS 'MODULE_PATHNAME', 'dv_source_pos_stage' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.pos_stage(datavault.source_pos) IS 'part of a source position: 0 = read by a snapshot, 1 = streamed';

CREATE FUNCTION datavault.pos_lsn(datavault.source_pos) RETURNS pg_lsn
    AS 'MODULE_PATHNAME', 'dv_source_pos_lsn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.pos_lsn(datavault.source_pos) IS 'part of a source position: LSN of the change';

CREATE FUNCTION datavault.pos_half(datavault.source_pos) RETURNS integer
    AS 'MODULE_PATHNAME', 'dv_source_pos_half' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION datavault.pos_half(datavault.source_pos) IS 'part of a source position: 1 = the second half of a primary-key change';
