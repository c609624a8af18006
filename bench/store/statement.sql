-- The statement of a month of any account, by its holder.
\set n random(1, :accounts)
\set month random(0, 11)
BEGIN;
SELECT set_config('bank.party_id', party_id::text, TRUE), account_id FROM bench.account WHERE n = :n \gset
SELECT * FROM bank.statement(:account_id, (DATE '2025-01-01' + :month * INTERVAL '1 month')::date,
    (DATE '2025-01-31' + :month * INTERVAL '1 month')::date);
COMMIT;
