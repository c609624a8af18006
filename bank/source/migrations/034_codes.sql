-- Whoever has the password may guess codes from as many networks as there are: wrong ones are counted by user, a day long.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- With the time of the password: a new one begins with no tries, and who has the old one takes none of them away.
CREATE FUNCTION bank_online.code_subject(p_user bigint, p_device_hash bytea) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN concat_ws(' ', 'code', p_user,
        (SELECT extract(epoch FROM u.password_changed_at) FROM bank_online.app_user AS u WHERE u.user_id = p_user),
        (SELECT encode(d.token_hash, 'hex') FROM bank_online.device AS d WHERE d.user_id = p_user AND d.token_hash = p_device_hash));
END $$;
COMMENT ON FUNCTION bank_online.code_subject(bigint, bytea) IS
    'By what wrong codes with the right password are counted: the user and the password; a known device apart, so that nobody else locks the owner out';

DROP FUNCTION bank_online.login_refused(text, bigint, inet, text);
CREATE FUNCTION bank_online.login_refused(p_login text, p_user bigint, p_client inet, p_reason text, p_device_hash bytea DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (p_reason ~ '^[a-z_]{1,40}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'a reason is one of the application''s own words'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Lower-case letters and underscores: what a client sent is not recorded.';
    ELSIF p_reason IN ('code', 'code_used') AND p_user IS NOT NULL THEN
        PERFORM bank_online.count_try(bank_online.code_subject(p_user, p_device_hash), 10, '1 day');
    END IF;
    -- The login of nobody is not kept: it may be a password, typed in the wrong field.
    INSERT INTO bank_online.audit_event (user_id, event, client_ip, detail)
    VALUES (coalesce((SELECT u.user_id FROM bank_online.app_user AS u WHERE u.user_id = p_user),
                     (SELECT u.user_id FROM bank_online.app_user AS u WHERE p_user IS NULL AND u.login = lower(p_login))),
            'login.refused', p_client, jsonb_build_object('reason', p_reason));
END $$;
COMMENT ON FUNCTION bank_online.login_refused(text, bigint, inet, text, bytea) IS
    'Records that a login was refused, and why; of whom, if there is such a user: the login itself is not kept. A wrong code after the right '
    'password is counted: see login_finish()';

CREATE FUNCTION bank_online.step_up_refused(p_reason text, p_client inet) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user();
    v_session bigint := bank_online.current_session_id();
BEGIN
    IF (p_reason ~ '^[a-z_]{1,40}$') IS NOT TRUE THEN
        RAISE EXCEPTION 'a reason is one of the application''s own words'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Lower-case letters and underscores: what a client sent is not recorded.';
    END IF;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, v_session, 'step_up.refused', p_client, jsonb_build_object('reason', p_reason));
    -- as long as a session lives; the tenth ends it
    IF bank_online.count_try('step_up ' || v_session, 9, '1 day') IS NOT NULL AND bank_online.end_session(v_session) THEN
        DELETE FROM bank_online.throttle AS t WHERE t.subject = 'step_up ' || v_session;
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.step_up_refused(text, inet) IS
    'Records a further code that was wrong, and why. The tenth of a session ends it. BK010 if nobody is signed in';

CREATE OR REPLACE FUNCTION bank_online.step_up(p_step bigint, p_recovery_hash bytea) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user();
    v_session bigint := bank_online.current_session_id();
    v_until timestamptz;
BEGIN
    IF NOT bank_online.use_code(v_user, p_step, p_recovery_hash) THEN
        PERFORM bank_online.step_up_refused('code_used', NULL);
        RETURN NULL;
    END IF;
    UPDATE bank_online.session AS s SET step_up_until = now() + INTERVAL '5 minutes'
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
    'was used before, which counts as a wrong one. BK010 if nobody is signed in';

REVOKE ALL ON FUNCTION bank_online.code_subject(bigint, bytea), bank_online.login_refused(text, bigint, inet, text, bytea),
    bank_online.step_up_refused(text, inet) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.login_refused(text, bigint, inet, text, bytea), bank_online.step_up_refused(text, inet) TO bank_app;
