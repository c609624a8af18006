-- Online access for customers who have none: a branch hands out a code, the customer registers with it.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TABLE bank_online.activation (
    party_id   bigint      NOT NULL PRIMARY KEY REFERENCES bank.party ON DELETE CASCADE,
    code_hash  bytea       NOT NULL CHECK (octet_length(code_hash) = 32),
    made_by    bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE RESTRICT,
    tries      smallint    NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + INTERVAL '7 days',
    CHECK (expires_at > created_at)
);
CREATE INDEX activation_made_by_idx ON bank_online.activation (made_by);
COMMENT ON TABLE bank_online.activation IS 'Codes that branches have handed out, of customers who have no online access yet; gone once used';
COMMENT ON COLUMN bank_online.activation.party_id IS 'Whose; a new code takes the place of the old one';
COMMENT ON COLUMN bank_online.activation.code_hash IS 'Secret: SHA-256 of the code, which has 80 random bits';
COMMENT ON COLUMN bank_online.activation.made_by IS 'Who handed it out';
COMMENT ON COLUMN bank_online.activation.tries IS 'How often it was tried in vain; after five it is good no more';
COMMENT ON COLUMN bank_online.activation.created_at IS 'When it was made';
COMMENT ON COLUMN bank_online.activation.expires_at IS 'Until when it is good';

CREATE TABLE bank_online.registration (
    token_hash    bytea       NOT NULL PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    party_id      bigint      NOT NULL UNIQUE REFERENCES bank_online.activation ON DELETE CASCADE,
    login         text        NOT NULL CHECK (login ~ '^[a-z0-9][a-z0-9._-]{2,63}$'),
    password_hash text        NOT NULL CHECK (password_hash ~ '^\$argon2id\$v=19\$'),
    totp_secret   bytea       NOT NULL CHECK (octet_length(totp_secret) BETWEEN 20 AND 128),
    tries         smallint    NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL DEFAULT now() + INTERVAL '30 minutes',
    CHECK (expires_at > created_at)
);
COMMENT ON TABLE bank_online.registration IS 'Registrations that wait for the first one-time code';
COMMENT ON COLUMN bank_online.registration.token_hash IS 'Secret: SHA-256 of the token that the browser has meanwhile';
COMMENT ON COLUMN bank_online.registration.party_id IS 'Who registers, by which activation';
COMMENT ON COLUMN bank_online.registration.login IS 'Name that was chosen';
COMMENT ON COLUMN bank_online.registration.password_hash IS 'Secret: argon2id in its encoded form';
COMMENT ON COLUMN bank_online.registration.totp_secret IS 'Secret: seed of the one-time codes, sealed by the application''s key';
COMMENT ON COLUMN bank_online.registration.tries IS 'Codes that were tried; after five it is over';
COMMENT ON COLUMN bank_online.registration.created_at IS 'When it began';
COMMENT ON COLUMN bank_online.registration.expires_at IS 'Until when the code is waited for';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY '{activation,registration}'::text[] LOOP
        EXECUTE format('ALTER TABLE bank_online.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY bank_owner ON bank_online.%I TO bank_owner USING (TRUE)', v_table);
        EXECUTE format('COMMENT ON POLICY bank_owner ON bank_online.%I IS %L', v_table, 'Functions that act as the owner see every row');
    END LOOP;
END $$;

CREATE FUNCTION bank_online.acting_staff() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM bank_online.app_user AS u WHERE u.user_id = bank_online.acting_user() AND u.role = 'staff') THEN
        RAISE EXCEPTION 'this is for the staff'
            USING ERRCODE = 'BK013', HINT = 'The transaction must act for a user of the role staff.';
    END IF;
    RETURN bank_online.current_user_id();
END $$;
COMMENT ON FUNCTION bank_online.acting_staff() IS 'The user that this transaction acts for, who is staff. BK010 if there is none, BK013 if it is another';

CREATE FUNCTION bank_online.make_activation(p_party bigint, p_code_hash bytea, p_client inet, OUT party_id bigint, OUT expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_staff();
    v_party bank.party;
BEGIN
    SELECT * INTO v_party FROM bank.party AS p WHERE p.party_id = p_party;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no party %', p_party
            USING ERRCODE = 'BK008', HINT = 'Give the party_id, not the number.';
    ELSIF v_party.party_type <> 'person' OR v_party.status <> 'active'
          OR EXISTS (SELECT FROM bank_online.app_user AS u WHERE u.party_id = p_party) THEN
        RAISE EXCEPTION 'party % cannot register', p_party
            USING ERRCODE = 'BK015', HINT = 'Persons who are active customers and have no access yet register online.';
    END IF;
    -- with it goes a registration that has begun
    DELETE FROM bank_online.activation AS a WHERE a.party_id = p_party;
    INSERT INTO bank_online.activation AS a (party_id, code_hash, made_by) VALUES (p_party, p_code_hash, v_user)
    RETURNING a.party_id, a.expires_at INTO party_id, expires_at;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'activation.made', p_client, jsonb_build_object('party_id', p_party));
END $$;
COMMENT ON FUNCTION bank_online.make_activation(bigint, bytea, inet) IS
    'Takes in the hash of an activation code that staff hands to a customer, good for seven days. BK008 no such party, BK010 nobody is signed in, '
    'BK013 not staff, BK015 not a person, not active, or with access already';

