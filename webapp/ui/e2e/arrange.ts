// Data that a test needs and the generator does not give: put into the test's database by psql, as a whole that agrees with itself (balances,
// counts, both lines of each transfer). Each is there once, however many tests ask for it.
import type { User } from './bank'
import { sqlAlone as sql } from './database'

/** What both have in common: balances and counts of accounts follow the transfers of a range. */
const POST = `
  INSERT INTO bank.transfer_status (transfer_id, status, reached_at) SELECT transfer_id, 'posted', booked_at FROM made;
  INSERT INTO bank.ledger_entry SELECT transfer_id, 1, booked_at::date, debit_account_id, 'debit', amount_minor FROM made;
  INSERT INTO bank.ledger_entry SELECT transfer_id, 2, booked_at::date, credit_account_id, 'credit', amount_minor FROM made;
  UPDATE bank.account_balance AS b SET balance_minor = b.balance_minor + s.minor, entry_count = b.entry_count + s.entries
  FROM (SELECT account_id, sum(minor) AS minor, count(*) AS entries
        FROM (SELECT debit_account_id AS account_id, -amount_minor AS minor FROM made
              UNION ALL SELECT credit_account_id, amount_minor FROM made) AS line GROUP BY 1) AS s
  WHERE b.account_id = s.account_id;`

const TRANSFER = `INSERT INTO bank.transfer (transfer_id, transfer_uuid, debit_account_id, credit_account_id, amount_minor,
  currency_code, kind, channel, card_id, merchant_id, narrative, booked_at)`

/** The bank's own account in roubles, which stands on the other side. */
const OTHER = `(SELECT account_id FROM bank.account JOIN bank.product USING (product_id)
  WHERE kind = 'internal' AND currency_code = 'RUB' ORDER BY account_id LIMIT 1)`

/**
 * Everyday life of the last hundred days on a customer's account in roubles: salary, purchases, one disputed and one reversed; four cards, a loan
 * that is half paid back, a standing order.
 * @returns the account
 */
export function everydayLife(user: User): number {
  const party = user.party_id ?? 0
  const base = 60_000_000 + party * 10_000
  const [account] = sql(`
    SELECT pg_advisory_xact_lock(4711) IS NULL AND FALSE;
    CREATE TEMP TABLE here ON COMMIT DROP AS
      SELECT h.account_id, ${OTHER} AS other FROM bank.account_holder AS h JOIN bank.account AS a USING (account_id) JOIN bank.product AS p USING (product_id)
      WHERE h.party_id = ${party} AND h.role = 'owner' AND a.currency_code = 'RUB' AND a.status = 'active' AND p.kind = 'current' ORDER BY 1 LIMIT 1;
    CREATE TEMP TABLE made (LIKE bank.transfer) ON COMMIT DROP;
    INSERT INTO bank.card (card_id, pan_token, account_id, party_id, scheme, last4, embossed_name, expires_on, status, day_limit_minor, is_virtual)
    SELECT ${base} + n, 'tok_' || lpad((${base} + n)::text, 24, '0'), account_id, ${party}, scheme, last4, 'ANNA SMIRNOVA', expires_on, status, day_limit_minor, n = 2
    FROM here, (VALUES (1, 'mir', '4417', DATE '2040-01-31', 'active'::bank.card_status, 5000000), (2, 'visa', '0052', '2039-06-30', 'frozen', NULL),
                       (3, 'mastercard', '9901', '2038-03-31', 'blocked', NULL), (4, 'mir', '7310', '2024-12-31', 'expired', NULL))
         AS c (n, scheme, last4, expires_on, status, day_limit_minor)
    ON CONFLICT DO NOTHING;
    WITH one AS (
      ${TRANSFER}
      SELECT ${base} + i, md5('life' || ${base} + i)::uuid, CASE WHEN i % 30 = 0 THEN other ELSE account_id END,
             CASE WHEN i % 30 = 0 THEN account_id ELSE other END, CASE WHEN i % 30 = 0 THEN 18500000 ELSE 9990 + i * 7919 % 260000 END, 'RUB',
             CASE WHEN i % 30 = 0 THEN 'salary' WHEN i % 17 = 0 THEN 'payment' WHEN i % 23 = 0 THEN 'cash' ELSE 'card' END::bank.transfer_kind,
             'terminal', CASE WHEN i % 30 > 0 AND i % 17 > 0 AND i % 23 > 0 THEN ${base} + 1 END,
             CASE WHEN i % 30 > 0 AND i % 17 > 0 AND i % 23 > 0 THEN 1 + i * 11 % 50 END,
             CASE WHEN i % 17 = 0 THEN 'For the room, thank you' END, date_trunc('day', now()) - make_interval(days => 100 - i / 3, hours => -(8 + i % 3 * 4))
      FROM here, generate_series(1, 299) AS i WHERE NOT EXISTS (SELECT FROM bank.transfer WHERE transfer_id = ${base} + 1)
      RETURNING *)
    INSERT INTO made SELECT * FROM one;
    ${POST}
    INSERT INTO bank.transfer_status (transfer_id, status) SELECT transfer_id, 'disputed' FROM made WHERE transfer_id = ${base} + 298;
    INSERT INTO bank.transfer_status (transfer_id, status) SELECT transfer_id, 'reversed' FROM made WHERE transfer_id = ${base} + 295;
    INSERT INTO bank.loan (loan_id, contract_no, account_id, product_id, principal_minor, annual_rate, term_months, granted_on)
    SELECT ${base}, 'L' || lpad('${base}', 10, '0'), account_id, (SELECT product_id FROM bank.product WHERE kind = 'loan' LIMIT 1), 30000000, 0.129, 24, current_date - 365
    FROM here ON CONFLICT DO NOTHING;
    INSERT INTO bank.loan_schedule SELECT ${base}, n, current_date - 350 + n * 30, 1250000, 322500 - n * 13000, CASE WHEN n < 12 THEN ${base} + n END
    FROM generate_series(1, 24) AS n ON CONFLICT DO NOTHING;
    INSERT INTO bank.standing_order (standing_order_id, order_no, debit_account_id, credit_account_id, amount_minor, day_of_month, starts_on, narrative)
    SELECT ${base}, 'S' || lpad('${base}', 10, '0'), account_id, other, 150000, 28, '2026-01-01', 'Music lessons' FROM here ON CONFLICT DO NOTHING;
    SELECT account_id FROM here;`).slice(-1)
  return Number(account)
}

