-- Many payments, each just under the limit, are as one above it: what is paid without a further code is added up, by user and currency.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TABLE bank_online.spent (
    user_id       bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    currency_code char(3)     NOT NULL CHECK (currency_code ~ '^[A-Z]{3}$'),
    since         timestamptz NOT NULL,
    amount_minor  bigint      NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (user_id, currency_code)
) WITH (fillfactor = 50);  -- added to in place
COMMENT ON TABLE bank_online.spent IS 'What users have paid without a further code in 24 hours, with the standing orders that they made or raised';
COMMENT ON COLUMN bank_online.spent.user_id IS 'Who';
COMMENT ON COLUMN bank_online.spent.currency_code IS 'In which currency; no foreign key, as step_up_limit';
COMMENT ON COLUMN bank_online.spent.since IS 'The first of these payments: 24 hours later the sum begins anew';
COMMENT ON COLUMN bank_online.spent.amount_minor IS 'Their sum, in minor units';
ALTER TABLE bank_online.spent ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY bank_owner ON bank_online.spent TO bank_owner USING (TRUE);
COMMENT ON POLICY bank_owner ON bank_online.spent IS 'Functions that act as the owner see every row';

-- Of two at once the second waits here for the first, as for a balance.
CREATE FUNCTION bank_online.spend(p_user bigint, p_currency text, p_amount bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_currency char(3) := p_currency;
    v_sum bigint;
BEGIN
    IF bank_online.stepped_up() THEN
        RETURN;
    END IF;
    UPDATE bank_online.spent AS s
    SET amount_minor = CASE WHEN s.since > now() - INTERVAL '24 hours' THEN s.amount_minor ELSE 0 END + p_amount,
        since = CASE WHEN s.since > now() - INTERVAL '24 hours' THEN s.since ELSE now() END
    WHERE s.user_id = p_user AND s.currency_code = v_currency
    RETURNING s.amount_minor INTO v_sum;
    IF NOT FOUND THEN
        INSERT INTO bank_online.spent AS s (user_id, currency_code, since, amount_minor) VALUES (p_user, v_currency, now(), p_amount)
        ON CONFLICT (user_id, currency_code) DO UPDATE SET amount_minor = s.amount_minor + excluded.amount_minor
        RETURNING s.amount_minor INTO v_sum;
    END IF;
    IF v_sum > coalesce((SELECT l.amount_minor FROM bank_online.step_up_limit AS l WHERE l.currency_code = v_currency), 0) THEN
        RAISE EXCEPTION 'what was paid without a further code in 24 hours is above the limit'
            USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.spend(bigint, text, bigint) IS
    'Adds to what a user has paid without a further code; nothing if it was given. BK011 above the limit';

CREATE OR REPLACE FUNCTION bank_online.needs_step_up(p_amount bigint, p_currency text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NOT bank_online.stepped_up()
        AND p_amount + coalesce((SELECT s.amount_minor FROM bank_online.spent AS s WHERE s.user_id = bank_online.current_user_id()
                                 AND s.currency_code = p_currency::bpchar AND s.since > now() - INTERVAL '24 hours'), 0)
            > coalesce((SELECT l.amount_minor FROM bank_online.step_up_limit AS l WHERE l.currency_code = p_currency::bpchar), 0);
END $$;
COMMENT ON FUNCTION bank_online.needs_step_up(bigint, text) IS
    'Whether an amount takes a further code that the user has not given: alone, or with what was paid without one in 24 hours';

CREATE OR REPLACE FUNCTION bank.pay(p_uuid uuid, p_debit bigint, p_credit_no text, p_amount bigint, p_currency text, p_narrative text, p_client inet,
    OUT transfer_id bigint, OUT is_new boolean, OUT booked_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.current_user_id();
    v_credit bigint;
    v_limit bigint;
    v_spent bigint;
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
        -- one statement for both; what was spent comes last, when the balances are locked: all take these locks in one order
        WITH counted AS (
            UPDATE bank_online.spent AS s
            SET amount_minor = CASE WHEN s.since > now() - INTERVAL '24 hours' THEN s.amount_minor ELSE 0 END + p_amount,
                since = CASE WHEN s.since > now() - INTERVAL '24 hours' THEN s.since ELSE now() END
            WHERE s.user_id = v_user AND s.currency_code = p_currency::bpchar AND NOT bank_online.stepped_up()
            RETURNING s.amount_minor)
        INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
        VALUES (v_user, bank_online.current_session_id(), 'transfer.done', p_client, jsonb_build_object('transfer_id', transfer_id))
        RETURNING (SELECT c.amount_minor FROM counted AS c) INTO v_spent;
        IF v_spent > v_limit THEN
            RAISE EXCEPTION 'what was paid without a further code in 24 hours is above the limit'
                USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
        ELSIF v_spent IS NULL THEN
            PERFORM bank_online.spend(v_user, p_currency, p_amount);  -- the first, or with a further code
        END IF;
    ELSE
        SELECT t.booked_at INTO booked_at FROM bank.transfer AS t WHERE t.transfer_id = pay.transfer_id;
    END IF;
END $$;
COMMENT ON FUNCTION bank.pay(uuid, bigint, text, bigint, text, text, inet) IS
    'Pays from an account of the signed-in customer to an account number, as bank.transfer() does; the same uuid again is the same answer. '
    'BK010 no customer is signed in, BK011 without a further code if this and what was paid without one in 24 hours are above the limit, BK012 no '
    'such account; else as bank.transfer()';

CREATE OR REPLACE FUNCTION bank.make_standing_order(p_request uuid, p_debit bigint, p_credit_no text, p_amount bigint, p_currency text,
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
    PERFORM bank_online.spend(v_user, p_currency, p_amount);
    UPDATE bank_online.idempotency AS i
    SET response = jsonb_build_object('standing_order_id', standing_order_id, 'order_no', order_no)
    WHERE i.user_id = v_user AND i.request_id = p_request;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'standing_order.made', p_client, jsonb_build_object('standing_order_id', standing_order_id));
END $$;
COMMENT ON FUNCTION bank.make_standing_order(uuid, bigint, text, bigint, text, smallint, date, date, text, inet) IS
    'Makes a standing order of the signed-in customer; the same id again is the same answer. BK001, BK002, BK008, BK012 as bank.pay(), BK006 the id '
    'with another content, BK009 days, BK010 no customer is signed in, BK011 above the limit without a further code, as bank.pay()';

CREATE OR REPLACE FUNCTION bank.change_standing_order(p_order bigint, p_amount bigint, p_day smallint, p_ends date, p_narrative text, p_status text, p_client inet,
    OUT standing_order_id bigint, OUT amount_minor bigint, OUT day_of_month smallint, OUT ends_on date, OUT narrative text, OUT status text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_old bank.standing_order;
    v_currency text;
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
    ELSIF p_amount > v_old.amount_minor THEN
        v_currency := (SELECT a.currency_code FROM bank.account AS a WHERE a.account_id = v_old.debit_account_id);
        IF bank_online.needs_step_up(p_amount, v_currency) THEN
            RAISE EXCEPTION 'a standing order of this amount takes a further code'
                USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
        END IF;
        PERFORM bank_online.spend(v_user, v_currency, p_amount - v_old.amount_minor);
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

COMMENT ON TABLE bank_online.step_up_limit IS
    'Up to which amount payments of 24 hours take no further code, together; in a currency that is not here each does';
COMMENT ON COLUMN bank_online.step_up_limit.amount_minor IS 'The most that is paid without, in 24 hours, in minor units';
REVOKE ALL ON FUNCTION bank_online.spend(bigint, text, bigint) FROM PUBLIC;
