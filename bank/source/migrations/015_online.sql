-- The application's own tables: who signs in, sessions, what was done, answers already given. Never in the publication.
CREATE SCHEMA bank_online AUTHORIZATION bank_owner;
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;
COMMENT ON SCHEMA bank_online IS 'The online bank''s own tables, secrets among them; nothing of it is published';

CREATE TABLE bank_online.app_user (
    user_id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login               text        NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._-]{2,63}$'),
    role                text        NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'staff')),
    party_id            bigint      UNIQUE REFERENCES bank.party ON DELETE RESTRICT,
    status              text        NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    password_hash       text        NOT NULL CHECK (password_hash ~ '^\$argon2id\$v=19\$'),
    password_changed_at timestamptz NOT NULL DEFAULT now(),
    totp_secret         bytea       CHECK (octet_length(totp_secret) BETWEEN 20 AND 128),
    totp_last_step      bigint      NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL DEFAULT now(),
    CHECK ((role = 'customer') = (party_id IS NOT NULL))
);
COMMENT ON TABLE bank_online.app_user IS 'Who may sign in: customers, each a party, and staff';
COMMENT ON COLUMN bank_online.app_user.user_id IS 'Surrogate key';
COMMENT ON COLUMN bank_online.app_user.login IS 'Name to sign in with, in lower case';
COMMENT ON COLUMN bank_online.app_user.role IS 'customer or staff';
COMMENT ON COLUMN bank_online.app_user.party_id IS 'The customer; NULL for staff';
COMMENT ON COLUMN bank_online.app_user.status IS 'active or suspended';
COMMENT ON COLUMN bank_online.app_user.password_hash IS 'Secret: argon2id in its encoded form';
COMMENT ON COLUMN bank_online.app_user.password_changed_at IS 'Sessions begun before are over';
COMMENT ON COLUMN bank_online.app_user.totp_secret IS 'Secret: seed of the one-time codes, sealed by the application''s key; NULL before enrolment';
COMMENT ON COLUMN bank_online.app_user.totp_last_step IS 'Time step of the last code that was used: none is good twice';
COMMENT ON COLUMN bank_online.app_user.created_at IS 'When access was registered';

CREATE TABLE bank_online.recovery_code (
    user_id   bigint NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    code_hash bytea  NOT NULL CHECK (octet_length(code_hash) = 32),
    used_at   timestamptz,
    PRIMARY KEY (user_id, code_hash)
);
COMMENT ON TABLE bank_online.recovery_code IS 'Codes that stand in for a lost one-time code generator, each once';
COMMENT ON COLUMN bank_online.recovery_code.user_id IS 'Whose';
COMMENT ON COLUMN bank_online.recovery_code.code_hash IS 'Secret: SHA-256 of the code, which has 80 random bits or more';
COMMENT ON COLUMN bank_online.recovery_code.used_at IS 'When it was used; NULL while it is good';

CREATE TABLE bank_online.session (
    session_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    token_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    step_up_until timestamptz,
    ended_at     timestamptz,
    client_ip    inet,
    user_agent   text        CHECK (length(user_agent) <= 400),
    CHECK (expires_at > created_at)
);
CREATE INDEX session_user_id_idx ON bank_online.session (user_id);
CREATE TRIGGER session_end_immutable BEFORE UPDATE OF ended_at, user_id, token_hash ON bank_online.session
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION bank.refuse_change();
COMMENT ON TRIGGER session_end_immutable ON bank_online.session IS 'A session that has ended never lives again';
COMMENT ON TABLE bank_online.session IS 'Sessions; the token itself is only with the client';
COMMENT ON COLUMN bank_online.session.session_id IS 'Surrogate key, shown to the user in the list of sessions';
COMMENT ON COLUMN bank_online.session.user_id IS 'Whose';
COMMENT ON COLUMN bank_online.session.token_hash IS 'Secret: SHA-256 of the token';
COMMENT ON COLUMN bank_online.session.created_at IS 'When it began';
COMMENT ON COLUMN bank_online.session.seen_at IS 'Last request, to the minute: the idle limit counts from here';
COMMENT ON COLUMN bank_online.session.expires_at IS 'The absolute limit';
COMMENT ON COLUMN bank_online.session.step_up_until IS 'Until when large transfers need no further code';
COMMENT ON COLUMN bank_online.session.ended_at IS 'When it was ended; NULL while it is good';
COMMENT ON COLUMN bank_online.session.client_ip IS 'Address it began from';
COMMENT ON COLUMN bank_online.session.user_agent IS 'What the browser called itself';

