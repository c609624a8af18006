-- digest.sql: the content of a vault, one line a table: name, rows of its collapsed history,
-- digest. Two vaults hold the same (doc/rules.md, section 7) where these lines are equal.
--   psql -XAtq -v schema=vault -f test/lib/digest.sql
-- Compared are keys, kinds, attributes (by their hash diff), positions and, of histories,
-- applied_dts; not load_dts, record_source, operation, offsets or anything of the state schema.
-- A digest is the sum of its rows' hashes: the order of rows plays no part.

SET search_path = pg_catalog;
SELECT CASE
  WHEN position IS NULL THEN format(
    $f$SELECT %L, count(*), coalesce(sum(('x' || substr(md5(row(%s)::text), 1, 15))::bit(60)::bigint), 0)
       FROM %I.%I t$f$, relname, columns, :'schema', relname)
  ELSE format(
    $f$SELECT %L, count(*), coalesce(sum(('x' || substr(md5(
         row(k, position, row_key, applied_dts, hash_diff, ended)::text), 1, 15))::bit(60)::bigint), 0)
       FROM (SELECT %I AS k, position, row_key, applied_dts, hash_diff, operation IN ('d', 'k') AS ended,
                    lag(hash_diff) OVER w AS last_diff, lag(operation IN ('d', 'k')) OVER w AS last_ended
             FROM %I.%I WINDOW w AS (PARTITION BY %I, row_key ORDER BY position)) s
       WHERE (last_ended IS NULL AND NOT ended) OR ended <> last_ended
          OR (NOT ended AND hash_diff IS DISTINCT FROM last_diff)$f$,
    relname, key, :'schema', relname, key) END
FROM (SELECT c.relname,
             min(a.attname) FILTER (WHERE a.attname = 'position') AS position,
             min(a.attname) FILTER (WHERE a.attnum = 1) AS key,
             string_agg(format('t.%I', a.attname), ', ' ORDER BY a.attnum)
               FILTER (WHERE a.attname NOT IN ('load_dts', 'record_source', 'applied_dts')) AS columns
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = (:'schema')::regnamespace AND c.relkind IN ('r', 'p')
      GROUP BY c.relname) t
ORDER BY relname
\gexec
