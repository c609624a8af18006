-- The captures of test/data/captures through the worker's engine, in several orders, each twice.
-- No LSN, time, or number of repetitions is shown: captures taken anew give the same answers.
SET timezone = 'UTC';
SET datestyle = iso;
-- (the table of signals is not in the model; ingest_test.sql shows the notice)
SET client_min_messages = warning;
\set QUIET on
\getenv abs_srcdir PG_ABS_SRCDIR
\set data_dir :abs_srcdir '/test/data/'
SELECT set_config('test.dir', :'data_dir', false) <> '' AS found;
CREATE TABLE message (n serial, line jsonb);
CREATE TABLE truth (said jsonb);
CREATE TABLE content (way text, what text, line jsonb);

-- Row events as the connector wrote them, to show that a capture has what it is there for.
CREATE VIEW event AS
    SELECT n, line->>'topic' AS topic, line->>'partition' AS part, line->>'key' AS key, value->>'op' AS op,
           value->'source'->>'snapshot' = 'false' AS streamed, (value->'source'->>'lsn')::bigint AS lsn,
           (value->'source'->>'sequence')::jsonb->>0 AS previous_commit, line->>'headers' ~ '__debezium.oldkey' AS born,
           line->>'headers' ~ '__debezium.newkey' AS gone
      FROM (SELECT n, line, (line->>'value')::jsonb AS value FROM message) m WHERE value->>'op' IS NOT NULL;

-- What a consumer read, and what the source said of its rows in the end.
CREATE FUNCTION take(capture text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE message, truth, content RESTART IDENTITY;
    EXECUTE format('COPY message (line) FROM %L (FORMAT csv, DELIMITER e''\x01'', QUOTE e''\x02'')',
                   current_setting('test.dir') || 'captures/' || capture || '.jsonl');
    INSERT INTO truth VALUES (pg_read_file(current_setting('test.dir') || 'captures/' || capture || '.source.json')::jsonb);
END $$;

-- Partitions in some order, each from its beginning to its end.
CREATE FUNCTION messages(way text) RETURNS SETOF jsonb LANGUAGE sql AS $$
    SELECT line FROM message,
           LATERAL (SELECT line->>'topic' AS topic, (line->>'partition')::int AS part, (line->>'offset')::int AS at) m
     ORDER BY CASE way WHEN 'as read' THEN n WHEN 'each alone' THEN n WHEN 'by turns' THEN at END,
              CASE WHEN way IN ('backward', 'by turns') THEN topic END DESC, CASE way WHEN 'forward' THEN topic END,
              CASE WHEN way IN ('backward', 'by turns') THEN part END DESC, CASE way WHEN 'forward' THEN part END, at
$$;
CREATE FUNCTION deliver(way text, OUT row_events bigint, OUT repeated bigint, OUT rejected bigint)
RETURNS record LANGUAGE plpgsql AS $$
BEGIN
    SELECT sum(r.row_events), sum(r.repeated), sum(r.rejected) INTO row_events, repeated, rejected
      FROM (SELECT jsonb_agg(line ORDER BY n) AS lines FROM messages(way) WITH ORDINALITY m(line, n)
             GROUP BY CASE way WHEN 'each alone' THEN n END ORDER BY min(n)) m,
           LATERAL datavault.ingest_batch('shop', m.lines) r;
END $$;

-- Everything that two equal vaults have in common (doc/rules.md, section 7).
CREATE FUNCTION vault_content() RETURNS TABLE (what text, line jsonb) LANGUAGE plpgsql AS $$
BEGIN
    FOR what IN SELECT relname FROM pg_class WHERE relnamespace = 'vault'::regnamespace
                   AND (relname LIKE '%\_history' OR relname IN ('customer', 'purchase', 'purchase_customer')) LOOP
        RETURN QUERY EXECUTE format('SELECT %L, to_jsonb(t) - ''load_dts'' - ''record_source'' - ''operation'' FROM vault.%I t',
                                    what, what);
    END LOOP;
END $$;
CREATE FUNCTION vault_rows() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    name text;
    one bigint;
    every bigint := 0;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'vault'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('SELECT count(*) FROM vault.%I', name) INTO one;
        every := every + one;
    END LOOP;
    RETURN every;
END $$;

-- Live rows of the vault that the source does not have, and the other way round.
CREATE FUNCTION unlike_source() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        WITH vault AS (
            SELECT 'customer' AS tab, jsonb_build_array(customer_no, full_name, credit::text, md5(notes)) AS line
              FROM vault.customer_current
            UNION ALL
            SELECT 'purchase', jsonb_build_array(p.purchase_no, c.customer_no, p.amount::text)
              FROM vault.purchase_current p LEFT JOIN vault.purchase_customer_current l USING (purchase_hk)
              LEFT JOIN vault.customer c ON c.customer_hk = l.customer_hk),
        source AS (
            SELECT tab, line FROM truth, jsonb_each(said) t(tab, lines), jsonb_array_elements(lines) l(line))
        SELECT count(*) FROM ((TABLE vault EXCEPT ALL TABLE source) UNION ALL (TABLE source EXCEPT ALL TABLE vault)) d);
END $$;

