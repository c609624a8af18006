-- A first model from the catalog of the source database, and drawings.

CREATE FUNCTION datavault.propose_columns(relation oid, attnums smallint[]) RETURNS text[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(attnums) WITH ORDINALITY k(attnum, n)
         JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = k.attnum$$;
COMMENT ON FUNCTION datavault.propose_columns(oid, smallint[]) IS 'internal: names of columns, in order';

CREATE FUNCTION datavault.propose_name(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN octet_length(name) <= 40 THEN name
                     ELSE (SELECT left(name, max(n)) FROM generate_series(1, 31) n WHERE octet_length(left(name, n)) <= 31)
                          || '_' || left(md5(name), 8) END$$;
COMMENT ON FUNCTION datavault.propose_name(text) IS 'internal: a name so short that every name made from it fits';

CREATE FUNCTION datavault.propose_attribute(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT datavault.propose_name(CASE WHEN name IN ('position', 'operation', 'load_dts', 'record_source', 'applied_dts', 'hash_diff',
                                                          'row_key', 'valid_from', 'valid_to', 'is_live')
                                            THEN 'source_' || name ELSE name END)$$;
COMMENT ON FUNCTION datavault.propose_attribute(text) IS 'internal: a name for an attribute that is none of a satellite''s own columns';

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

-- Keys that a person might know a row by: no generated number in them, nothing that refers elsewhere.
-- A primary key of texts is one like any other; one of numbers or uuids is likely to be a surrogate,
-- and a uuid is nobody's first choice.
CREATE FUNCTION datavault.propose_keys(relation oid) RETURNS TABLE (index_name text, key smallint[], rank bigint)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT i.indexrelid::regclass::text, i.indkey::smallint[],
                row_number() OVER (ORDER BY i.indisprimary AND c.numbers + c.uuids > 0, c.uuids > 0, i.indnatts,
                                            NOT i.indisprimary, i.indexrelid)
         FROM pg_index i, LATERAL (
             SELECT count(*) FILTER (WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)) AS numbers,
                    count(*) FILTER (WHERE a.atttypid = 'uuid'::regtype) AS uuids
             FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey::smallint[])) c
         WHERE i.indrelid = relation AND i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
           AND i.indnkeyatts = i.indnatts
           AND NOT EXISTS (SELECT FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                           WHERE a.attrelid = relation AND a.attnum = ANY (i.indkey::smallint[])
                             AND (NOT a.attnotnull OR a.attidentity <> '' OR a.attgenerated <> ''
                                  OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%'))
           AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = relation AND f.contype = 'f'
                             AND f.conkey <@ i.indkey::smallint[])$$;
COMMENT ON FUNCTION datavault.propose_keys(oid) IS 'internal: candidates for the natural key of a table, the best first by rank';

CREATE FUNCTION datavault.propose_key(relation oid) RETURNS smallint[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT k.key FROM datavault.propose_keys(relation) k WHERE k.rank = 1$$;
COMMENT ON FUNCTION datavault.propose_key(oid) IS 'internal: columns of the natural key of a table, or NULL';

CREATE FUNCTION datavault.propose_key_note(relation oid) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT COALESCE(
             'Business key: ' || max(k.index_name) FILTER (WHERE k.rank = 1) || ', unique and never NULL.'
             || COALESCE(' Others that would do: ' || string_agg(
                    format('%s (%s)', k.index_name, array_to_string(datavault.propose_columns(relation, k.key), ', ')), '; ' ORDER BY k.rank)
                    FILTER (WHERE k.rank > 1) || '.', ''),
             'No natural key was found: the primary key stands in for it. Give the business key if there is one.')
         FROM datavault.propose_keys(relation) k$$;
COMMENT ON FUNCTION datavault.propose_key_note(oid) IS 'internal: why that key';

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

CREATE FUNCTION datavault.propose_kind(relation oid, pk smallint[], is_immutable boolean) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE
           WHEN bool_or(f.conkey @> pk AND f.conkey <@ pk AND f.confrelid <> f.conrelid) THEN 'subtype'
           WHEN is_immutable AND count(*) > 0 THEN 'link'
           WHEN count(*) FILTER (WHERE f.conkey <@ pk) > 0 AND datavault.propose_key(relation) IS NULL THEN 'link'
           ELSE 'hub' END
         FROM pg_constraint f WHERE f.conrelid = relation AND f.contype = 'f' AND f.conparentid = 0$$;
COMMENT ON FUNCTION datavault.propose_kind(oid, smallint[], boolean) IS 'internal: hub, link or subtype';

CREATE FUNCTION datavault.propose_tables(schema name, immutable text[])
    RETURNS TABLE (relation oid, name text, entity text, pk smallint[], kind text, key smallint[], frozen boolean)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT c.oid, c.relname::text, datavault.propose_name(c.relname), p.conkey, datavault.propose_kind(c.oid, p.conkey, c.relname = ANY (immutable)),
                COALESCE(datavault.propose_key(c.oid), p.conkey), c.relname = ANY (immutable)
         FROM pg_class c JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'
         WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = schema)
           AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
           AND c.relname NOT LIKE '%signal%'
           AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (p.conkey) AND a.attgenerated <> '')
         ORDER BY c.relname$$;
COMMENT ON FUNCTION datavault.propose_tables(name, text[]) IS 'internal: the tables of a schema and what they look like';

CREATE FUNCTION datavault.propose_hub(schema name, immutable text[], relation oid) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$WITH RECURSIVE up(relation, entity, kind, pk) AS (
            SELECT t.relation, t.entity, t.kind, t.pk FROM datavault.propose_tables(schema, immutable) t
            WHERE t.relation = propose_hub.relation
          UNION
            SELECT t.relation, t.entity, t.kind, t.pk FROM up
            JOIN pg_constraint f ON f.conrelid = up.relation AND f.contype = 'f' AND f.conkey @> up.pk AND f.conkey <@ up.pk
            JOIN datavault.propose_tables(schema, immutable) t ON t.relation = f.confrelid WHERE up.kind = 'subtype')
         SELECT entity FROM up WHERE kind = 'hub' LIMIT 1$$;
COMMENT ON FUNCTION datavault.propose_hub(name, text[], oid) IS 'internal: the hub that the rows of a table are of, or NULL';

CREATE FUNCTION datavault.propose_model(schema name, immutable text[] DEFAULT '{}') RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t record; f record; hub text; ref jsonb; role text; link_name text; parent jsonb;
    hubs jsonb := '{}'; links jsonb := '{}'; sats jsonb := '{}'; sources jsonb := '{}';
    loads jsonb; roles jsonb; refs jsonb; used text[]; fkey text[]; rest text[]; specs text[]; notes text; skipped text;
    types jsonb; kept jsonb; body jsonb; target text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = schema) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_schema_name',
            MESSAGE = format('schema "%s" does not exist', schema),
            HINT = 'Call propose_model() in the source database, with the schema of its tables.';
    END IF;
    FOR t IN SELECT * FROM datavault.propose_tables(schema, immutable) LOOP
        loads := '[]'; roles := '[]'; refs := '{}'; parent := NULL; notes := datavault.propose_wire_note(t.relation); body := '{}';
        used := datavault.propose_columns(t.relation, t.pk);
        SELECT jsonb_object_agg(a.attname, datavault.propose_type(a.atttypid, a.atttypmod)) INTO types
            FROM pg_attribute a WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
        SELECT jsonb_object_agg(key, datavault.propose_kept_type(value)) INTO kept FROM jsonb_each_text(types);
        IF t.kind = 'hub' THEN
            fkey := datavault.propose_columns(t.relation, t.key);
            used := used || fkey;
            hubs := hubs || jsonb_build_object(t.entity, jsonb_build_object('business_key',
                (SELECT jsonb_agg(quote_ident(datavault.propose_name(c)) || ' ' || (kept ->> c) ORDER BY n) FROM unnest(fkey) WITH ORDINALITY u(c, n)),
                'note', datavault.propose_key_note(t.relation)));
            loads := loads || jsonb_build_object('hub', t.entity, 'business_key', fkey);
        END IF;
        FOR f IN SELECT DISTINCT ON (c.conkey) c.*, p.name AS parent_name, p.entity AS parent_entity, p.pk AS parent_pk, p.key AS parent_key,
                        (SELECT bool_or(NOT a.attnotnull) FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)) AS optional
                 FROM pg_constraint c LEFT JOIN datavault.propose_tables(schema, immutable) p ON p.relation = c.confrelid
                 WHERE c.conrelid = t.relation AND c.contype = 'f' AND c.conparentid = 0 ORDER BY c.conkey, c.oid LOOP
            fkey := datavault.propose_columns(t.relation, f.conkey);
            IF NOT types ?& fkey THEN
                notes := notes || format(' Foreign key (%s) is left out: a column of it is generated.', array_to_string(fkey, ', '));
                CONTINUE;
            END IF;
            hub := datavault.propose_hub(schema, immutable, f.confrelid);
            IF hub IS NULL THEN
                notes := notes || format(' Foreign key (%s) is left out: it refers to no hub.', array_to_string(fkey, ', '));
                CONTINUE;
            END IF;
            ref := CASE WHEN f.confkey = f.parent_pk AND f.parent_key = f.parent_pk AND hub = f.parent_entity AND NOT f.optional THEN to_jsonb(fkey)
                        WHEN f.confkey = f.parent_pk THEN jsonb_build_object('foreign_key', fkey, 'references', schema || '.' || f.parent_name)
                        WHEN f.confkey = f.parent_key AND hub = f.parent_entity THEN to_jsonb(fkey) END;
            IF ref IS NULL THEN
                notes := notes || format(' Foreign key (%s) is left out: it refers neither to a primary key nor to a business key.', array_to_string(fkey, ', '));
                CONTINUE;
            END IF;
            IF t.kind = 'subtype' AND f.conkey @> t.pk AND f.conkey <@ t.pk AND parent IS NULL THEN
                parent := jsonb_build_object('foreign_key', fkey, 'references', schema || '.' || f.parent_name);
                CONTINUE;
            END IF;
            role := datavault.propose_name(regexp_replace(array_to_string(fkey, '_'), '_(id|no|code)$', ''));
            used := used || fkey;
            IF t.kind = 'link' THEN
                roles := roles || jsonb_build_object('role', role, 'hub', hub, 'optional', f.optional);
                refs := refs || jsonb_build_object(role, ref);
                IF NOT t.frozen AND NOT f.conkey <@ t.pk THEN
                    notes := notes || format(' Foreign key (%s) is a role though not of the primary key: where it changes, the row''s link ends and another begins.',
                                             array_to_string(fkey, ', '));
                END IF;
            ELSE
                IF role = t.entity THEN role := datavault.propose_name('referenced_' || role); END IF;
                link_name := datavault.propose_name(t.entity || '_' || role);
                target := CASE WHEN t.kind = 'hub' THEN t.entity ELSE datavault.propose_hub(schema, immutable, t.relation) END;
                IF target = role THEN role := datavault.propose_name('referenced_' || role); END IF;
                links := links || jsonb_build_object(link_name, jsonb_build_object(
                    'hubs', jsonb_build_array(target, jsonb_build_object('role', role, 'hub', hub, 'optional', f.optional)),
                    'effectivity', jsonb_build_object('driving_key', jsonb_build_array(target)),
                    'note', format('From the foreign key (%s); optional where it may be NULL.', array_to_string(fkey, ', '))));
                loads := loads || jsonb_build_object('link', link_name, 'hubs', jsonb_build_object(target, 'own', role, ref));
            END IF;
        END LOOP;
        SELECT array_agg(a.attname::text ORDER BY a.attnum), array_agg(quote_ident(datavault.propose_attribute(a.attname)) || ' ' || (kept ->> a.attname) ORDER BY a.attnum)
            INTO rest, specs FROM pg_attribute a
            WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname <> ALL (used);
        body := CASE WHEN rest IS NULL THEN '{}' ELSE (SELECT jsonb_object_agg(datavault.propose_attribute(c), c) FROM unnest(rest) c) END;
        IF t.kind = 'link' THEN
            SELECT array_agg(c ORDER BY n) INTO fkey FROM unnest(datavault.propose_columns(t.relation, t.pk)) WITH ORDINALITY u(c, n)
                WHERE NOT EXISTS (SELECT FROM jsonb_each(refs) r WHERE COALESCE(r.value -> 'foreign_key', r.value) ? c);
            links := links || jsonb_build_object(t.entity, jsonb_build_object('hubs', roles, 'dependent_keys',
                COALESCE((SELECT jsonb_agg(quote_ident(datavault.propose_name(c)) || ' ' || (kept ->> c) ORDER BY n) FROM unnest(fkey) WITH ORDINALITY u(c, n)), '[]'),
                'note', CASE WHEN t.frozen THEN 'Declared immutable: kept without history.' ELSE 'A relation: its primary key is made of foreign keys.' END)
                || CASE WHEN t.frozen THEN jsonb_build_object('non_historized', true, 'attributes', COALESCE(to_jsonb(specs), '[]')) ELSE '{}' END);
            loads := loads || (jsonb_build_object('link', t.entity, 'hubs', refs, 'dependent_keys', COALESCE(to_jsonb(fkey), '[]'))
                || CASE WHEN t.frozen THEN jsonb_build_object('attributes', body) ELSE '{}' END);
        END IF;
        IF rest IS NOT NULL AND NOT (t.kind = 'link' AND t.frozen) THEN
            target := CASE WHEN t.kind = 'link' THEN t.entity ELSE datavault.propose_hub(schema, immutable, t.relation) END;
            sats := sats || jsonb_build_object(datavault.propose_name(t.entity || '_details'), jsonb_build_object('of', target, 'columns', specs));
            loads := loads || jsonb_build_object('satellite', datavault.propose_name(t.entity || '_details'), 'columns', body);
        END IF;
        sources := sources || jsonb_build_object(schema || '.' || t.name, jsonb_build_object(
            'primary_key', datavault.propose_columns(t.relation, t.pk), 'columns', types, 'loads', loads, 'immutable', t.frozen,
            'note', trim(CASE WHEN t.frozen THEN 'Declared immutable.' ELSE 'Taken as changeable; name it in "immutable" if it is only appended to.' END || notes))
            || CASE WHEN parent IS NULL THEN '{}' ELSE jsonb_build_object('parent', parent) END);
    END LOOP;
    SELECT string_agg(c.relname, ', ' ORDER BY c.relname) INTO skipped FROM pg_class c
        WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = schema) AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
          AND c.oid NOT IN (SELECT relation FROM datavault.propose_tables(schema, immutable));
    RETURN jsonb_build_object('name', current_database(), 'schema', 'vault', 'wire', '{"decimal": "string", "time": "adaptive"}'::jsonb,
        'hubs', hubs, 'links', links, 'satellites', sats, 'sources', sources,
        'note', 'Proposed from the catalog: read the notes. Types outside pg_catalog became their base type or text; types without a canonical text are text in the vault.'
                || COALESCE(' Skipped (no primary key, or a generated one, unlogged, foreign, or a signal table): ' || skipped || '.', ''));
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
