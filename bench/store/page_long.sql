-- Fifty transactions of the account with the most, from a random day on.
\set back random(0, 700)
BEGIN;
SELECT set_config('bank.party_id', :long_party::text, TRUE);
SELECT * FROM bank.account_page(:long_account, 50, DATE '2025-12-31' - :back::integer, 0);
COMMIT;
