-- What GET accounts/{account_id}/balance runs, by the API's own statements. Every fiftieth transaction chooses a customer anew: a query of its own is not
-- what is measured.
\if :left = 0
\set from random(1, :customers)
SELECT f.token_hash AS token, f.account_id AS account FROM bench.payer AS f WHERE f.n = :from \gset
\set left 50
\endif
\set left :left - 1
\startpipeline
SELECT (e.found).user_id, (e.found).verdict FROM (SELECT bank_online.enter(:token::bytea, :role, :step_up::boolean) AS found OFFSET 0) AS e;
SELECT b.balance_minor, b.balance_minor + a.overdraft_limit_minor AS available_minor, a.currency_code FROM bank.account_balance AS b JOIN bank.account AS a ON a.account_id = b.account_id WHERE b.account_id = :account::bigint;
\endpipeline
