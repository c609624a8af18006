-- Least privilege: everything not granted here is refused.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bank FROM PUBLIC;

GRANT USAGE ON SCHEMA bank TO bank_app, bank_replication;
GRANT SELECT ON ALL TABLES IN SCHEMA bank TO bank_app, bank_replication;
-- Partitions made later are read through their parent: no default privileges needed.

GRANT INSERT, UPDATE, DELETE ON bank.address, bank.party, bank.person, bank.organisation,
    bank.account, bank.account_holder, bank.card, bank.merchant TO bank_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA bank TO bank_app;
-- The ledger and the balances are written by these functions only.
GRANT EXECUTE ON FUNCTION bank.transfer(uuid, bigint, bigint, bigint, char, bank.transfer_kind,
    bank.channel, text, bigint, bigint, bigint, inet, date) TO bank_app;
GRANT EXECUTE ON FUNCTION bank.ledger_violations() TO bank_app, bank_replication;

GRANT USAGE ON SCHEMA bank_cdc TO bank_replication, bank_monitor;
GRANT SELECT, INSERT, DELETE ON bank_cdc.signal TO bank_replication;
GRANT SELECT, INSERT ON bank_cdc.marker TO bank_replication, bank_monitor;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA bank_cdc TO bank_replication, bank_monitor;
