-- What customers do with their money: pay by account number, see whom they pay before they do, search what was.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- No foreign key: limits are there before the bank's data is, and a currency that is renamed has none until somebody decides.
CREATE TABLE bank_online.step_up_limit (
    currency_code char(3) NOT NULL PRIMARY KEY CHECK (currency_code ~ '^[A-Z]{3}$'),
    amount_minor  bigint  NOT NULL CHECK (amount_minor >= 0)
);
COMMENT ON TABLE bank_online.step_up_limit IS 'Above which amount a payment takes a further code; in a currency that is not here each does';
COMMENT ON COLUMN bank_online.step_up_limit.currency_code IS 'ISO 4217 code; may be of a currency that the bank does not have';
COMMENT ON COLUMN bank_online.step_up_limit.amount_minor IS 'The most that is paid without, in minor units';
ALTER TABLE bank_online.step_up_limit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY bank_owner ON bank_online.step_up_limit TO bank_owner USING (TRUE);
COMMENT ON POLICY bank_owner ON bank_online.step_up_limit IS 'Functions that act as the owner see every row';
CREATE POLICY bank_app ON bank_online.step_up_limit FOR SELECT TO bank_app USING (TRUE);
COMMENT ON POLICY bank_app ON bank_online.step_up_limit IS 'The same limits for everybody, to be shown before one pays';
GRANT SELECT ON bank_online.step_up_limit TO bank_app;
-- 50,000 roubles, and about as much
INSERT INTO bank_online.step_up_limit (currency_code, amount_minor)
VALUES ('RUB', 5000000), ('USD', 60000), ('EUR', 50000), ('GBP', 45000), ('CHF', 50000), ('CNY', 400000), ('BYN', 200000),
       ('KZT', 30000000), ('TRY', 2000000), ('AED', 200000), ('INR', 5000000), ('JPY', 90000);

