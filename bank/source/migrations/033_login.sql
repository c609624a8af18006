-- A login is of the password that was compared: comparing takes a while, and it may be changed meanwhile. How codes and tries are
-- counted, which these two ask, is in 034 and 037.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

DROP FUNCTION bank_online.login_begin(text, inet, bytea);
CREATE FUNCTION bank_online.login_begin(p_login text, p_client inet, p_device_hash bytea,
    OUT user_id bigint, OUT password_hash text, OUT password_changed_at timestamptz, OUT totp_secret bytea, OUT totp_last_step bigint,
    OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subjects text[] := bank_online.login_subjects(p_login, p_client, p_device_hash);
    v_tries integer;
BEGIN
    -- A network that is beyond its limit is looked at, and counted once: whoever tries names on and on adds no row for each.
    SELECT t.tries, greatest(1, ceil(extract(epoch FROM t.since + INTERVAL '15 minutes' - now()))) INTO v_tries, retry_after
    FROM bank_online.throttle AS t
    WHERE cardinality(v_subjects) = 2 AND t.subject = v_subjects[2] AND t.tries >= 100 AND t.since > now() - INTERVAL '15 minutes';
    IF retry_after IS NOT NULL THEN
        IF v_tries = 100 THEN
            PERFORM bank_online.count_try(v_subjects[2], 100, '15 minutes', p_client);
        END IF;
        RETURN;
    END IF;
    retry_after := bank_online.count_try(v_subjects[1], 10, '15 minutes', p_client, p_login);
    -- what is refused already does not count against the neighbours
    IF retry_after IS NULL AND cardinality(v_subjects) = 2 THEN
        retry_after := bank_online.count_try(v_subjects[2], 100, '15 minutes', p_client);
    END IF;
    IF retry_after IS NULL THEN
        SELECT u.user_id, u.password_hash, u.password_changed_at, u.totp_secret, u.totp_last_step
        INTO user_id, password_hash, password_changed_at, totp_secret, totp_last_step
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

DROP FUNCTION bank_online.login_finish(text, bigint, bigint, bytea, bytea, bytea, bytea, inet, text, interval);
CREATE FUNCTION bank_online.login_finish(p_login text, p_user bigint, p_password_changed_at timestamptz, p_step bigint, p_recovery_hash bytea,
    p_token_hash bytea, p_device_hash bytea, p_old_device_hash bytea, p_client inet, p_agent text, p_lifetime interval DEFAULT '12 hours',
    OUT session_id bigint, OUT party_id bigint, OUT role text, OUT expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subjects text[] := bank_online.login_subjects(p_login, p_client, p_old_device_hash);
    v_user bank_online.app_user;
    v_known boolean;
BEGIN
    -- Locked also for a recovery code: a change of password that is under way is waited for, and what was verified is the old one.
    SELECT * INTO v_user FROM bank_online.app_user AS u
    WHERE u.user_id = p_user AND u.login = lower(p_login) AND u.status = 'active' FOR NO KEY UPDATE;
    IF v_user.user_id IS NULL THEN
        PERFORM bank_online.login_refused(p_login, p_user, p_client, 'suspended');
        RETURN;
    ELSIF v_user.password_changed_at IS DISTINCT FROM p_password_changed_at THEN
        PERFORM bank_online.login_refused(p_login, p_user, p_client, 'password_changed');
        RETURN;
    ELSIF p_step IS NOT NULL AND EXISTS (
            SELECT FROM bank_online.throttle AS t
            WHERE t.subject = bank_online.code_subject(p_user, p_old_device_hash) AND t.tries >= 10 AND t.since > now() - INTERVAL '1 day') THEN
        PERFORM bank_online.login_refused(p_login, p_user, p_client, 'too_many_codes');
        RETURN;
    ELSIF NOT bank_online.use_code(p_user, p_step, p_recovery_hash) THEN
        PERFORM bank_online.login_refused(p_login, p_user, p_client, 'code_used', p_old_device_hash);
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
    v_known := FOUND;
    IF p_device_hash IS NOT NULL THEN
        INSERT INTO bank_online.device (user_id, token_hash) VALUES (p_user, p_device_hash);
        DELETE FROM bank_online.device AS d WHERE d.user_id = p_user AND d.token_hash IN (
            SELECT o.token_hash FROM bank_online.device AS o WHERE o.user_id = p_user
            ORDER BY o.used_at DESC, o.token_hash <> p_device_hash, o.token_hash OFFSET 20);
    END IF;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (p_user, login_finish.session_id, 'login.done', p_client,
            jsonb_build_object('by', CASE WHEN p_step IS NULL THEN 'recovery_code' ELSE 'one_time_code' END, 'new_device', NOT v_known));
END $$;
COMMENT ON FUNCTION bank_online.login_finish(text, bigint, timestamptz, bigint, bytea, bytea, bytea, bytea, inet, text, interval) IS
    'Opens a session for a user whose password, of the time that login_begin() told, and code are verified: uses the code up, takes the counted '
    'tries back, remembers the device (the last 20). All NULL, no session, if the code was used before, the user suspended or the password '
    'changed since login_begin(), or after ten wrong codes in a day: then only a recovery code is good, which nobody guesses';

REVOKE ALL ON FUNCTION bank_online.login_begin(text, inet, bytea),
    bank_online.login_finish(text, bigint, timestamptz, bigint, bytea, bytea, bytea, bytea, inet, text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.login_begin(text, inet, bytea),
    bank_online.login_finish(text, bigint, timestamptz, bigint, bytea, bytea, bytea, bytea, inet, text, interval) TO bank_app;
