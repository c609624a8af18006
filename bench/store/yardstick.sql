-- TPC-B's five statements in one call: what the machine gives just then, without foreign keys, checks and triggers.
\set aid random(1, 100000 * :scale)
\set bid random(1, :scale)
\set tid random(1, 10 * :scale)
\set delta random(-5000, 5000)
SELECT tpcb(:aid, :bid, :tid, :delta);
