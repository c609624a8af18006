-- What holds in a bank as it was loaded: each query gives the rows that break a law. A law is a comment and a query;
-- test/generator/run runs them one by one.

-- law: the ledger's invariants
SELECT * FROM bank.ledger_violations();

-- law: transfers are numbered in the order of their time
SELECT * FROM (SELECT t.transfer_id, t.booked_at < lag(t.booked_at) OVER (ORDER BY t.transfer_id) AS early FROM bank.transfer AS t) AS x
WHERE x.early;

-- law: no balance is below its limit at any time
SELECT * FROM (
    SELECT e.account_id, a.overdraft_limit_minor, sum(CASE e.side WHEN 'credit' THEN e.amount_minor ELSE -e.amount_minor END)
               OVER (PARTITION BY e.account_id ORDER BY e.transfer_id) AS balance
    FROM bank.ledger_entry AS e JOIN bank.account AS a ON a.account_id = e.account_id) AS x
WHERE x.balance < -x.overdraft_limit_minor;

-- law: nothing is posted before an account is opened, or after it is closed
SELECT e.transfer_id FROM bank.ledger_entry AS e JOIN bank.account AS a ON a.account_id = e.account_id
JOIN bank.transfer AS t ON t.transfer_id = e.transfer_id
WHERE t.booked_at < a.created_at OR t.booked_at::date > a.closed_on;

-- law: closed accounts are empty, and were emptied on their last day
SELECT a.account_id FROM bank.account AS a JOIN bank.account_balance AS b ON b.account_id = a.account_id
WHERE a.status = 'closed' AND (b.balance_minor <> 0 OR b.changed_at::date <> a.closed_on);

-- law: who has left has no open account, and had one
SELECT p.party_id FROM bank.party AS p
WHERE (p.status = 'left') <> NOT EXISTS (SELECT FROM bank.account_holder AS h JOIN bank.account AS a ON a.account_id = h.account_id
    WHERE h.party_id = p.party_id AND h.role = 'owner' AND a.status <> 'closed');

-- law: holders and cards are not older than customer and account
SELECT a.account_id FROM bank.account AS a JOIN bank.account_holder AS h ON h.account_id = a.account_id
JOIN bank.party AS p ON p.party_id = h.party_id LEFT JOIN bank.card AS c ON c.account_id = a.account_id
WHERE h.valid_from < a.opened_on OR a.opened_on < p.customer_since OR c.issued_at < a.created_at
   OR c.party_id <> h.party_id AND h.role = 'owner';

-- law: each account has one owner
SELECT a.account_id FROM bank.account AS a JOIN bank.product AS p ON p.product_id = a.product_id
WHERE p.kind <> 'internal' AND 1 <> (SELECT count(*) FROM bank.account_holder AS h WHERE h.account_id = a.account_id AND h.role = 'owner');

-- law: cards pay from their account while they are valid
SELECT t.transfer_id FROM bank.transfer AS t JOIN bank.card AS c ON c.card_id = t.card_id
WHERE c.account_id <> t.debit_account_id OR t.booked_at < c.issued_at OR t.booked_at::date > c.expires_on OR c.status = 'issued';

-- law: card payments have card and merchant, others have not
SELECT t.transfer_id FROM bank.transfer AS t WHERE (t.kind = 'card') <> (t.card_id IS NOT NULL AND t.merchant_id IS NOT NULL);

-- law: a salary comes every month, once, from the same employer
SELECT t.credit_account_id FROM bank.transfer AS t WHERE t.narrative = 'Заработная плата' GROUP BY 1
HAVING count(DISTINCT t.debit_account_id) > 1 OR count(DISTINCT t.amount_minor) > 1
    OR count(*) <> count(DISTINCT date_trunc('month', t.booked_at))
    OR count(*) <> 1 + 12 * (extract(year FROM max(t.booked_at)) - extract(year FROM min(t.booked_at)))
                     + extract(month FROM max(t.booked_at)) - extract(month FROM min(t.booked_at));

