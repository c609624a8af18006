-- What a customer sees first.
\set n random(1, :accounts)
BEGIN;
SELECT set_config('bank.party_id', party_id::text, TRUE), account_id FROM bench.account WHERE n = :n \gset
SELECT balance_minor, available_minor FROM bank.balance(:account_id);
COMMIT;
