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

CREATE OR REPLACE FUNCTION bank_online.login_begin(p_login text, p_client inet, p_device_hash bytea,
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