-- law: standing orders were posted whenever they were due, and not else
WITH due AS (
    SELECT bank.standing_order_uuid(s.order_no, d.day::date) AS id, s.debit_account_id, s.credit_account_id, s.amount_minor, d.day::date
    FROM bank.standing_order AS s
    CROSS JOIN generate_series(s.starts_on, least(s.ends_on, DATE '2025-12-31'), INTERVAL '1 day') AS d (day)
    WHERE s.status <> 'paused' AND least(s.day_of_month, extract(day FROM date_trunc('month', d.day) + INTERVAL '1 month - 1 day'))
                                   = extract(day FROM d.day)
), done AS (
    SELECT t.transfer_uuid, t.debit_account_id, t.credit_account_id, t.amount_minor, t.booked_at::date
    FROM bank.transfer AS t WHERE t.kind = 'standing_order' AND NOT EXISTS (
        SELECT FROM bank.standing_order AS s WHERE s.status = 'paused' AND s.debit_account_id = t.debit_account_id
        AND s.credit_account_id = t.credit_account_id AND s.amount_minor = t.amount_minor)
)
(TABLE due EXCEPT TABLE done) UNION ALL (TABLE done EXCEPT TABLE due);

-- law: the principals of a loan add up to it, its instalments are monthly and of the same amount
SELECT l.loan_id FROM bank.loan AS l JOIN bank.loan_schedule AS s ON s.loan_id = l.loan_id GROUP BY l.loan_id
HAVING sum(s.principal_minor) <> l.principal_minor OR count(*) <> l.term_months OR max(s.instalment_no) <> l.term_months
    OR min(s.due_on) <> (l.granted_on + INTERVAL '1 month')::date
    OR max(s.due_on) <> (l.granted_on + l.term_months * INTERVAL '1 month')::date
    OR count(DISTINCT s.principal_minor + s.interest_minor) > 1;

