-- What leaves the source: the new tables too, and a look at the slots that hold its log back.
-- The installing superuser owns the publication: nobody else may widen what leaves the database.
ALTER PUBLICATION bank_pub ADD TABLE
    bank.party_address, bank.contact, bank.exchange_rate, bank.loan, bank.loan_schedule, bank.standing_order,
    bank.transfer_status;

SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE VIEW bank_cdc.slot_health AS
SELECT s.slot_name, s.database, s.active, s.wal_status, s.restart_lsn, s.confirmed_flush_lsn,
       pg_wal_lsn_diff(l.now, s.restart_lsn)::bigint AS retained_bytes,
       s.safe_wal_size AS bytes_left,
       CASE WHEN s.wal_status = 'lost' THEN 'lost'
            WHEN s.wal_status = 'unreserved' OR s.safe_wal_size < l.keep / 4 THEN 'about to be lost'
            WHEN NOT s.active THEN 'stuck'
            WHEN pg_wal_lsn_diff(l.now, s.restart_lsn) > l.keep / 2 THEN 'behind'
            WHEN l.keep IS NULL THEN 'unbounded'
            ELSE 'ok' END AS verdict,
       CASE WHEN s.wal_status = 'lost' THEN 'Drop the slot; begin with new topics and an empty vault, because a new snapshot has no deletes.'
            WHEN s.wal_status = 'unreserved' OR s.safe_wal_size < l.keep / 4
            THEN 'Bring the connector back now, or raise max_slot_wal_keep_size.'
            WHEN NOT s.active THEN 'Nobody reads it: start the connector, or drop the slot if it is not needed any more.'
            WHEN pg_wal_lsn_diff(l.now, s.restart_lsn) > l.keep / 2
            THEN 'Look for a long transaction (pg_stat_activity.backend_xmin), and at the connector''s lag.'
            WHEN l.keep IS NULL THEN 'Set max_slot_wal_keep_size: a reader that stays away fills the disk otherwise.'
       END AS hint
FROM pg_replication_slots AS s
CROSS JOIN (SELECT nullif(p.setting::bigint, -1) * 1048576 AS keep,
                   CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS now
            FROM pg_settings AS p WHERE p.name = 'max_slot_wal_keep_size') AS l
WHERE s.slot_type = 'logical';
COMMENT ON VIEW bank_cdc.slot_health IS 'Logical slots: how much log each holds back, how far from losing it, and what to do';
COMMENT ON COLUMN bank_cdc.slot_health.slot_name IS 'The slot';
COMMENT ON COLUMN bank_cdc.slot_health.database IS 'Its database';
COMMENT ON COLUMN bank_cdc.slot_health.active IS 'Whether somebody reads it';
COMMENT ON COLUMN bank_cdc.slot_health.wal_status IS 'reserved, extended, unreserved or lost, as the server says';
COMMENT ON COLUMN bank_cdc.slot_health.restart_lsn IS 'Log from here on is kept';
COMMENT ON COLUMN bank_cdc.slot_health.confirmed_flush_lsn IS 'The reader has everything before';
COMMENT ON COLUMN bank_cdc.slot_health.retained_bytes IS 'Log that is kept for it';
COMMENT ON COLUMN bank_cdc.slot_health.bytes_left IS 'Log that may still be written before it may lose its place; NULL without a limit';
COMMENT ON COLUMN bank_cdc.slot_health.verdict IS 'ok, behind, stuck (nobody reads), about to be lost, lost, unbounded';
COMMENT ON COLUMN bank_cdc.slot_health.hint IS 'What to do; NULL where nothing is';
GRANT USAGE ON SCHEMA bank_cdc TO bank_core;
GRANT SELECT ON bank_cdc.slot_health TO bank_monitor, bank_replication, bank_core;
