-- How a customer is reached: changes that are confirmed from there, and what the bank has to send.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TABLE bank_online.message (
    message_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    medium     text        NOT NULL CHECK (medium IN ('email', 'phone')),
    recipient  text        NOT NULL CHECK (length(recipient) <= 254),
    kind       text        NOT NULL CHECK (kind ~ '^[a-z_]+(\.[a-z_]+)*$'),
    detail     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz
);
CREATE INDEX message_user_id_idx ON bank_online.message (user_id);
CREATE INDEX message_unsent_idx ON bank_online.message (message_id) WHERE sent_at IS NULL;
COMMENT ON TABLE bank_online.message IS 'What is to be sent to users, in their own language by kind; the bank''s gateway takes it from here';
COMMENT ON COLUMN bank_online.message.message_id IS 'Surrogate key, in the order of their making';
COMMENT ON COLUMN bank_online.message.user_id IS 'To whom';
COMMENT ON COLUMN bank_online.message.medium IS 'email or phone';
COMMENT ON COLUMN bank_online.message.recipient IS 'Address or number';
COMMENT ON COLUMN bank_online.message.kind IS 'What it says, as contact.code';
COMMENT ON COLUMN bank_online.message.detail IS 'Secret: with what; a code, which is taken out once it is sent';
COMMENT ON COLUMN bank_online.message.created_at IS 'When it was made';
COMMENT ON COLUMN bank_online.message.sent_at IS 'When the gateway sent it; NULL before';

CREATE TABLE bank_online.contact_change (
    change_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    contact_type text        NOT NULL,
    ordinal      smallint    CHECK (ordinal BETWEEN 1 AND 9),
    value        text        NOT NULL CHECK (length(value) <= 254),
    code_hash    bytea       NOT NULL CHECK (octet_length(code_hash) = 32),
    tries        smallint    NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL DEFAULT now() + INTERVAL '15 minutes',
    CHECK (expires_at > created_at),
    CHECK (CASE contact_type WHEN 'email' THEN value ~ '^[^@[:space:]]+@[^@[:space:]]+$'
                             WHEN 'phone' THEN value ~ '^\+[0-9]{7,15}$'
                             ELSE FALSE END)
);
CREATE INDEX contact_change_user_id_idx ON bank_online.contact_change (user_id);
COMMENT ON TABLE bank_online.contact_change IS 'Contacts that wait for the code that was sent there; gone once confirmed';
COMMENT ON COLUMN bank_online.contact_change.change_id IS 'Surrogate key, told to the user';
COMMENT ON COLUMN bank_online.contact_change.user_id IS 'Whose';
COMMENT ON COLUMN bank_online.contact_change.contact_type IS 'email or phone';
COMMENT ON COLUMN bank_online.contact_change.ordinal IS 'Which contact it takes the place of; NULL: a further one';
COMMENT ON COLUMN bank_online.contact_change.value IS 'The new address or number';
COMMENT ON COLUMN bank_online.contact_change.code_hash IS 'Secret: SHA-256 of change_id and code';
COMMENT ON COLUMN bank_online.contact_change.tries IS 'Codes that were tried; after five it is over';
COMMENT ON COLUMN bank_online.contact_change.created_at IS 'When it was asked for';
COMMENT ON COLUMN bank_online.contact_change.expires_at IS 'Until when the code is waited for';

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY '{message,contact_change}'::text[] LOOP
        EXECUTE format('ALTER TABLE bank_online.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY bank_owner ON bank_online.%I TO bank_owner USING (TRUE)', v_table);
        EXECUTE format('COMMENT ON POLICY bank_owner ON bank_online.%I IS %L', v_table, 'Functions that act as the owner see every row');
    END LOOP;
END $$;

-- Bits of a random UUID are those of the server's strong source; 2^32 is not a multiple of 10^6, by 7 in 10^7.
CREATE FUNCTION bank_online.random_code() RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT lpad(((('x' || left(gen_random_uuid()::text, 8))::bit(32)::bigint) % 1000000)::text, 6, '0')
$$;
COMMENT ON FUNCTION bank_online.random_code() IS 'Six digits that nobody can guess';