-- law: interest is that of what is still owed
SELECT * FROM (
    SELECT s.loan_id, s.instalment_no, s.interest_minor, l.annual_rate / 12 * (l.principal_minor - coalesce(sum(s.principal_minor)
               OVER (PARTITION BY s.loan_id ORDER BY s.instalment_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS wanted
    FROM bank.loan_schedule AS s JOIN bank.loan AS l ON l.loan_id = s.loan_id) AS x
WHERE abs(x.interest_minor - x.wanted) > 3;

-- law: an instalment is paid on its day by a transfer of its amount, from the loan's account
SELECT s.loan_id FROM bank.loan_schedule AS s JOIN bank.loan AS l ON l.loan_id = s.loan_id
JOIN bank.transfer AS t ON t.transfer_id = s.paid_by
WHERE t.kind <> 'instalment' OR t.debit_account_id <> l.account_id OR t.amount_minor <> s.principal_minor + s.interest_minor
   OR t.booked_at::date <> s.due_on;

-- law: every instalment that was posted is one of a schedule, and every loan was paid out
SELECT t.transfer_id FROM bank.transfer AS t WHERE t.kind = 'instalment'
   AND NOT EXISTS (SELECT FROM bank.loan_schedule AS s WHERE s.paid_by = t.transfer_id)
UNION ALL
SELECT l.loan_id FROM bank.loan AS l WHERE NOT EXISTS (SELECT FROM bank.transfer AS t WHERE t.kind = 'loan'
    AND t.credit_account_id = l.account_id AND t.amount_minor = l.principal_minor AND t.booked_at::date = l.granted_on);

-- law: the status of a loan is that of its schedule
SELECT l.loan_id FROM bank.loan AS l CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE s.paid_by IS NULL AND s.due_on <= DATE '2025-12-31') AS missed, bool_and(s.paid_by IS NOT NULL) AS paid
    FROM bank.loan_schedule AS s WHERE s.loan_id = l.loan_id) AS x
WHERE l.status <> CASE WHEN x.paid THEN 'repaid' WHEN x.missed = 0 THEN 'active' WHEN l.status = 'written_off' THEN l.status ELSE 'overdue' END;

-- law: interest and fees are of the last day of a month
SELECT t.transfer_id FROM bank.transfer AS t WHERE t.kind IN ('interest', 'fee') AND extract(day FROM t.booked_at + INTERVAL '1 day') <> 1;

-- law: a reversal follows on the same day, and its payment is reversed
SELECT r.transfer_id FROM bank.transfer AS r JOIN bank.transfer AS t ON t.transfer_id = r.reversal_of
LEFT JOIN bank.transfer_status AS s ON s.transfer_id = t.transfer_id AND s.status = 'reversed'
WHERE r.booked_at <= t.booked_at OR r.booked_at::date <> t.booked_at::date OR s.reached_at IS DISTINCT FROM r.booked_at;

-- law: postings are valued on their day, those of cards the day after
SELECT t.transfer_id FROM bank.transfer AS t JOIN bank.ledger_entry AS e ON e.transfer_id = t.transfer_id
WHERE e.value_date <> t.booked_at::date + (t.kind = 'card')::integer;

-- law: every kind of posting, status and role is there
SELECT k FROM unnest(enum_range(NULL::bank.transfer_kind)) AS k WHERE NOT EXISTS (SELECT FROM bank.transfer AS t WHERE t.kind = k)
UNION ALL
SELECT NULL WHERE (SELECT count(DISTINCT s.status) FROM bank.transfer_status AS s) < 3
UNION ALL
SELECT NULL WHERE (SELECT count(DISTINCT h.role) FROM bank.account_holder AS h) < 4;

-- law: persons and organisations are what their party says
SELECT p.party_id FROM bank.party AS p LEFT JOIN bank.person AS n ON n.party_id = p.party_id
LEFT JOIN bank.organisation AS o ON o.party_id = p.party_id
WHERE CASE p.party_type WHEN 'person' THEN n.party_id IS NULL OR o.party_id IS NOT NULL ELSE o.party_id IS NULL OR n.party_id IS NOT NULL END;

-- law: names agree with the sex, and nothing is empty
SELECT n.party_id FROM bank.person AS n
WHERE n.middle_name !~ CASE n.sex WHEN 'F' THEN 'вна$' ELSE 'вич$' END
   OR n.last_name ~ CASE n.sex WHEN 'F' THEN '(ов|ев|ёв|ин|ын|ский|цкий|ой|ый)$' ELSE '(ова|ева|ёва|ина|ая)$' END
   OR (n.middle_name IS NULL) <> (n.first_name ~ '^[A-Za-z'']+$') OR (n.citizenship = 'RU') <> (n.last_name ~ '^[А-ЯЁа-яё]+$');

-- law: cards are embossed with their holder's name in Latin letters
SELECT c.card_id FROM bank.card AS c JOIN bank.person AS n ON n.party_id = c.party_id
WHERE c.embossed_name !~ '^[A-Z'']+ [A-Z'']+$' OR n.citizenship <> 'RU' AND c.embossed_name <> upper(n.first_name || ' ' || n.last_name);

-- law: postcodes and telephones are their city's
SELECT a.address_id FROM bank.address AS a JOIN (VALUES ('Казань', '^420'), ('Самара', '^443'), ('Москва', '^1[012]'), ('Пермь', '^614'),
    ('London', '^SW[0-9]+ [0-9][A-Z]{2}$'), ('Калининград', '^236')) AS c (city, form) ON c.city = a.city WHERE a.postcode !~ c.form
UNION ALL
SELECT b.branch_id FROM bank.branch AS b JOIN bank.address AS a ON a.address_id = b.address_id JOIN (VALUES ('Казань', '+7843'),
    ('Самара', '+7846'), ('Москва', '+7495'), ('Пермь', '+7342')) AS c (city, code) ON c.city = a.city
WHERE left(b.phone, 5) <> c.code OR length(b.phone) <> 12 OR b.name NOT LIKE a.city || '%';

-- law: employees are of age, and pensioners are old
SELECT n.party_id FROM bank.person AS n JOIN bank.party AS p ON p.party_id = n.party_id
WHERE n.birth_date > p.customer_since - INTERVAL '18 years'
UNION ALL
SELECT n.party_id FROM bank.transfer AS t JOIN bank.account_holder AS h ON h.account_id = t.credit_account_id AND h.role = 'owner'
JOIN bank.person AS n ON n.party_id = h.party_id WHERE t.narrative = 'Пенсия' AND n.birth_date > '1963-01-01';
