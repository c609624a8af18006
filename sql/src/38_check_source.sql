-- What the source, its publication, slot and role, and the connector's settings lose or cost: check_source().
--
-- One function for each topic; each reads catalogs and settings only and returns findings. A finding has a
-- stable code, which doc/check_source.md explains. What the caller may not see is a finding too. Compiling such
-- queries takes longer than running them: no JIT.
--
-- Columns that a later PostgreSQL has are read out of to_jsonb(row), so that this stands on 15 to 18.

CREATE TYPE datavault.source_finding AS (level text, code text, subject text, finding text, hint text);
COMMENT ON TYPE datavault.source_finding IS 'internal: a row of check_source()';

-- ---- Facts ----

CREATE FUNCTION datavault.check_source_base_type(type oid) RETURNS oid
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN typtype = 'd' THEN datavault.check_source_base_type(typbasetype) ELSE oid END FROM pg_type WHERE oid = type$$;
COMMENT ON FUNCTION datavault.check_source_base_type(oid) IS 'internal: the type itself, or that of a domain';

-- pg_get_publication_tables() takes one name before PostgreSQL 16, and any number from there on. Before 18 it
-- lists generated columns that are not streamed.
CREATE FUNCTION datavault.check_source_tables(publication name)
    RETURNS TABLE (relation oid, name text, schema name, short text, pk smallint[], attnums smallint[])
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT c.oid, c.oid::regclass::text, n.nspname, c.relname::text, k.conkey, t.attrs::smallint[]
         FROM pg_publication p CROSS JOIN LATERAL pg_get_publication_tables(p.pubname::text) t
         JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
         LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
         WHERE p.pubname = publication$$;
COMMENT ON FUNCTION datavault.check_source_tables(name) IS
'internal: tables under whose names changes are streamed, with primary key and the columns that are';

CREATE FUNCTION datavault.check_source_columns(publication name)
    RETURNS TABLE (relation oid, name text, attnum smallint, attname name, subject text, dotted text, streamed boolean, generated boolean,
                   type oid, nullable boolean, preset boolean, rank integer, part text)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT t.relation, t.name, a.attnum, a.attname, t.name || '.' || quote_ident(a.attname),
                t.schema || '.' || t.short || '.' || a.attname, a.attnum = ANY (t.attnums) AND (a.attgenerated = '' OR current_setting('server_version_num')::integer >= 180000),
                a.attgenerated <> '',
                datavault.check_source_base_type(a.atttypid), NOT a.attnotnull, a.atthasdef AND a.attgenerated = '', k.rank,
                (ARRAY['the primary key', 'the natural key', 'a foreign key', 'a unique key'])[k.rank]
         FROM datavault.check_source_tables(publication) t
         LEFT JOIN LATERAL (SELECT p.key FROM datavault.propose_keys(t.relation) p WHERE p.refusal IS NULL AND p.rank = 1) n ON true
         JOIN pg_attribute a ON a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN LATERAL (SELECT min(u.rank) AS rank FROM (
                 SELECT 1 WHERE a.attnum = ANY (t.pk)
                 UNION ALL SELECT 2 WHERE a.attnum = ANY (n.key)
                 UNION ALL SELECT 3 FROM pg_constraint f WHERE f.conrelid = t.relation AND f.contype = 'f' AND a.attnum = ANY (f.conkey)
                 UNION ALL SELECT 4 FROM pg_index i WHERE i.indrelid = t.relation AND i.indisunique AND a.attnum = ANY (i.indkey)) u (rank)) k ON true$$;
COMMENT ON FUNCTION datavault.check_source_columns(name) IS
'internal: columns of the streamed tables; rank and part say in which key: 1 primary, 2 natural, 3 foreign, 4 another unique one';

-- What the log says of an old row; of a partitioned table, what its partitions say: theirs counts, not the root's.
CREATE FUNCTION datavault.check_source_identities(publication name)
    RETURNS TABLE (relation oid, name text, carrier text, kind text, columns text[], pk text[], wanted text[])
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT t.relation, t.name, c.oid::regclass::text,
                CASE WHEN c.relreplident IN ('d', 'i') AND i.columns IS NULL THEN 'n' ELSE c.relreplident::text END, i.columns,
                w.pk, w.wanted
         FROM datavault.check_source_tables(publication) t
         CROSS JOIN LATERAL (SELECT t.relation AS relid FROM pg_class WHERE oid = t.relation AND relkind = 'r'
                             UNION SELECT relid FROM pg_partition_tree(t.relation) WHERE isleaf) l
         JOIN pg_class c ON c.oid = l.relid
         LEFT JOIN LATERAL (SELECT array_agg(a.attname::text) AS columns FROM pg_index x
                            JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey)
                            WHERE x.indrelid = c.oid AND x.indisvalid
                              AND CASE c.relreplident WHEN 'i' THEN x.indisreplident ELSE x.indisprimary AND x.indimmediate END) i ON true
         CROSS JOIN LATERAL (SELECT array_agg(o.attname::text ORDER BY o.attnum) FILTER (WHERE o.rank = 1) AS pk,
                                    array_agg(o.attname::text ORDER BY o.attnum) FILTER (WHERE o.rank < 3 OR NOT o.nullable AND NOT o.generated) AS wanted
                             FROM datavault.check_source_columns(publication) o WHERE o.relation = t.relation AND o.rank <= 3) w
         WHERE t.pk IS NOT NULL$$;
COMMENT ON FUNCTION datavault.check_source_identities(name) IS
'internal: the replica identity of each table with a primary key: d, i, f or n (also where its index is gone), its columns, and those it should have';

