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
    v_made record;
BEGIN
    IF v_user IS NULL OR bank.current_party() IS NULL THEN
        RAISE EXCEPTION 'no customer is signed in'
            USING ERRCODE = 'BK010', HINT = 'Begin the transaction with bank_online.enter() and the token of a customer''s live session.';
    END IF;
    SELECT a.account_id INTO v_credit FROM bank.account AS a WHERE a.account_no = p_credit_no::bpchar;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no account of that number'
            USING ERRCODE = 'BK012', HINT = 'Compare its twenty digits with what the payee gave.';
    END IF;
    IF NOT bank_online.stepped_up() THEN
        SELECT l.amount_minor INTO v_limit FROM bank_online.step_up_limit AS l WHERE l.currency_code = p_currency::bpchar;
        IF p_amount > coalesce(v_limit, 0) AND NOT EXISTS (SELECT FROM bank.transfer AS t WHERE t.transfer_uuid = p_uuid) THEN
            RAISE EXCEPTION 'a payment of this amount takes a further code'
                USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
        END IF;
    END IF;
    SELECT t.transfer_id, t.is_new INTO v_made
    FROM bank.transfer(p_uuid, p_debit, v_credit, p_amount, p_currency::bpchar, 'payment', 'web', p_narrative, NULL, NULL, NULL, p_client) AS t;
    transfer_id := v_made.transfer_id;
    is_new := v_made.is_new;
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

REVOKE ALL ON FUNCTION bank.pay(uuid, bigint, text, bigint, text, text, inet), bank.payee(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.pay(uuid, bigint, text, bigint, text, text, inet), bank.payee(text) TO bank_app;
