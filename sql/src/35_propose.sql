-- A first model from the catalog of the source database, and drawings.
--
-- Four steps, each of them a jsonb object by table name: the facts that the catalog has; a kind for each
-- table (hub, link, subtype); its shape, which says where its columns and foreign keys go; names, each
-- of them once. The document is written from the shapes. Only the first step looks into the catalog.

-- ---- Names ----

CREATE FUNCTION datavault.propose_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN octet_length(name) <= 40 THEN name
                     ELSE (SELECT left(name, max(n)) FROM generate_series(1, 31) n WHERE octet_length(left(name, n)) <= 31)
                          || '_' || left(md5(name), 8) END$$;
COMMENT ON FUNCTION datavault.propose_name(text) IS 'internal: a name so short that every name made from it fits';

CREATE FUNCTION datavault.propose_free(candidates text[], suffixes text[], taken text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    candidate text;
    n integer := 1;
BEGIN
    LOOP
        candidate := COALESCE(candidates[n], candidates[1] || '_' || n - cardinality(candidates) + 1);
        EXIT WHEN NOT EXISTS (SELECT FROM unnest(suffixes) s WHERE candidate || s = ANY (taken));
        n := n + 1;
    END LOOP;
    RETURN candidate;
END $$;
COMMENT ON FUNCTION datavault.propose_free(text[], text[], text[]) IS
'internal: the first of the candidates, else the first one numbered, that is not taken with any of the suffixes';

CREATE FUNCTION datavault.propose_renamed(names text[], reserved text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    taken text[] := reserved || '{position,operation,load_dts,record_source,applied_dts,hash_diff,row_key,valid_from,valid_to,is_live}';
    fixed text[] := taken || names;
    name text;
    renamed text;
    result text[] := '{}';
BEGIN
    FOREACH name IN ARRAY names LOOP
        renamed := datavault.propose_name(name);
        IF renamed = ANY (taken) THEN
            renamed := datavault.propose_free(ARRAY[datavault.propose_name('source_' || name)], '{""}', fixed || result);
        END IF;
        taken := taken || renamed;
        result := result || renamed;
    END LOOP;
    RETURN result;
END $$;
COMMENT ON FUNCTION datavault.propose_renamed(text[], text[]) IS
'internal: names for columns, side by side, that differ from each other and from those that a table of the vault has anyway';

CREATE FUNCTION datavault.propose_rename_note(names text[], renamed text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(' Renamed, because the name is too long or the table has one of that name: '
                         || string_agg(quote_ident(name) || ' to ' || quote_ident(new), ', ' ORDER BY n) || '.', '')
         FROM unnest(names, renamed) WITH ORDINALITY u(name, new, n) WHERE name <> new$$;
COMMENT ON FUNCTION datavault.propose_rename_note(text[], text[]) IS 'internal: which columns have another name in the vault';

-- ---- Types ----

CREATE FUNCTION datavault.propose_type(type oid, typmod integer) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN t.typtype = 'd' THEN datavault.propose_type(t.typbasetype, t.typtypmod)
                     WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN format_type(type, typmod)
                     WHEN t.typsubscript = 'array_subscript_handler'::regproc THEN datavault.propose_type(t.typelem, typmod) || '[]'
                     ELSE 'text' END FROM pg_type t WHERE t.oid = type$$;
COMMENT ON FUNCTION datavault.propose_type(oid, integer) IS
'internal: a built-in type for a column of the source: domains by their base, others as text, also as elements';

CREATE FUNCTION datavault.propose_kept_type(type text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN datavault.can_hash(to_regtype(type)) THEN type ELSE 'text' END$$;
COMMENT ON FUNCTION datavault.propose_kept_type(text) IS 'internal: the type of the vault''s column: text where hash_diff() refuses the type';

-- ---- Facts ----

CREATE FUNCTION datavault.propose_columns(relation oid, attnums smallint[]) RETURNS text[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(attnums) WITH ORDINALITY k(attnum, n)
         JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = k.attnum$$;
COMMENT ON FUNCTION datavault.propose_columns(oid, smallint[]) IS 'internal: names of columns, in order';

CREATE FUNCTION datavault.propose_list(columns jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT string_agg(c, ', ' ORDER BY n) FROM jsonb_array_elements_text(columns) WITH ORDINALITY u(c, n)$$;
COMMENT ON FUNCTION datavault.propose_list(jsonb) IS 'internal: names of columns for a note';

CREATE FUNCTION datavault.propose_attributes(relation oid)
    RETURNS TABLE (attnum smallint, name text, type text, optional boolean, computed boolean, makes text)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT a.attnum, a.attname::text, datavault.propose_type(a.atttypid, a.atttypmod), NOT a.attnotnull, a.attgenerated <> '',
                CASE WHEN a.attidentity <> '' OR d.made ~ '^\(*nextval\(' THEN 'number'
                     WHEN d.made ~ '^([^(]+\.)?(gen_random_uuid|uuid_generate_[a-z0-9]+)\(' THEN 'uuid' END
         FROM pg_attribute a
         LEFT JOIN LATERAL (SELECT pg_get_expr(adbin, adrelid) AS made FROM pg_attrdef
                            WHERE adrelid = a.attrelid AND adnum = a.attnum) d ON true
         WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped$$;
COMMENT ON FUNCTION datavault.propose_attributes(oid) IS
'internal: columns of a table; makes says what the database makes there by itself: a number or a uuid';

-- Keys that a person might know a row by: no generated number in them, nothing that refers elsewhere.
-- A primary key of texts is one like any other; one of numbers or uuids is likely to be a surrogate,
-- and a uuid is nobody's first choice.
CREATE FUNCTION datavault.propose_keys(relation oid)
    RETURNS TABLE (index_name text, is_primary boolean, key smallint[], refusal text, rank bigint)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT u.name, u.indisprimary, u.key, u.refusal,
                row_number() OVER (PARTITION BY u.refusal IS NULL
                                   ORDER BY u.indisprimary AND u.numbers + u.uuids > 0, u.uuids > 0, u.indnkeyatts, NOT u.indisprimary, u.name)
         FROM (SELECT i.*, c.*, f.columns, i.indexrelid::regclass::text AS name, k.key,
                      CASE WHEN NOT i.indisvalid THEN 'it is not valid'
                           WHEN NOT i.indimmediate THEN 'it is deferrable'
                           WHEN i.indpred IS NOT NULL THEN 'it is partial'
                           WHEN i.indexprs IS NOT NULL THEN 'it is of an expression'
                           WHEN c.computed IS NOT NULL THEN format('the generated %s is not streamed', c.computed)
                           WHEN c.optional IS NOT NULL THEN format('%s may be NULL', c.optional)
                           WHEN c.numbered IS NOT NULL THEN format('%s is a generated number', c.numbered)
                           WHEN f.columns IS NOT NULL THEN format('it contains the foreign key (%s)', f.columns) END AS refusal
               FROM pg_index i
               CROSS JOIN LATERAL (SELECT (i.indkey::smallint[])[0:i.indnkeyatts - 1] AS key) k
               CROSS JOIN LATERAL (
                   SELECT count(*) FILTER (WHERE type ~ '^(smallint|integer|bigint|numeric)') AS numbers, count(*) FILTER (WHERE type = 'uuid') AS uuids,
                          string_agg(a.name, ', ' ORDER BY attnum) FILTER (WHERE computed) AS computed,
                          string_agg(a.name, ', ' ORDER BY attnum) FILTER (WHERE optional) AS optional,
                          string_agg(a.name, ', ' ORDER BY attnum) FILTER (WHERE makes = 'number') AS numbered
                   FROM datavault.propose_attributes(relation) a WHERE a.attnum = ANY (k.key)) c
               CROSS JOIN LATERAL (
                   SELECT min(array_to_string(datavault.propose_columns(relation, conkey), ', ')) AS columns
                   FROM pg_constraint WHERE conrelid = relation AND contype = 'f' AND conkey <@ k.key) f
               WHERE i.indrelid = relation AND i.indisunique) u$$;
COMMENT ON FUNCTION datavault.propose_keys(oid) IS
'internal: unique indexes of a table; those without a refusal would do as its natural key, the best first by rank';

CREATE FUNCTION datavault.propose_surrogate(relation oid, key smallint[], is_primary boolean) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT format('Warning: %s, %s a surrogate, which means nothing outside this database. ',
                       string_agg(CASE WHEN a.makes IS NOT NULL THEN format('%I is a generated %s', a.name, a.makes)
                                       ELSE format('%I is a bare %s', a.name, CASE a.type WHEN 'uuid' THEN 'uuid' ELSE 'number' END) END, ', ' ORDER BY a.attnum),
                       CASE WHEN bool_or(a.makes IS NOT NULL) THEN 'probably' ELSE 'perhaps' END)
         FROM datavault.propose_attributes(relation) a
         WHERE a.attnum = ANY (key)
           AND (a.makes IS NOT NULL OR is_primary AND cardinality(key) = 1 AND a.type ~ '^(smallint|integer|bigint|numeric|uuid)')
         HAVING count(*) > 0$$;
COMMENT ON FUNCTION datavault.propose_surrogate(oid, smallint[], boolean) IS 'internal: a warning if a key looks like a surrogate';

CREATE FUNCTION datavault.propose_key_list(relation oid, refused boolean) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT string_agg(k.index_name || COALESCE(' (' || array_to_string(datavault.propose_columns(relation, k.key), ', ') || ')', '')
                           || COALESCE(', because ' || k.refusal, ''), '; ' ORDER BY k.rank)
         FROM datavault.propose_keys(relation) k
         WHERE CASE WHEN refused THEN k.refusal IS NOT NULL AND NOT k.is_primary ELSE k.refusal IS NULL AND k.rank > 1 END$$;
COMMENT ON FUNCTION datavault.propose_key_list(oid, boolean) IS 'internal: the other keys of a table, those refused or those that would do';

CREATE FUNCTION datavault.propose_key_note(relation oid, pk smallint[]) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(w.warning, '')
                || CASE WHEN k.is_primary AND w.warning IS NULL OR NOT k.is_primary THEN 'Business key: ' || k.index_name || ', unique and never NULL.'
                        ELSE 'No natural key was found: the primary key stands in for it. Give the business key if there is one.' END
                || COALESCE(' Others that would do: ' || datavault.propose_key_list(relation, false) || '.', '')
                || COALESCE(' Not taken: ' || datavault.propose_key_list(relation, true) || '.', '')
         FROM (SELECT) one LEFT JOIN datavault.propose_keys(relation) k ON k.refusal IS NULL AND k.rank = 1
         CROSS JOIN LATERAL (SELECT datavault.propose_surrogate(relation, COALESCE(k.key, pk), COALESCE(k.is_primary, true)) AS warning) w$$;
COMMENT ON FUNCTION datavault.propose_key_note(oid, smallint[]) IS 'internal: why that key';

-- What Debezium does not stream as the catalog has it (doc/types.md).
CREATE FUNCTION datavault.propose_wire_note(relation oid) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE((SELECT format(' Not ASCII: %s. Debezium never streams a change of a table of such a name: rename it in the source.', c.oid::regclass)
                          FROM pg_class c WHERE c.oid = relation AND (c.relname || c.relnamespace::regnamespace::text) ~ '[^ -~]'), '')
             || COALESCE(' Not ASCII: ' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE a.attname ~ '[^ -~]')
                         || '. Debezium''s stream spells such names in another way: an attribute is NULL in every streamed change, a key is rejected. Rename them in the source.', '')
             || COALESCE(' Left out, because generated columns are not streamed: ' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                         FILTER (WHERE a.attgenerated <> '') || '. Compute them in a view of the vault.', '')
         FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped$$;
COMMENT ON FUNCTION datavault.propose_wire_note(oid) IS 'internal: which names and columns of a table the stream does not carry';

-- Names of tables in the state schema are made of schema and table.
CREATE FUNCTION datavault.propose_tables(schema name) RETURNS TABLE (relation oid, name text, pk smallint[])
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT c.oid, c.relname::text, p.conkey
         FROM pg_class c JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'
         WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = schema)
           AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
           AND c.relname NOT LIKE '%signal%' AND octet_length(schema::text) + octet_length(c.relname::text) <= 62
           AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (p.conkey) AND a.attgenerated <> '')
         ORDER BY c.relname$$;
COMMENT ON FUNCTION datavault.propose_tables(name) IS 'internal: the tables of a schema that a model can have as sources';

CREATE FUNCTION datavault.propose_foreign_keys(relation oid, schema name) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_agg(jsonb_build_object(
                    'columns', datavault.propose_columns(f.conrelid, f.conkey), 'refers', f.confrelid::regclass::text, 'to', p.name,
                    'to_columns', datavault.propose_columns(f.confrelid, f.confkey), 'optional', c.optional, 'computed', c.computed)
                    ORDER BY f.conkey, f.conname), '[]')
         FROM (SELECT DISTINCT ON (conkey, confrelid) * FROM pg_constraint
               WHERE conrelid = relation AND contype = 'f' AND conparentid = 0 AND NOT (confrelid = conrelid AND confkey = conkey)
               ORDER BY conkey, confrelid, conname) f
         CROSS JOIN LATERAL (SELECT bool_or(optional) AS optional, bool_or(computed) AS computed
                             FROM datavault.propose_attributes(relation) WHERE attnum = ANY (f.conkey)) c
         LEFT JOIN datavault.propose_tables(schema) p ON p.relation = f.confrelid$$;
COMMENT ON FUNCTION datavault.propose_foreign_keys(oid, name) IS 'internal: foreign keys of a table; "to" is the table if the model has it';

CREATE FUNCTION datavault.propose_facts(schema name, immutable text[]) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_object_agg(t.name, jsonb_build_object(
                    'name', t.name, 'source', schema || '.' || t.name, 'frozen', t.name = ANY (immutable),
                    'pk', datavault.propose_columns(t.relation, t.pk), 'key', datavault.propose_columns(t.relation, COALESCE(k.key, t.pk)),
                    'natural', k.key IS NOT NULL, 'bare', k.is_primary IS NOT FALSE AND datavault.propose_surrogate(t.relation, COALESCE(k.key, t.pk), true) IS NOT NULL,
                    'names', a.names, 'types', a.types, 'foreign_keys', datavault.propose_foreign_keys(t.relation, schema),
                    'key_note', datavault.propose_key_note(t.relation, t.pk), 'wire_note', datavault.propose_wire_note(t.relation))), '{}')
         FROM datavault.propose_tables(schema) t
         LEFT JOIN LATERAL datavault.propose_keys(t.relation) k ON k.refusal IS NULL AND k.rank = 1
         CROSS JOIN LATERAL (SELECT jsonb_agg(name ORDER BY attnum) AS names, jsonb_object_agg(name, type) AS types
                             FROM datavault.propose_attributes(t.relation) WHERE NOT computed) a$$;
COMMENT ON FUNCTION datavault.propose_facts(name, text[]) IS 'internal: what the catalog says of the tables of a schema';

-- ---- Kinds ----

CREATE FUNCTION datavault.propose_same(a jsonb, b jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT a @> b AND a <@ b$$;
COMMENT ON FUNCTION datavault.propose_same(jsonb, jsonb) IS 'internal: the same columns, in any order';

CREATE FUNCTION datavault.propose_parent(facts jsonb, name text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT f.value FROM jsonb_array_elements(facts #> ARRAY[name, 'foreign_keys']) WITH ORDINALITY f(value, n)
         WHERE f.value ->> 'to' <> name AND datavault.propose_same(f.value -> 'columns', facts #> ARRAY[name, 'pk'])
           AND datavault.propose_same(f.value -> 'to_columns', facts #> ARRAY[f.value ->> 'to', 'pk'])
         ORDER BY f.n LIMIT 1$$;
COMMENT ON FUNCTION datavault.propose_parent(jsonb, text) IS
'internal: the foreign key by which the rows of a table are parts of those of another one';

CREATE FUNCTION datavault.propose_referenced(facts jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(array_agg(DISTINCT f ->> 'to'), '{}') FROM jsonb_each(facts) t, jsonb_array_elements(t.value -> 'foreign_keys') f
         WHERE f ->> 'to' IS NOT NULL AND f IS DISTINCT FROM datavault.propose_parent(facts, t.key)$$;
COMMENT ON FUNCTION datavault.propose_referenced(jsonb) IS 'internal: tables that foreign keys other than those of subtypes refer to';

CREATE FUNCTION datavault.propose_kind(facts jsonb, name text, referenced boolean) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE
           WHEN datavault.propose_parent(facts, name) IS NOT NULL THEN 'subtype'
           WHEN referenced THEN 'hub'
           WHEN (t -> 'natural')::boolean AND NOT ((t -> 'frozen')::boolean AND (t -> 'bare')::boolean) THEN 'hub'
           WHEN EXISTS (SELECT FROM jsonb_array_elements(t -> 'foreign_keys') f
                        WHERE (t -> 'frozen')::boolean OR f -> 'columns' <@ (t -> 'pk')) THEN 'link'
           ELSE 'hub' END FROM (SELECT facts -> name) x(t)$$;
COMMENT ON FUNCTION datavault.propose_kind(jsonb, text, boolean) IS 'internal: hub, link or subtype, by its own looks';

CREATE FUNCTION datavault.propose_root(facts jsonb, kinds jsonb, name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$WITH RECURSIVE up(name) AS (
            SELECT propose_root.name
          UNION
            SELECT datavault.propose_parent(facts, up.name) ->> 'to' FROM up WHERE kinds ->> up.name = 'subtype')
         SELECT up.name FROM up WHERE kinds ->> up.name <> 'subtype' LIMIT 1$$;
COMMENT ON FUNCTION datavault.propose_root(jsonb, jsonb, text) IS 'internal: the table whose key a table''s rows have, itself if it is no subtype';

CREATE FUNCTION datavault.propose_ordered(fk jsonb, wanted jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT jsonb_agg(fk -> 'columns' -> (t.n - 1)::integer ORDER BY w.n)
         FROM jsonb_array_elements_text(wanted) WITH ORDINALITY w(c, n)
         JOIN jsonb_array_elements_text(fk -> 'to_columns') WITH ORDINALITY t(c, n) USING (c)
         WHERE datavault.propose_same(fk -> 'to_columns', wanted)$$;
COMMENT ON FUNCTION datavault.propose_ordered(jsonb, jsonb) IS
'internal: columns of a foreign key in the order of the key that it refers to; NULL if it is another key';

CREATE FUNCTION datavault.propose_reference(facts jsonb, kinds jsonb, fk jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN by_pk IS NOT NULL THEN jsonb_build_object('foreign_key', by_pk, 'references', p.source)
                     WHEN itself THEN by_key END
         FROM (SELECT t ->> 'source' AS source, kinds ->> (fk ->> 'to') = 'hub' AS itself,
                      datavault.propose_ordered(fk, t -> 'pk') AS by_pk, datavault.propose_ordered(fk, t -> 'key') AS by_key
               FROM (SELECT facts -> (fk ->> 'to')) x(t)) p
         WHERE kinds ->> datavault.propose_root(facts, kinds, fk ->> 'to') = 'hub' AND NOT (fk -> 'computed')::boolean$$;
COMMENT ON FUNCTION datavault.propose_reference(jsonb, jsonb, jsonb) IS 'internal: how a foreign key finds its hub; NULL if it finds none';

CREATE FUNCTION datavault.propose_refusal(facts jsonb, kinds jsonb, fk jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN (fk -> 'computed')::boolean THEN 'a column of it is generated'
                     WHEN fk ->> 'to' IS NULL THEN format('it refers to no hub: %s is not in this proposal', fk ->> 'refers')
                     WHEN kinds ->> datavault.propose_root(facts, kinds, fk ->> 'to') <> 'hub'
                     THEN format('it refers to no hub: rows of %s are of a link', fk ->> 'refers')
                     ELSE 'it refers neither to a primary key nor to a business key' END$$;
COMMENT ON FUNCTION datavault.propose_refusal(jsonb, jsonb, jsonb) IS 'internal: why a foreign key is left out';

CREATE FUNCTION datavault.propose_stands(facts jsonb, kinds jsonb, name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE kinds ->> name
           WHEN 'hub' THEN true
           WHEN 'subtype' THEN datavault.propose_root(facts, kinds, name) IS NOT NULL
           ELSE EXISTS (SELECT FROM jsonb_array_elements(facts #> ARRAY[name, 'foreign_keys']) f
                        WHERE datavault.propose_reference(facts, kinds, f) IS NOT NULL) END$$;
COMMENT ON FUNCTION datavault.propose_stands(jsonb, jsonb, text) IS 'internal: a link has a hub, a subtype something that it is of';

-- What finds nothing to stand on becomes a hub, one after the other: others may stand on that.
CREATE FUNCTION datavault.propose_kinds(facts jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    referenced text[] := datavault.propose_referenced(facts);
    kinds jsonb;
    homeless text;
BEGIN
    SELECT COALESCE(jsonb_object_agg(key, datavault.propose_kind(facts, key, key = ANY (referenced))), '{}') INTO kinds FROM jsonb_each(facts);
    LOOP
        SELECT key INTO homeless FROM jsonb_each(kinds) WHERE NOT datavault.propose_stands(facts, kinds, key) ORDER BY key COLLATE "C" LIMIT 1;
        EXIT WHEN NOT FOUND;
        kinds := kinds || jsonb_build_object(homeless, 'hub');
    END LOOP;
    RETURN kinds;
END $$;
COMMENT ON FUNCTION datavault.propose_kinds(jsonb) IS 'internal: hub, link or subtype for each table';

-- ---- Shapes ----

CREATE FUNCTION datavault.propose_kind_note(facts jsonb, kinds jsonb, name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE
           WHEN kinds ->> name = 'subtype'
           THEN format(' A subtype: its primary key refers to that of %s, so its rows are of the %s and its columns a satellite of it. If they are things of their own, give them a hub.',
                       datavault.propose_parent(facts, name) ->> 'refers', kinds ->> datavault.propose_root(facts, kinds, name)
                       || ' ' || datavault.propose_root(facts, kinds, name))
                || CASE WHEN (t -> 'natural')::boolean THEN format(' They have a key of their own (%s), which stays an attribute.', datavault.propose_list(t -> 'key')) ELSE '' END
           WHEN kinds ->> name = 'link' THEN ''
           WHEN EXISTS (SELECT FROM jsonb_array_elements(t -> 'foreign_keys') f WHERE f -> 'columns' <@ (t -> 'pk')) AND NOT (t -> 'natural')::boolean
           THEN CASE WHEN name = ANY (datavault.propose_referenced(facts))
                     THEN ' A relation by its primary key, but others refer to it: a hub of its own.'
                     ELSE ' A relation or a subtype by its primary key, but that leads to no hub of this proposal, or in a circle: a hub of its own.' END
                || ' What of its key is a surrogate elsewhere is one here.'
           ELSE '' END FROM (SELECT facts -> name) x(t)$$;
COMMENT ON FUNCTION datavault.propose_kind_note(jsonb, jsonb, text) IS 'internal: why that kind, where it is a guess';

CREATE FUNCTION datavault.propose_references(facts jsonb, kinds jsonb, name text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_agg(f.value || CASE
                    WHEN kinds ->> datavault.propose_root(facts, kinds, name) = 'link' AND kinds ->> name = 'subtype'
                    THEN jsonb_build_object('refusal', 'the row is of a link, and a link relates hubs only')
                    WHEN r.ref IS NULL THEN jsonb_build_object('refusal', datavault.propose_refusal(facts, kinds, f.value))
                    ELSE jsonb_build_object('ref', r.ref, 'hub', datavault.propose_root(facts, kinds, f.value ->> 'to')) END ORDER BY f.n), '[]')
         FROM jsonb_array_elements(facts #> ARRAY[name, 'foreign_keys']) WITH ORDINALITY f(value, n)
         CROSS JOIN LATERAL (SELECT datavault.propose_reference(facts, kinds, f.value) AS ref) r
         WHERE kinds ->> name <> 'subtype' OR f.value <> datavault.propose_parent(facts, name)$$;
COMMENT ON FUNCTION datavault.propose_references(jsonb, jsonb, text) IS 'internal: foreign keys with the hub that each one finds, or a refusal';

CREATE FUNCTION datavault.propose_rest(shape jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(array_agg(c ORDER BY n), '{}') FROM jsonb_array_elements_text(shape -> 'names') WITH ORDINALITY u(c, n)
         WHERE NOT (shape -> 'pk' ? c OR shape ->> 'kind' = 'hub' AND shape -> 'key' ? c
                    OR EXISTS (SELECT FROM jsonb_array_elements(shape -> 'references') r WHERE r -> 'columns' ? c))$$;
COMMENT ON FUNCTION datavault.propose_rest(jsonb) IS 'internal: columns that are neither key nor reference';

-- A subtype without columns of its own keeps its key in a satellite: that it is there has to be seen.
CREATE FUNCTION datavault.propose_shape(facts jsonb, kinds jsonb, name text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    all_references jsonb := datavault.propose_references(facts, kinds, name);
    parent jsonb := datavault.propose_parent(facts, name);
    shape jsonb;
    rest text[];
BEGIN
    shape := facts -> name || jsonb_build_object('kind', kinds -> name, 'root', datavault.propose_root(facts, kinds, name),
        'references', jsonb_path_query_array(all_references, '$[*] ? (exists(@.ref))'),
        'left_out', jsonb_path_query_array(all_references, '$[*] ? (exists(@.refusal))'),
        'kind_note', datavault.propose_kind_note(facts, kinds, name));
    rest := datavault.propose_rest(shape);
    IF kinds ->> name = 'subtype' THEN
        shape := shape || jsonb_build_object('parent', jsonb_build_object(
            'foreign_key', datavault.propose_ordered(parent, facts #> ARRAY[parent ->> 'to', 'pk']), 'references', facts #> ARRAY[parent ->> 'to', 'source']));
        IF rest = '{}' THEN
            RETURN shape || jsonb_build_object('rest', shape -> 'pk');
        END IF;
    END IF;
    RETURN shape || jsonb_build_object('rest', rest);
END $$;
COMMENT ON FUNCTION datavault.propose_shape(jsonb, jsonb, text) IS 'internal: where the columns and foreign keys of a table go';

-- ---- Names in the shapes ----

CREATE FUNCTION datavault.propose_suffixes(shape jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE shape ->> 'kind' WHEN 'hub' THEN ARRAY['', '_current', '_shared_keys', '_same_as', '_same_as_current', '_same_as_history']
                                      ELSE ARRAY['', '_current'] END
                || CASE WHEN shape -> 'rest' = '[]' THEN ARRAY['_status', '_status_current', '_status_history'] ELSE '{}' END$$;
COMMENT ON FUNCTION datavault.propose_suffixes(jsonb) IS 'internal: what is appended to the name of a hub or link for the tables and views around it';

CREATE FUNCTION datavault.propose_role(reference jsonb, forbidden text[], taken text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT datavault.propose_free(CASE WHEN datavault.propose_name(short) = ANY (forbidden) THEN ARRAY[datavault.propose_name('referenced_' || short)]
                                            ELSE ARRAY[datavault.propose_name(short), datavault.propose_name(whole)] END, '{""}', forbidden || taken)
         FROM (SELECT whole, COALESCE(NULLIF(NULLIF(regexp_replace(whole, '_(id|no|code)$', ''), ''), 'id'), reference ->> 'hub') AS short
               FROM (SELECT replace(datavault.propose_list(reference -> 'columns'), ', ', '_')) w(whole)) s$$;
COMMENT ON FUNCTION datavault.propose_role(jsonb, text[], text[]) IS 'internal: a name for what a foreign key refers to: its columns, without _id';

CREATE FUNCTION datavault.propose_roles(shape jsonb, forbidden text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reference jsonb;
    role text;
    taken text[] := '{}';
    result jsonb := '[]';
BEGIN
    FOR reference IN SELECT value FROM jsonb_array_elements(shape -> 'references') LOOP
        role := datavault.propose_role(reference, forbidden, taken);
        taken := taken || role;
        result := result || jsonb_build_array(reference || jsonb_build_object('role', role));
    END LOOP;
    RETURN result;
END $$;
COMMENT ON FUNCTION datavault.propose_roles(jsonb, text[]) IS 'internal: the references of a table, each with a role of its own';

CREATE FUNCTION datavault.propose_taken(names text[], suffixes text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(array_agg(n || s), '{}') FROM unnest(names) n, unnest(suffixes) s$$;
COMMENT ON FUNCTION datavault.propose_taken(text[], text[]) IS 'internal: names with each of the suffixes';

-- Tables have the first choice, then what their foreign keys become, then satellites.
CREATE FUNCTION datavault.propose_entities(shapes jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    shape jsonb;
    entity text;
    taken text[] := '{}';
    entities jsonb := '{}';
BEGIN
    FOR shape IN SELECT value FROM jsonb_each(shapes) ORDER BY key COLLATE "C" LOOP
        entity := datavault.propose_name(shape ->> 'name');
        IF shape ->> 'kind' <> 'subtype' THEN
            entity := datavault.propose_free(ARRAY[entity], datavault.propose_suffixes(shape), taken);
            taken := taken || datavault.propose_taken(ARRAY[entity], datavault.propose_suffixes(shape));
        END IF;
        entities := entities || jsonb_build_object(shape ->> 'name', entity);
    END LOOP;
    RETURN jsonb_build_object('entities', entities, 'taken', taken);
END $$;
COMMENT ON FUNCTION datavault.propose_entities(jsonb) IS 'internal: names of hubs and links of tables, and all names taken by them';

CREATE FUNCTION datavault.propose_is_unit(shape jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT shape ->> 'kind' <> 'link' AND (shape -> 'frozen')::boolean AND jsonb_array_length(shape -> 'references') > 1$$;
COMMENT ON FUNCTION datavault.propose_is_unit(jsonb) IS 'internal: rows that come once have one link to all that they refer to: a unit of work';

CREATE FUNCTION datavault.propose_link_names(shape jsonb, entity text, taken text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    suffixes text[] := '{"",_current,_eff,_eff_current,_eff_history}';
    reference jsonb;
    name text;
    used text[] := taken;
    result text[] := '{}';
BEGIN
    IF shape ->> 'kind' = 'link' THEN
        RETURN result;
    ELSIF datavault.propose_is_unit(shape) THEN
        RETURN ARRAY[datavault.propose_free(ARRAY[datavault.propose_name(entity || '_link')], suffixes, used)];
    END IF;
    FOR reference IN SELECT value FROM jsonb_array_elements(shape -> 'references') LOOP
        name := datavault.propose_free(ARRAY[datavault.propose_name(entity || '_' || (reference ->> 'role')),
            datavault.propose_name(entity || '_' || replace(datavault.propose_list(reference -> 'columns'), ', ', '_'))], suffixes, used);
        used := used || datavault.propose_taken(ARRAY[name], suffixes);
        result := result || name;
    END LOOP;
    RETURN result;
END $$;
COMMENT ON FUNCTION datavault.propose_link_names(jsonb, text, text[]) IS 'internal: names of the links that the foreign keys of a table become';

CREATE FUNCTION datavault.propose_named(shapes jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entities jsonb := datavault.propose_entities(shapes);
    taken text[] := ARRAY(SELECT jsonb_array_elements_text(entities -> 'taken'));
    table_name text;
    entity text;
    shape jsonb;
    names text[];
BEGIN
    entities := entities -> 'entities';
    FOR table_name IN SELECT key FROM jsonb_each(shapes) ORDER BY key COLLATE "C" LOOP
        shape := shapes -> table_name;
        entity := entities ->> table_name;
        shape := shape || jsonb_build_object('entity', entity, 'of', entities -> (shape ->> 'root'));
        shape := shape || jsonb_build_object('references', datavault.propose_roles(shape, ARRAY[entity, shape ->> 'of']));
        names := datavault.propose_link_names(shape, entity, taken);
        taken := taken || datavault.propose_taken(names, '{"",_current,_eff,_eff_current,_eff_history}');
        shapes := shapes || jsonb_build_object(table_name, shape || jsonb_build_object('links', names));
    END LOOP;
    FOR table_name IN SELECT key FROM jsonb_each(shapes) ORDER BY key COLLATE "C" LOOP
        names := ARRAY[datavault.propose_free(ARRAY[datavault.propose_name((entities ->> table_name) || '_details')], '{"",_current,_history}', taken)];
        taken := taken || datavault.propose_taken(names, '{"",_current,_history}');
        shapes := jsonb_set(shapes, ARRAY[table_name, 'satellite'], to_jsonb(names[1]));
    END LOOP;
    RETURN shapes;
END $$;
COMMENT ON FUNCTION datavault.propose_named(jsonb) IS 'internal: the shapes with all names, none of them twice';

-- ---- The document ----

CREATE FUNCTION datavault.propose_texts(list jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(array_agg(c ORDER BY n), '{}') FROM jsonb_array_elements_text(list) WITH ORDINALITY u(c, n)$$;
COMMENT ON FUNCTION datavault.propose_texts(jsonb) IS 'internal: a list of texts as an array';

CREATE FUNCTION datavault.propose_specs(shape jsonb, columns text[], renamed text[]) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_agg(quote_ident(new) || ' ' || datavault.propose_kept_type(shape -> 'types' ->> c) ORDER BY n), '[]')
         FROM unnest(columns, renamed) WITH ORDINALITY u(c, new, n)$$;
COMMENT ON FUNCTION datavault.propose_specs(jsonb, text[], text[]) IS 'internal: columns of the vault, "name type"';

CREATE FUNCTION datavault.propose_mapping(columns text[], renamed text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_object_agg(new, c), '{}') FROM unnest(columns, renamed) u(c, new)$$;
COMMENT ON FUNCTION datavault.propose_mapping(text[], text[]) IS 'internal: columns of the vault and those of the source';

CREATE FUNCTION datavault.propose_table_note(shape jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN shape ->> 'entity' = datavault.propose_name(shape ->> 'name') THEN ''
                     ELSE format(' Not named %s, because that leads to a name that another table has.', shape ->> 'name') END$$;
COMMENT ON FUNCTION datavault.propose_table_note(jsonb) IS 'internal: why a hub or link is not named as its table';

CREATE FUNCTION datavault.propose_hub(shape jsonb) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT jsonb_build_object('business_key', datavault.propose_specs(shape, c, r),
                'note', (shape ->> 'key_note') || (shape ->> 'kind_note') || datavault.propose_table_note(shape) || datavault.propose_rename_note(c, r))
         FROM (SELECT c, datavault.propose_renamed(c, ARRAY[(shape ->> 'entity') || '_hk', 'source_table', 'row_keys']) AS r
               FROM datavault.propose_texts(shape -> 'key') c) k$$;
COMMENT ON FUNCTION datavault.propose_hub(jsonb) IS 'internal: the hub of a table';

CREATE FUNCTION datavault.propose_role_list(shapes jsonb, refs jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_agg(jsonb_build_object('role', r -> 'role', 'hub', shapes #> ARRAY[r ->> 'hub', 'entity'], 'optional', r -> 'optional') ORDER BY n), '[]')
         FROM jsonb_array_elements(refs) WITH ORDINALITY u(r, n)$$;
COMMENT ON FUNCTION datavault.propose_role_list(jsonb, jsonb) IS 'internal: roles of a link for references';

CREATE FUNCTION datavault.propose_role_loads(refs jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT jsonb_object_agg(r ->> 'role', r -> 'ref') FROM jsonb_array_elements(refs) r$$;
COMMENT ON FUNCTION datavault.propose_role_loads(jsonb) IS 'internal: what a source loads the roles of a link from';

-- The links that the foreign keys of a hub or subtype become, each with its references.
CREATE FUNCTION datavault.propose_groups(shape jsonb) RETURNS TABLE (link text, refs jsonb)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT l.name, CASE WHEN datavault.propose_is_unit(shape) THEN shape -> 'references'
                             ELSE jsonb_build_array(shape -> 'references' -> (l.n - 1)::integer) END
         FROM jsonb_array_elements_text(shape -> 'links') WITH ORDINALITY l(name, n)$$;
COMMENT ON FUNCTION datavault.propose_groups(jsonb) IS 'internal: links that a table''s foreign keys become';

CREATE FUNCTION datavault.propose_group_note(shape jsonb, link text, refs jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN jsonb_array_length(refs) = 1
                     THEN format('From the foreign key (%s); optional where it may be NULL.', datavault.propose_list(refs -> 0 -> 'columns'))
                     ELSE 'All that a row refers to: one unit of work, because the rows never change.' END
                || CASE WHEN jsonb_array_length(refs) > 1 OR link = datavault.propose_name((shape ->> 'entity') || '_' || (refs -> 0 ->> 'role')) THEN ''
                        ELSE format(' Not named %s_%s, because that leads to a name that is taken.', shape ->> 'entity', refs -> 0 ->> 'role') END$$;
COMMENT ON FUNCTION datavault.propose_group_note(jsonb, text, jsonb) IS 'internal: why that link';

CREATE FUNCTION datavault.propose_group_links(shapes jsonb, shape jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_object_agg(g.link, jsonb_build_object(
                    'hubs', jsonb_build_array(shape -> 'of') || datavault.propose_role_list(shapes, g.refs),
                    'note', datavault.propose_group_note(shape, g.link, g.refs))
                    || CASE WHEN (shape -> 'frozen')::boolean THEN '{}'
                            ELSE jsonb_build_object('effectivity', jsonb_build_object('driving_key', jsonb_build_array(shape -> 'of'))) END), '{}')
         FROM datavault.propose_groups(shape) g$$;
COMMENT ON FUNCTION datavault.propose_group_links(jsonb, jsonb) IS 'internal: the links from a hub or subtype to what it refers to';

CREATE FUNCTION datavault.propose_group_loads(shape jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_agg(jsonb_build_object('link', g.link,
                    'hubs', jsonb_build_object(shape ->> 'of', 'own') || datavault.propose_role_loads(g.refs)) ORDER BY n), '[]')
         FROM datavault.propose_groups(shape) WITH ORDINALITY g(link, refs, n)$$;
COMMENT ON FUNCTION datavault.propose_group_loads(jsonb) IS 'internal: loads of the links from a hub or subtype';

-- Columns of a table's own link: the rest of the primary key, and attributes if it is not historized.
CREATE FUNCTION datavault.propose_link_columns(shape jsonb, OUT keys text[], OUT key_names text[], OUT body text[], OUT body_names text[])
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reserved text[];
BEGIN
    SELECT array_agg((r ->> 'role') || '_hk') || ((shape ->> 'entity') || '_hk') INTO reserved FROM jsonb_array_elements(shape -> 'references') r;
    keys := ARRAY(SELECT c FROM unnest(datavault.propose_texts(shape -> 'pk')) WITH ORDINALITY u(c, n)
                  WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(shape -> 'references') r WHERE r -> 'columns' ? c) ORDER BY n);
    key_names := datavault.propose_renamed(keys, reserved);
    body := CASE WHEN (shape -> 'frozen')::boolean THEN datavault.propose_texts(shape -> 'rest') ELSE '{}' END;
    body_names := datavault.propose_renamed(body, reserved || key_names);
END $$;
COMMENT ON FUNCTION datavault.propose_link_columns(jsonb) IS 'internal: columns of a table''s own link, in the source and in the vault';

CREATE FUNCTION datavault.propose_link_note(shape jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN (shape -> 'frozen')::boolean THEN 'Declared immutable: kept without history.'
                     ELSE 'A relation: its primary key has foreign keys in it.' END
                || CASE WHEN jsonb_array_length(shape -> 'references') > 1 THEN ''
                        ELSE ' It has one hub only: if its rows are things of their own, give them a hub.' END
                || CASE WHEN (shape -> 'frozen')::boolean AND (shape -> 'natural')::boolean
                        THEN format(' Its key (%s) is a bare number or uuid: a dependent key. If it is known outside, give it a hub.', datavault.propose_list(shape -> 'key')) ELSE '' END
                || datavault.propose_table_note(shape)$$;
COMMENT ON FUNCTION datavault.propose_link_note(jsonb) IS 'internal: why a table is a link';

CREATE FUNCTION datavault.propose_own_link(shapes jsonb, shape jsonb) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT jsonb_build_object('hubs', datavault.propose_role_list(shapes, shape -> 'references'),
                'dependent_keys', datavault.propose_specs(shape, c.keys, c.key_names),
                'note', datavault.propose_link_note(shape) || datavault.propose_rename_note(c.keys || c.body, c.key_names || c.body_names))
                || CASE WHEN (shape -> 'frozen')::boolean
                        THEN jsonb_build_object('non_historized', true, 'attributes', datavault.propose_specs(shape, c.body, c.body_names)) ELSE '{}' END
         FROM datavault.propose_link_columns(shape) c$$;
COMMENT ON FUNCTION datavault.propose_own_link(jsonb, jsonb) IS 'internal: the link that a relation table is';

CREATE FUNCTION datavault.propose_own_link_load(shape jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT jsonb_build_object('link', shape -> 'entity', 'hubs', datavault.propose_role_loads(shape -> 'references'),
                'dependent_keys', CASE WHEN c.keys = c.key_names THEN to_jsonb(c.keys) ELSE datavault.propose_mapping(c.keys, c.key_names) END)
                || CASE WHEN (shape -> 'frozen')::boolean THEN jsonb_build_object('attributes', datavault.propose_mapping(c.body, c.body_names)) ELSE '{}' END
         FROM datavault.propose_link_columns(shape) c$$;
COMMENT ON FUNCTION datavault.propose_own_link_load(jsonb) IS 'internal: how a relation table loads its link';

CREATE FUNCTION datavault.propose_has_satellite(shape jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT shape -> 'rest' <> '[]' AND NOT (shape ->> 'kind' = 'link' AND (shape -> 'frozen')::boolean)$$;
COMMENT ON FUNCTION datavault.propose_has_satellite(jsonb) IS 'internal: columns are left, and no link without history has them';

CREATE FUNCTION datavault.propose_satellite_names(shape jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT datavault.propose_renamed(datavault.propose_texts(shape -> 'rest'), ARRAY[(shape ->> 'of') || '_hk'])$$;
COMMENT ON FUNCTION datavault.propose_satellite_names(jsonb) IS 'internal: names of the columns of a satellite';

CREATE FUNCTION datavault.propose_satellite_note(shape jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN shape ->> 'kind' = 'subtype' AND shape -> 'rest' = shape -> 'pk'
                     THEN format('%s has no columns but its key, which is kept so that its rows are seen to be there.', shape ->> 'source')
                     ELSE format('All columns of %s that are neither key nor reference. Split them by how often they change, or by who may read them.', shape ->> 'source') END
                || CASE WHEN shape ->> 'satellite' = datavault.propose_name((shape ->> 'entity') || '_details') THEN ''
                        ELSE format(' Not named %s_details, because that leads to a name that is taken.', shape ->> 'entity') END
                || datavault.propose_rename_note(datavault.propose_texts(shape -> 'rest'), datavault.propose_satellite_names(shape))$$;
COMMENT ON FUNCTION datavault.propose_satellite_note(jsonb) IS 'internal: what a satellite has';

CREATE FUNCTION datavault.propose_satellite(shape jsonb) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT jsonb_build_object('of', shape -> 'of', 'note', datavault.propose_satellite_note(shape),
                'columns', datavault.propose_specs(shape, datavault.propose_texts(shape -> 'rest'), datavault.propose_satellite_names(shape)))$$;
COMMENT ON FUNCTION datavault.propose_satellite(jsonb) IS 'internal: the satellite of a table';

CREATE FUNCTION datavault.propose_loads(shape jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE shape ->> 'kind' WHEN 'hub' THEN jsonb_build_array(jsonb_build_object('hub', shape -> 'entity', 'business_key', shape -> 'key'))
                                      WHEN 'link' THEN jsonb_build_array(datavault.propose_own_link_load(shape))
                                      ELSE '[]' END
                || datavault.propose_group_loads(shape)
                || CASE WHEN datavault.propose_has_satellite(shape)
                        THEN jsonb_build_array(jsonb_build_object('satellite', shape -> 'satellite', 'columns',
                                 datavault.propose_mapping(datavault.propose_texts(shape -> 'rest'), datavault.propose_satellite_names(shape))))
                        ELSE '[]' END$$;
COMMENT ON FUNCTION datavault.propose_loads(jsonb) IS 'internal: what a table loads';

CREATE FUNCTION datavault.propose_source_note(shape jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN (shape -> 'frozen')::boolean THEN 'Declared immutable.' ELSE 'Taken as changeable; name it in the second argument of propose_model() if it is only appended to.' END
                || (shape ->> 'wire_note') || CASE WHEN shape ->> 'kind' = 'subtype' THEN shape ->> 'kind_note' ELSE '' END
                || COALESCE((SELECT string_agg(format(' Foreign key (%s) is left out: %s.', datavault.propose_list(f -> 'columns'), f ->> 'refusal'), '' ORDER BY n)
                             FROM jsonb_array_elements(shape -> 'left_out') WITH ORDINALITY u(f, n)), '')
                || COALESCE((SELECT string_agg(format(' Foreign key (%s) is a role though not of the primary key: where it changes, the row''s link ends and another begins.',
                                                      datavault.propose_list(r -> 'columns')), '' ORDER BY n)
                             FROM jsonb_array_elements(shape -> 'references') WITH ORDINALITY u(r, n)
                             WHERE shape ->> 'kind' = 'link' AND NOT (shape -> 'frozen')::boolean AND NOT r -> 'columns' <@ (shape -> 'pk')), '')$$;
COMMENT ON FUNCTION datavault.propose_source_note(jsonb) IS 'internal: what was assumed of a table';

CREATE FUNCTION datavault.propose_source(shape jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT jsonb_build_object('primary_key', shape -> 'pk', 'columns', shape -> 'types', 'loads', datavault.propose_loads(shape),
                'immutable', shape -> 'frozen', 'note', datavault.propose_source_note(shape))
                || CASE WHEN shape ? 'parent' THEN jsonb_build_object('parent', shape -> 'parent') ELSE '{}' END$$;
COMMENT ON FUNCTION datavault.propose_source(jsonb) IS 'internal: a source table';

CREATE FUNCTION datavault.propose_links(shapes jsonb) RETURNS jsonb
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(jsonb_object_agg(l.key, l.value), '{}')
         FROM jsonb_each(shapes) t
         CROSS JOIN LATERAL jsonb_each(CASE t.value ->> 'kind' WHEN 'link' THEN jsonb_build_object(t.value ->> 'entity', datavault.propose_own_link(shapes, t.value))
                                                               ELSE datavault.propose_group_links(shapes, t.value) END) l$$;
COMMENT ON FUNCTION datavault.propose_links(jsonb) IS 'internal: all links';

CREATE FUNCTION datavault.propose_document_note(schema name) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT 'Proposed from the catalog: read the notes. Types outside pg_catalog became their base type or text; types without a canonical text are text in the vault.'
                || COALESCE(' Skipped (no primary key, or a generated one, unlogged, foreign, or a signal table): '
                            || string_agg(c.relname, ', ' ORDER BY c.relname) FILTER (WHERE NOT too_long) || '.', '')
                || COALESCE(' Skipped, because schema and table name together have more than 62 bytes: '
                            || string_agg(c.relname, ', ' ORDER BY c.relname) FILTER (WHERE too_long) || '.', '')
                || CASE WHEN octet_length(current_database()) <= 40 THEN '' ELSE ' The name of the model is that of the database, shortened.' END
         FROM pg_class c CROSS JOIN LATERAL (SELECT octet_length(schema::text) + octet_length(c.relname::text) > 62 AS too_long) l
         WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = schema) AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
           AND c.oid NOT IN (SELECT relation FROM datavault.propose_tables(schema))$$;
COMMENT ON FUNCTION datavault.propose_document_note(name) IS 'internal: what was assumed of the whole, and what is left out';

CREATE FUNCTION datavault.propose_check(schema name, immutable text[]) RETURNS void
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = schema) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_schema_name',
            MESSAGE = format('schema "%s" does not exist', schema),
            HINT = 'Call propose_model() in the source database, with the schema of its tables.';
    END IF;
    SELECT COALESCE(i, 'NULL') INTO unknown FROM unnest(immutable) i
        WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = schema)
                          AND c.relname = i AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'undefined_table',
            MESSAGE = format('schema "%s" has no table "%s", which "immutable" names', schema, unknown),
            HINT = 'Name tables as the catalog does, without schema and quotes, and partitioned tables instead of their partitions.';
    END IF;
END $$;
COMMENT ON FUNCTION datavault.propose_check(name, text[]) IS 'internal: an error for a schema or tables that are not there';

CREATE FUNCTION datavault.propose_model(schema name, immutable text[] DEFAULT '{}') RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    facts jsonb;
    kinds jsonb;
    shapes jsonb;
BEGIN
    PERFORM datavault.propose_check(schema, immutable);
    facts := datavault.propose_facts(schema, immutable);
    kinds := datavault.propose_kinds(facts);
    SELECT COALESCE(jsonb_object_agg(key, datavault.propose_shape(facts, kinds, key)), '{}') INTO shapes FROM jsonb_each(facts);
    shapes := datavault.propose_named(shapes);
    RETURN (SELECT jsonb_build_object(
        'name', datavault.propose_name(current_database()), 'schema', 'vault', 'wire', '{"decimal": "string", "time": "adaptive"}'::jsonb,
        'hubs', COALESCE(jsonb_object_agg(t ->> 'entity', datavault.propose_hub(t)) FILTER (WHERE t ->> 'kind' = 'hub'), '{}'),
        'links', datavault.propose_links(shapes),
        'satellites', COALESCE(jsonb_object_agg(t ->> 'satellite', datavault.propose_satellite(t)) FILTER (WHERE datavault.propose_has_satellite(t)), '{}'),
        'sources', COALESCE(jsonb_object_agg(t ->> 'source', datavault.propose_source(t)), '{}'),
        'note', datavault.propose_document_note(schema)) FROM jsonb_each(shapes) s(name, t));
END $$;
COMMENT ON FUNCTION datavault.propose_model(name, text[]) IS 'a model document proposed from the catalog of the current database';

-- Mermaid's words end at a quote or a space: an id keeps letters, digits and _ and tells the rest by a hash.
CREATE FUNCTION datavault.draw_id(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN name ~ '^[A-Za-z0-9_]+$' AND name <> 'end' THEN name
                     ELSE regexp_replace(name, '[^A-Za-z0-9_]', '_', 'g') || '_' || left(md5(name), 6) END$$;
COMMENT ON FUNCTION datavault.draw_id(text) IS 'internal: a name as an identifier of Mermaid';

CREATE FUNCTION datavault.draw_model(document jsonb) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
WITH hub AS (SELECT key, value, datavault.draw_id(key) AS id, replace(key, '"', '#quot;') AS label
             FROM jsonb_each(document -> 'hubs') WHERE jsonb_typeof(value) = 'object'),
     link AS (SELECT key, value, datavault.draw_id(key) AS id, replace(key, '"', '#quot;') AS label
              FROM jsonb_each(document -> 'links') WHERE jsonb_typeof(value) = 'object'),
     satellite AS (SELECT key, value, datavault.draw_id(key) AS id, replace(key, '"', '#quot;') AS label
                   FROM jsonb_each(document -> 'satellites') WHERE jsonb_typeof(value) = 'object'),
     role AS (SELECT l.id, replace(COALESCE(h ->> 'role', h ->> 'hub', h #>> '{}'), '"', '#quot;') AS label,
                     datavault.draw_id(COALESCE(h ->> 'hub', h #>> '{}')) AS hub
              FROM link l, jsonb_array_elements(l.value -> 'hubs') h)
SELECT string_agg(line, E'\n' ORDER BY part, line) FROM (
    SELECT 0 AS part, 'flowchart LR' AS line WHERE datavault.check_model(document)
    UNION ALL SELECT 1, format('    %s["hub %s"]', id, label) FROM hub
    UNION ALL SELECT 2, format('    %s{"link %s"}', id, label) FROM link
    UNION ALL SELECT 3, format('    %s(["satellite %s"])', id, label) FROM satellite
    UNION ALL SELECT 4, format('    %s ---|"%s"| %s', id, label, hub) FROM role
    UNION ALL SELECT 5, format('    %s --- %s', datavault.draw_id(value ->> 'of'), id) FROM satellite) lines
$$;
COMMENT ON FUNCTION datavault.draw_model(jsonb) IS 'a Mermaid flowchart of a model document';

CREATE FUNCTION datavault.draw_model(name text) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT datavault.draw_model(datavault.export_model(name))$$;
COMMENT ON FUNCTION datavault.draw_model(text) IS 'a Mermaid flowchart of a stored model';
