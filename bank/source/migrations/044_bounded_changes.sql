-- What changes nothing writes nothing, and what changes something does so a hundred times an hour: a program that sends the same again and
-- again, or one thing and its opposite, does not fill the trail. And blocked customers change nothing but what makes less possible.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION bank_online.count_change(p_client inet) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN bank_online.count_try('change ' || bank_online.acting_user(), 100, '1 hour', p_client);
END $$;
COMMENT ON FUNCTION bank_online.count_change(inet) IS
    'Counts a change of the signed-in user''s cards, standing orders or preferences: NULL, or the seconds for which there must be no further one';

-- A freeze is not counted, so that it is always possible: the next one of this card takes a release, which is.
DROP FUNCTION bank.change_card(bigint, text, bigint, inet);
CREATE FUNCTION bank.change_card(p_card bigint, p_status text, p_day_limit bigint, p_client inet,
    OUT card_id bigint, OUT status text, OUT day_limit_minor bigint, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_is_freeze boolean := p_day_limit IS NULL AND p_status IS NOT DISTINCT FROM 'frozen';
    v_old bank.card;
BEGIN
    IF NOT v_is_freeze THEN
        PERFORM bank_online.refuse_blocked();
    END IF;
    SELECT * INTO v_old FROM bank.card AS c WHERE c.card_id = p_card FOR NO KEY UPDATE;
    IF NOT FOUND OR NOT bank.may_debit(v_old.account_id) THEN
        RAISE EXCEPTION 'card % is not the customer''s', p_card
            USING ERRCODE = 'BK008', HINT = 'The transaction must act for one of its account''s owners or attorneys: bank_online.enter().';
    ELSIF v_old.status NOT IN ('active', 'frozen') AND (p_status IS NOT NULL OR p_day_limit IS NOT NULL) THEN
        RAISE EXCEPTION 'card % is %', p_card, v_old.status
            USING ERRCODE = 'BK004', HINT = 'A customer changes cards that are active or frozen; for others ask a branch.';
    ELSIF p_status NOT IN ('active', 'frozen') THEN
        RAISE EXCEPTION 'a customer cannot make a card %', p_status
            USING ERRCODE = 'BK009', HINT = 'Customers freeze and release; the rest is the bank''s.';
    ELSIF p_day_limit > v_old.day_limit_minor AND NOT bank_online.stepped_up() THEN
        RAISE EXCEPTION 'a higher limit takes a further code'
            USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
    END IF;
    card_id := p_card;
    status := coalesce(p_status, v_old.status::text);
    day_limit_minor := coalesce(p_day_limit, v_old.day_limit_minor);
    IF (v_old.status::text, v_old.day_limit_minor) IS NOT DISTINCT FROM (status, day_limit_minor) THEN
        RETURN;
    ELSIF NOT v_is_freeze THEN
        retry_after := bank_online.count_change(p_client);
        IF retry_after IS NOT NULL THEN
            RETURN;
        END IF;
    END IF;
    UPDATE bank.card AS c SET status = change_card.status::bank.card_status, day_limit_minor = change_card.day_limit_minor WHERE c.card_id = p_card;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'card.changed', p_client,
            jsonb_build_object('card_id', card_id, 'status', status, 'day_limit_minor', day_limit_minor));
END $$;
COMMENT ON FUNCTION bank.change_card(bigint, text, bigint, inet) IS
    'Freezes or releases a card of the signed-in customer, or sets its limit a day; NULL leaves what is. BK004 it is neither active nor frozen, '
    'BK008 not the customer''s, BK009 another status, BK010 no customer is signed in, BK011 a higher limit without a further code, BK019 the '
    'customer is blocked, and it is no freeze. retry_after: not done, there were too many changes';

