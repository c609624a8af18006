-- The trail has what was tried in vain and what was too much; and nobody can fill it.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

DROP FUNCTION bank_online.count_try(text, integer, interval);
CREATE FUNCTION bank_online.count_try(p_subject text, p_limit integer, p_window interval DEFAULT '15 minutes', p_client inet DEFAULT NULL,
    p_login text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_tries integer;
    v_wait integer;
    v_what text := split_part(p_subject, ' ', 1);
BEGIN
    -- one more than what is beyond it: so the first that is beyond is known from those after it
    INSERT INTO bank_online.throttle AS t (subject, tries, since) VALUES (p_subject, 1, now())
    ON CONFLICT (subject) DO UPDATE
    SET tries = CASE WHEN t.since <= now() - p_window THEN 1 ELSE least(t.tries, p_limit + 1) + 1 END,
        since = CASE WHEN t.since <= now() - p_window THEN now() ELSE t.since END
    RETURNING t.tries, greatest(1, ceil(extract(epoch FROM t.since + p_window - now()))) INTO v_tries, v_wait;
    IF v_tries <= p_limit THEN
        RETURN NULL;
    ELSIF v_tries = p_limit + 1 THEN
        INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
        VALUES (coalesce(bank_online.current_user_id(), (SELECT u.user_id FROM bank_online.app_user AS u WHERE u.login = lower(p_login)),
                         CASE v_what WHEN 'code' THEN split_part(p_subject, ' ', 2)::bigint END),
                bank_online.current_session_id(), 'tries.exceeded', p_client, jsonb_build_object('what', v_what));
    END IF;
    RETURN v_wait;
END $$;
COMMENT ON FUNCTION bank_online.count_try(text, integer, interval, inet, text) IS
    'Counts one try of a subject: NULL within the limit of its window, else the seconds until that ends. The first beyond the limit is recorded: '
    'once in a window. Address and login are for the record';

CREATE FUNCTION bank_online.record_denial(p_client inet, p_detail jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF bank_online.current_user_id() IS NOT NULL
       AND bank_online.count_try('denied ' || bank_online.current_user_id(), 100, '1 hour', p_client) IS NULL THEN
        INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
        VALUES (bank_online.current_user_id(), bank_online.current_session_id(), 'request.denied', p_client, p_detail);
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.record_denial(inet, jsonb) IS
    'Records that the signed-in user was refused something, and why: a hundred times an hour, and that there were more';

CREATE FUNCTION bank_online.password_refused(p_client inet) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip)
    VALUES (bank_online.acting_user(), bank_online.current_session_id(), 'password.refused', p_client);
END $$;
COMMENT ON FUNCTION bank_online.password_refused(inet) IS
    'Records that the signed-in user gave a wrong old password; how often that can be, my_secrets() counts. BK010 if nobody is signed in';

REVOKE ALL ON FUNCTION bank_online.count_try(text, integer, interval, inet, text), bank_online.record_denial(inet, jsonb),
    bank_online.password_refused(inet) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.record_denial(inet, jsonb), bank_online.password_refused(inet) TO bank_app;
-- functions write the trail
REVOKE INSERT (user_id, session_id, event, client_ip, detail) ON bank_online.audit_event FROM bank_app;
DROP POLICY bank_app_nobody ON bank_online.audit_event;
