-- What stood in several places stands in one: who may see an account (bank.may_see), and what is a contact of a type.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE OR REPLACE FUNCTION bank.counterparties(p_account bigint, p_transfers bigint[]) RETURNS TABLE (transfer_id bigint, account_no text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF NOT bank.may_see(p_account) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT t.transfer_id, a.account_no::text
    FROM bank.transfer AS t
    JOIN bank.account AS a
      ON a.account_id = CASE p_account WHEN t.debit_account_id THEN t.credit_account_id ELSE t.debit_account_id END
    WHERE t.transfer_id = ANY (p_transfers) AND p_account IN (t.debit_account_id, t.credit_account_id);
END $$;

CREATE OR REPLACE FUNCTION bank.matching_entries(p_account bigint, p_entries bank.ledger_entry[], p_limit integer, p_least bigint, p_most bigint,
    p_side bank.entry_side, p_categories bigint[], p_status text, p_pattern text) RETURNS SETOF bank.ledger_entry
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF NOT bank.may_see(p_account) THEN
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

CREATE FUNCTION bank.is_contact(p_type text, p_value text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE p_type WHEN 'email' THEN p_value ~ '^[^@[:space:]]+@[^@[:space:]]+$' WHEN 'phone' THEN p_value ~ '^\+[0-9]{7,15}$' ELSE FALSE END
$$;
COMMENT ON FUNCTION bank.is_contact(text, text) IS 'Whether a text is an e-mail address or a telephone number (E.164), as its type says';
REVOKE ALL ON FUNCTION bank.is_contact(text, text) FROM PUBLIC;
-- written by branches, too: who writes a row must be let ask its check
GRANT EXECUTE ON FUNCTION bank.is_contact(text, text) TO bank_core;
ALTER TABLE bank.contact DROP CONSTRAINT contact_check, ADD CONSTRAINT contact_check CHECK (bank.is_contact(contact_type, value));
ALTER TABLE bank_online.contact_change DROP CONSTRAINT contact_change_check1,
    ADD CONSTRAINT contact_change_check1 CHECK (bank.is_contact(contact_type, value));

CREATE OR REPLACE FUNCTION bank_online.begin_contact_change(p_type text, p_ordinal smallint, p_value text, p_client inet,
    OUT change_id bigint, OUT expires_at timestamptz, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_code text := bank_online.random_code();
BEGIN
    PERFORM bank_online.acting_user_stepped_up();
    retry_after := bank_online.count_try('contact ' || v_user, 10, '1 hour');
    IF retry_after IS NOT NULL THEN
        RETURN;
    ELSIF p_ordinal IS NOT NULL AND NOT EXISTS (SELECT FROM bank.contact AS c WHERE c.party_id = bank.current_party()
                                                AND c.contact_type = p_type AND c.ordinal = p_ordinal) THEN
        RAISE EXCEPTION 'there is no such contact to take the place of'
            USING ERRCODE = 'BK008', HINT = 'Without an ordinal a further contact is made.';
    ELSIF bank.is_contact(p_type, p_value) IS NOT TRUE THEN
        RAISE EXCEPTION 'this is no contact of the type %', p_type
            USING ERRCODE = 'BK009', HINT = 'E-mail addresses have an @, telephone numbers a + and 7 to 15 digits.';
    ELSIF p_ordinal IS NULL AND (SELECT count(*) FROM bank.contact AS c WHERE c.party_id = bank.current_party() AND c.contact_type = p_type) >= 9 THEN
        RAISE EXCEPTION 'there are nine such contacts already'
            USING ERRCODE = 'BK014', HINT = 'Give the ordinal of the one to take the place of.';
    END IF;
    -- one that waits at a time: an older code is good no more
    DELETE FROM bank_online.contact_change AS c WHERE c.user_id = v_user;
    change_id := nextval(pg_get_serial_sequence('bank_online.contact_change', 'change_id'));
    INSERT INTO bank_online.contact_change AS c (change_id, user_id, contact_type, ordinal, value, code_hash) OVERRIDING SYSTEM VALUE
    VALUES (change_id, v_user, p_type, p_ordinal, p_value, sha256(convert_to(change_id || ' ' || v_code, 'UTF8')))
    RETURNING c.expires_at INTO expires_at;
    INSERT INTO bank_online.message (user_id, medium, recipient, kind, detail)
    VALUES (v_user, p_type, p_value, 'contact.code', jsonb_build_object('code', v_code));
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'contact.asked', p_client, jsonb_build_object('change_id', change_id, 'contact_type', p_type));
END $$;
