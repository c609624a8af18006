-- One of any account to another, as the back office posts it.
\set d random(1, :accounts)
\set c (:d + random(1, :accounts - 1) - 1) % :accounts + 1
\set amount random(1, 100)
SELECT is_new FROM bank.transfer(gen_random_uuid(), (SELECT account_id FROM bench.account WHERE n = :d),
    (SELECT account_id FROM bench.account WHERE n = :c), :amount, 'RUB');
