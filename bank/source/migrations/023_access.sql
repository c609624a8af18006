-- Who is who: what login, sessions, a second code and a password ask of the database. The application verifies passwords and
-- codes, which it alone can; here is what must hold whoever asks at the same time: each code once, tries counted, all recorded.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TABLE bank_online.throttle (
    subject text        NOT NULL PRIMARY KEY CHECK (length(subject) <= 200),
    tries   integer     NOT NULL CHECK (tries >= 0),
    since   timestamptz NOT NULL
) WITH (fillfactor = 50);  -- counted up in place
CREATE INDEX throttle_since_idx ON bank_online.throttle (since);
COMMENT ON TABLE bank_online.throttle IS 'Tries that are counted, so that guessing takes years; gone a day after its window began';
COMMENT ON COLUMN bank_online.throttle.subject IS 'What is counted: kind, and whose. Of a login its hash';
COMMENT ON COLUMN bank_online.throttle.tries IS 'How many, in the present window; not counted on beyond the limit';
COMMENT ON COLUMN bank_online.throttle.since IS 'Beginning of the window';

CREATE TABLE bank_online.device (
    user_id    bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    token_hash bytea       NOT NULL CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, token_hash)
);
COMMENT ON TABLE bank_online.device IS 'Browsers that a user has signed in from: their tries are counted apart, so that nobody else locks the owner out';
COMMENT ON COLUMN bank_online.device.user_id IS 'Whose';
COMMENT ON COLUMN bank_online.device.token_hash IS 'Secret: SHA-256 of the token that the browser keeps; new at each login';
COMMENT ON COLUMN bank_online.device.created_at IS 'When the user first signed in from it';
COMMENT ON COLUMN bank_online.device.used_at IS 'Last login from it';

-- Rows of functions alone: nobody else has a policy, or a grant.
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY '{throttle,device}'::text[] LOOP
        EXECUTE format('ALTER TABLE bank_online.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY bank_owner ON bank_online.%I TO bank_owner USING (TRUE)', v_table);
        EXECUTE format('COMMENT ON POLICY bank_owner ON bank_online.%I IS %L', v_table, 'Functions that act as the owner see every row');
    END LOOP;
END $$;

-- Who this transaction acts for ------------------------------------------------------------------------------------------

CREATE FUNCTION bank_online.current_session_id() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$SELECT nullif(current_setting('bank.session_id', TRUE), '')::bigint$$;
COMMENT ON FUNCTION bank_online.current_session_id() IS 'The session that this transaction acts in; NULL for none. bank_online.enter() sets it';

CREATE FUNCTION bank_online.stepped_up() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$SELECT coalesce(current_setting('bank.stepped_up', TRUE) = 'on', FALSE)$$;
COMMENT ON FUNCTION bank_online.stepped_up() IS 'Whether the user of this transaction gave a further code in the last minutes. bank_online.enter() sets it';