-- How often something is added, payee() counts; a removal takes an addition before it.
CREATE OR REPLACE FUNCTION bank_online.add_beneficiary(p_account_no text, p_alias text, p_client inet,
    OUT beneficiary_id bigint, OUT is_new boolean, OUT payee text, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_alias text;
BEGIN
    PERFORM bank_online.acting_user_stepped_up();
    PERFORM bank_online.refuse_blocked();
    -- tells whether there is such an account, so it counts as asking for one
    SELECT p.name, p.retry_after INTO payee, retry_after FROM bank.payee(p_account_no) AS p;
    IF retry_after IS NOT NULL THEN
        RETURN;
    ELSIF payee IS NULL THEN
        RAISE EXCEPTION 'there is no account of that number'
            USING ERRCODE = 'BK012', HINT = 'Compare its twenty digits with what the payee gave.';
    END IF;
    SELECT b.beneficiary_id, b.alias INTO beneficiary_id, v_alias
    FROM bank_online.beneficiary AS b WHERE b.user_id = v_user AND b.account_no = p_account_no::bpchar;
    IF v_alias = p_alias THEN
        is_new := FALSE;
        RETURN;
    -- another name makes them no more
    ELSIF beneficiary_id IS NULL AND (SELECT count(*) FROM bank_online.beneficiary AS b WHERE b.user_id = v_user) >= 200 THEN
        RAISE EXCEPTION 'there are 200 beneficiaries already'
            USING ERRCODE = 'BK014', HINT = 'Remove one first.';
    END IF;
    INSERT INTO bank_online.beneficiary AS b (user_id, account_no, alias) VALUES (v_user, p_account_no, p_alias)
    ON CONFLICT (user_id, account_no) DO UPDATE SET alias = excluded.alias
    RETURNING b.beneficiary_id, b.xmax = 0 INTO beneficiary_id, is_new;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'beneficiary.added', p_client, jsonb_build_object('beneficiary_id', beneficiary_id));
END $$;
COMMENT ON FUNCTION bank_online.add_beneficiary(text, text, inet) IS
    'Adds an account number to those that the signed-in customer pays again, or gives it another name. BK010 no customer is signed in, BK011 '
    'without a further code, BK012 no such account, BK014 there are 200, BK019 the customer is blocked. retry_after, the rest NULL: too many '
    'payees were asked for';

-- Of an instruction that is repeated the answer was always made anew from what is kept: the status beside it was never read.
ALTER TABLE bank_online.idempotency DROP COLUMN status_code;
COMMENT ON COLUMN bank_online.idempotency.response IS 'What was answered';

DROP FUNCTION bank.make_standing_order(uuid, bigint, text, bigint, text, smallint, date, date, text, inet);
CREATE FUNCTION bank.make_standing_order(p_request uuid, p_debit bigint, p_credit_no text, p_amount bigint, p_currency text,
    p_day smallint, p_starts date, p_ends date, p_narrative text, p_client inet,
    OUT standing_order_id bigint, OUT order_no text, OUT is_new boolean, OUT retry_after integer)
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
    INSERT INTO bank_online.idempotency AS i (user_id, request_id, request_hash, response)
    VALUES (v_user, p_request, v_hash, '{}') ON CONFLICT (user_id, request_id) DO NOTHING;
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
    PERFORM bank_online.refuse_blocked();
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
    retry_after := bank_online.count_change(p_client);
    IF retry_after IS NOT NULL THEN
        DELETE FROM bank_online.idempotency AS i WHERE i.user_id = v_user AND i.request_id = p_request;
        is_new := NULL;
        RETURN;
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
    'with another content, BK009 days, BK010 no customer is signed in, BK011 above the limit without a further code, as bank.pay(), BK019 the '
    'customer is blocked. retry_after, the rest NULL: too many changes';

DROP FUNCTION bank.change_standing_order(bigint, bigint, smallint, date, text, text, inet);
CREATE FUNCTION bank.change_standing_order(p_order bigint, p_amount bigint, p_day smallint, p_ends date, p_narrative text, p_status text, p_client inet,
    OUT standing_order_id bigint, OUT amount_minor bigint, OUT day_of_month smallint, OUT ends_on date, OUT narrative text, OUT status text,
    OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_old bank.standing_order;
    v_more bigint;
    v_currency text;
BEGIN
    -- who is blocked may still stop what is paid
    IF num_nonnulls(p_amount, p_day, p_ends, p_narrative) > 0 OR p_status = 'active' THEN
        PERFORM bank_online.refuse_blocked();
    END IF;
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
    END IF;
    standing_order_id := p_order;
    amount_minor := coalesce(p_amount, v_old.amount_minor);
    day_of_month := coalesce(p_day, v_old.day_of_month);
    ends_on := coalesce(p_ends, v_old.ends_on);
    narrative := coalesce(p_narrative, v_old.narrative);
    status := coalesce(p_status, v_old.status);
    IF (v_old.amount_minor, v_old.day_of_month, v_old.ends_on, v_old.narrative, v_old.status)
       IS NOT DISTINCT FROM (amount_minor, day_of_month, ends_on, narrative, status) THEN
        RETURN;
    END IF;
    v_more := amount_minor - v_old.amount_minor;
    v_currency := (SELECT a.currency_code FROM bank.account AS a WHERE a.account_id = v_old.debit_account_id);
    IF v_more > 0 AND bank_online.needs_step_up(amount_minor, v_currency) THEN
        RAISE EXCEPTION 'a standing order of this amount takes a further code'
            USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
    END IF;
    retry_after := bank_online.count_change(p_client);
    IF retry_after IS NOT NULL THEN
        RETURN;
    ELSIF v_more > 0 THEN
        PERFORM bank_online.spend(v_user, v_currency, v_more);
    END IF;
    UPDATE bank.standing_order AS o
    SET amount_minor = change_standing_order.amount_minor, day_of_month = change_standing_order.day_of_month,
        ends_on = change_standing_order.ends_on, narrative = change_standing_order.narrative, status = change_standing_order.status
    WHERE o.standing_order_id = p_order;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'standing_order.changed', p_client,
            jsonb_build_object('standing_order_id', p_order, 'status', status));
