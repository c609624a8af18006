-- What GET accounts/{account_id}/transactions runs, by the API's own statements. Every fiftieth transaction chooses a customer anew: a query of its own is not
-- what is measured.
\if :left = 0
\set from random(1, :customers)
SELECT f.token_hash AS token, f.account_id AS account FROM bench.payer AS f WHERE f.has_page ORDER BY f.n < :from, f.n LIMIT 1 \gset
\set left 50
\endif
\set left :left - 1
\startpipeline
SELECT (e.found).user_id, (e.found).verdict FROM (SELECT bank_online.enter(:token::bytea, :role, :step_up::boolean) AS found OFFSET 0) AS e;
SELECT value_date, transfer_id, line_no, side, amount_minor, kind, booked_at, narrative, merchant, counterparty, transfer_uuid, mcc, to_json(statuses) AS statuses FROM bank.transactions(:account::bigint, 50, NULL::date, NULL::bigint, NULL::smallint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
\endpipeline
