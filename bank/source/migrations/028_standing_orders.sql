-- Standing orders of customers: made once for an id, changed by who may spend, a further code above the limit.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION bank.my_standing_orders()
RETURNS TABLE (standing_order_id bigint, order_no text, debit_account_id bigint, debit_account_no text, credit_account_no text, currency_code text,
    amount_minor bigint, day_of_month smallint, starts_on date, ends_on date, narrative text, status text, created_at timestamptz, may_change boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.standing_order_id, o.order_no, o.debit_account_id, d.account_no::text, c.account_no::text, d.currency_code::text,
           o.amount_minor, o.day_of_month, o.starts_on, o.ends_on, o.narrative, o.status, o.created_at, bank.may_debit(o.debit_account_id)
    FROM bank.standing_order AS o JOIN bank.account AS d ON d.account_id = o.debit_account_id
    JOIN bank.account AS c ON c.account_id = o.credit_account_id
    WHERE o.debit_account_id = ANY (bank.my_accounts()) AND bank.current_party() IS NOT NULL
    ORDER BY o.standing_order_id DESC LIMIT 500
$$;
COMMENT ON FUNCTION bank.my_standing_orders() IS
    'Standing orders from accounts that the customer of this transaction may see, the newest first, with the number they pay to';

CREATE FUNCTION bank.make_standing_order(p_request uuid, p_debit bigint, p_credit_no text, p_amount bigint, p_currency text,
    p_day smallint, p_starts date, p_ends date, p_narrative text, p_client inet,
    OUT standing_order_id bigint, OUT order_no text, OUT is_new boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_hash bytea := sha256(convert_to(jsonb_build_array('standing_order', p_debit, p_credit_no, p_amount, p_currency, p_day, p_starts, p_ends,
                                                        p_narrative)::text, 'UTF8'));
    v_old bank_online.idempotency;
    v_debit bank.account;
    v_credit bank.account;
BEGIN
    -- The id first: of two at once, the second waits here for what the first comes to.
    INSERT INTO bank_online.idempotency AS i (user_id, request_id, request_hash, status_code, response)
    VALUES (v_user, p_request, v_hash, 201, '{}') ON CONFLICT (user_id, request_id) DO NOTHING;
    is_new := FOUND;
    IF NOT is_new THEN
        SELECT * INTO STRICT v_old FROM bank_online.idempotency AS i WHERE i.user_id = v_user AND i.request_id = p_request;
        IF v_old.request_hash <> v_hash THEN
            RAISE EXCEPTION 'the id % was sent before with another content', p_request
                USING ERRCODE = 'BK006', HINT = 'A new instruction needs a new id.';
        END IF;
        standing_order_id := v_old.response->>'standing_order_id';
        order_no := v_old.response->>'order_no';
        RETURN;
    END IF;
    SELECT * INTO v_credit FROM bank.account AS a WHERE a.account_no = p_credit_no::bpchar;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no account of that number'
            USING ERRCODE = 'BK012', HINT = 'Compare its twenty digits with what the payee gave.';
    ELSIF NOT bank.may_debit(p_debit) THEN
        RAISE EXCEPTION 'account % may not be debited', p_debit
            USING ERRCODE = 'BK008', HINT = 'The transaction must act for one of its owners or attorneys: bank_online.enter().';
    ELSIF p_starts < CURRENT_DATE OR p_ends < p_starts THEN
        RAISE EXCEPTION 'a standing order begins today or later, and does not end before'
            USING ERRCODE = 'BK009', HINT = 'Give other days.';
    END IF;
    SELECT * INTO v_debit FROM bank.account AS a WHERE a.account_id = p_debit;
    IF v_debit.status <> 'active' OR v_credit.status <> 'active' THEN
        RAISE EXCEPTION 'an account is frozen or closed'
            USING ERRCODE = 'BK001', HINT = 'Only active accounts take postings.';
    ELSIF p_currency::bpchar <> v_debit.currency_code OR p_currency::bpchar <> v_credit.currency_code THEN
        RAISE EXCEPTION 'both accounts must be in %', p_currency
            USING ERRCODE = 'BK002', HINT = 'Exchange is two transfers, one in each currency.';
    ELSIF bank_online.needs_step_up(p_amount, p_currency) THEN
        RAISE EXCEPTION 'a standing order of this amount takes a further code'
            USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
    END IF;
    INSERT INTO bank.standing_order AS o (debit_account_id, credit_account_id, amount_minor, day_of_month, starts_on, ends_on, narrative)
    VALUES (p_debit, v_credit.account_id, p_amount, p_day, p_starts, p_ends, p_narrative)
    RETURNING o.standing_order_id, o.order_no INTO standing_order_id, order_no;
    UPDATE bank_online.idempotency AS i
    SET response = jsonb_build_object('standing_order_id', standing_order_id, 'order_no', order_no)
    WHERE i.user_id = v_user AND i.request_id = p_request;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'standing_order.made', p_client, jsonb_build_object('standing_order_id', standing_order_id));
END $$;
COMMENT ON FUNCTION bank.make_standing_order(uuid, bigint, text, bigint, text, smallint, date, date, text, inet) IS
    'Makes a standing order of the signed-in customer; the same id again is the same answer. BK001, BK002, BK008, BK012 as bank.pay(), BK006 the id '
    'with another content, BK009 days, BK010 no customer is signed in, BK011 above the limit without a further code';

CREATE FUNCTION bank.change_standing_order(p_order bigint, p_amount bigint, p_day smallint, p_ends date, p_narrative text, p_status text, p_client inet,
    OUT standing_order_id bigint, OUT amount_minor bigint, OUT day_of_month smallint, OUT ends_on date, OUT narrative text, OUT status text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_old bank.standing_order;
BEGIN
    SELECT * INTO v_old FROM bank.standing_order AS o WHERE o.standing_order_id = p_order FOR NO KEY UPDATE;
    IF NOT FOUND OR NOT bank.may_debit(v_old.debit_account_id) THEN
        RAISE EXCEPTION 'standing order % is not the customer''s', p_order
            USING ERRCODE = 'BK008', HINT = 'The transaction must act for one of its account''s owners or attorneys: bank_online.enter().';
    ELSIF v_old.status = 'ended' THEN
        RAISE EXCEPTION 'standing order % has ended', p_order
            USING ERRCODE = 'BK018', HINT = 'Make another one.';
    ELSIF p_ends < v_old.starts_on THEN
        RAISE EXCEPTION 'a standing order does not end before it begins'
            USING ERRCODE = 'BK009', HINT = 'Give another day, or end it.';
    ELSIF p_amount > v_old.amount_minor AND bank_online.needs_step_up(p_amount,
            (SELECT a.currency_code::text FROM bank.account AS a WHERE a.account_id = v_old.debit_account_id)) THEN
        RAISE EXCEPTION 'a standing order of this amount takes a further code'
            USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
    END IF;
    UPDATE bank.standing_order AS o
    SET amount_minor = coalesce(p_amount, o.amount_minor), day_of_month = coalesce(p_day, o.day_of_month), ends_on = coalesce(p_ends, o.ends_on),
        narrative = coalesce(p_narrative, o.narrative), status = coalesce(p_status, o.status)
    WHERE o.standing_order_id = p_order
    RETURNING o.standing_order_id, o.amount_minor, o.day_of_month, o.ends_on, o.narrative, o.status
    INTO standing_order_id, amount_minor, day_of_month, ends_on, narrative, status;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'standing_order.changed', p_client,
            jsonb_build_object('standing_order_id', p_order, 'status', status));
END $$;
COMMENT ON FUNCTION bank.change_standing_order(bigint, bigint, smallint, date, text, text, inet) IS
    'Changes a standing order of the signed-in customer; NULL leaves what is. BK008 not the customer''s, BK009 the last day, BK010 no customer is '
    'signed in, BK011 raised above the limit without a further code, BK018 it has ended';

-- functions do it, after a code where one is needed, and record it
REVOKE INSERT (debit_account_id, credit_account_id, amount_minor, day_of_month, starts_on, ends_on, narrative),
    UPDATE (amount_minor, day_of_month, ends_on, narrative, status) ON bank.standing_order FROM bank_app;
REVOKE USAGE ON SEQUENCE bank.standing_order_no_seq FROM bank_app;
REVOKE INSERT ON bank_online.idempotency FROM bank_app;
REVOKE ALL ON FUNCTION bank.my_standing_orders(), bank.make_standing_order(uuid, bigint, text, bigint, text, smallint, date, date, text, inet),
    bank.change_standing_order(bigint, bigint, smallint, date, text, text, inet) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.my_standing_orders(), bank.make_standing_order(uuid, bigint, text, bigint, text, smallint, date, date, text, inet),
    bank.change_standing_order(bigint, bigint, smallint, date, text, text, inet) TO bank_app;