END $$;
COMMENT ON FUNCTION bank.change_standing_order(bigint, bigint, smallint, date, text, text, inet) IS
    'Changes a standing order of the signed-in customer; NULL leaves what is. BK008 not the customer''s, BK009 the last day, BK010 no customer is '
    'signed in, BK011 raised above the limit without a further code, BK018 it has ended, BK019 the customer is blocked, and does not just pause or '
    'end it. retry_after: not done, there were too many changes';

CREATE FUNCTION bank.change_profile(p_language text, p_theme text, p_news boolean, p_client inet,
    OUT language text, OUT theme text, OUT news boolean, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_chosen jsonb := jsonb_strip_nulls(jsonb_build_object('theme', p_theme, 'news', p_news));
    v_party bigint := bank.current_party();
BEGIN
    PERFORM bank_online.acting_customer();
    IF EXISTS (SELECT FROM bank.party AS p WHERE p.party_id = v_party AND (p.language <> p_language OR NOT p.preferences @> v_chosen)) THEN
        retry_after := bank_online.count_change(p_client);
        IF retry_after IS NOT NULL THEN
            RETURN;
        END IF;
        UPDATE bank.party AS p SET language = coalesce(p_language, p.language), preferences = p.preferences || v_chosen
        WHERE p.party_id = v_party;
    END IF;
    SELECT p.language, coalesce(p.preferences->>'theme', 'system'), coalesce((p.preferences->>'news')::boolean, FALSE)
    INTO language, theme, news FROM bank.party AS p WHERE p.party_id = v_party;
END $$;
COMMENT ON FUNCTION bank.change_profile(text, text, boolean, inet) IS
    'Sets language and preferences of the signed-in customer; NULL leaves what is. All of them; BK010 no customer is signed in. retry_after, the '
    'rest NULL: too many changes';
REVOKE UPDATE (language, preferences) ON bank.party FROM bank_app;

DROP FUNCTION bank_online.renew_recovery_codes(bytea[]);
CREATE FUNCTION bank_online.renew_recovery_codes(p_hashes bytea[], OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user_stepped_up();
BEGIN
    retry_after := bank_online.count_try('recovery ' || v_user, 10, '1 hour');
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    DELETE FROM bank_online.recovery_code AS c WHERE c.user_id = v_user;
    INSERT INTO bank_online.recovery_code (user_id, code_hash) SELECT v_user, h FROM unnest(p_hashes) AS h;
    INSERT INTO bank_online.audit_event (user_id, session_id, event) VALUES (v_user, bank_online.current_session_id(), 'recovery_codes.renewed');
END $$;
COMMENT ON FUNCTION bank_online.renew_recovery_codes(bytea[]) IS
    'Replaces all recovery codes of the signed-in user by those of these hashes. BK010 if nobody is signed in, BK011 without a further code. '
    'retry_after: not done, ten in an hour are enough';

REVOKE ALL ON FUNCTION bank_online.count_change(inet), bank.change_card(bigint, text, bigint, inet),
    bank.make_standing_order(uuid, bigint, text, bigint, text, smallint, date, date, text, inet),
    bank.change_standing_order(bigint, bigint, smallint, date, text, text, inet), bank.change_profile(text, text, boolean, inet),
    bank_online.renew_recovery_codes(bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.change_card(bigint, text, bigint, inet),
    bank.make_standing_order(uuid, bigint, text, bigint, text, smallint, date, date, text, inet),
    bank.change_standing_order(bigint, bigint, smallint, date, text, text, inet), bank.change_profile(text, text, boolean, inet),
    bank_online.renew_recovery_codes(bytea[]) TO bank_app;
