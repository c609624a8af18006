-- The online bank runs what its list of statements runs, and nothing else: no posting past bank.pay() with its limits and its record.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

REVOKE EXECUTE ON FUNCTION bank.transfer(uuid, bigint, bigint, bigint, char, bank.transfer_kind, bank.channel,
        text, bigint, bigint, bigint, inet, date),
    bank.balance(bigint), bank.account_page(bigint, integer, date, bigint, smallint), bank.page_lines(bigint, bank.ledger_entry[]),
    bank.matching_entries(bigint, bank.ledger_entry[], integer, bigint, bigint, bank.entry_side, bigint[], text, text),
    bank_online.stepped_up() FROM bank_app;
