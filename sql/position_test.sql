-- Source positions: text, order, parts, arrays, indexes.
SET search_path = public, datavault;
SELECT '1/26547456/1/26547272/0'::datavault.source_pos AS p;
SELECT datavault.make_source_pos(1, '0/10', 1, '0/20', 255);
SELECT datavault.pos_epoch(p), datavault.pos_commit(p), datavault.pos_stage(p), datavault.pos_lsn(p), datavault.pos_half(p)
  FROM (SELECT '1/18446744073709551615/1/256/1'::datavault.source_pos p) s;
SELECT '1/2/3'::datavault.source_pos;
SELECT '65536/0/0/0/0'::datavault.source_pos;
SELECT datavault.make_source_pos(1, '0/0', 256, '0/0', 0);
SELECT p FROM unnest('{2/0/0/0/0,1/256/0/0/0,1/9/1/300/0,1/9/1/300/1,1/9/0/999/0}'::datavault.source_pos[]) p ORDER BY p;
CREATE TEMP TABLE t(p datavault.source_pos PRIMARY KEY);
INSERT INTO t SELECT datavault.make_source_pos(1, '0/0'::pg_lsn + i, 1, '0/0', 0) FROM generate_series(1, 1000) i;
SELECT count(*) FROM t WHERE p OPERATOR(datavault.>) '1/900/1/0/0';
SELECT count(*) FROM t a JOIN t b USING (p);