CREATE FUNCTION bank_online.begin_contact_change(p_type text, p_ordinal smallint, p_value text, p_client inet,
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
    ELSIF (CASE p_type WHEN 'email' THEN p_value ~ '^[^@[:space:]]+@[^@[:space:]]+$' WHEN 'phone' THEN p_value ~ '^\+[0-9]{7,15}$' END) IS NOT TRUE THEN
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
COMMENT ON FUNCTION bank_online.begin_contact_change(text, smallint, text, inet) IS
    'Asks for another contact of the signed-in customer, or a further one: sends a code there. BK008 no such contact to take the place of, BK009 '
    'not of this type, BK010 no customer is signed in, BK011 without a further code, BK014 there are nine. retry_after, the rest NULL: too many';

CREATE FUNCTION bank_online.confirm_contact(p_change bigint, p_code text, p_client inet,
    OUT contact_type text, OUT ordinal smallint, OUT value text, OUT verified_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_party bigint := bank.current_party();
    v_new bank_online.contact_change;
    v_old bank.contact;
BEGIN
    UPDATE bank_online.contact_change AS c SET tries = c.tries + 1
    WHERE c.change_id = p_change AND c.user_id = v_user AND c.expires_at > now() AND c.tries < 5 RETURNING * INTO v_new;
    IF NOT FOUND OR v_new.code_hash <> sha256(convert_to(p_change || ' ' || p_code, 'UTF8')) THEN
        RETURN;
    END IF;
    DELETE FROM bank_online.contact_change AS c WHERE c.change_id = p_change;
    -- one at a time: two that are confirmed together do not take one place
    PERFORM FROM bank.party AS p WHERE p.party_id = v_party FOR NO KEY UPDATE;
    SELECT * INTO v_old FROM bank.contact AS c
    WHERE c.party_id = v_party AND (v_new.ordinal IS NULL OR (c.contact_type, c.ordinal) = (v_new.contact_type, v_new.ordinal))
    ORDER BY c.contact_type <> v_new.contact_type, c.ordinal LIMIT 1;
    contact_type := v_new.contact_type;
    value := v_new.value;
    verified_at := now();
    ordinal := coalesce(v_new.ordinal, (SELECT min(g)::smallint FROM generate_series(1, 10) AS g WHERE NOT EXISTS (
        SELECT FROM bank.contact AS c WHERE c.party_id = v_party AND c.contact_type = v_new.contact_type AND c.ordinal = g)));
    INSERT INTO bank.contact AS c (party_id, contact_type, ordinal, value, verified_at)
    VALUES (v_party, contact_type, ordinal, value, verified_at)
    ON CONFLICT ON CONSTRAINT contact_pkey DO UPDATE SET value = excluded.value, verified_at = excluded.verified_at;
    IF v_old.value <> v_new.value THEN
        INSERT INTO bank_online.message (user_id, medium, recipient, kind)
        VALUES (v_user, v_old.contact_type, v_old.value, 'contact.changed');
    END IF;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'contact.changed', p_client, jsonb_build_object('contact_type', contact_type, 'ordinal', ordinal));
END $$;
COMMENT ON FUNCTION bank_online.confirm_contact(bigint, text, inet) IS
    'Writes the contact whose code this is; the one it takes the place of, or the first there was, is told. All NULL if the code is wrong, after '
    'five tries or a quarter of an hour, or if there is no such change. BK010 no customer is signed in';

CREATE FUNCTION bank_online.remove_contact(p_type text, p_ordinal smallint, p_client inet) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_customer();
    v_party bigint := bank.current_party();
    v_old text;
BEGIN
    PERFORM bank_online.acting_user_stepped_up();
    PERFORM FROM bank.party AS p WHERE p.party_id = v_party FOR NO KEY UPDATE;
    DELETE FROM bank.contact AS c WHERE c.party_id = v_party AND c.contact_type = p_type AND c.ordinal = p_ordinal RETURNING c.value INTO v_old;
    IF NOT FOUND THEN
        RETURN FALSE;
    ELSIF NOT EXISTS (SELECT FROM bank.contact AS c WHERE c.party_id = v_party) THEN
        RAISE EXCEPTION 'the last contact stays'
            USING ERRCODE = 'BK017', HINT = 'Make another one first.';
    END IF;
    INSERT INTO bank_online.message (user_id, medium, recipient, kind) VALUES (v_user, p_type, v_old, 'contact.removed');
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'contact.removed', p_client, jsonb_build_object('contact_type', p_type, 'ordinal', p_ordinal));
    RETURN TRUE;
END $$;
COMMENT ON FUNCTION bank_online.remove_contact(text, smallint, inet) IS
    'Removes a contact of the signed-in customer, which is told; FALSE if there is none such. BK010 no customer is signed in, BK011 without a '
    'further code, BK017 it is the last';

CREATE FUNCTION bank_online.take_messages(p_limit integer DEFAULT 100)
RETURNS TABLE (message_id bigint, medium text, recipient text, language char(2), kind text, detail jsonb, created_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH taken AS (
        SELECT m.message_id, m.medium, m.recipient, m.kind, m.detail, m.created_at, m.user_id
        FROM bank_online.message AS m WHERE m.sent_at IS NULL
        ORDER BY m.message_id LIMIT least(p_limit, 1000) FOR NO KEY UPDATE SKIP LOCKED
    ), marked AS (
        UPDATE bank_online.message AS m SET sent_at = now(), detail = m.detail - 'code' FROM taken AS t WHERE m.message_id = t.message_id
    )
    SELECT t.message_id, t.medium, t.recipient, p.language, t.kind, t.detail, t.created_at
    FROM taken AS t JOIN bank_online.app_user AS u ON u.user_id = t.user_id LEFT JOIN bank.party AS p ON p.party_id = u.party_id
    ORDER BY t.message_id;
END $$;
COMMENT ON FUNCTION bank_online.take_messages(integer) IS
    'Messages that are to be sent, oldest first, which are marked as sent and lose their codes with the commit: the gateway sends, then commits';

-- functions do it, after a code, and record it
REVOKE INSERT (party_id, contact_type, ordinal, value), UPDATE (value, verified_at), DELETE ON bank.contact FROM bank_app;
REVOKE ALL ON FUNCTION bank_online.random_code(), bank_online.begin_contact_change(text, smallint, text, inet),
    bank_online.confirm_contact(bigint, text, inet), bank_online.remove_contact(text, smallint, inet), bank_online.take_messages(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.begin_contact_change(text, smallint, text, inet), bank_online.confirm_contact(bigint, text, inet),
    bank_online.remove_contact(text, smallint, inet) TO bank_app;
GRANT EXECUTE ON FUNCTION bank_online.take_messages(integer) TO bank_core;
