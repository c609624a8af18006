-- Numbers of customers are no secret: whoever knows one must not be able to use up the code that its customer was handed. It has 80 random
-- bits, so tries of it need no bound but the network's.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE OR REPLACE FUNCTION bank_online.try_activation(p_party_no text, p_birth_date date, p_code_hash bytea, p_client inet,
    OUT party_id bigint, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_party bigint;
    v_good boolean;
BEGIN
    retry_after := bank_online.count_try('registration ' || bank_online.network_of(p_client), 20, '15 minutes', p_client);
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT a.party_id, a.code_hash = p_code_hash AND i.birth_date = p_birth_date AND p.status = 'active' AND a.expires_at > now()
    INTO v_party, v_good
    FROM bank_online.activation AS a JOIN bank.party AS p ON p.party_id = a.party_id JOIN bank.person AS i ON i.party_id = a.party_id
    WHERE p.party_no = p_party_no FOR NO KEY UPDATE OF a;
    IF v_good THEN
        party_id := v_party;
        RETURN;
    END IF;
    INSERT INTO bank_online.audit_event (event, client_ip, detail)
    VALUES ('activation.refused', p_client, jsonb_strip_nulls(jsonb_build_object('party_id', v_party)));
END $$;
COMMENT ON FUNCTION bank_online.try_activation(text, date, bytea, inet) IS
    'The party whose number, birth date and activation code these are; NULL if any is wrong. Counts the try: 20 by network in a quarter '
    'of an hour, none by code, which nobody guesses and anybody could use up. retry_after, the rest NULL: too many';

CREATE OR REPLACE FUNCTION bank_online.begin_registration(p_party bigint, p_code_hash bytea, p_login text, p_password_hash text, p_totp_secret bytea,
    p_token_hash bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_until timestamptz;
BEGIN
    PERFORM FROM bank_online.activation AS a
    WHERE a.party_id = p_party AND a.code_hash = p_code_hash AND a.expires_at > now() FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF EXISTS (SELECT FROM bank_online.app_user AS u WHERE u.login = p_login) THEN
        RAISE EXCEPTION 'the login is taken'
            USING ERRCODE = 'BK016', HINT = 'Choose another one.';
    END IF;
    DELETE FROM bank_online.registration AS r WHERE r.party_id = p_party;
    INSERT INTO bank_online.registration AS r (token_hash, party_id, login, password_hash, totp_secret)
    VALUES (p_token_hash, p_party, p_login, p_password_hash, p_totp_secret) RETURNING r.expires_at INTO v_until;
    RETURN v_until;
END $$;

CREATE OR REPLACE FUNCTION bank_online.try_registration(p_token_hash bytea, p_client inet, OUT login text, OUT totp_secret bytea, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    retry_after := bank_online.count_try('registration ' || bank_online.network_of(p_client), 20, '15 minutes', p_client);
    IF retry_after IS NULL THEN
        UPDATE bank_online.registration AS r SET tries = r.tries + 1
        WHERE r.token_hash = p_token_hash AND r.expires_at > now() AND r.tries < 5
        RETURNING r.login, r.totp_secret INTO login, totp_secret;
    END IF;
END $$;

ALTER TABLE bank_online.activation DROP COLUMN tries;