-- A capture in each way into a new vault, twice; the last vault stays.
CREATE FUNCTION ways() RETURNS TABLE (way text, rejected bigint, held bigint, unlike_source bigint,
    unlike_first bigint, all_repeated boolean, rows_added bigint) LANGUAGE plpgsql AS $$
DECLARE
    again record;
    before bigint;
BEGIN
    FOREACH way IN ARRAY '{as read,each alone,by turns,forward,backward}'::text[] LOOP
        IF to_regnamespace('vault') IS NOT NULL THEN
            PERFORM datavault.drop_model('shop', true);
        END IF;
        PERFORM datavault.apply_model(pg_read_file(current_setting('test.dir') || 'models/shop.json')::jsonb);
        SELECT d.rejected INTO rejected FROM deliver(way) d;
        SELECT count(*) INTO held FROM datavault.held;
        unlike_source := unlike_source();
        INSERT INTO content SELECT ways.way, c.* FROM vault_content() c;
        SELECT count(*) INTO unlike_first
          FROM ((SELECT c.what, c.line FROM content c WHERE c.way = 'as read' EXCEPT ALL
                 SELECT c.what, c.line FROM content c WHERE c.way = ways.way) UNION ALL
                (SELECT c.what, c.line FROM content c WHERE c.way = ways.way EXCEPT ALL
                 SELECT c.what, c.line FROM content c WHERE c.way = 'as read')) d;
        before := vault_rows();
        SELECT * INTO again FROM deliver(way);
        all_repeated := again.repeated = again.row_events;
        rows_added := vault_rows() - before;
        RETURN NEXT;
    END LOOP;
END $$;

-- Versions of business keys by source row, in the order of their positions; stage 0 is a snapshot's.
CREATE FUNCTION history() RETURNS TABLE (key text, stages text, operations text, versions text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
        SELECT v.key, string_agg(datavault.pos_stage(position)::text, ' ' ORDER BY position, is_live),
               string_agg(operation::text, ' ' ORDER BY position, is_live),
               string_agg(concat_ws(' ', line, CASE WHEN NOT is_live THEN 'ended' END), ' > ' ORDER BY position, is_live)
          FROM (SELECT customer_no AS key, row_key, position, operation, is_live, full_name AS line
                  FROM vault.customer_details_history JOIN vault.customer USING (customer_hk)
                UNION ALL
                SELECT purchase_no || ' amount', row_key, position, operation, is_live, amount::text
                  FROM vault.purchase_details_history JOIN vault.purchase USING (purchase_hk)
                UNION ALL
                SELECT purchase_no || ' customer', row_key, position, operation, is_live, customer_no
                  FROM vault.purchase_customer_eff_history JOIN vault.purchase_customer USING (purchase_customer_hk)
                  JOIN vault.purchase USING (purchase_hk) JOIN vault.customer USING (customer_hk)
                UNION ALL
                SELECT a.customer_no || ' same as', row_key, position, operation, is_live, b.customer_no
                  FROM vault.customer_same_as_history s JOIN vault.customer a USING (customer_hk)
                  JOIN vault.customer b ON b.customer_hk = s.same_customer_hk) v
         GROUP BY v.key, row_key ORDER BY v.key COLLATE "C", row_key;
END $$;

-- a transaction open across the initial snapshot: its changes have lower LSNs than the rows they change, and win
SELECT take('initial');
SELECT change.op, count(*) > 0 AS overtaken
  FROM event stale JOIN event change USING (topic, key)
 WHERE NOT stale.streamed AND change.streamed AND change.n > stale.n AND change.lsn < stale.lsn GROUP BY 1 ORDER BY 1;
SELECT * FROM ways();
SELECT * FROM history();

-- a transaction open across a blocking snapshot
SELECT take('blocking');
SELECT change.op, count(*) > 0 AS overtaken
  FROM event stale JOIN event change USING (topic, key)
 WHERE NOT stale.streamed AND change.streamed AND change.n > stale.n AND change.lsn < stale.lsn GROUP BY 1 ORDER BY 1;
SELECT * FROM ways();
SELECT * FROM history();

-- Connect killed twice in its first transaction, which is sent again, at last with a previous commit
SELECT take('resent');
SELECT again.previous_commit IS NULL AS without_commit_again, count(*) > 0 AS sent_again
  FROM event first JOIN event again USING (topic, part, key, op, lsn)
 WHERE first.streamed AND first.n < again.n AND first.previous_commit IS NULL GROUP BY 1 ORDER BY 1;
SELECT * FROM ways();
SELECT * FROM history();

-- primary keys that change, their halves in two partitions
SELECT take('keys');
SELECT gone.part <> born.part AS partitions_differ, count(*)
  FROM event gone JOIN event born USING (topic, lsn) WHERE gone.gone AND born.born GROUP BY 1 ORDER BY 1;
SELECT * FROM ways();
SELECT * FROM history();

-- the next test finds the database as this one did
SELECT datavault.drop_model('shop', true);
SELECT count(*) AS held FROM datavault.held;
DROP SCHEMA vault, vault_state;
DROP VIEW event;
DROP TABLE message, truth, content;
DROP FUNCTION take(text), messages(text), deliver(text), vault_content(), vault_rows(), unlike_source(), ways(), history();