-- Each request begins here: one query, one expression, no write but once a minute.
DROP FUNCTION bank_online.enter(bytea, interval);
CREATE FUNCTION bank_online.enter(p_token_hash bytea, p_role text DEFAULT NULL, p_step_up boolean DEFAULT FALSE,
    p_idle interval DEFAULT '15 minutes', OUT session_id bigint, OUT user_id bigint, OUT party_id bigint, OUT role text,
    OUT stepped_up boolean, OUT verdict text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_seen timestamptz;
    v_told text;
BEGIN
    SELECT s.session_id, u.user_id, u.party_id, u.role, coalesce(s.step_up_until > now(), FALSE), s.seen_at
    INTO session_id, user_id, party_id, role, stepped_up, v_seen
    FROM bank_online.session AS s JOIN bank_online.app_user AS u ON u.user_id = s.user_id
    WHERE s.token_hash = p_token_hash AND s.ended_at IS NULL AND s.expires_at > now() AND s.seen_at > now() - p_idle
      AND u.status = 'active' AND s.created_at >= u.password_changed_at;
    IF NOT FOUND THEN
        verdict := 'none';
    ELSE
        verdict := CASE WHEN role <> p_role THEN 'role' WHEN p_step_up AND NOT stepped_up THEN 'step_up' ELSE 'live' END;
        -- Once a minute: a session's row is not written by each request. None waits for another one that is at it.
        IF v_seen < now() - INTERVAL '1 minute' THEN
            UPDATE bank_online.session AS s SET seen_at = now()
            WHERE s.session_id = (SELECT l.session_id FROM bank_online.session AS l
                                  WHERE l.session_id = enter.session_id FOR NO KEY UPDATE SKIP LOCKED);
        END IF;
    END IF;
    -- one expression, evaluated without a query of its own
    IF verdict = 'live' THEN
        v_told := set_config('bank.user_id', user_id::text, TRUE) || set_config('bank.party_id', coalesce(party_id::text, ''), TRUE)
            || set_config('bank.session_id', session_id::text, TRUE)
            || set_config('bank.stepped_up', CASE WHEN stepped_up THEN 'on' ELSE '' END, TRUE);
    ELSE
        v_told := set_config('bank.user_id', '', TRUE) || set_config('bank.party_id', '', TRUE)
            || set_config('bank.session_id', '', TRUE) || set_config('bank.stepped_up', '', TRUE);
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.enter(bytea, text, boolean, interval) IS
    'Begins a request: finds the live session of a token''s SHA-256 and lets this transaction, and no longer, act for its user. verdict: '
    'live; none, there is no such session, and the rest is NULL; role, it is of another role than was asked for; step_up, a further code '
    'was asked for and not given. Unless it is live, the transaction acts for nobody';

CREATE FUNCTION bank_online.acting_user() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF bank_online.current_user_id() IS NULL THEN
        RAISE EXCEPTION 'nobody is signed in'
            USING ERRCODE = 'BK010', HINT = 'Begin the transaction with bank_online.enter() and the token of a live session.';
    END IF;
    RETURN bank_online.current_user_id();
END $$;
COMMENT ON FUNCTION bank_online.acting_user() IS 'The user that this transaction acts for. BK010 if there is none';

CREATE FUNCTION bank_online.acting_user_stepped_up() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF bank_online.acting_user() IS NOT NULL AND NOT bank_online.stepped_up() THEN
        RAISE EXCEPTION 'this takes a further code'
            USING ERRCODE = 'BK011', HINT = 'Ask for a one-time code, and call bank_online.step_up() with it first.';
    END IF;
    RETURN bank_online.current_user_id();
END $$;
COMMENT ON FUNCTION bank_online.acting_user_stepped_up() IS 'The same, of one who gave a further code. BK010 if there is none, BK011 without the code';

-- Tries ------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION bank_online.count_try(p_subject text, p_limit integer, p_window interval DEFAULT '15 minutes') RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_wait integer;
BEGIN
    INSERT INTO bank_online.throttle AS t (subject, tries, since) VALUES (p_subject, 1, now())
    ON CONFLICT (subject) DO UPDATE
    SET tries = CASE WHEN t.since <= now() - p_window THEN 1 ELSE least(t.tries, p_limit) + 1 END,
        since = CASE WHEN t.since <= now() - p_window THEN now() ELSE t.since END
    RETURNING CASE WHEN t.tries > p_limit THEN greatest(1, ceil(extract(epoch FROM t.since + p_window - now()))) END
    INTO v_wait;
    RETURN v_wait;
END $$;
COMMENT ON FUNCTION bank_online.count_try(text, integer, interval) IS
    'Counts one try of a subject: NULL within the limit of its window, else the seconds until that ends';

-- A customer of an IPv6 provider has a whole /64 to take addresses from.
CREATE FUNCTION bank_online.network_of(p_client inet) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_client IS NULL THEN 'unknown'
                WHEN family(p_client) = 4 OR p_client <<= '::ffff:0:0/96' THEN host(p_client)
                ELSE text(network(set_masklen(p_client, 64))) END
$$;
COMMENT ON FUNCTION bank_online.network_of(inet) IS 'What tries are counted by: an address of IPv4, the /64 of one of IPv6';

-- What a login's tries are counted by: by the device alone, if the user has signed in from it, else by login and network, and by network.
CREATE FUNCTION bank_online.login_subjects(p_login text, p_client inet, p_device_hash bytea) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_login text := encode(sha256(convert_to(lower(p_login), 'UTF8')), 'hex');
BEGIN
    IF EXISTS (SELECT FROM bank_online.device AS d JOIN bank_online.app_user AS u ON u.user_id = d.user_id
               WHERE u.login = lower(p_login) AND d.token_hash = p_device_hash) THEN
        RETURN ARRAY['device ' || v_login || ' ' || encode(p_device_hash, 'hex')];
    END IF;
    RETURN ARRAY['login ' || v_login || ' ' || bank_online.network_of(p_client), 'network ' || bank_online.network_of(p_client)];
END $$;
COMMENT ON FUNCTION bank_online.login_subjects(text, inet, bytea) IS
    'By what the tries of a login are counted: the known device, or login and network, then the network';

-- Login ------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION bank_online.login_begin(p_login text, p_client inet, p_device_hash bytea,
    OUT user_id bigint, OUT password_hash text, OUT totp_secret bytea, OUT totp_last_step bigint, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subjects text[] := bank_online.login_subjects(p_login, p_client, p_device_hash);
BEGIN
    -- A network that is beyond its limit is looked at, not counted: whoever tries names on and on adds no row for each.
    SELECT greatest(1, ceil(extract(epoch FROM t.since + INTERVAL '15 minutes' - now()))) INTO retry_after
    FROM bank_online.throttle AS t
    WHERE cardinality(v_subjects) = 2 AND t.subject = v_subjects[2] AND t.tries >= 100 AND t.since > now() - INTERVAL '15 minutes';
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    retry_after := bank_online.count_try(v_subjects[1], 10);
    -- what is refused already does not count against the neighbours
    IF retry_after IS NULL AND cardinality(v_subjects) = 2 THEN
        retry_after := bank_online.count_try(v_subjects[2], 100);
    END IF;
    IF retry_after IS NULL THEN
        SELECT u.user_id, u.password_hash, u.totp_secret, u.totp_last_step
        INTO user_id, password_hash, totp_secret, totp_last_step
        FROM bank_online.app_user AS u WHERE u.login = lower(p_login) AND u.status = 'active';
    END IF;
    -- At the end, and waiting for nobody: two that clean up cannot wait for each other.
    DELETE FROM bank_online.throttle AS t WHERE t.subject IN (
        SELECT o.subject FROM bank_online.throttle AS o WHERE o.since < now() - INTERVAL '1 day'
        ORDER BY o.since LIMIT 3 FOR UPDATE SKIP LOCKED);
END $$;
COMMENT ON FUNCTION bank_online.login_begin(text, inet, bytea) IS
    'What a login is checked with; counts the try: 10 by login and network and 100 by network in a quarter of an hour, 10 of a known device '
    'instead. One row always. retry_after, the rest NULL: too many, so many seconds more. All NULL: unknown or suspended, compare with a stand-in';

CREATE FUNCTION bank_online.use_code(p_user bigint, p_step bigint, p_recovery_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF num_nonnulls(p_step, p_recovery_hash) <> 1 THEN
        RAISE EXCEPTION 'either the step of a one-time code or a recovery code, not both'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the one that was verified, and NULL for the other.';
    END IF;
    -- of two at the same time the second waits for the first, and then finds it used
    IF p_step IS NOT NULL THEN
        UPDATE bank_online.app_user AS u SET totp_last_step = p_step WHERE u.user_id = p_user AND u.totp_last_step < p_step;
    ELSE
        UPDATE bank_online.recovery_code AS c SET used_at = now()
        WHERE c.user_id = p_user AND c.code_hash = p_recovery_hash AND c.used_at IS NULL;
    END IF;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION bank_online.use_code(bigint, bigint, bytea) IS
    'Uses up the time step of a one-time code, and all before it, or a recovery code; FALSE if it is used up, or there is none such';

CREATE FUNCTION bank_online.login_finish(p_login text, p_user bigint, p_step bigint, p_recovery_hash bytea, p_token_hash bytea,
    p_device_hash bytea, p_old_device_hash bytea, p_client inet, p_agent text, p_lifetime interval DEFAULT '12 hours',
    OUT session_id bigint, OUT party_id bigint, OUT role text, OUT expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subjects text[] := bank_online.login_subjects(p_login, p_client, p_old_device_hash);
    v_user bank_online.app_user;
    v_changed timestamptz := (SELECT u.password_changed_at FROM bank_online.app_user AS u WHERE u.user_id = p_user);
BEGIN
    -- Locked also for a recovery code: a change of password that is under way is waited for, and what was verified is the old one.
    SELECT * INTO v_user FROM bank_online.app_user AS u
    WHERE u.user_id = p_user AND u.login = lower(p_login) AND u.status = 'active' FOR NO KEY UPDATE;
    IF v_user.password_changed_at <> v_changed THEN
        PERFORM bank_online.login_refused(p_login, p_user, p_client, 'password_changed');
        RETURN;
    ELSIF v_user.user_id IS NULL THEN
        PERFORM bank_online.login_refused(p_login, p_user, p_client, 'suspended');
        RETURN;
    ELSIF NOT bank_online.use_code(p_user, p_step, p_recovery_hash) THEN
        PERFORM bank_online.login_refused(p_login, p_user, p_client, 'code_used');
        RETURN;
    END IF;
    INSERT INTO bank_online.session AS s (user_id, token_hash, expires_at, client_ip, user_agent)
    VALUES (p_user, p_token_hash, now() + p_lifetime, p_client, left(p_agent, 400))
    RETURNING s.session_id, s.expires_at INTO session_id, expires_at;
    party_id := v_user.party_id;
    role := v_user.role;

    DELETE FROM bank_online.throttle AS t WHERE t.subject = v_subjects[1];
    UPDATE bank_online.throttle AS t SET tries = t.tries - 1 WHERE t.subject = v_subjects[2] AND t.tries > 0;
    DELETE FROM bank_online.device AS d WHERE d.user_id = p_user AND d.token_hash = p_old_device_hash;
    IF p_device_hash IS NOT NULL THEN
        INSERT INTO bank_online.device (user_id, token_hash) VALUES (p_user, p_device_hash);
        DELETE FROM bank_online.device AS d WHERE d.user_id = p_user AND d.token_hash IN (
            SELECT o.token_hash FROM bank_online.device AS o WHERE o.user_id = p_user
            ORDER BY o.used_at DESC, o.token_hash <> p_device_hash, o.token_hash OFFSET 20);
    END IF;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (p_user, login_finish.session_id, 'login.done', p_client,
            jsonb_build_object('by', CASE WHEN p_step IS NULL THEN 'recovery_code' ELSE 'one_time_code' END));
END $$;
COMMENT ON FUNCTION bank_online.login_finish(text, bigint, bigint, bytea, bytea, bytea, bytea, inet, text, interval) IS
    'Opens a session for a user whose password and code are verified: uses the code up, takes the counted tries back, remembers the device '
    '(the last 20). All NULL, no session, if the code was used before, or the user has been suspended or the password changed meanwhile';

CREATE FUNCTION bank_online.login_refused(p_login text, p_user bigint, p_client inet, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (p_reason ~ '^[a-z_]{1,40}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'a reason is one of the application''s own words'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Lower-case letters and underscores: what a client sent is not recorded.';
    END IF;
    -- The login of nobody is not kept: it may be a password, typed in the wrong field.
    INSERT INTO bank_online.audit_event (user_id, event, client_ip, detail)
    VALUES (coalesce((SELECT u.user_id FROM bank_online.app_user AS u WHERE u.user_id = p_user),
                     (SELECT u.user_id FROM bank_online.app_user AS u WHERE p_user IS NULL AND u.login = lower(p_login))),
            'login.refused', p_client, jsonb_build_object('reason', p_reason));
END $$;
COMMENT ON FUNCTION bank_online.login_refused(text, bigint, inet, text) IS
    'Records that a login was refused, and why; of whom, if there is such a user: the login itself is not kept';

-- What a user who is signed in does with the own access ------------------------------------------------------------------

CREATE FUNCTION bank_online.my_secrets(OUT login text, OUT password_hash text, OUT totp_secret bytea, OUT totp_last_step bigint,
    OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    retry_after := bank_online.count_try('check ' || bank_online.acting_user(), 10);
    IF retry_after IS NULL THEN
        SELECT u.login, u.password_hash, u.totp_secret, u.totp_last_step INTO login, password_hash, totp_secret, totp_last_step
        FROM bank_online.app_user AS u WHERE u.user_id = bank_online.current_user_id();
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.my_secrets() IS
    'What a further code or the password of the signed-in user is checked with; counts the try, 10 in a quarter of an hour. '
    'retry_after, the rest NULL: too many. BK010 if nobody is signed in';

CREATE FUNCTION bank_online.step_up(p_step bigint, p_recovery_hash bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user();
    v_session bigint := bank_online.current_session_id();
    v_until timestamptz;
    v_event text := 'step_up.refused';
    v_detail jsonb := '{"reason": "code_used"}';
BEGIN
    IF bank_online.use_code(v_user, p_step, p_recovery_hash) THEN
        UPDATE bank_online.session AS s SET step_up_until = now() + INTERVAL '5 minutes'
        WHERE s.session_id = v_session AND s.user_id = v_user AND s.ended_at IS NULL
        RETURNING s.step_up_until INTO v_until;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the session has ended'
                USING ERRCODE = 'BK010', HINT = 'Sign in again.';
        END IF;
        DELETE FROM bank_online.throttle AS t WHERE t.subject = 'check ' || v_user;
        v_event := 'step_up.done';
        v_detail := jsonb_build_object('by', CASE WHEN p_step IS NULL THEN 'recovery_code' ELSE 'one_time_code' END);
    END IF;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, detail) VALUES (v_user, v_session, v_event, v_detail);
    RETURN v_until;
END $$;
COMMENT ON FUNCTION bank_online.step_up(bigint, bytea) IS
    'Opens five minutes for what takes a further code, which is verified, and uses it up: until when, from the next request on; NULL if it '
    'was used before. BK010 if nobody is signed in';

CREATE FUNCTION bank_online.change_password(p_password_hash text, p_token_hash bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user_stepped_up();
    v_old bank_online.session;
    v_new bigint;
BEGIN
    -- Sessions before their user, as enter() and a login lock them; once more below, for a login that was waited for.
    PERFORM FROM bank_online.session AS s WHERE s.user_id = v_user AND s.ended_at IS NULL ORDER BY s.session_id FOR NO KEY UPDATE;
    UPDATE bank_online.app_user AS u SET password_hash = p_password_hash, password_changed_at = now() WHERE u.user_id = v_user;
    SELECT * INTO v_old FROM bank_online.session AS s
    WHERE s.session_id = bank_online.current_session_id() AND s.user_id = v_user AND s.ended_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the session has ended'
            USING ERRCODE = 'BK010', HINT = 'Sign in again.';
    END IF;
    UPDATE bank_online.session AS s SET ended_at = now() WHERE s.user_id = v_user AND s.ended_at IS NULL;
    DELETE FROM bank_online.device AS d WHERE d.user_id = v_user;
    INSERT INTO bank_online.session AS s (user_id, token_hash, expires_at, client_ip, user_agent)
    VALUES (v_user, p_token_hash, v_old.expires_at, v_old.client_ip, v_old.user_agent)
    RETURNING s.session_id INTO v_new;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, detail)
    VALUES (v_user, v_new, 'password.changed', jsonb_build_object('session_before', v_old.session_id));
    PERFORM set_config('bank.session_id', v_new::text, TRUE), set_config('bank.stepped_up', '', TRUE);
    RETURN v_new;
END $$;
COMMENT ON FUNCTION bank_online.change_password(text, bytea) IS
    'Sets the password of the signed-in user. All sessions end, but for the present one, which goes on under a new token; devices are '
    'forgotten. The new session; BK010 if nobody is signed in, BK011 without a further code';

CREATE FUNCTION bank_online.end_session(p_session bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user();
BEGIN
    UPDATE bank_online.session AS s SET ended_at = now()
    WHERE s.session_id = p_session AND s.user_id = v_user AND s.ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, detail)
    VALUES (v_user, bank_online.current_session_id(), 'session.ended', jsonb_build_object('session_id', p_session));
    RETURN TRUE;
END $$;
COMMENT ON FUNCTION bank_online.end_session(bigint) IS
    'Ends a session of the signed-in user: this one, to sign out, or another. FALSE if there is none such, or it has ended. BK010 if nobody is signed in';

CREATE FUNCTION bank_online.renew_recovery_codes(p_hashes bytea[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user_stepped_up();
BEGIN
    DELETE FROM bank_online.recovery_code AS c WHERE c.user_id = v_user;
    INSERT INTO bank_online.recovery_code (user_id, code_hash) SELECT v_user, h FROM unnest(p_hashes) AS h;
    INSERT INTO bank_online.audit_event (user_id, session_id, event) VALUES (v_user, bank_online.current_session_id(), 'recovery_codes.renewed');
END $$;
COMMENT ON FUNCTION bank_online.renew_recovery_codes(bytea[]) IS
    'Replaces all recovery codes of the signed-in user by those of these hashes. BK010 if nobody is signed in, BK011 without a further code';

CREATE FUNCTION bank_online.add_user(p_login text, p_party bigint, p_role text, p_password_hash text, p_totp_secret bytea,
    p_recovery_hashes bytea[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint;
BEGIN
    INSERT INTO bank_online.app_user AS u (login, party_id, role, password_hash, totp_secret)
    VALUES (p_login, p_party, p_role, p_password_hash, p_totp_secret) RETURNING u.user_id INTO v_user;
    INSERT INTO bank_online.recovery_code (user_id, code_hash) SELECT v_user, h FROM unnest(p_recovery_hashes) AS h;
    INSERT INTO bank_online.audit_event (user_id, event, detail) VALUES (v_user, 'access.registered', jsonb_build_object('by', session_user));
    RETURN v_user;
END $$;
COMMENT ON FUNCTION bank_online.add_user(text, bigint, text, text, bytea, bytea[]) IS
    'Registers somebody''s access, in a branch: a customer with a party, or staff without one. 23505 if the login is taken, or the party has access';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bank_online FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.enter(bytea, text, boolean, interval), bank_online.current_session_id(), bank_online.stepped_up(),
    bank_online.login_begin(text, inet, bytea),
    bank_online.login_finish(text, bigint, bigint, bytea, bytea, bytea, bytea, inet, text, interval),
    bank_online.login_refused(text, bigint, inet, text), bank_online.my_secrets(), bank_online.step_up(bigint, bytea),
    bank_online.change_password(text, bytea), bank_online.end_session(bigint), bank_online.renew_recovery_codes(bytea[]) TO bank_app;
-- functions do it, and record it
REVOKE UPDATE (ended_at, step_up_until) ON bank_online.session FROM bank_app;
GRANT USAGE ON SCHEMA bank_online TO bank_core;
GRANT EXECUTE ON FUNCTION bank_online.add_user(text, bigint, text, text, bytea, bytea[]) TO bank_core;