/** One more purchase, as if it had just been booked. The merchant's name. */
export function purchase(account: number): string {
  return (
    sql(`
    CREATE TEMP TABLE made (LIKE bank.transfer) ON COMMIT DROP;
    WITH one AS (
      ${TRANSFER}
      SELECT nextval('bank.transfer_transfer_id_seq'), gen_random_uuid(), ${account}, ${OTHER}, 123400, 'RUB', 'card', 'terminal', NULL, NULL, 'Just now', now()
      RETURNING *)
    INSERT INTO made SELECT * FROM one;
    ${POST}
    SELECT 'Just now';`).at(-1) ?? ''
  )
}

/**
 * An account with a million entries, over three years up to yesterday, of a customer.
 * @returns the account
 */
export function millionEntries(user: User): number {
  const account = 70_000_001
  sql(`
    SELECT pg_advisory_xact_lock(4712) IS NULL AND FALSE;
    INSERT INTO bank.account (account_id, account_no, product_id, branch_id, currency_code, opened_on)
    SELECT ${account}, '40817810770000000001', a.product_id, a.branch_id, 'RUB', '2020-01-01'
    FROM bank.account AS a JOIN bank.product AS p USING (product_id) WHERE p.kind = 'current' AND a.currency_code = 'RUB' LIMIT 1
    ON CONFLICT DO NOTHING;
    INSERT INTO bank.account_balance (account_id, balance_minor, entry_count) VALUES (${account}, 0, 0) ON CONFLICT DO NOTHING;
    INSERT INTO bank.account_holder (account_id, party_id, role, valid_from) VALUES (${account}, ${user.party_id}, 'owner', '2020-01-01') ON CONFLICT DO NOTHING;
    INSERT INTO bank.card (card_id, pan_token, account_id, party_id, scheme, last4, embossed_name, expires_on, status)
    VALUES (${account}, 'tok_' || lpad('${account}', 24, '0'), ${account}, ${user.party_id}, 'unionpay', '1000', 'MILLION', '2040-01-31', 'active')
    ON CONFLICT DO NOTHING;
    CREATE TEMP TABLE made (LIKE bank.transfer) ON COMMIT DROP;
    WITH one AS (
      ${TRANSFER}
      SELECT ${account}::bigint + i, md5('million' || i)::uuid, CASE WHEN i % 10 = 0 THEN other ELSE ${account} END,
             CASE WHEN i % 10 = 0 THEN ${account} ELSE other END, CASE WHEN i % 10 = 0 THEN 1000000 ELSE 1000 + i::bigint * 7919 % 100000 END, 'RUB',
             CASE WHEN i % 10 = 0 THEN 'payment' ELSE 'card' END::bank.transfer_kind, 'terminal',
             CASE WHEN i % 10 > 0 THEN ${account} END, CASE WHEN i % 10 > 0 THEN 1 + i % 50 END, 'Number ' || i, current_date - make_interval(days => 1000 - i / 1001, secs => -(i % 1001) * 60)
      FROM (SELECT ${OTHER} AS other) AS bank, generate_series(1, 1000000) AS i
      WHERE NOT EXISTS (SELECT FROM bank.transfer WHERE transfer_id = ${account} + 1)
      RETURNING *)
    INSERT INTO made SELECT * FROM one;
    ${POST}
    ANALYZE bank.transfer, bank.ledger_entry, bank.transfer_status;`)
  return account
}
