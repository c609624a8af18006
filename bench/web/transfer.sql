-- What POST /transfers runs, by the API's own statements. Every fiftieth transaction chooses customer and payee anew: a query of its own is not
-- what is measured.
\set amount random(1, 100)
\if :left = 0
\set from random(1, :customers)
\set to (:from + random(1, :customers - 1) - 1) % :customers + 1
SELECT f.token_hash AS token, f.account_id AS debit, t.account_no AS credit FROM bench.payer AS f, bench.payer AS t WHERE f.n = :from AND t.n = :to \gset
\set left 50
\endif
\set left :left - 1
\startpipeline
SELECT (e.found).user_id, (e.found).verdict FROM (SELECT bank_online.enter(:token::bytea, :role, :step_up::boolean) AS found OFFSET 0) AS e;
SELECT transfer_id, is_new, booked_at FROM bank.pay(gen_random_uuid(), :debit::bigint, :credit, :amount::bigint, :currency, NULL, :client::inet);
\endpipeline
