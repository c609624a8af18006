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
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
