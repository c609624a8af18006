-- What each request asks keeps its plan: an SQL function that is not inlined is planned anew at each call, PL/pgSQL plans once
-- in a session. Same signatures, same results, same rights.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- An array, fetched once for a query: a subselect would be run once for each partition.
CREATE OR REPLACE FUNCTION bank.my_accounts() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT DISTINCT h.account_id FROM bank.account_holder AS h
                 WHERE h.party_id = bank.current_party() AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity'));
END $$;

CREATE OR REPLACE FUNCTION bank.may_debit(p_account bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM bank.account_holder AS h
                   WHERE h.account_id = p_account AND h.party_id = bank.current_party()
                     AND h.role IN ('owner', 'co_owner', 'attorney')
                     AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity'));
END $$;

CREATE OR REPLACE FUNCTION bank.balance(p_account bigint, OUT balance_minor bigint, OUT available_minor bigint, OUT currency_code text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT b.balance_minor, b.balance_minor + a.overdraft_limit_minor, a.currency_code::text
    INTO balance_minor, available_minor, currency_code
    FROM bank.account_balance AS b JOIN bank.account AS a ON a.account_id = b.account_id
    WHERE b.account_id = p_account;
END $$;

-- For a whole page at once: a call for each row would take longer than the rest of the page.
CREATE OR REPLACE FUNCTION bank.counterparties(p_account bigint, p_transfers bigint[]) RETURNS TABLE (transfer_id bigint, account_no text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT t.transfer_id, a.account_no::text
    FROM bank.transfer AS t
    JOIN bank.account AS a
      ON a.account_id = CASE p_account WHEN t.debit_account_id THEN t.credit_account_id ELSE t.debit_account_id END
    WHERE t.transfer_id = ANY (p_transfers) AND p_account IN (t.debit_account_id, t.credit_account_id)
      AND (pg_has_role(session_user, 'bank_core', 'USAGE') OR EXISTS (
               SELECT FROM bank.account_holder AS h
               WHERE h.account_id = p_account AND h.party_id = bank.current_party()
                 AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')));
END $$;

-- What a page says of its entries, in their order, read past row security: that the caller may see the account is asked once, not
-- of each transfer. Nothing is told of a transfer that is not the account's, nor what only one of its two sides may know.
CREATE FUNCTION bank.page_lines(p_account bigint, p_page bank.ledger_entry[]) RETURNS TABLE (value_date date, transfer_id bigint,
    line_no smallint, side bank.entry_side, amount_minor bigint, kind bank.transfer_kind, booked_at timestamptz, narrative text,
    merchant text, counterparty text, transfer_uuid uuid, mcc text, statuses text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'bank_core', 'USAGE') AND NOT EXISTS (
        SELECT FROM bank.account_holder AS h
        WHERE h.account_id = p_account AND h.party_id = bank.current_party()
          AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT e.value_date, e.transfer_id, e.line_no, e.side, e.amount_minor, t.kind, t.booked_at, t.narrative, m.name, a.account_no::text,
           t.transfer_uuid, c.mcc::text,
           ARRAY(SELECT s.status FROM bank.transfer_status AS s WHERE s.transfer_id = e.transfer_id ORDER BY s.status)
    FROM unnest(p_page) WITH ORDINALITY AS e (transfer_id, line_no, value_date, account_id, side, amount_minor, n)
    JOIN bank.transfer AS t ON t.transfer_id = e.transfer_id AND p_account IN (t.debit_account_id, t.credit_account_id)
    JOIN bank.account AS a
      ON a.account_id = CASE p_account WHEN t.debit_account_id THEN t.credit_account_id ELSE t.debit_account_id END
    LEFT JOIN (bank.merchant AS m JOIN bank.category AS c ON c.category_id = m.category_id) ON m.merchant_id = t.merchant_id
    ORDER BY e.n;
END $$;
COMMENT ON FUNCTION bank.page_lines(bigint, bank.ledger_entry[]) IS
    'What a page says of entries of an account that the caller may see: the transfer, its merchant with the category, the number on the other side, its statuses';
REVOKE ALL ON FUNCTION bank.page_lines(bigint, bank.ledger_entry[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.page_lines(bigint, bank.ledger_entry[]) TO bank_app, bank_core;

CREATE OR REPLACE FUNCTION bank.account_page(p_account bigint, p_limit integer DEFAULT 50,
    p_before_date date DEFAULT NULL, p_before_transfer bigint DEFAULT NULL, p_before_line smallint DEFAULT NULL)
RETURNS TABLE (value_date date, transfer_id bigint, line_no smallint, side bank.entry_side, amount_minor bigint,
    kind bank.transfer_kind, booked_at timestamptz, narrative text, merchant text, counterparty text)
LANGUAGE plpgsql STABLE ROWS 50 SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_wanted integer := least(greatest(coalesce(p_limit, 50), 1), 500);
    -- variables, not expressions: row security lets only what cannot leak into an index condition
    v_before date := coalesce(p_before_date, 'infinity');
    v_transfer bigint := coalesce(p_before_transfer, 0);
    v_line smallint := coalesce(p_before_line, 0);
    v_to date := v_before;
    v_days integer := 31;
    v_from date := least(v_to, CURRENT_DATE) - v_days;
    v_page bank.ledger_entry[] := '{}';
BEGIN
    LOOP
        v_page := v_page || ARRAY(
            SELECT l FROM bank.ledger_entry AS l
            WHERE l.account_id = p_account AND l.value_date BETWEEN v_from AND v_to
              AND (l.value_date, l.transfer_id, l.line_no) < (v_before, v_transfer, v_line)
            ORDER BY l.value_date DESC, l.transfer_id DESC, l.line_no DESC
            LIMIT v_wanted - cardinality(v_page));
        EXIT WHEN cardinality(v_page) = v_wanted OR v_from = '-infinity';
        v_to := v_from - 1;
        v_days := v_days * 4;
        v_from := CASE WHEN v_days < 500 THEN v_to - v_days ELSE '-infinity' END;
    END LOOP;
    RETURN QUERY
    SELECT p.value_date, p.transfer_id, p.line_no, p.side, p.amount_minor, p.kind, p.booked_at, p.narrative, p.merchant, p.counterparty
    FROM bank.page_lines(p_account, v_page) AS p;
END $$;