CREATE FUNCTION bank.pay(p_uuid uuid, p_debit bigint, p_credit_no text, p_amount bigint, p_currency text, p_narrative text, p_client inet,
    OUT transfer_id bigint, OUT is_new boolean, OUT booked_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.current_user_id();
    v_credit bigint;
    v_limit bigint;
BEGIN
    IF v_user IS NULL OR bank.current_party() IS NULL THEN
        RAISE EXCEPTION 'no customer is signed in'
            USING ERRCODE = 'BK010', HINT = 'Begin the transaction with bank_online.enter() and the token of a customer''s live session.';
    END IF;
    SELECT a.account_id, coalesce(l.amount_minor, 0) INTO v_credit, v_limit
    FROM bank.account AS a LEFT JOIN bank_online.step_up_limit AS l ON l.currency_code = p_currency::bpchar
    WHERE a.account_no = p_credit_no::bpchar;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no account of that number'
            USING ERRCODE = 'BK012', HINT = 'Compare its twenty digits with what the payee gave.';
    END IF;
    -- what was posted is answered, a further code or not
    IF p_amount > v_limit AND NOT bank_online.stepped_up() AND NOT EXISTS (SELECT FROM bank.transfer AS t WHERE t.transfer_uuid = p_uuid) THEN
        RAISE EXCEPTION 'a payment of this amount takes a further code'
            USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
    END IF;
    SELECT t.transfer_id, t.is_new INTO transfer_id, is_new
    FROM bank.transfer(p_uuid, p_debit, v_credit, p_amount, p_currency::bpchar, 'payment', 'web', p_narrative, NULL, NULL, NULL, p_client) AS t;
    IF is_new THEN
        booked_at := now();  -- the column's default, in this transaction
        INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
        VALUES (v_user, bank_online.current_session_id(), 'transfer.done', p_client, jsonb_build_object('transfer_id', transfer_id));
    ELSE
        SELECT t.booked_at INTO booked_at FROM bank.transfer AS t WHERE t.transfer_id = pay.transfer_id;
    END IF;
END $$;
COMMENT ON FUNCTION bank.pay(uuid, bigint, text, bigint, text, text, inet) IS
    'Pays from an account of the signed-in customer to an account number, as bank.transfer() does; the same uuid again is the same answer. '
    'BK010 no customer is signed in, BK011 above the limit without a further code, BK012 no such account; else as bank.transfer()';

CREATE FUNCTION bank.payee(p_account_no text, OUT name text, OUT currency_code text, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    retry_after := bank_online.count_try('payee ' || bank_online.acting_user(), 60, '1 hour');
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT a.currency_code::text,
           coalesce(o.legal_name, p.first_name || ' ' || left(p.last_name, 1) || '.', CASE r.kind WHEN 'internal' THEN r.name END)
    INTO currency_code, name
    FROM bank.account AS a
    JOIN bank.product AS r ON r.product_id = a.product_id
    LEFT JOIN LATERAL (
        SELECT h.party_id FROM bank.account_holder AS h
        WHERE h.account_id = a.account_id AND h.role = 'owner' AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')
        ORDER BY h.valid_from, h.party_id LIMIT 1) AS f ON TRUE
    LEFT JOIN bank.person AS p ON p.party_id = f.party_id
    LEFT JOIN bank.organisation AS o ON o.party_id = f.party_id
    WHERE a.account_no = p_account_no::bpchar;
END $$;
COMMENT ON FUNCTION bank.payee(text) IS
    'Whom an account number belongs to, before one pays: an organisation, a person by first name and initial, the bank by its product; its first '
    'owner. Name NULL if there is none. retry_after, the rest NULL: asked more than 60 times in an hour. BK010 if nobody is signed in';

-- Reads past row security as page_lines() does: a filter must not be run on each row before the policy is, nor the policy on
-- each row that a filter throws away.
CREATE FUNCTION bank.matching_entries(p_account bigint, p_entries bank.ledger_entry[], p_limit integer, p_least bigint, p_most bigint,
    p_side bank.entry_side, p_categories bigint[], p_status text, p_pattern text) RETURNS SETOF bank.ledger_entry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'bank_core', 'USAGE') AND NOT EXISTS (
        SELECT FROM bank.account_holder AS h
        WHERE h.account_id = p_account AND h.party_id = bank.current_party()
          AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity')) THEN
        RETURN;
    ELSIF p_categories IS NULL AND p_status IS NULL AND p_pattern IS NULL THEN
        RETURN QUERY
        SELECT e.transfer_id, e.line_no, e.value_date, e.account_id, e.side, e.amount_minor
        FROM unnest(p_entries) WITH ORDINALITY AS e (transfer_id, line_no, value_date, account_id, side, amount_minor, n)
        WHERE e.amount_minor >= coalesce(p_least, 0) AND (p_most IS NULL OR e.amount_minor <= p_most) AND (p_side IS NULL OR e.side = p_side)
        ORDER BY e.n LIMIT p_limit;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT e.transfer_id, e.line_no, e.value_date, e.account_id, e.side, e.amount_minor
    FROM unnest(p_entries) WITH ORDINALITY AS e (transfer_id, line_no, value_date, account_id, side, amount_minor, n)
    JOIN bank.transfer AS t ON t.transfer_id = e.transfer_id AND p_account IN (t.debit_account_id, t.credit_account_id)
    LEFT JOIN bank.merchant AS m ON m.merchant_id = t.merchant_id
    WHERE e.amount_minor >= coalesce(p_least, 0) AND (p_most IS NULL OR e.amount_minor <= p_most) AND (p_side IS NULL OR e.side = p_side)
      AND (p_categories IS NULL OR m.category_id = ANY (p_categories))
      AND (p_status IS NULL OR EXISTS (SELECT FROM bank.transfer_status AS s WHERE s.transfer_id = e.transfer_id AND s.status = p_status))
      AND (p_pattern IS NULL OR t.narrative ILIKE p_pattern OR m.name ILIKE p_pattern
           -- only digits are in a number
           OR p_pattern ~ '^%[0-9]+%$' AND EXISTS (
               SELECT FROM bank.account AS a
               WHERE a.account_id = CASE p_account WHEN t.debit_account_id THEN t.credit_account_id ELSE t.debit_account_id END
                 AND a.account_no LIKE p_pattern))
    ORDER BY e.n LIMIT p_limit;
END $$;
COMMENT ON FUNCTION bank.matching_entries(bigint, bank.ledger_entry[], integer, bigint, bigint, bank.entry_side, bigint[], text, text) IS
    'Those of these entries, of an account that the caller may see, that all filters let through, in their order, no more than the limit';

-- As account_page(), and with a filter stretch by stretch of what the account has, each stretch filtered by itself. What it
-- looks at is bounded, not what it finds: so a page may be short, and there may be more behind it.
CREATE FUNCTION bank.transactions(p_account bigint, p_limit integer DEFAULT 50,
    p_before_date date DEFAULT NULL, p_before_transfer bigint DEFAULT NULL, p_before_line smallint DEFAULT NULL,
    p_from date DEFAULT NULL, p_to date DEFAULT NULL, p_least bigint DEFAULT NULL, p_most bigint DEFAULT NULL, p_side text DEFAULT NULL,
    p_mcc text DEFAULT NULL, p_status text DEFAULT NULL, p_text text DEFAULT NULL)
RETURNS TABLE (value_date date, transfer_id bigint, line_no smallint, side bank.entry_side, amount_minor bigint,
    kind bank.transfer_kind, booked_at timestamptz, narrative text, merchant text, counterparty text,
    transfer_uuid uuid, mcc text, statuses text[])
LANGUAGE plpgsql STABLE ROWS 50 SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_wanted integer := least(greatest(coalesce(p_limit, 50), 1), 500);
    v_filtered boolean := num_nonnulls(p_least, p_most, p_side, p_mcc, p_status, nullif(p_text, '')) > 0;
    v_side bank.entry_side := p_side;
    v_categories bigint[];
    v_pattern text := '%' || regexp_replace(nullif(p_text, ''), '([\\%_])', '\\\1', 'g') || '%';
    -- as many as may match at most, then more and more; 20,000 altogether
    v_size integer := CASE WHEN v_filtered THEN greatest(v_wanted, 200) ELSE v_wanted END;
    v_left integer := 20000;
    -- variables, not expressions: row security lets only what cannot leak into an index condition
    v_before date := coalesce(p_before_date, 'infinity');
    v_transfer bigint := coalesce(p_before_transfer, 0);
    v_line smallint := coalesce(p_before_line, 0);
    v_first date := coalesce(p_from, '-infinity');
    v_to date := least(v_before, p_to);
    v_days integer := 31;
    v_from date := greatest(least(v_to, CURRENT_DATE) - v_days, v_first);
    v_last bank.ledger_entry;
    v_some bank.ledger_entry[];
    v_page bank.ledger_entry[] := '{}';
BEGIN
    IF p_mcc IS NOT NULL THEN
        v_categories := ARRAY(SELECT c.category_id FROM bank.category AS c LEFT JOIN bank.category AS g ON g.category_id = c.parent_id
                              WHERE p_mcc IN (c.mcc, g.mcc));
    END IF;
    LOOP
        v_some := ARRAY(
            SELECT l FROM bank.ledger_entry AS l
            WHERE l.account_id = p_account AND l.value_date BETWEEN v_from AND v_to
              AND (l.value_date, l.transfer_id, l.line_no) < (v_before, v_transfer, v_line)
            ORDER BY l.value_date DESC, l.transfer_id DESC, l.line_no DESC
            LIMIT v_size);
        v_last := v_some[cardinality(v_some)];
        v_left := v_left - cardinality(v_some);
        v_page := v_page || CASE WHEN v_filtered THEN ARRAY(
            SELECT e FROM bank.matching_entries(p_account, v_some, v_wanted - cardinality(v_page), p_least, p_most, v_side, v_categories,
                                                p_status, v_pattern) AS e) ELSE v_some END;
        IF cardinality(v_page) = v_wanted THEN
            v_last := v_page[v_wanted];
            EXIT;
        ELSIF cardinality(v_some) = v_size THEN
            -- more of the same stretch
            EXIT WHEN v_left = 0;
            v_before := v_last.value_date;
            v_transfer := v_last.transfer_id;
            v_line := v_last.line_no;
            v_to := v_before;
            v_size := CASE WHEN v_filtered THEN least(v_size * 4, 5000, v_left) ELSE v_wanted - cardinality(v_page) END;
        ELSE
            v_last := NULL;
            EXIT WHEN v_from = v_first OR v_from > v_to;
            v_to := v_from - 1;
            v_days := v_days * 4;
            v_from := greatest(CASE WHEN v_days < 500 THEN v_to - v_days ELSE '-infinity' END, v_first);
            v_size := CASE WHEN v_filtered THEN least(v_size, v_left) ELSE v_wanted - cardinality(v_page) END;
        END IF;
    END LOOP;
    RETURN QUERY SELECT p.* FROM bank.page_lines(p_account, v_page) AS p;
    IF v_last.line_no IS NOT NULL THEN
        value_date := v_last.value_date;
        transfer_id := v_last.transfer_id;
        line_no := v_last.line_no;
        RETURN NEXT;
    END IF;
END $$;
COMMENT ON FUNCTION bank.transactions(bigint, integer, date, bigint, smallint, date, date, bigint, bigint, text, text, text, text) IS
    'Entries of an account, newest first, at most 500, that all filters let through (NULL: any): days, amounts, side, category of the merchant '
    'or the group it is in, status that the transfer has reached, text in narrative, merchant or counterparty. Looks through 20,000 entries at '
    'most. A last row with nothing but value_date, transfer_id and line_no says where it stopped, and the next page begins; without it that was all';

REVOKE ALL ON FUNCTION bank.pay(uuid, bigint, text, bigint, text, text, inet), bank.payee(text),
    bank.matching_entries(bigint, bank.ledger_entry[], integer, bigint, bigint, bank.entry_side, bigint[], text, text),
    bank.transactions(bigint, integer, date, bigint, smallint, date, date, bigint, bigint, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.pay(uuid, bigint, text, bigint, text, text, inet), bank.payee(text) TO bank_app;
GRANT EXECUTE ON FUNCTION
    bank.matching_entries(bigint, bank.ledger_entry[], integer, bigint, bigint, bank.entry_side, bigint[], text, text),
    bank.transactions(bigint, integer, date, bigint, smallint, date, date, bigint, bigint, text, text, text, text) TO bank_app, bank_core;
