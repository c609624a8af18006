-- A standing order that has paid today pays next on a later day: until midnight today was told as if that were still to come.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

DROP FUNCTION bank.my_standing_orders();
CREATE FUNCTION bank.my_standing_orders()
RETURNS TABLE (standing_order_id bigint, order_no text, debit_account_id bigint, debit_account_no text, credit_account_no text, currency_code text,
    amount_minor bigint, day_of_month smallint, starts_on date, ends_on date, narrative text, status text, created_at timestamptz, may_change boolean,
    paid_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.standing_order_id, o.order_no, o.debit_account_id, d.account_no::text, c.account_no::text, d.currency_code::text,
           o.amount_minor, o.day_of_month, o.starts_on, o.ends_on, o.narrative, o.status, o.created_at, bank.may_debit(o.debit_account_id),
           (SELECT n.today FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS n
            WHERE EXISTS (SELECT FROM bank.transfer AS t WHERE t.transfer_uuid = bank.standing_order_uuid(o.order_no, n.today)))
    FROM bank.standing_order AS o JOIN bank.account AS d ON d.account_id = o.debit_account_id
    JOIN bank.account AS c ON c.account_id = o.credit_account_id
    WHERE o.debit_account_id = ANY (bank.my_accounts()) AND bank.current_party() IS NOT NULL
    ORDER BY o.standing_order_id DESC LIMIT 500
$$;
COMMENT ON FUNCTION bank.my_standing_orders() IS
    'Standing orders from accounts that the customer of this transaction may see, the newest first, with the number they pay to; paid_on: '
    'today by UTC, where what an order pays today is booked, so that its next day is a later one; else null';
REVOKE ALL ON FUNCTION bank.my_standing_orders() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.my_standing_orders() TO bank_app;
