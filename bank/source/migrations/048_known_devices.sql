-- Who is known has a hasher in reserve: a login says whether its device is. And a code that a session sends twice, by a click too many, is no guess.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

DROP FUNCTION bank_online.login_begin(text, inet, bytea);
CREATE FUNCTION bank_online.login_begin(p_login text, p_client inet, p_device_hash bytea,
    OUT user_id bigint, OUT password_hash text, OUT password_changed_at timestamptz, OUT totp_secret bytea, OUT totp_last_step bigint,
    OUT known_device boolean, OUT retry_after integer)
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
        -- the device alone is what its tries are counted by
        known_device := cardinality(v_subjects) = 1;
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
    'instead. One row always. known_device: this user has signed in from it. retry_after, the rest NULL: too many, so many seconds more. '
    'No user: unknown or suspended, compare with a stand-in';
REVOKE ALL ON FUNCTION bank_online.login_begin(text, inet, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.login_begin(text, inet, bytea) TO bank_app;

ALTER TABLE bank_online.session ADD COLUMN code_step bigint;
COMMENT ON COLUMN bank_online.session.code_step IS 'Time step of the further code that it gave last';

CREATE OR REPLACE FUNCTION bank_online.step_up(p_step bigint, p_recovery_hash bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user();
    v_session bigint := bank_online.current_session_id();
    v_until timestamptz;
BEGIN
    IF NOT bank_online.use_code(v_user, p_step, p_recovery_hash) THEN
        -- of two clicks the second has waited for the first, and finds its own code
        IF EXISTS (SELECT FROM bank_online.session AS s WHERE s.session_id = v_session AND s.code_step = p_step) THEN
            INSERT INTO bank_online.audit_event (user_id, session_id, event, detail)
            VALUES (v_user, v_session, 'step_up.refused', '{"reason": "code_repeated"}');
        ELSE
            PERFORM bank_online.step_up_refused('code_used', NULL);
        END IF;
        RETURN NULL;
    END IF;
    UPDATE bank_online.session AS s SET step_up_until = now() + INTERVAL '5 minutes', code_step = p_step
    WHERE s.session_id = v_session AND s.user_id = v_user AND s.ended_at IS NULL
    RETURNING s.step_up_until INTO v_until;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the session has ended'
            USING ERRCODE = 'BK010', HINT = 'Sign in again.';
    END IF;
    DELETE FROM bank_online.throttle AS t WHERE t.subject IN ('check ' || v_user, 'step_up ' || v_session);
    INSERT INTO bank_online.audit_event (user_id, session_id, event, detail)
    VALUES (v_user, v_session, 'step_up.done', jsonb_build_object('by', CASE WHEN p_step IS NULL THEN 'recovery_code' ELSE 'one_time_code' END));
    RETURN v_until;
END $$;
COMMENT ON FUNCTION bank_online.step_up(bigint, bytea) IS
    'Opens five minutes for what takes a further code, which is verified, and uses it up: until when, from the next request on; NULL if it '
    'was used before, which counts as a wrong one unless this session has just used it. BK010 if nobody is signed in';
