-- The newest fifty transactions of any account, by its holder.
\set n random(1, :accounts)
BEGIN;
SELECT set_config('bank.party_id', party_id::text, TRUE), account_id FROM bench.account WHERE n = :n \gset
SELECT * FROM bank.account_page(:account_id);
COMMIT;
