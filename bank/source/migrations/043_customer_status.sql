-- What a customer may depends on what the bank says of the party: blocked ones look, and no more; those who have left, or are no customers
-- yet, do not sign in.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- Those who do not sign in: by a status of their access, which login and each request ask for anyway, so none of them takes longer.
ALTER TABLE bank_online.app_user DROP CONSTRAINT app_user_status_check,
    ADD CONSTRAINT app_user_status_check CHECK (status IN ('active', 'suspended', 'ended'));
COMMENT ON COLUMN bank_online.app_user.status IS
    'active, suspended, or ended: the party has left, or is no customer yet. Ended follows party.status, and what was suspended stays so';

CREATE FUNCTION bank_online.follow_party_status() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_signs_in boolean := NEW.status IN ('active', 'blocked');
    v_user bigint;
BEGIN
    -- A login holds this row until its session is there: it comes before, and its session is ended below, or after, and is refused.
    SELECT u.user_id INTO v_user FROM bank_online.app_user AS u WHERE u.party_id = NEW.party_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE bank_online.app_user AS u SET status = CASE WHEN v_signs_in THEN 'active' ELSE 'ended' END
    WHERE u.user_id = v_user AND u.status = CASE WHEN v_signs_in THEN 'ended' ELSE 'active' END;
    -- Over is over, also for one who comes back. A session that a request has just now is none any more all the same, by the user's
    -- status: waiting for it could be for one that waits for this.
    IF NOT v_signs_in OR OLD.status NOT IN ('active', 'blocked') THEN
        UPDATE bank_online.session AS s SET ended_at = now()
        WHERE s.session_id IN (SELECT l.session_id FROM bank_online.session AS l WHERE l.user_id = v_user AND l.ended_at IS NULL
                               FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    INSERT INTO bank_online.audit_event (user_id, event, detail)
    VALUES (v_user, 'customer.' || NEW.status, jsonb_build_object('party_id', NEW.party_id, 'by', session_user));
    -- why something is refused, and that it is no more
    INSERT INTO bank_online.notification (user_id, kind) SELECT v_user, 'customer.' || NEW.status WHERE v_signs_in;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION bank_online.follow_party_status() IS
    'Ends the access and all sessions of a party that has left or is no customer yet, and gives it back; records it, and tells who is blocked';
REVOKE ALL ON FUNCTION bank_online.follow_party_status() FROM PUBLIC;
CREATE TRIGGER party_status_followed AFTER UPDATE OF status ON bank.party
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION bank_online.follow_party_status();
COMMENT ON TRIGGER party_status_followed ON bank.party IS 'Who is no customer any more does not sign in';
UPDATE bank_online.app_user AS u SET status = 'ended'
FROM bank.party AS p WHERE p.party_id = u.party_id AND p.status NOT IN ('active', 'blocked') AND u.status = 'active';

-- Held until the access is there: a status that changes meanwhile waits, and then finds it.
CREATE FUNCTION bank_online.refuse_inactive(p_party bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_status text;
BEGIN
    SELECT p.status INTO v_status FROM bank.party AS p WHERE p.party_id = p_party FOR SHARE;
    IF v_status <> 'active' THEN
        RAISE EXCEPTION 'party % is %', p_party, v_status
            USING ERRCODE = 'BK015', HINT = 'Only active customers get access.';
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.refuse_inactive(bigint) IS 'BK015 if a party is not active: it gets no access';

CREATE OR REPLACE FUNCTION bank_online.add_user(p_login text, p_party bigint, p_role text, p_password_hash text, p_totp_secret bytea,
    p_recovery_hashes bytea[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint;
BEGIN
    PERFORM bank_online.refuse_inactive(p_party);
    INSERT INTO bank_online.app_user AS u (login, party_id, role, password_hash, totp_secret)
    VALUES (p_login, p_party, p_role, p_password_hash, p_totp_secret) RETURNING u.user_id INTO v_user;
    INSERT INTO bank_online.recovery_code (user_id, code_hash) SELECT v_user, h FROM unnest(p_recovery_hashes) AS h;
    INSERT INTO bank_online.audit_event (user_id, event, detail) VALUES (v_user, 'access.registered', jsonb_build_object('by', session_user));
    RETURN v_user;
END $$;
COMMENT ON FUNCTION bank_online.add_user(text, bigint, text, text, bytea, bytea[]) IS
    'Registers somebody''s access, in a branch: a customer with a party, or staff without one. 23505 if the login is taken, or the party has '
    'access, BK015 if it is not active';

CREATE OR REPLACE FUNCTION bank_online.finish_registration(p_token_hash bytea, p_step bigint, p_recovery_hashes bytea[], p_client inet) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_new bank_online.registration;
    v_user bigint;
    v_constraint text;
BEGIN
    DELETE FROM bank_online.registration AS r WHERE r.token_hash = p_token_hash AND r.expires_at > now() RETURNING * INTO v_new;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM bank_online.refuse_inactive(v_new.party_id);
    INSERT INTO bank_online.app_user AS u (login, party_id, role, password_hash, totp_secret, totp_last_step)
    VALUES (v_new.login, v_new.party_id, 'customer', v_new.password_hash, v_new.totp_secret, p_step) RETURNING u.user_id INTO v_user;
    INSERT INTO bank_online.recovery_code (user_id, code_hash) SELECT v_user, h FROM unnest(p_recovery_hashes) AS h;
    DELETE FROM bank_online.activation AS a WHERE a.party_id = v_new.party_id;
    INSERT INTO bank_online.audit_event (user_id, event, client_ip, detail)
    VALUES (v_user, 'access.registered', p_client, '{"by": "activation"}');
    RETURN v_user;
EXCEPTION
    WHEN unique_violation THEN
        GET STACKED DIAGNOSTICS v_constraint = CONSTRAINT_NAME;
        -- told to whoever had the customer's number, birth date and activation code: no stranger
        IF v_constraint = 'app_user_party_id_key' THEN
            RAISE EXCEPTION 'party % has access already', v_new.party_id
                USING ERRCODE = 'BK015', HINT = 'Sign in with it, or ask a branch.';
        ELSIF v_constraint = 'app_user_login_key' THEN
            RAISE EXCEPTION 'the login is taken'
                USING ERRCODE = 'BK016', HINT = 'Register again with another one.';
        END IF;
        RAISE;
END $$;
COMMENT ON FUNCTION bank_online.finish_registration(bytea, bigint, bytea[], inet) IS
    'Makes the user of a registration whose first one-time code is verified, and uses code and activation up. NULL if there is no such '
    'registration any more. BK015 the party has got access meanwhile, or is not active any more, BK016 the login was taken meanwhile';

-- Those who look and no more: asked by what moves money, or prepares it. No lock: a payment that is under way when its customer is blocked
-- is one from before.
CREATE FUNCTION bank_online.refuse_blocked(p_transfer uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM bank.party AS p WHERE p.party_id = bank.current_party() AND p.status <> 'active')
       AND NOT EXISTS (SELECT FROM bank.transfer AS t WHERE t.transfer_uuid = p_transfer) THEN
        RAISE EXCEPTION 'the customer is blocked'
            USING ERRCODE = 'BK019', HINT = 'The bank has blocked the party: it may look, and freeze cards. Ask a branch.';
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.refuse_blocked(uuid) IS
    'BK019 if the customer of this transaction is blocked; but not for a transfer that was posted before, whose answer stays the same';

CREATE OR REPLACE FUNCTION bank.pay(p_uuid uuid, p_debit bigint, p_credit_no text, p_amount bigint, p_currency text, p_narrative text, p_client inet,
    OUT transfer_id bigint, OUT is_new boolean, OUT booked_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.current_user_id();
    v_credit bigint;
    v_limit bigint;
    v_spent bigint;
    v_status text;
    v_made record;
BEGIN
    IF v_user IS NULL OR bank.current_party() IS NULL THEN
        RAISE EXCEPTION 'no customer is signed in'
            USING ERRCODE = 'BK010', HINT = 'Begin the transaction with bank_online.enter() and the token of a customer''s live session.';
    END IF;
    -- whether the customer is blocked is asked in the same query: another would cost each payment a hundredth
    SELECT p.status, a.account_id, coalesce(l.amount_minor, 0) INTO v_status, v_credit, v_limit
    FROM bank.party AS p LEFT JOIN bank.account AS a ON a.account_no = p_credit_no::bpchar
    LEFT JOIN bank_online.step_up_limit AS l ON l.currency_code = p_currency::bpchar
    WHERE p.party_id = bank.current_party();
    IF v_status <> 'active' THEN
        PERFORM bank_online.refuse_blocked(p_uuid);
    END IF;
    IF v_credit IS NULL THEN
        RAISE EXCEPTION 'there is no account of that number'
            USING ERRCODE = 'BK012', HINT = 'Compare its twenty digits with what the payee gave.';
    END IF;
    -- what was posted is answered, a further code or not
    IF p_amount > v_limit AND NOT bank_online.stepped_up() THEN
        PERFORM FROM bank.transfer AS t WHERE t.transfer_uuid = p_uuid;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a payment of this amount takes a further code'
                USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
        END IF;
    END IF;
    -- an expression, not a query
    v_made := bank.transfer(p_uuid, p_debit, v_credit, p_amount, p_currency::bpchar, 'payment', 'web', p_narrative, NULL, NULL, NULL, p_client);
    transfer_id := v_made.transfer_id;
    is_new := v_made.is_new;
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
    'such account, BK019 the customer is blocked; else as bank.transfer()';

CREATE OR REPLACE FUNCTION bank.check_payment(p_debit bigint, p_credit_no text, p_amount bigint, p_currency text,
    OUT payee text, OUT currency_code text, OUT step_up_needed boolean, OUT available_minor bigint, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_debit bank.account;
    v_credit bank.account;
BEGIN
    PERFORM bank_online.acting_customer();
    PERFORM bank_online.refuse_blocked();
    SELECT p.name, p.retry_after INTO payee, retry_after FROM bank.payee(p_credit_no) AS p;
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT * INTO v_credit FROM bank.account AS a WHERE a.account_no = p_credit_no::bpchar;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no account of that number'
            USING ERRCODE = 'BK012', HINT = 'Compare its twenty digits with what the payee gave.';
    ELSIF NOT bank.may_debit(p_debit) THEN
        RAISE EXCEPTION 'account % may not be debited', p_debit
            USING ERRCODE = 'BK008', HINT = 'The transaction must act for one of its owners or attorneys: bank_online.enter().';
    ELSIF p_debit = v_credit.account_id OR (p_amount > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'money goes from one account to another, and some of it'
            USING ERRCODE = 'check_violation', HINT = 'Amounts are in minor units.';
    END IF;
    SELECT * INTO v_debit FROM bank.account AS a WHERE a.account_id = p_debit;
    SELECT b.balance_minor + v_debit.overdraft_limit_minor INTO available_minor
    FROM bank.account_balance AS b WHERE b.account_id = p_debit;
    IF v_debit.status <> 'active' OR v_credit.status <> 'active' THEN
        RAISE EXCEPTION 'an account is frozen or closed'
            USING ERRCODE = 'BK001', HINT = 'Only active accounts take postings.';
    ELSIF p_currency::bpchar <> v_debit.currency_code OR p_currency::bpchar <> v_credit.currency_code THEN
        RAISE EXCEPTION 'both accounts must be in %', p_currency
            USING ERRCODE = 'BK002', HINT = 'Exchange is two transfers, one in each currency.';
    ELSIF p_amount > available_minor THEN
        RAISE EXCEPTION 'insufficient funds'
            USING ERRCODE = 'BK003', HINT = 'The balance may not fall below the account''s overdraft limit.';
    END IF;
    currency_code := v_debit.currency_code;
    step_up_needed := bank_online.needs_step_up(p_amount, p_currency);
END $$;

REVOKE ALL ON FUNCTION bank_online.refuse_inactive(bigint), bank_online.refuse_blocked(uuid) FROM PUBLIC;