CREATE FUNCTION datavault.check_source_list(names text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT string_agg(quote_ident(n), ', ' ORDER BY o) FROM unnest(names) WITH ORDINALITY u(n, o)$$;
COMMENT ON FUNCTION datavault.check_source_list(text[]) IS 'internal: names of columns for a statement';

-- ---- The connector's settings ----

CREATE FUNCTION datavault.check_source_settings(connector jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF jsonb_typeof(connector -> 'config') = 'object' THEN
        RETURN connector -> 'config';
    ELSIF jsonb_typeof(connector) <> 'object' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'the connector''s configuration is not a JSON object',
            HINT = 'Give what Kafka Connect answers to GET /connectors/NAME/config, or to GET /connectors/NAME.';
    END IF;
    RETURN connector;
END $$;
COMMENT ON FUNCTION datavault.check_source_settings(jsonb) IS 'internal: a connector''s configuration as one flat object';

-- ${…} is filled in by Connect: nobody here knows what with.
CREATE FUNCTION datavault.check_source_setting(settings jsonb, setting text, fallback text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN settings IS NULL OR v LIKE '%${%' THEN NULL ELSE COALESCE(NULLIF(v, ''), fallback) END
         FROM (SELECT btrim(settings ->> setting)) s(v)$$;
COMMENT ON FUNCTION datavault.check_source_setting(jsonb, text, text) IS
'internal: a setting of the connector or its default; NULL without a connector, and where Connect fills in the value';

-- Lists of regular expressions, as Debezium reads them: separated by commas, of the whole name, in any case.
CREATE FUNCTION datavault.check_source_matches(name text, list text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM regexp_split_to_table(list, '(?<!\\),') p
                   WHERE name ~* ('^(?:' || btrim(replace(p, '\,', ',')) || ')$'));
EXCEPTION WHEN invalid_regular_expression THEN
    RETURN NULL;
END $$;
COMMENT ON FUNCTION datavault.check_source_matches(text, text) IS
'internal: whether a name is in a list of patterns; NULL if one of them is none that PostgreSQL reads';

-- The salt of a mask is part of the setting's name, and a secret.
CREATE FUNCTION datavault.check_source_key(setting text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT regexp_replace(setting, '(\.with\.salt\.).*', '\1…')$$;
COMMENT ON FUNCTION datavault.check_source_key(text) IS 'internal: the name of a setting as it may be shown';

CREATE FUNCTION datavault.check_source_captures(settings jsonb, schema text, name text) RETURNS boolean
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE WHEN bool_and(m.fits IS NOT NULL) THEN bool_and(m.fits) END
         FROM (SELECT v.name, v.include, datavault.check_source_setting(settings, v.setting) AS list
               FROM (VALUES (schema, true, 'schema.include.list'), (schema, false, 'schema.exclude.list'),
                            (schema || '.' || name, true, 'table.include.list'), (schema || '.' || name, false, 'table.exclude.list')) v (name, include, setting)) l
         CROSS JOIN LATERAL (SELECT CASE WHEN l.list IS NULL THEN true ELSE datavault.check_source_matches(l.name, l.list) = l.include END) m (fits)$$;
COMMENT ON FUNCTION datavault.check_source_captures(jsonb, text, text) IS 'internal: whether the connector takes a table; NULL if a list cannot be read';

-- ---- Topics: the server and the slot ----

CREATE FUNCTION datavault.check_source_server(slot name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT 'error', 'wal_level', 'wal_level', format('The server''s wal_level is %s: it has no logical decoding.', current_setting('wal_level')),
       'ALTER SYSTEM SET wal_level = ''logical''; then restart the server.'
WHERE current_setting('wal_level') <> 'logical'
UNION ALL
SELECT 'error', 'slots_exhausted', 'max_replication_slots',
       format('All of max_replication_slots = %s are in use: no slot can be made for the connector.', current_setting('max_replication_slots')),
       'Drop slots that nobody needs (pg_replication_slots shows them), or ALTER SYSTEM SET max_replication_slots to more and restart the server.'
WHERE (SELECT count(*) FROM pg_replication_slots) >= current_setting('max_replication_slots')::bigint
  AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.slot_name = slot)
UNION ALL
SELECT 'error', 'senders_exhausted', 'max_wal_senders',
       format('All of max_wal_senders = %s are in use: the connector cannot connect.', current_setting('max_wal_senders')),
       'End what pg_stat_replication shows and nobody needs, or ALTER SYSTEM SET max_wal_senders to more and restart the server.'
WHERE (SELECT count(*) FROM pg_stat_replication) >= current_setting('max_wal_senders')::bigint
  AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.slot_name = slot AND s.active)
UNION ALL
SELECT CASE encoding WHEN 'SQL_ASCII' THEN 'warning' ELSE 'note' END, 'encoding', 'database ' || quote_ident(current_database()),
       format('The database''s encoding is %s. Events are UTF-8: ', encoding)
       || CASE encoding WHEN 'SQL_ASCII' THEN 'the server does not know what its bytes mean, and a message of others than UTF-8 is rejected as malformed.'
                        ELSE 'the server converts, and a vault of the same encoding rejects nothing for it; hashes are those of UTF-8.' END,
       'Nothing else has to be done if all values are UTF-8 or plain ASCII. A database of encoding UTF8 is safe: dump it, CREATE DATABASE … ENCODING ''UTF8'', and load it there.'
FROM (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()) d(encoding) WHERE encoding <> 'UTF8'
$$;
COMMENT ON FUNCTION datavault.check_source_server(name) IS 'internal: findings about the server and the database';

CREATE FUNCTION datavault.check_source_slot_facts()
    RETURNS TABLE (slot_name name, plugin name, database name, temporary boolean, two_phase boolean, active boolean, status text, lost text,
                   retained bigint, keep bigint)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT s.slot_name, s.plugin, s.database, s.temporary, s.two_phase, s.active, s.wal_status,
                COALESCE(to_jsonb(s) ->> 'invalidation_reason', CASE WHEN to_jsonb(s) ->> 'conflicting' = 'true' THEN 'a conflict with recovery' END,
                         CASE WHEN s.wal_status = 'lost' THEN 'WAL that it needs was removed' END),
                pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, s.restart_lsn)::bigint,
                (SELECT setting::bigint * 1048576 FROM pg_settings WHERE name = 'max_slot_wal_keep_size')
         FROM pg_replication_slots s$$;
COMMENT ON FUNCTION datavault.check_source_slot_facts() IS
'internal: replication slots; lost says why one is of no use any more, retained and keep are bytes of WAL';

CREATE FUNCTION datavault.check_source_slot(slot name, expected boolean) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN expected THEN 'error' ELSE 'note' END, 'slot_missing', 'slot ' || quote_ident(slot),
       'The slot does not exist. If the connector ran before, what changed since the slot went is lost to it: a new slot begins now.',
       format('At a connector''s first start it is made by itself, or by SELECT pg_create_logical_replication_slot(%L, ''pgoutput''). If the connector ran before, begin with new topics (another topic.prefix) and an empty vault.', slot)
WHERE NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.slot_name = slot)
UNION ALL
SELECT f.level, f.code, 'slot ' || quote_ident(slot), f.finding, f.hint
FROM datavault.check_source_slot_facts() s
CROSS JOIN LATERAL (
    SELECT 'error' AS level, 'slot_plugin' AS code, format('The slot is %s, not one of pgoutput.', COALESCE('one of the plugin ' || s.plugin, 'physical')) AS finding,
           'Give the connector another slot.name, or drop the slot and let the connector make it.' AS hint
    WHERE s.plugin IS DISTINCT FROM 'pgoutput'
    UNION ALL
    SELECT 'error', 'slot_database', format('The slot is of database %I, this is %I.', s.database, current_database()),
           'Call check_source() in the database that the connector reads, or give the connector a slot.name of its own.'
    WHERE s.database <> current_database()
    UNION ALL
    SELECT 'error', 'slot_temporary', 'The slot is temporary: it goes with the session that made it, and what changes until the next one is lost.',
           'Drop it and let the connector make its slot.'
    WHERE s.temporary
    UNION ALL
    SELECT 'warning', 'slot_two_phase', 'The slot decodes prepared transactions at PREPARE (two_phase), which the connector does not read.',
           format('SELECT pg_drop_replication_slot(%L) while the connector is stopped and nothing is written, and let the connector make its slot.', slot)
    WHERE s.two_phase
    UNION ALL
    SELECT 'error', 'slot_lost', format('The slot is lost (%s): changes that the connector has not read are gone from the log.', s.lost),
           format('SELECT pg_drop_replication_slot(%L); then begin with new topics (another topic.prefix) and an empty vault, because a new snapshot has no deletes. Raise max_slot_wal_keep_size, or watch the slot.', slot)
    WHERE s.lost IS NOT NULL
    UNION ALL
    SELECT 'error', 'slot_unreserved', format('WAL that the slot needs (%s) will be removed at the next checkpoint.', pg_size_pretty(s.retained)),
           'ALTER SYSTEM SET max_slot_wal_keep_size to more, SELECT pg_reload_conf(), and start the connector, at once.'
    WHERE s.status = 'unreserved' AND s.lost IS NULL
    UNION ALL
    SELECT 'warning', 'slot_extended', format('The slot retains %s of WAL, more than max_wal_size (%s).', pg_size_pretty(s.retained), current_setting('max_wal_size')),
           'Is the connector running, and does it keep up? An open transaction or a prepared one (pg_stat_activity, pg_prepared_xacts) retains WAL too, and so does a published table that nobody writes while others are written: change a row of a small published table now and then.'
    WHERE s.status = 'extended'
    UNION ALL
    SELECT 'warning', 'slot_retained', format('The slot retains %s of WAL, more than half of max_slot_wal_keep_size (%s): beyond that it is lost.', pg_size_pretty(s.retained), pg_size_pretty(s.keep)),
           'Start the connector, or ALTER SYSTEM SET max_slot_wal_keep_size to more and SELECT pg_reload_conf().'
    WHERE s.keep > 0 AND s.retained > s.keep / 2 AND s.lost IS NULL
    UNION ALL
    SELECT 'warning', 'slot_inactive', format('Nobody reads the slot: the connector is not connected, and the slot retains WAL (%s now).', COALESCE(pg_size_pretty(s.retained), '0 bytes')),
           format('Start the connector. If it will not come back: SELECT pg_drop_replication_slot(%L).', slot)
    WHERE NOT s.active AND s.lost IS NULL) f
WHERE s.slot_name = slot
$$;
COMMENT ON FUNCTION datavault.check_source_slot(name, boolean) IS
'internal: findings about the connector''s slot; expected says whether it should be there';

CREATE FUNCTION datavault.check_source_retention(slot name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT CASE WHEN EXISTS (SELECT FROM pg_replication_slots s WHERE s.slot_name = slot) THEN 'warning' ELSE 'note' END,
       'retention_unlimited', 'max_slot_wal_keep_size',
       'There is no bound to the WAL that a slot retains: a connector that stays away fills the disk, and the server stops.',
       'ALTER SYSTEM SET max_slot_wal_keep_size = ''…GB'' to what the disk has room for; SELECT pg_reload_conf(). Beyond it the slot is lost and the source lives on.'
WHERE current_setting('max_slot_wal_keep_size') = '-1'
UNION ALL
SELECT 'note', 'slot_other', 'slot ' || quote_ident(s.slot_name), format('Nobody reads this other logical slot, which retains WAL (%s now).', COALESCE(pg_size_pretty(s.retained), '0 bytes')),
       format('If nobody needs it: SELECT pg_drop_replication_slot(%L).', s.slot_name)
FROM datavault.check_source_slot_facts() s
WHERE s.plugin IS NOT NULL AND NOT s.active AND s.slot_name IS DISTINCT FROM slot
$$;
COMMENT ON FUNCTION datavault.check_source_retention(name) IS 'internal: findings about WAL that is kept for slots';

-- ---- Topics: the publication ----

CREATE FUNCTION datavault.check_source_publication(publication name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT 'error', 'publication_missing', 'publication ' || quote_ident(publication), 'The publication does not exist in this database: nothing is streamed.',
       format('CREATE PUBLICATION %I FOR TABLE … WITH (publish_via_partition_root = true), with all tables that the model names.', publication)
WHERE NOT EXISTS (SELECT FROM pg_publication p WHERE p.pubname = publication)
UNION ALL
SELECT f.level, f.code, 'publication ' || quote_ident(publication), f.finding, f.hint
FROM pg_publication p
CROSS JOIN LATERAL (
    SELECT 'warning' AS level, 'publication_all_tables' AS code,
           'The publication is FOR ALL TABLES: a table that somebody adds is published unseen, and if it has no primary key each UPDATE and DELETE of it is an error.' AS finding,
           format('CREATE a publication that names its tables under another name, give it to the connector as publication.name, then DROP PUBLICATION %I.', publication) AS hint
    WHERE p.puballtables
    UNION ALL
    SELECT 'note', 'publication_schemas', 'The publication takes whole schemas: a table that somebody adds there is published unseen.',
           format('If that is not meant: ALTER PUBLICATION %I SET TABLE … with the tables that the model names.', publication)
    WHERE EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid)
    UNION ALL
    SELECT 'error', 'publication_empty', 'The publication has no table: nothing is streamed.',
           format('ALTER PUBLICATION %I ADD TABLE …, with all tables that the model names.', publication)
    WHERE NOT EXISTS (SELECT FROM datavault.check_source_tables(publication))
    UNION ALL
    SELECT 'error', 'publication_operations',
           format('The publication leaves out %s: the vault never hears of them.',
                  concat_ws(', ', CASE WHEN NOT p.pubinsert THEN 'inserts' END, CASE WHEN NOT p.pubupdate THEN 'updates' END, CASE WHEN NOT p.pubdelete THEN 'deletes' END)),
           format('ALTER PUBLICATION %I SET (publish = ''insert, update, delete, truncate'');', publication)
    WHERE NOT (p.pubinsert AND p.pubupdate AND p.pubdelete)
    UNION ALL
    SELECT 'warning', 'publication_truncate', 'The publication leaves out truncations: the rows that one removes stay live in the vault for ever.',
           format('ALTER PUBLICATION %I SET (publish = ''insert, update, delete, truncate'');', publication)
    WHERE NOT p.pubtruncate) f
WHERE p.pubname = publication
$$;
COMMENT ON FUNCTION datavault.check_source_publication(name) IS 'internal: findings about the publication itself';

CREATE FUNCTION datavault.check_source_published(publication name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
WITH named AS (SELECT p.*, r.prrelid, r.prqual, r.prrelid::regclass::text AS name, c.relispartition, c.relkind,
                      ARRAY(SELECT relid::oid FROM pg_partition_ancestors(c.oid) WHERE relid <> c.oid) AS ancestors
               FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid JOIN pg_class c ON c.oid = r.prrelid
               WHERE p.pubname = publication)
SELECT 'error', 'row_filter', name,
       'The table is published with a row filter. The snapshot does not know it, so that rows outside of it come once and never change or go.',
       format('ALTER PUBLICATION %I DROP TABLE %s; ALTER PUBLICATION %1$I ADD TABLE %2$s;', publication, name)
FROM named WHERE prqual IS NOT NULL
UNION ALL
SELECT 'note', 'partition_beside_root', name, 'The partition is published beside its partitioned table, under whose name its changes come.',
       format('ALTER PUBLICATION %I DROP TABLE %s;', publication, name)
FROM named n WHERE relispartition AND pubviaroot AND EXISTS (SELECT FROM named o WHERE o.prrelid = ANY (n.ancestors))
UNION ALL
SELECT 'error', 'partition_names', t.name,
       format('Changes of the partitioned table come under the names of its partitions (%s of them), which no model has.', t.n),
       concat_ws(' ', CASE WHEN NOT t.pubviaroot THEN format('ALTER PUBLICATION %I SET (publish_via_partition_root = true);', publication) END,
                      CASE WHEN t.alone IS NOT NULL THEN format('ALTER PUBLICATION %I DROP TABLE %s; ALTER PUBLICATION %1$I ADD TABLE %3$s;', publication, t.alone, t.name) END)
FROM (SELECT pg_partition_root(s.relation)::text AS name, p.pubviaroot, count(*) AS n,
             -- named without their root
             string_agg(s.name, ', ' ORDER BY s.name) FILTER (WHERE EXISTS (SELECT FROM named o WHERE o.prrelid = s.relation)
                 AND NOT EXISTS (SELECT FROM named o JOIN pg_partition_ancestors(s.relation) a ON a.relid = o.prrelid AND o.relkind = 'p')) AS alone
      FROM pg_publication p, datavault.check_source_tables(publication) s JOIN pg_class c ON c.oid = s.relation
      WHERE p.pubname = publication AND c.relispartition GROUP BY 1, 2) t
UNION ALL
SELECT 'note', 'table_unpublishable', c.oid::regclass::text,
       format('The table is %s: it has no changes in the log, and the publication leaves it out without a word.', CASE c.relkind WHEN 'f' THEN 'foreign' ELSE 'unlogged' END),
       CASE c.relkind WHEN 'f' THEN 'Capture it where its rows are.' ELSE format('If the vault needs it: ALTER TABLE %s SET LOGGED;', c.oid::regclass) END
FROM pg_publication p JOIN pg_class c ON c.relkind = 'f' OR c.relkind IN ('r', 'p') AND c.relpersistence = 'u'
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.pubname = publication AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  AND (p.puballtables OR EXISTS (SELECT FROM pg_publication_namespace m WHERE m.pnpubid = p.oid AND m.pnnspid = c.relnamespace))
$$;
COMMENT ON FUNCTION datavault.check_source_published(name) IS 'internal: findings about how tables are published';

-- ---- Topics: tables ----

CREATE FUNCTION datavault.check_source_table(publication name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT f.level, f.code, t.name, f.finding, f.hint
FROM datavault.check_source_tables(publication) t JOIN pg_class c ON c.oid = t.relation
CROSS JOIN LATERAL (
    SELECT 'error' AS level, 'no_primary_key' AS code,
           'The table has no primary key: its events have no key, nobody can tell its rows apart, and propose_model() leaves it out.'
           || CASE WHEN c.relreplident IN ('d', 'n') THEN ' Each UPDATE and DELETE of it is an error in the source.' ELSE '' END AS finding,
           format('ALTER TABLE %s ADD PRIMARY KEY (…); or ALTER PUBLICATION %I DROP TABLE %1$s;', t.name, publication) AS hint
    WHERE t.pk IS NULL
    UNION ALL
    SELECT 'error', 'table_not_ascii', 'The name has letters that are not ASCII: the snapshot comes, and no change is ever streamed.',
           format('ALTER TABLE %s RENAME TO …; or its schema.', t.name)
    WHERE t.schema || t.short ~ '[^ -~]'
    UNION ALL
    SELECT 'warning', 'table_name_long', 'Schema and name together have more than 62 bytes: no model can have the table.',
           format('ALTER TABLE %s RENAME TO …; a shorter one.', t.name)
    WHERE octet_length(t.schema) + octet_length(t.short) > 62
    UNION ALL
    SELECT 'error', 'table_inherited',
           format('Tables inherit from it (%s): the snapshot reads their rows as rows of this table, and their changes come under their own names, or not at all.',
                  (SELECT string_agg(inhrelid::regclass::text, ', ' ORDER BY inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = t.relation)),
           'Make it a partitioned table, published with publish_via_partition_root, or take the inheritance away (ALTER TABLE … NO INHERIT).'
    WHERE c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = t.relation)
    UNION ALL
    SELECT 'warning', 'parent_not_published',
           format('Its foreign key %I refers to %s, which is not published: relations to rows there wait for them for ever (parked).', k.conname, k.confrelid::regclass),
           format('ALTER PUBLICATION %I ADD TABLE %s; and in the connector''s table.include.list. Or leave that foreign key out of the model.', publication, k.confrelid::regclass)
    FROM pg_constraint k
    WHERE k.conrelid = t.relation AND k.contype = 'f' AND k.conparentid = 0
      AND NOT EXISTS (SELECT FROM datavault.check_source_tables(publication) o
                      WHERE o.relation = k.confrelid OR o.relation IN (SELECT relid FROM pg_partition_tree(k.confrelid) UNION ALL SELECT relid FROM pg_partition_ancestors(k.confrelid)))
    UNION ALL
    SELECT 'note', 'no_natural_key', regexp_replace(datavault.propose_key_note(t.relation, t.pk), '^Warning: .*?\. ', 'The table has no key but a surrogate, which means nothing outside this database. '),
           format('If there is a natural key, make it known: ALTER TABLE %s ADD UNIQUE (…), its columns NOT NULL, not deferrable.', t.name)
    WHERE t.short NOT LIKE '%signal%'
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.relation AND k.contype = 'f' AND k.conkey && t.pk)
      AND (SELECT datavault.propose_surrogate(t.relation, COALESCE(k.key, t.pk), COALESCE(k.is_primary, true)) IS NOT NULL
           FROM (SELECT) one LEFT JOIN datavault.propose_keys(t.relation) k ON k.refusal IS NULL AND k.rank = 1)) f
$$;
COMMENT ON FUNCTION datavault.check_source_table(name) IS 'internal: findings about the published tables';

CREATE FUNCTION datavault.check_source_identity(publication name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
WITH identity AS (SELECT i.*, CASE WHEN carrier = name THEN '' ELSE format(' (partition %s)', carrier) END AS place FROM datavault.check_source_identities(publication) i),
     one AS (SELECT DISTINCT ON (name, kind, columns @> pk, columns @> wanted) i.*, p.relname, p.relkind FROM identity i JOIN pg_class p ON p.oid = i.relation
             ORDER BY name, kind, columns @> pk, columns @> wanted, carrier)
SELECT 'error', 'identity_nothing', name,
       format('The log does not say which row was changed or deleted%s: replica identity is NOTHING, its index is gone, or the primary key is deferrable. Each UPDATE and DELETE is an error in the source.', place),
       format('ALTER TABLE %s REPLICA IDENTITY DEFAULT; with a primary key that is not deferrable.', carrier)
FROM one WHERE kind = 'n'
UNION ALL
SELECT 'error', 'identity_without_key', name,
       format('The replica identity%s leaves out columns of the primary key: events of deleted rows carry 0 or an empty text there, so they end other rows, or none.', place),
       format('ALTER TABLE %s REPLICA IDENTITY DEFAULT; or USING INDEX of an index that has them.', carrier)
FROM one WHERE kind = 'i' AND NOT columns @> pk
UNION ALL
SELECT 'warning', 'identity_full', name, format('The replica identity is FULL%s: each UPDATE and DELETE writes the whole old row into the log, and into Kafka.', place),
       format('ALTER TABLE %s REPLICA IDENTITY DEFAULT; the vault needs no more.', carrier)
FROM one WHERE kind = 'f'
UNION ALL
SELECT 'note', 'identity_narrow', name,
       format('The replica identity is %s%s: events of changed and deleted rows do not carry the old values of %s. The vault takes them from what it has seen; a consumer that begins later cannot.',
              CASE kind WHEN 'd' THEN 'the primary key' ELSE 'an index that lacks some columns' END, place,
              datavault.check_source_list(ARRAY(SELECT unnest(wanted) EXCEPT SELECT unnest(columns) ORDER BY 1))),
       format('If they ever change: CREATE UNIQUE INDEX %I ON %s (%s); ', datavault.propose_name(relname::text) || '_identity_idx', name, datavault.check_source_list(wanted))
       || CASE relkind WHEN 'p' THEN 'then, for each partition, ALTER TABLE … REPLICA IDENTITY USING INDEX its own part of that index.'
                       ELSE format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I;', name, datavault.propose_name(relname::text) || '_identity_idx') END
FROM one WHERE kind IN ('d', 'i') AND columns @> pk AND NOT columns @> wanted
UNION ALL
SELECT 'warning', 'key_deferrable', t.name, 'The primary key is deferrable: two rows that swap their keys give a chain of events that cross.',
       format('Make it anew, NOT DEFERRABLE: ALTER TABLE %s DROP CONSTRAINT %I, ADD PRIMARY KEY (%s); and change a key to a free value only.', t.name, k.conname,
              datavault.check_source_list(datavault.propose_columns(t.relation, t.pk)))
FROM datavault.check_source_tables(publication) t JOIN pg_constraint k ON k.conrelid = t.relation AND k.contype = 'p' WHERE k.condeferrable
$$;
COMMENT ON FUNCTION datavault.check_source_identity(name) IS 'internal: findings about replica identities and deferrable keys';

-- ---- Topics: columns ----

CREATE FUNCTION datavault.check_source_column(publication name, settings jsonb) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT f.level, f.code, c.subject, f.finding, f.hint
FROM datavault.check_source_columns(publication) c
CROSS JOIN LATERAL (
    SELECT 'error' AS level, 'column_list_key' AS code, format('The publication''s list of columns leaves it out, and it is in %s.', c.part) AS finding,
           format('ALTER PUBLICATION %I DROP TABLE %s; ALTER PUBLICATION %1$I ADD TABLE %2$s; without a list, or with this column.', publication, c.name) AS hint
    WHERE NOT c.streamed AND NOT c.generated AND c.rank IS NOT NULL
    UNION ALL
    SELECT 'warning', 'column_list', 'The publication''s list of columns leaves it out: the snapshot has its value, and a streamed change has none.',
           format('ALTER PUBLICATION %I DROP TABLE %s; ALTER PUBLICATION %1$I ADD TABLE %2$s; or leave it out of the model and of the snapshot (column.exclude.list).', publication, c.name)
    WHERE NOT c.streamed AND NOT c.generated AND c.rank IS NULL
    UNION ALL
    SELECT CASE WHEN c.rank < 4 THEN 'error' ELSE 'warning' END, 'column_generated',
           'The column is generated: the snapshot has its value, and a streamed change has none.' || COALESCE(' It is in ' || c.part || '.', ''),
           'Leave it out of the model, as propose_model() does, and compute it in a view of the vault. From PostgreSQL 18 on the publication can send it (publish_generated_columns = stored).'
    WHERE c.generated AND NOT c.streamed
    UNION ALL
    SELECT 'error', 'column_not_ascii',
           'The name has letters that are not ASCII, which the stream spells in another way: ' || CASE WHEN c.rank < 4 THEN 'events are rejected as missing_column.' ELSE 'the value is NULL in every streamed change.' END,
           format('ALTER TABLE %s RENAME COLUMN %I TO …; and in the model.', c.name, c.attname)
    WHERE c.attname ~ '[^ -~]'
    UNION ALL
    SELECT n.level, 'null_default', 'The column may be NULL and has a default: where it is NULL, Kafka''s converter sends the default instead' || n.unless, n.hint
    FROM (SELECT CASE WHEN settings IS NULL THEN 'note' ELSE 'error' END, CASE WHEN settings IS NULL THEN ', unless it is told not to.' ELSE '.' END,
                 'Set value.converter.replace.null.with.default = false, and key.converter.replace.null.with.default = false.') n (level, unless, hint)
    WHERE c.nullable AND c.preset AND NOT c.generated
      AND (settings IS NULL OR lower(datavault.check_source_setting(settings, 'value.converter.replace.null.with.default', 'true')) <> 'false')
    UNION ALL
    SELECT 'error', 'column_excluded', format('The connector leaves out the column, which is in %s.', c.part), 'Take it out of column.exclude.list, or into column.include.list.'
    WHERE c.rank < 4
      AND (datavault.check_source_matches(c.dotted, datavault.check_source_setting(settings, 'column.exclude.list'))
           OR NOT datavault.check_source_matches(c.dotted, datavault.check_source_setting(settings, 'column.include.list')))
    UNION ALL
    SELECT 'error', 'column_masked', format('The connector changes values of the column (%s), which is in %s: different keys may become one.', datavault.check_source_key(s.key), c.part), 'Take it out of that setting, or declare the column an attribute.'
    FROM jsonb_each_text(settings) s
    WHERE c.rank < 4 AND s.key ~ '^column\.(mask|truncate)\.' AND datavault.check_source_matches(c.dotted, s.value)) f
$$;
COMMENT ON FUNCTION datavault.check_source_column(name, jsonb) IS 'internal: findings about the columns of the published tables';

-- Types as doc/types.md has them: arrives, or how it does not. An array is judged by its elements.
CREATE FUNCTION datavault.check_source_wire(type oid) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$SELECT CASE
           WHEN t.oid IN ('name'::regtype, 'varbit'::regtype, 'int2vector'::regtype, 'oidvector'::regtype) THEN 'lost'
           WHEN t.typsubscript = 'array_subscript_handler'::regproc
           THEN CASE datavault.check_source_wire(datavault.check_source_base_type(t.typelem)) WHEN 'unknown' THEN 'unknown' WHEN 'untested' THEN 'untested' ELSE 'array' END
           WHEN t.oid = 'money'::regtype THEN 'money'
           WHEN t.oid = 'interval'::regtype THEN 'interval'
           WHEN t.typtype IN ('c', 'm') THEN 'unknown'
           WHEN t.typtype = 'e' OR t.typname IN ('citext', 'hstore') THEN 'arrives'
           WHEN t.typnamespace <> 'pg_catalog'::regnamespace THEN 'untested'
           WHEN t.oid = ANY (ARRAY['smallint', 'integer', 'bigint', 'oid', 'real', 'double precision', 'numeric', 'boolean', 'text', 'varchar', 'bpchar', '"char"',
                'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'uuid', 'json', 'jsonb', 'xml', 'bytea', 'bit', 'inet', 'cidr', 'macaddr', 'macaddr8', 'point',
                'int4range', 'int8range', 'numrange', 'tsrange', 'tstzrange', 'daterange']::regtype[]) THEN 'arrives'
           ELSE 'unknown' END
         FROM pg_type t WHERE t.oid = type$$;
COMMENT ON FUNCTION datavault.check_source_wire(oid) IS
'internal: what becomes of a type: arrives, array, money, interval, lost, unknown to Debezium, or untested';

CREATE FUNCTION datavault.check_source_type(publication name, settings jsonb) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT f.level, f.code, c.subject, f.finding, f.hint
FROM datavault.check_source_columns(publication) c
CROSS JOIN LATERAL (SELECT datavault.check_source_wire(c.type) AS fate, format_type(c.type, NULL) AS type, lower(datavault.check_source_setting(settings, 'interval.handling.mode', 'numeric')) AS mode) w
CROSS JOIN LATERAL (
    SELECT 'error' AS level, 'type_lost' AS code,
           format('A column of type %s does not arrive: %s.', w.type, CASE WHEN c.type = 'varbit'::regtype THEN 'each value is refused as ambiguous, since its length is not in the event'
                  WHEN c.type = 'name'::regtype THEN 'it is NULL in every streamed change' ELSE 'it comes as an empty list' END) AS finding,
           format('ALTER TABLE %s ALTER COLUMN %I TYPE text; or leave it out of the model.', c.name, c.attname) AS hint
    WHERE w.fate = 'lost'
    UNION ALL
    SELECT 'error', 'type_unknown', format('Debezium does not know the type %s: the column is missing in every event.', w.type),
           format('ALTER TABLE %s ALTER COLUMN %I TYPE text; or leave it out of the model.', c.name, c.attname)
    WHERE w.fate = 'unknown'
    UNION ALL
    SELECT 'note', 'type_untested', format('The type %s is not built in: a column of a type that Debezium does not know is missing in every event.', w.type),
           format('Look at an event of %s before the model is applied.', c.name)
    WHERE w.fate = 'untested'
    UNION ALL
    SELECT 'note', 'type_array', 'An array: more than one dimension, other lower bounds, and NULL elements of enums do not arrive, nor what doc/types.md says of elements.', 'Nothing has to be done for plain lists of one dimension.'
    WHERE w.fate = 'array'
    UNION ALL
    SELECT 'note', 'type_money', 'A column of type money passes through a floating-point number in the snapshot: cents from 70,368,744,177,664.00 on are wrong or rejected.',
           format('ALTER TABLE %s ALTER COLUMN %I TYPE numeric(20,2); if there may be such amounts.', c.name, c.attname)
    WHERE w.fate = 'money'
    UNION ALL
    SELECT CASE WHEN w.mode IS NULL THEN 'note' ELSE 'warning' END, 'type_interval',
           'An interval comes as microseconds, its months as 30.4375 days' || CASE WHEN w.mode IS NULL THEN ', unless the connector is told otherwise.' ELSE '.' END,
           'Set interval.handling.mode = string.'
    WHERE w.fate = 'interval' AND w.mode IS DISTINCT FROM 'string') f
UNION ALL
SELECT 'warning', 'old_dates', c.subject,
       'By the statistics there are ' || CASE c.type WHEN 'date'::regtype THEN 'dates before Christ: in a snapshot they lose their sign.' ELSE 'times before 1582-10-15: in a snapshot they are moved by some days.' END,
       'Update such rows once after the snapshot: streamed they are right.'
FROM datavault.check_source_columns(publication) c JOIN pg_class t ON t.oid = c.relation
WHERE c.type IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
  AND EXISTS (SELECT FROM pg_stats s
              CROSS JOIN LATERAL unnest(COALESCE(s.histogram_bounds::text::text[], '{}') || COALESCE(s.most_common_vals::text::text[], '{}')) v
              WHERE s.schemaname = t.relnamespace::regnamespace::name AND s.tablename = t.relname AND s.attname = c.attname AND v <> '-infinity'
                AND CASE c.type WHEN 'date'::regtype THEN v::date < '0001-01-01' ELSE v::timestamp < '1582-10-15' END)
$$;
COMMENT ON FUNCTION datavault.check_source_type(name, jsonb) IS 'internal: findings about types that the wire does not carry';

CREATE FUNCTION datavault.check_source_key_type(publication name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT f.level, f.code, c.subject, f.finding, f.hint
FROM datavault.check_source_columns(publication) c JOIN pg_type t ON t.oid = c.type
JOIN pg_attribute a ON a.attrelid = c.relation AND a.attnum = c.attnum
CROSS JOIN LATERAL (
    SELECT 'warning' AS level, 'key_citext' AS code, format('The column is of citext and in %s: the source takes Ab and aB for one key, the vault for two.', c.part) AS finding,
           'Write it in one way only: ALTER TABLE … ADD CHECK (… = lower(…)).' AS hint
    WHERE t.typname = 'citext'
    UNION ALL
    SELECT 'note', 'key_enum', format('The column is of an enum and in %s: a renamed label is another key from then on.', c.part), 'Do not rename labels (ALTER TYPE … RENAME VALUE), or let the key be of text.'
    WHERE t.typtype = 'e'
    UNION ALL
    SELECT 'warning', 'key_float', format('The column is of %s and in %s: numbers that are as good as equal are two keys.', format_type(c.type, NULL), c.part),
           format('ALTER TABLE %s ALTER COLUMN %I TYPE numeric;', c.name, c.attname)
    WHERE c.type IN ('real'::regtype, 'double precision'::regtype)
    UNION ALL
    SELECT 'warning', 'key_text', format('The column is of %s, which has no canonical text, and in %s: the vault keeps what the connector writes, and equal values may be two keys.', format_type(c.type, NULL), c.part),
           'Let the key be of another type.'
    WHERE t.typtype NOT IN ('e') AND t.typname <> 'citext' AND NOT datavault.can_hash(datavault.propose_type(c.type, a.atttypmod)::regtype)
    UNION ALL
    SELECT 'warning', 'key_collation', format('The column is of a nondeterministic collation and in %s: texts that the source takes for one key are two in the vault.', c.part),
           format('ALTER TABLE %s ALTER COLUMN %I TYPE %s COLLATE "C"; or write it in one way only.', c.name, c.attname, format_type(a.atttypid, a.atttypmod))
    WHERE EXISTS (SELECT FROM pg_collation l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic)) f (level, code, finding, hint)
WHERE c.rank <= 2
$$;
COMMENT ON FUNCTION datavault.check_source_key_type(name) IS 'internal: findings about types of primary and natural keys';

-- ---- Topics: the role ----

CREATE FUNCTION datavault.check_source_role(publication name, role name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT 'error', 'role_missing', 'role ' || quote_ident(role), 'The connector''s role does not exist on this server.', format('CREATE ROLE %I LOGIN REPLICATION BYPASSRLS PASSWORD …;', role)
WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role)
UNION ALL
SELECT f.level, f.code, 'role ' || quote_ident(role), f.finding, f.hint
FROM pg_roles r
CROSS JOIN LATERAL (
    SELECT 'error' AS level, 'role_login' AS code, 'The connector''s role may not log in.' AS finding, format('ALTER ROLE %I LOGIN;', role) AS hint WHERE NOT r.rolcanlogin
    UNION ALL
    SELECT 'error', 'role_expired', format('The password of the connector''s role is valid until %s only.', r.rolvaliduntil), format('ALTER ROLE %I VALID UNTIL ''infinity'';', role) WHERE r.rolvaliduntil < now()
    UNION ALL
    SELECT 'error', 'role_replication', 'The connector''s role has no REPLICATION: it can read no slot.', format('ALTER ROLE %I REPLICATION;', role) WHERE NOT (r.rolreplication OR r.rolsuper)
    UNION ALL
    SELECT 'error', 'role_connect', 'The connector''s role may not connect to this database.', format('GRANT CONNECT ON DATABASE %I TO %I;', current_database(), role)
    WHERE NOT has_database_privilege(r.oid, current_database(), 'CONNECT')
    UNION ALL
    SELECT 'note', 'role_superuser', 'The connector''s role is a superuser: REPLICATION, BYPASSRLS and SELECT on the tables are enough.',
           'Give the connector a role of its own: CREATE ROLE … LOGIN REPLICATION BYPASSRLS; GRANT SELECT ON … TO ….'
    WHERE r.rolsuper
    UNION ALL
    SELECT DISTINCT 'error', 'role_usage', format('The connector''s role may not use the schema %I: the snapshot fails.', t.schema), format('GRANT USAGE ON SCHEMA %I TO %I;', t.schema, role)
    FROM datavault.check_source_tables(publication) t WHERE NOT has_schema_privilege(r.oid, quote_ident(t.schema)::regnamespace::oid, 'USAGE')) f
WHERE r.rolname = role
UNION ALL
SELECT f.level, f.code, t.name, f.finding, f.hint
FROM pg_roles r CROSS JOIN datavault.check_source_tables(publication) t JOIN pg_class c ON c.oid = t.relation
CROSS JOIN LATERAL (
    SELECT 'error' AS level, 'role_select' AS code,
           format('The connector''s role %I may not read %s: the snapshot fails.', role,
                  CASE WHEN has_any_column_privilege(r.oid, t.relation, 'SELECT')
                       THEN (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                             WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(r.oid, t.relation, a.attnum, 'SELECT'))
                       ELSE 'the table' END) AS finding,
           format('GRANT SELECT ON %s TO %I;', t.name, role) AS hint
    WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND NOT has_column_privilege(r.oid, t.relation, a.attnum, 'SELECT'))
    UNION ALL
    SELECT 'error', 'row_security',
           format('Row-level security is %s, and the connector''s role %I is bound by it: a snapshot reads only the rows that policies show to it, perhaps none, and says nothing.',
                  CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'enabled' END, role),
           format('ALTER ROLE %I BYPASSRLS;', role)
    WHERE c.relrowsecurity AND NOT (r.rolbypassrls OR r.rolsuper OR NOT c.relforcerowsecurity AND pg_has_role(r.oid, c.relowner, 'USAGE'))) f
WHERE r.rolname = role
$$;
COMMENT ON FUNCTION datavault.check_source_role(name, name) IS 'internal: findings about the rights of the connector''s role';

CREATE FUNCTION datavault.check_source_no_role(publication name) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT 'warning', 'row_security_unknown', t.name, 'The table has row-level security, and the connector''s role was not named: if it is bound by the policies, a snapshot reads too few rows and says nothing.',
       'Call check_source() with role => its name; the role needs BYPASSRLS.'
FROM datavault.check_source_tables(publication) t JOIN pg_class c ON c.oid = t.relation WHERE c.relrowsecurity
$$;
COMMENT ON FUNCTION datavault.check_source_no_role(name) IS 'internal: findings about rights where the role is not known';

-- ---- Topics: the connector ----

-- A setting, its default, the values that are well (a pattern), and what to say of others; %s is the value.
-- The values of no other setting but those of this list are ever repeated.
CREATE FUNCTION datavault.check_source_rules()
    RETURNS TABLE (level text, code text, setting text, fallback text, good text, finding text, hint text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$VALUES
('error', 'connector_class', 'connector.class', 'not set', 'io\.debezium\.connector\.postgresql\.PostgresConnector',
 'The connector is %s, not Debezium''s for PostgreSQL.', 'Give the configuration of the source connector: connector.class = io.debezium.connector.postgresql.PostgresConnector.'),
('error', 'connector_plugin', 'plugin.name', 'decoderbufs', 'pgoutput',
 'The connector decodes with %s, which is not part of PostgreSQL and knows no publication.', 'Set plugin.name = pgoutput.'),
('warning', 'connector_autocreate', 'publication.autocreate.mode', 'all_tables', 'disabled',
 'The connector makes a publication, or changes it, by itself (%s): where yours is missing, another one takes its place, and changes of the meantime are lost without a word.', 'Set publication.autocreate.mode = disabled.'),
('error', 'connector_slot_drop', 'slot.drop.on.stop', 'false', 'false',
 'The connector drops its slot when it stops (%s): what changes until it starts again is lost.', 'Set slot.drop.on.stop = false.'),
('error', 'connector_skipped', 'skipped.operations', 't', 'none|t', 'The connector skips operations (%s), of which the vault never hears.', 'Set skipped.operations = none.'),
('warning', 'connector_truncate', 'skipped.operations', 't', '[^t]*',
 'The connector skips truncations (%s; t is the default): the rows that one removes stay live in the vault for ever.', 'Set skipped.operations = none.'),
('error', 'decimal_double', 'decimal.handling.mode', 'precise', 'precise|string',
 'Decimals come as floating-point numbers (%s): 9999999999999999.99 becomes 1e16.', 'Set decimal.handling.mode = string, and "wire": {"decimal": "string"} in the model.'),
('note', 'decimal_precise', 'decimal.handling.mode', 'precise', '(?!precise$).*',
 'Decimals come as bytes (%s), which nobody can read without their scale: a changed scale is misread, NaN and infinities are NULL.', 'Set decimal.handling.mode = string, or "wire": {"decimal": "precise"} in the model.'),
('error', 'time_connect', 'time.precision.mode', 'adaptive', '(?!connect$).*',
 'Times come in milliseconds (%s): microseconds are cut off.', 'Set time.precision.mode = adaptive, and "wire": {"time": "adaptive"} in the model.'),
('note', 'time_isostring', 'time.precision.mode', 'adaptive', '(?!isostring$).*',
 'Times come as ISO texts (%s): 24:00:00 becomes 00:00:00.', 'Set time.precision.mode = adaptive; or "wire": {"time": "isostring"} in the model.'),
('warning', 'time_undeclared', 'time.precision.mode', 'adaptive', '(?!microseconds$|nanoseconds$).*',
 'Times come in %s, which no model can declare: without schemas they are rejected as ambiguous.', 'Set time.precision.mode = adaptive.'),
('note', 'binary_mode', 'binary.handling.mode', 'bytes', 'bytes', 'Binary values come as %s.', 'Say so in the model''s "wire" object ("binary"), or set binary.handling.mode = bytes.'),
('warning', 'hstore_map', 'hstore.handling.mode', 'json', 'json', 'Values of hstore come as objects (%s), which are refused as ambiguous.', 'Set hstore.handling.mode = json.'),
('warning', 'snapshot_none', 'snapshot.mode', 'initial', '(?!never$|no_data$).*',
 'There is no snapshot (%s): rows that do not change never come, and relations to them wait for ever (parked).', 'Set snapshot.mode = initial before the connector''s first start; later, ask for a snapshot by a signal.'),
('error', 'snapshot_only', 'snapshot.mode', 'initial', '(?!initial_only$).*', 'The connector stops behind its snapshot (%s): no change is streamed.', 'Set snapshot.mode = initial.'),
('warning', 'snapshot_repeated', 'snapshot.mode', 'initial', '(?!always$|when_needed$).*',
 'The connector takes snapshots anew by itself (%s). Where changes were lost before, that hides it, since a snapshot has no deletes.', 'Set snapshot.mode = initial.'),
('note', 'snapshot_custom', 'snapshot.mode', 'initial', '(?!configuration_based$|custom$).*', 'What the snapshot reads is decided elsewhere (%s) and was not looked at.', 'Rows that it leaves out come with their next change only.'),
('warning', 'snapshot_isolation', 'snapshot.isolation.mode', 'serializable', 'serializable|repeatable_read',
 'The snapshot is read at %s: its tables are of different moments, and changes between them may be lost.', 'Leave snapshot.isolation.mode unset (serializable).'),
('warning', 'connector_transactions', 'provide.transaction.metadata', 'false', 'false',
 'With transaction metadata (%s) Debezium loses changes of a transaction that is open while Connect is killed.', 'Set provide.transaction.metadata = false.'),
('warning', 'connector_heartbeat', 'heartbeat.interval.ms', '0', '0',
 'With heartbeats (every %s ms) Debezium loses changes of a transaction that is open while Connect is killed.',
 'Set heartbeat.interval.ms = 0. If the published tables rest while others are written, change a row of a small published table now and then, so that the slot moves on.'),
('note', 'connector_tombstones', 'tombstones.on.delete', 'true', 'true', 'Deletes have no tombstone (%s). The vault needs none, other consumers may.', 'Set tombstones.on.delete = true.'),
('note', 'connector_headers', 'extended.headers.enabled', 'true', 'false', 'Each message carries headers that nobody here reads (%s).', 'Set extended.headers.enabled = false.'),
('warning', 'connector_flush', 'flush.lsn.source', 'true', 'true', 'The connector does not tell the source how far it is (%s): the slot retains WAL for ever.', 'Set flush.lsn.source = true.'),
('error', 'connector_failures', 'event.processing.failure.handling.mode', 'fail', 'fail', 'The connector passes over events that it cannot process (%s): they are lost.', 'Set event.processing.failure.handling.mode = fail.'),
('error', 'connector_tolerance', 'errors.tolerance', 'none', 'none', 'Connect drops messages that it cannot convert (%s): they are lost.', 'Set errors.tolerance = none.'),
('note', 'connector_placeholder', 'unavailable.value.placeholder', '__debezium_unavailable_value', '__debezium_unavailable_value',
 'Unchanged TOAST values are told by another text than Debezium''s own.', 'Say so in the model''s "wire" object ("placeholder"): else that text is taken for the value.'),
('warning', 'connector_names', 'field.name.adjustment.mode', 'none', 'none', 'Names of columns are rewritten (%s): they are no longer those of the catalog and the model.', 'Set field.name.adjustment.mode = none.'),
('warning', 'connector_names', 'schema.name.adjustment.mode', 'none', 'none', 'Names of schemas are rewritten (%s).', 'Set schema.name.adjustment.mode = none.'),
('warning', 'connector_money', 'money.fraction.digits', '2', '2', 'Values of money come with %s digits: without schemas they are read as if there were 2.', 'Set money.fraction.digits = 2.'),
('error', 'connector_message_key', 'message.key.columns', '', '',
 'Messages of some tables are keyed by other columns than the primary key: the events of one row may lie in several partitions, out of order.', 'Take message.key.columns out.'),
('error', 'connector_partitioner', 'producer.override.partitioner.class', '', '',
 'Another partitioner than Kafka''s own is set: the events of one row must stay in one partition, or they come out of order.', 'Take producer.override.partitioner.class out, unless it goes by the message''s key.'),
('warning', 'connector_acks', 'producer.override.acks', 'all', 'all|-1', 'A message counts as sent before all replicas have it (acks = %s): a broker that fails loses it.', 'Set producer.override.acks = all.'),
('note', 'connector_request_size', 'producer.override.max.request.size', '', '.+',
 'The largest message is that of Kafka''s default, 1 MB: the connector''s task fails at the first larger row.', 'Set producer.override.max.request.size, with the broker''s message.max.bytes and the consumer''s limits.'),
('warning', 'snapshot_part', 'snapshot.include.collection.list', '', '', 'The snapshot takes some tables only: rows of the others come with their next change only, and relations to them wait (parked).', 'Take snapshot.include.collection.list out.'),
('warning', 'snapshot_part', 'snapshot.select.statement.overrides', '', '', 'The snapshot reads tables by statements of its own, which were not looked at: rows that they leave out come with their next change only.', 'Take snapshot.select.statement.overrides out.'),
('warning', 'connector_processors', 'post.processors', '', '', 'Post processors change events; one that reads columns again sends values that are newer than the event.', 'Take post.processors out.'),
('note', 'connector_converters', 'converters', '', '', 'Converters of your own change values on the wire, which were not looked at.', 'Compare an event of each type with the source.'),
('error', 'connector_format', 'value.converter', '', '(org\.apache\.kafka\.connect\.json\.JsonConverter)?', 'Values are not written by Kafka''s JsonConverter (%s): the workers read JSON only.', 'Set value.converter = org.apache.kafka.connect.json.JsonConverter.'),
('error', 'connector_format', 'key.converter', '', '(org\.apache\.kafka\.connect\.json\.JsonConverter)?', 'Keys are not written by Kafka''s JsonConverter (%s): the workers read JSON only.', 'Set key.converter = org.apache.kafka.connect.json.JsonConverter.'),
('warning', 'connector_null_default', 'value.converter.replace.null.with.default', 'true', 'false',
 'The converter sends a column''s default where the value is NULL (replace.null.with.default = %s; true is the default).', 'Set value.converter.replace.null.with.default = false, and key.converter.replace.null.with.default = false.')
$$;
COMMENT ON FUNCTION datavault.check_source_rules() IS 'internal: settings of a connector, their defaults, what is well, and what to say of the rest';

CREATE FUNCTION datavault.check_source_connector(settings jsonb) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT r.level, r.code, 'connector ' || r.setting,
       format(r.finding, CASE WHEN v.value ~ '^[A-Za-z0-9_.,: -]{1,100}$' THEN v.value ELSE 'another value' END), r.hint
FROM datavault.check_source_rules() r CROSS JOIN LATERAL (SELECT datavault.check_source_setting(settings, r.setting, r.fallback) AS value) v
WHERE v.value !~* ('^(?:' || r.good || ')$')
UNION ALL
SELECT 'note', 'connector_schemas', 'connector value.converter.schemas.enable', 'Each message carries its schema, which makes it about five times as large.',
       'Set value.converter.schemas.enable = false, and key.converter.schemas.enable = false: the model declares the types.'
WHERE settings ? 'value.converter' AND lower(datavault.check_source_setting(settings, 'value.converter.schemas.enable', 'true')) <> 'false'
  AND datavault.check_source_setting(settings, 'value.converter') = 'org.apache.kafka.connect.json.JsonConverter'
UNION ALL
SELECT 'warning', 'connector_compaction', 'connector ' || key, 'Topics are compacted: versions of a row go that the vault has not read yet, and deletes may.', 'Set cleanup.policy = delete.'
FROM jsonb_each_text(settings) WHERE key ~ '^topic\.creation\..*\.cleanup\.policy$' AND value ~* 'compact'
UNION ALL
SELECT 'warning', 'connector_password', 'connector ' || key, 'A secret stands in the configuration as it is: whoever reaches Connect''s REST can read it.',
       'Let a config provider fill it in: ${file:PATH:KEY}, with config.providers in Connect''s own settings.'
FROM jsonb_each_text(settings) WHERE key ~* '(password|passphrase|secret|jaas\.config|token|credential)' AND btrim(value) <> '' AND value NOT LIKE '%${%'
UNION ALL
SELECT 'note', 'connector_pattern', 'connector ' || datavault.check_source_key(s.key), 'A pattern in the list is none that PostgreSQL reads, so that it was not looked at what it leaves out.', 'Write it without what only Java knows, such as \Q and \E.'
FROM jsonb_each_text(settings) s WHERE s.key ~ '^(schema|table|column)\.(include|exclude)\.list$|^column\.(mask|truncate)\.' AND datavault.check_source_matches('', s.value) IS NULL
$$;
COMMENT ON FUNCTION datavault.check_source_connector(jsonb) IS 'internal: findings about the connector''s settings alone';

CREATE FUNCTION datavault.check_source_transforms(settings jsonb) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT f.level, f.code, 'connector transforms.' || a.alias, f.finding, f.hint
FROM (SELECT btrim(x) FROM regexp_split_to_table(datavault.check_source_setting(settings, 'transforms'), ',') x WHERE btrim(x) <> '') a (alias)
CROSS JOIN LATERAL (SELECT COALESCE(datavault.check_source_setting(settings, 'transforms.' || a.alias || '.type'), '')) c (class)
CROSS JOIN LATERAL (
    SELECT * FROM (VALUES
        ('ExtractNewRecordState$', 'error', 'transform_flattens', 'The transform takes the envelope off: operation, position and old key are gone, and each event is rejected as not_debezium.', 'Take it out; a consumer that needs flat rows can have a connector of its own.'),
        ('TimestampRouter$', 'error', 'transform_time_route', 'The transform spreads the events of a row over topics by their time: they come out of order.', 'Take it out.'),
        ('(\.Filter|SchemaChangeEventFilter)(\$Value|\$Key)?$', 'warning', 'transform_drops', 'The transform drops messages: what it drops the vault never hears of, deletes as well.', 'Take it out, unless it drops tombstones or tables of no model only.'),
        ('PartitionRouting$', 'warning', 'transform_partitions', 'The transform chooses partitions: the events of one row must stay in one, or they come out of order.', 'Take it out, unless it goes by columns of the primary key only.'),
        ('(ByLogicalTableRouter|RegexRouter|ContentBasedRouter)(\$Value|\$Key)?$', 'note', 'transform_reroutes', 'The transform sends events to other topics. The vault goes by the table that the event names, not by the topic.', 'Give create_subscription() these topics; all events of a table must go to one of them. ByLogicalTableRouter: key.enforce.uniqueness = false.'),
        ('(ExtractChangedRecordState|ActivateTracingSpan|DecodeLogicalDecodingMessageContent|InsertHeader)(\$Value|\$Key)?$', 'none', '', '', ''),
        ('(DropHeaders|HeaderFrom(\$Value|\$Key)|HeaderToValue)$', 'warning', 'transform_headers', 'The transform takes headers away or moves them: __debezium.newkey and __debezium.oldkey tell the two halves of a changed primary key.', 'Take it out, or let it leave these two.'),
        ('', 'warning', 'transform_alters', 'The transform may change events in a way that is not known here.', 'Take it out, or compare events with what the connector sends without it.')
    ) v (class, level, code, finding, hint) WHERE c.class ~ v.class LIMIT 1) f
WHERE f.level <> 'none'
$$;
COMMENT ON FUNCTION datavault.check_source_transforms(jsonb) IS 'internal: findings about transforms, each by the first line that fits its class';

CREATE FUNCTION datavault.check_source_agreement(publication name, slot name, role name, settings jsonb) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
SELECT 'error', v.code, 'connector ' || v.setting, format('The connector has another %s than the one that was looked at here, %I.', v.what, v.here), v.hint
FROM (VALUES ('connector_database', 'database.dbname', NULL, current_database(), 'database', 'Call check_source() in the database that the connector reads.'),
             ('connector_publication', 'publication.name', 'dbz_publication', publication, 'publication', format('Set publication.name = %s, or check that one.', publication)),
             ('connector_slot', 'slot.name', 'debezium', slot, 'slot', format('Set slot.name = %s, or check that one.', slot)),
             ('connector_role', 'database.user', NULL, role, 'role', 'Check that one.')) v (code, setting, fallback, here, what, hint)
WHERE datavault.check_source_setting(settings, v.setting, v.fallback) <> v.here
$$;
COMMENT ON FUNCTION datavault.check_source_agreement(name, name, name, jsonb) IS
'internal: findings about a configuration that is another connector''s';

CREATE FUNCTION datavault.check_source_capture(publication name, settings jsonb) RETURNS SETOF datavault.source_finding
    LANGUAGE sql STABLE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
WITH streamed AS (SELECT * FROM datavault.check_source_tables(publication)),
     captured AS (SELECT c.oid, c.oid::regclass::text AS name, c.relispartition, c.relpersistence, c.relkind,
                         EXISTS (SELECT FROM streamed s WHERE s.relation = c.oid) AS published
                  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
                    AND datavault.check_source_captures(settings, n.nspname, c.relname))
SELECT 'error', 'table_not_published', c.name,
       CASE c.relpersistence WHEN 'u' THEN 'The connector takes the table, which is unlogged: its rows come by the snapshot, and no change ever does.'
                             ELSE 'The connector takes the table, which is not published: its rows come by the snapshot, and no change ever does.' END,
       CASE c.relpersistence WHEN 'u' THEN format('ALTER TABLE %s SET LOGGED; ', c.name) ELSE '' END
       || format('ALTER PUBLICATION %I ADD TABLE %s; then begin with a new snapshot. Or take it out of table.include.list.', publication, c.name)
FROM captured c
WHERE EXISTS (SELECT FROM pg_publication WHERE pubname = publication) AND NOT published AND NOT relispartition
  AND NOT EXISTS (SELECT FROM streamed s JOIN pg_partition_tree(c.oid) p ON p.relid = s.relation)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT 'note', 'partition_captured', pg_partition_root(c.oid)::text,
       format('The connector takes partitions of the table as well (%s of them): the snapshot sends their rows twice, the second time under names that no model has.', count(*)),
       'Name the partitioned table itself in table.include.list, not its partitions.'
FROM captured c WHERE NOT published AND relispartition AND EXISTS (SELECT FROM streamed s JOIN pg_partition_ancestors(c.oid) a ON a.relid = s.relation) GROUP BY 3
UNION ALL
SELECT 'note', 'table_not_captured', s.name, 'The table is published, but the connector does not take it: the vault never hears of it.', 'Name it in table.include.list, or take it out of the publication.'
FROM streamed s WHERE NOT datavault.check_source_captures(settings, s.schema, s.short)
UNION ALL
SELECT f.level, 'signal_table', 'connector signal.data.collection', f.finding, f.hint
FROM (SELECT datavault.check_source_setting(settings, 'signal.data.collection'), datavault.check_source_setting(settings, 'database.user')) g (name, role)
CROSS JOIN LATERAL (SELECT max(s.relation) FROM streamed s WHERE s.schema || '.' || s.short = g.name) t (relation)
CROSS JOIN LATERAL (
    SELECT 'warning', 'The signal table is not published in this database: signals that are written there never reach the connector.', 'Make it (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048)), ALTER PUBLICATION … ADD TABLE it.'
    WHERE t.relation IS NULL
    UNION ALL
    SELECT 'warning', 'The connector''s role may not INSERT into the signal table: incremental snapshots fail.', format('GRANT SELECT, INSERT, DELETE ON %s TO %I;', t.relation::regclass, g.role)
    FROM pg_roles r WHERE r.rolname = g.role AND NOT has_table_privilege(r.oid, t.relation, 'INSERT')) f (level, finding, hint)
WHERE g.name IS NOT NULL
$$;
COMMENT ON FUNCTION datavault.check_source_capture(name, jsonb) IS 'internal: findings about tables that are taken but not published, and the reverse';

-- ---- The whole ----

CREATE FUNCTION datavault.check_source_topic(topic text, publication name, slot name, role name, settings jsonb, expected boolean)
    RETURNS SETOF datavault.source_finding
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO' SET jit = off
AS $$
BEGIN
    CASE topic
        WHEN 'the server' THEN RETURN QUERY SELECT * FROM datavault.check_source_server(slot);
        WHEN 'the slot' THEN RETURN QUERY SELECT * FROM datavault.check_source_slot(slot, expected) UNION ALL SELECT * FROM datavault.check_source_retention(slot);
        WHEN 'the publication' THEN RETURN QUERY SELECT * FROM datavault.check_source_publication(publication) UNION ALL SELECT * FROM datavault.check_source_published(publication);
        WHEN 'tables' THEN RETURN QUERY SELECT * FROM datavault.check_source_table(publication) UNION ALL SELECT * FROM datavault.check_source_identity(publication);
        WHEN 'columns' THEN RETURN QUERY SELECT * FROM datavault.check_source_column(publication, settings);
        WHEN 'types' THEN RETURN QUERY SELECT * FROM datavault.check_source_type(publication, settings) UNION ALL SELECT * FROM datavault.check_source_key_type(publication);
        WHEN 'the role' THEN
            IF role IS NULL THEN
                RETURN QUERY SELECT * FROM datavault.check_source_no_role(publication);
            END IF;
            RETURN QUERY SELECT * FROM datavault.check_source_role(publication, role);
        WHEN 'the connector' THEN
            RETURN QUERY SELECT * FROM datavault.check_source_connector(settings) UNION ALL SELECT * FROM datavault.check_source_transforms(settings)
                UNION ALL SELECT * FROM datavault.check_source_agreement(publication, slot, role, settings) UNION ALL SELECT * FROM datavault.check_source_capture(publication, settings);
    END CASE;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN NEXT ('note', 'not_seen', topic, format('You may not see all that is needed here (%s): this was not looked at.', SQLERRM), 'Call check_source() as a superuser, or GRANT yourself what is missing.')::datavault.source_finding;
END $$;
COMMENT ON FUNCTION datavault.check_source_topic(text, name, name, name, jsonb, boolean) IS 'internal: findings of one topic, or that the caller may not see them';

CREATE FUNCTION datavault.check_source(publication name DEFAULT NULL, slot name DEFAULT NULL, role name DEFAULT NULL, connector jsonb DEFAULT NULL)
    RETURNS TABLE (level text, code text, subject text, finding text, hint text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    settings jsonb := datavault.check_source_settings(connector);
    a_publication name := COALESCE(publication, datavault.check_source_setting(settings, 'publication.name', 'dbz_publication'));
    a_slot name := COALESCE(slot, datavault.check_source_setting(settings, 'slot.name', 'debezium'));
    a_role name := COALESCE(role, datavault.check_source_setting(settings, 'database.user'));
BEGIN
    IF a_publication IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'null_value_not_allowed',
            MESSAGE = 'the publication is not known',
            HINT = 'Give check_source() the name of the publication, or the connector''s configuration.';
    END IF;
    RETURN QUERY
        SELECT f.level, f.code, f.subject, f.finding, f.hint
        FROM unnest('{the server,the slot,the publication,tables,columns,types,the role,the connector}'::text[]) t (topic)
        CROSS JOIN LATERAL datavault.check_source_topic(t.topic, a_publication, a_slot, a_role, settings, slot IS NOT NULL) f
        ORDER BY array_position('{error,warning,note}', f.level), f.subject COLLATE "C", f.code COLLATE "C", f.finding COLLATE "C";
END $$;
COMMENT ON FUNCTION datavault.check_source(name, name, name, jsonb) IS
'what loses or costs changes in the current database, the source, on their way to a vault: publication and slot, the connector''s role, its configuration as Kafka Connect gives it; reads catalogs and settings only';
