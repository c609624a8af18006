-- Everyday banking: what a payment would come to, one's own cards, those whom one pays again.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION bank_online.acting_customer() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF bank_online.current_user_id() IS NULL OR bank.current_party() IS NULL THEN
        RAISE EXCEPTION 'no customer is signed in'
            USING ERRCODE = 'BK010', HINT = 'Begin the transaction with bank_online.enter() and the token of a customer''s live session.';
    END IF;
    RETURN bank_online.current_user_id();
END $$;
COMMENT ON FUNCTION bank_online.acting_customer() IS 'The user that this transaction acts for, who is a customer. BK010 if there is none';

CREATE FUNCTION bank_online.needs_step_up(p_amount bigint, p_currency text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NOT bank_online.stepped_up()
        AND p_amount > coalesce((SELECT l.amount_minor FROM bank_online.step_up_limit AS l WHERE l.currency_code = p_currency::bpchar), 0);
END $$;
COMMENT ON FUNCTION bank_online.needs_step_up(bigint, text) IS 'Whether an amount takes a further code that the user has not given';

-- The checks of bank.pay(), in its order: what it would refuse is refused here by the same error. test/api holds one against the other.
CREATE FUNCTION bank.check_payment(p_debit bigint, p_credit_no text, p_amount bigint, p_currency text,
    OUT payee text, OUT currency_code text, OUT step_up_needed boolean, OUT available_minor bigint, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_debit bank.account;
    v_credit bank.account;
BEGIN
    PERFORM bank_online.acting_customer();
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
COMMENT ON FUNCTION bank.check_payment(bigint, text, bigint, text) IS
    'What bank.pay() would come to now: the payee as bank.payee() tells it, whether a further code is wanted, what may be spent. What would be '
    'refused is refused by the same error; but what needs a further code is said, not refused. retry_after, the rest NULL: too many payees were asked for';

-- Cards: a customer's own way to change them is this function, which asks for a further code and records what was done.
CREATE FUNCTION bank.change_card(p_card bigint, p_status text, p_day_limit bigint, p_client inet,
    OUT card_id bigint, OUT status text, OUT day_limit_minor bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_old bank.card;
BEGIN
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
    UPDATE bank.card AS c
    SET status = coalesce(p_status::bank.card_status, c.status), day_limit_minor = coalesce(p_day_limit, c.day_limit_minor)
    WHERE c.card_id = p_card
      AND (c.status, c.day_limit_minor) IS DISTINCT FROM (coalesce(p_status::bank.card_status, c.status), coalesce(p_day_limit, c.day_limit_minor))
    RETURNING c.card_id, c.status, c.day_limit_minor INTO card_id, status, day_limit_minor;
    IF FOUND THEN
        INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
        VALUES (v_user, bank_online.current_session_id(), 'card.changed', p_client,
                jsonb_build_object('card_id', card_id, 'status', status, 'day_limit_minor', day_limit_minor));
        RETURN;
    END IF;
    card_id := v_old.card_id;
    status := v_old.status;
    day_limit_minor := v_old.day_limit_minor;
END $$;
COMMENT ON FUNCTION bank.change_card(bigint, text, bigint, inet) IS
    'Freezes or releases a card of the signed-in customer, or sets its limit a day; NULL leaves what is. BK004 it is neither active nor frozen, '
    'BK008 not the customer''s, BK009 another status, BK010 no customer is signed in, BK011 a higher limit without a further code';
REVOKE UPDATE (status, day_limit_minor) ON bank.card FROM bank_app;

CREATE TABLE bank_online.beneficiary (
    beneficiary_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id        bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    account_no     char(20)    NOT NULL CHECK (account_no ~ '^[0-9]{20}$'),
    alias          text        NOT NULL CHECK (length(alias) BETWEEN 1 AND 60),
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, account_no)
);
COMMENT ON TABLE bank_online.beneficiary IS 'Those whom users pay again, under names of their own';
COMMENT ON COLUMN bank_online.beneficiary.beneficiary_id IS 'Surrogate key';
COMMENT ON COLUMN bank_online.beneficiary.user_id IS 'Whose';
COMMENT ON COLUMN bank_online.beneficiary.account_no IS 'Account number as it was given; no foreign key, numbers are corrected';
COMMENT ON COLUMN bank_online.beneficiary.alias IS 'What the user calls them';
COMMENT ON COLUMN bank_online.beneficiary.created_at IS 'When it was added';
ALTER TABLE bank_online.beneficiary ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY bank_owner ON bank_online.beneficiary TO bank_owner USING (TRUE);
COMMENT ON POLICY bank_owner ON bank_online.beneficiary IS 'Functions that act as the owner see every row';
CREATE POLICY bank_app ON bank_online.beneficiary TO bank_app USING (user_id = bank_online.current_user_id());
COMMENT ON POLICY bank_app ON bank_online.beneficiary IS 'Rows of whom the transaction acts for; none if it acts for nobody';
GRANT SELECT ON bank_online.beneficiary TO bank_app;

CREATE FUNCTION bank_online.add_beneficiary(p_account_no text, p_alias text, p_client inet,
    OUT beneficiary_id bigint, OUT is_new boolean, OUT payee text, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
BEGIN
    PERFORM bank_online.acting_user_stepped_up();
    -- tells whether there is such an account, so it counts as asking for one
    SELECT p.name, p.retry_after INTO payee, retry_after FROM bank.payee(p_account_no) AS p;
    IF retry_after IS NOT NULL THEN
        RETURN;
    ELSIF payee IS NULL THEN
        RAISE EXCEPTION 'there is no account of that number'
            USING ERRCODE = 'BK012', HINT = 'Compare its twenty digits with what the payee gave.';
    ELSIF (SELECT count(*) FROM bank_online.beneficiary AS b WHERE b.user_id = v_user) >= 200 THEN
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
    'without a further code, BK012 no such account, BK014 there are 200. retry_after, the rest NULL: too many payees were asked for';

CREATE FUNCTION bank_online.remove_beneficiary(p_beneficiary bigint, p_client inet) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
BEGIN
    DELETE FROM bank_online.beneficiary AS b WHERE b.beneficiary_id = p_beneficiary AND b.user_id = v_user;
    IF FOUND THEN
        INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
        VALUES (v_user, bank_online.current_session_id(), 'beneficiary.removed', p_client, jsonb_build_object('beneficiary_id', p_beneficiary));
    END IF;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION bank_online.remove_beneficiary(bigint, inet) IS
    'Removes one of the signed-in customer''s beneficiaries; FALSE if there is none such. BK010 no customer is signed in';

REVOKE ALL ON FUNCTION bank_online.acting_customer(), bank_online.needs_step_up(bigint, text), bank.check_payment(bigint, text, bigint, text),
    bank.change_card(bigint, text, bigint, inet), bank_online.add_beneficiary(text, text, inet), bank_online.remove_beneficiary(bigint, inet) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.check_payment(bigint, text, bigint, text), bank.change_card(bigint, text, bigint, inet),
    bank_online.add_beneficiary(text, text, inet), bank_online.remove_beneficiary(bigint, inet) TO bank_app;
