-- Named tables, never FOR ALL TABLES: what is added later is not published by accident.
-- The installing superuser owns it: nobody else may widen what leaves the database.
CREATE PUBLICATION bank_pub FOR TABLE
    bank.currency, bank.category, bank.product, bank.address, bank.branch, bank.merchant,
    bank.party, bank.person, bank.organisation,
    bank.account, bank.account_holder, bank.card,
    bank.transfer, bank.ledger_entry,
    bank_cdc.signal, bank_cdc.marker
    -- one topic for the ledger, not one for each partition
    WITH (publish_via_partition_root = TRUE);
COMMENT ON PUBLICATION bank_pub IS 'What leaves the source: business tables, signals and markers';