CREATE FUNCTION bank_online.try_activation(p_party_no text, p_birth_date date, p_code_hash bytea, p_client inet,
    OUT party_id bigint, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_party bigint;
    v_good boolean;
BEGIN
    retry_after := bank_online.count_try('registration ' || bank_online.network_of(p_client), 20);
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT a.party_id, a.code_hash = p_code_hash AND i.birth_date = p_birth_date AND p.status = 'active' AND a.tries < 5 AND a.expires_at > now()
    INTO v_party, v_good
    FROM bank_online.activation AS a JOIN bank.party AS p ON p.party_id = a.party_id JOIN bank.person AS i ON i.party_id = a.party_id
    WHERE p.party_no = p_party_no FOR NO KEY UPDATE OF a;
    IF v_good THEN
        party_id := v_party;
        RETURN;
    END IF;
    UPDATE bank_online.activation AS a SET tries = a.tries + 1 WHERE a.party_id = v_party AND a.tries < 5;
    INSERT INTO bank_online.audit_event (event, client_ip, detail)
    VALUES ('activation.refused', p_client, jsonb_strip_nulls(jsonb_build_object('party_id', v_party)));
END $$;
COMMENT ON FUNCTION bank_online.try_activation(text, date, bytea, inet) IS
    'The party whose number, birth date and activation code these are; NULL if any is wrong, which is counted: five tries a code, 20 a network in '
    'a quarter of an hour. retry_after, the rest NULL: too many';

CREATE FUNCTION bank_online.begin_registration(p_party bigint, p_code_hash bytea, p_login text, p_password_hash text, p_totp_secret bytea,
    p_token_hash bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_until timestamptz;
BEGIN
    PERFORM FROM bank_online.activation AS a
    WHERE a.party_id = p_party AND a.code_hash = p_code_hash AND a.tries < 5 AND a.expires_at > now() FOR NO KEY UPDATE;
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
COMMENT ON FUNCTION bank_online.begin_registration(bigint, bytea, text, text, bytea, bytea) IS
    'Keeps for half an hour what a customer registers with, whose facts bank_online.try_activation() has found right: until when. NULL if the '
    'code is no longer good. BK016 the login is taken';

CREATE FUNCTION bank_online.try_registration(p_token_hash bytea, p_client inet, OUT login text, OUT totp_secret bytea, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    retry_after := bank_online.count_try('registration ' || bank_online.network_of(p_client), 20);
    IF retry_after IS NULL THEN
        UPDATE bank_online.registration AS r SET tries = r.tries + 1
        WHERE r.token_hash = p_token_hash AND r.expires_at > now() AND r.tries < 5
        RETURNING r.login, r.totp_secret INTO login, totp_secret;
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.try_registration(bytea, inet) IS
    'What the first code of a registration is checked with; counts the try, five each, and 20 a network in a quarter of an hour. All NULL if it is '
    'over or there is none such. retry_after, the rest NULL: too many';

CREATE FUNCTION bank_online.finish_registration(p_token_hash bytea, p_step bigint, p_recovery_hashes bytea[], p_client inet) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_new bank_online.registration;
    v_user bigint;
BEGIN
    DELETE FROM bank_online.registration AS r WHERE r.token_hash = p_token_hash AND r.expires_at > now() RETURNING * INTO v_new;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO bank_online.app_user AS u (login, party_id, role, password_hash, totp_secret, totp_last_step)
    VALUES (v_new.login, v_new.party_id, 'customer', v_new.password_hash, v_new.totp_secret, p_step) RETURNING u.user_id INTO v_user;
    INSERT INTO bank_online.recovery_code (user_id, code_hash) SELECT v_user, h FROM unnest(p_recovery_hashes) AS h;
    DELETE FROM bank_online.activation AS a WHERE a.party_id = v_new.party_id;
    INSERT INTO bank_online.audit_event (user_id, event, client_ip, detail)
    VALUES (v_user, 'access.registered', p_client, '{"by": "activation"}');
    RETURN v_user;
EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION 'the login is taken'
            USING ERRCODE = 'BK016', HINT = 'Register again with another one.';
END $$;
COMMENT ON FUNCTION bank_online.finish_registration(bytea, bigint, bytea[], inet) IS
    'Makes the user of a registration whose first one-time code is verified, and uses code and activation up. NULL if there is no such '
    'registration any more. BK016 the login was taken meanwhile';

REVOKE ALL ON FUNCTION bank_online.acting_staff(), bank_online.make_activation(bigint, bytea, inet),
    bank_online.try_activation(text, date, bytea, inet), bank_online.begin_registration(bigint, bytea, text, text, bytea, bytea),
    bank_online.try_registration(bytea, inet), bank_online.finish_registration(bytea, bigint, bytea[], inet) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.make_activation(bigint, bytea, inet),
    bank_online.try_activation(text, date, bytea, inet), bank_online.begin_registration(bigint, bytea, text, text, bytea, bytea),
    bank_online.try_registration(bytea, inet), bank_online.finish_registration(bytea, bigint, bytea[], inet) TO bank_app;
