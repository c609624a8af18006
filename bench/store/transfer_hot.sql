-- Between fifty accounts, so that most transfers wait for others.
\set d random(1, 50)
\set c (:d + random(1, 49) - 1) % 50 + 1
\set amount random(1, 100)
SELECT is_new FROM bank.transfer(gen_random_uuid(), (SELECT account_id FROM bench.account WHERE n = :d),
    (SELECT account_id FROM bench.account WHERE n = :c), :amount, 'RUB');