CREATE TABLE bank_online.audit_event (
    event_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    user_id    bigint      REFERENCES bank_online.app_user ON DELETE RESTRICT,
    session_id bigint,
    event      text        NOT NULL CHECK (event ~ '^[a-z_]+(\.[a-z_]+)*$'),
    client_ip  inet,
    detail     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object')
);
CREATE INDEX audit_event_user_id_idx ON bank_online.audit_event (user_id, event_id);
CREATE TRIGGER audit_event_immutable BEFORE UPDATE OR DELETE ON bank_online.audit_event
    FOR EACH ROW EXECUTE FUNCTION bank.refuse_change();
COMMENT ON TRIGGER audit_event_immutable ON bank_online.audit_event IS 'What happened stays';
CREATE TRIGGER audit_event_not_truncated BEFORE TRUNCATE ON bank_online.audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION bank.refuse_change();
COMMENT ON TRIGGER audit_event_not_truncated ON bank_online.audit_event IS 'What happened stays';
COMMENT ON TABLE bank_online.audit_event IS 'Logins, denials, transfers, changes of access: appended, never changed';
COMMENT ON COLUMN bank_online.audit_event.event_id IS 'Surrogate key, in the order of their beginning';
COMMENT ON COLUMN bank_online.audit_event.at IS 'When';
COMMENT ON COLUMN bank_online.audit_event.user_id IS 'Who; NULL where nobody had signed in';
COMMENT ON COLUMN bank_online.audit_event.session_id IS 'In which session; no foreign key, sessions are forgotten earlier';
COMMENT ON COLUMN bank_online.audit_event.event IS 'What, as login.refused';
COMMENT ON COLUMN bank_online.audit_event.client_ip IS 'From where';
COMMENT ON COLUMN bank_online.audit_event.detail IS 'The rest, never a secret';

CREATE TABLE bank_online.idempotency (
    user_id      bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    request_id   uuid        NOT NULL,
    request_hash bytea       NOT NULL CHECK (octet_length(request_hash) = 32),
    status_code  smallint    NOT NULL CHECK (status_code BETWEEN 200 AND 599),
    response     jsonb       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, request_id)
);
CREATE INDEX idempotency_created_at_idx ON bank_online.idempotency (created_at);
COMMENT ON TABLE bank_online.idempotency IS 'Answers given, so that a repeated request gets the same one';
COMMENT ON COLUMN bank_online.idempotency.user_id IS 'Whose request';
COMMENT ON COLUMN bank_online.idempotency.request_id IS 'Made by the client before it sends';
COMMENT ON COLUMN bank_online.idempotency.request_hash IS 'SHA-256 of what was asked: the same id with another content is an error';
COMMENT ON COLUMN bank_online.idempotency.status_code IS 'HTTP status that was answered';
COMMENT ON COLUMN bank_online.idempotency.response IS 'Body that was answered';
COMMENT ON COLUMN bank_online.idempotency.created_at IS 'When; kept for a day or more';

CREATE FUNCTION bank_online.current_user_id() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$SELECT nullif(current_setting('bank.user_id', TRUE), '')::bigint$$;
COMMENT ON FUNCTION bank_online.current_user_id() IS 'The user that this transaction acts for; NULL for nobody. bank_online.enter() sets it';

CREATE FUNCTION bank_online.enter(p_token_hash bytea, p_idle interval DEFAULT '15 minutes',
    OUT session_id bigint, OUT user_id bigint, OUT party_id bigint, OUT role text, OUT stepped_up boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('bank.user_id', '', TRUE), set_config('bank.party_id', '', TRUE);
    SELECT s.session_id, u.user_id, u.party_id, u.role, coalesce(s.step_up_until > now(), FALSE)
    INTO session_id, user_id, party_id, role, stepped_up
    FROM bank_online.session AS s JOIN bank_online.app_user AS u ON u.user_id = s.user_id
    WHERE s.token_hash = p_token_hash AND s.ended_at IS NULL AND s.expires_at > now() AND s.seen_at > now() - p_idle
      AND u.status = 'active' AND s.created_at >= u.password_changed_at;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- once a minute: a session's row is not written by each request
    UPDATE bank_online.session AS s SET seen_at = now()
    WHERE s.session_id = enter.session_id AND s.seen_at < now() - INTERVAL '1 minute';
    PERFORM set_config('bank.user_id', user_id::text, TRUE), set_config('bank.party_id', coalesce(party_id::text, ''), TRUE);
END $$;
COMMENT ON FUNCTION bank_online.enter(bytea, interval) IS
    'Begins a request: finds the live session of a token''s SHA-256 and lets this transaction, and no longer, act for its user. All NULL if there is none';
