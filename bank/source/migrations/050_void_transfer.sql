-- Whoever lost the answer to a payment can have it said for good: it was made, or it never will be. A request that is late, in the network or
-- before a server that hangs, may come hours after its page has given it up; so the id is closed, and what comes with it then is refused.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TABLE bank_online.void_transfer (
    user_id       bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    transfer_uuid uuid        NOT NULL,
    voided_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, transfer_uuid)
);
COMMENT ON TABLE bank_online.void_transfer IS
    'Ids under which their user''s transfer will never be made; gone a day later, when every session that could bring it late is over';
COMMENT ON COLUMN bank_online.void_transfer.user_id IS 'For whom: to others the id is what it was, so nobody closes one of theirs';
COMMENT ON COLUMN bank_online.void_transfer.transfer_uuid IS 'The client''s id of what was not made; no foreign key, for there is no transfer';
COMMENT ON COLUMN bank_online.void_transfer.voided_at IS 'Since when';
ALTER TABLE bank_online.void_transfer ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY bank_owner ON bank_online.void_transfer TO bank_owner USING (TRUE);
COMMENT ON POLICY bank_owner ON bank_online.void_transfer IS 'Functions that act as the owner see every row';

CREATE FUNCTION bank.void_transfer(p_uuid uuid, p_client inet, OUT transfer_uuid uuid, OUT made boolean, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_made bank.transfer;
BEGIN
    -- a lock before any other but the session's, as in pay(): of the two with one id the second waits for what the first comes to
    PERFORM pg_advisory_xact_lock(uuid_hash_extended(p_uuid, 0));
    transfer_uuid := p_uuid;
    SELECT * INTO v_made FROM bank.transfer AS t WHERE t.transfer_uuid = p_uuid;
    -- what is another's is not told; but what the user made is theirs, also where they may not look at the account any more
    made := FOUND AND (bank.may_see(v_made.debit_account_id) OR bank.may_see(v_made.credit_account_id) OR EXISTS (
        SELECT FROM bank_online.audit_event AS e
        WHERE e.user_id = v_user AND e.event = 'transfer.done' AND e.detail->>'transfer_id' = v_made.transfer_id::text));
    IF made OR EXISTS (SELECT FROM bank_online.void_transfer AS v WHERE v.user_id = v_user AND v.transfer_uuid = p_uuid) THEN
        RETURN;
    END IF;
    retry_after := bank_online.count_try('void ' || v_user, 100, '1 hour', p_client);
    IF retry_after IS NOT NULL THEN
        made := NULL;
        RETURN;
    END IF;
    INSERT INTO bank_online.void_transfer AS v (user_id, transfer_uuid) VALUES (v_user, p_uuid);
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'transfer.voided', p_client, jsonb_build_object('transfer_uuid', p_uuid));
END $$;
COMMENT ON FUNCTION bank.void_transfer(uuid, inet) IS
    'Whether the signed-in customer''s transfer of this id was made; if not, it never will be: pay() refuses the id from now on. Ids of others are '
    'as if nobody had used them. BK010 no customer is signed in. retry_after: nothing was closed, a hundred in an hour are enough';

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
    v_lock text;
    v_is_void boolean;
BEGIN
    IF v_user IS NULL OR bank.current_party() IS NULL THEN
        RAISE EXCEPTION 'no customer is signed in'
            USING ERRCODE = 'BK010', HINT = 'Begin the transaction with bank_online.enter() and the token of a customer''s live session.';
    END IF;
    -- against void_transfer(), before all other locks but the session's; an expression, not a query
    v_lock := pg_advisory_xact_lock(uuid_hash_extended(p_uuid, 0));
    -- whether the customer is blocked and the id closed is asked in the same query: another would cost each payment a hundredth
    SELECT p.status, a.account_id, coalesce(l.amount_minor, 0),
           EXISTS (SELECT FROM bank_online.void_transfer AS v WHERE v.user_id = v_user AND v.transfer_uuid = p_uuid)
    INTO v_status, v_credit, v_limit, v_is_void
    FROM bank.party AS p LEFT JOIN bank.account AS a ON a.account_no = p_credit_no::bpchar
    LEFT JOIN bank_online.step_up_limit AS l ON l.currency_code = p_currency::bpchar
    WHERE p.party_id = bank.current_party();
    IF v_is_void THEN
        RAISE EXCEPTION 'the id % was closed before anything was made under it', p_uuid
            USING ERRCODE = 'BK020', HINT = 'A new instruction needs a new id.';
    ELSIF v_status <> 'active' THEN
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
    'such account, BK019 the customer is blocked, BK020 void_transfer() has closed the id; else as bank.transfer()';

CREATE OR REPLACE FUNCTION bank_online.clean_up(p_limit integer DEFAULT 10000, OUT what text, OUT removed bigint) RETURNS SETOF record
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_over text;
BEGIN
    -- a registration before its activation, which would take it along
    FOR what, v_over IN VALUES
        ('session', 'least(coalesce(t.ended_at, t.expires_at), t.expires_at) < now() - INTERVAL ''30 days'''),
        ('idempotency', 't.created_at < now() - INTERVAL ''30 days'''),
        ('message', 't.sent_at < now() - INTERVAL ''30 days'''),
        ('notification', 't.read_at < now() - INTERVAL ''400 days'''),
        ('device', 't.used_at < now() - INTERVAL ''400 days'''),
        ('contact_change', 't.expires_at < now() - INTERVAL ''1 day'''),
        ('registration', 't.expires_at < now() - INTERVAL ''1 day'''),
        ('activation', 't.expires_at < now() - INTERVAL ''1 day'''),
        ('throttle', 't.since < now() - INTERVAL ''1 day'''),
        ('spent', 't.since < now() - INTERVAL ''1 day'''),
        -- a session lasts twelve hours: what was sent in one before comes too late by then whatever it waited for
        ('void_transfer', 't.voided_at < now() - INTERVAL ''1 day''')
    LOOP
        -- whoever is at a row has it; the next time is soon enough
        EXECUTE format('DELETE FROM bank_online.%I WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM bank_online.%I AS t WHERE %s LIMIT $1 FOR UPDATE SKIP LOCKED))',
                       what, what, v_over)
        USING least(p_limit, 100000);
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION bank.void_transfer(uuid, inet) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.void_transfer(uuid, inet) TO bank_app;
