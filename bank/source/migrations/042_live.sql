-- A page that stays open asks every few seconds whether something is new. That is no sign of its user: a session nobody uses ends, page or not.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

-- As enter(), which it must be kept the same as, without the write: what is live, and what is then set.
CREATE FUNCTION bank_online.look(p_token_hash bytea, p_role text DEFAULT NULL, p_step_up boolean DEFAULT FALSE,
    p_idle interval DEFAULT '15 minutes', OUT session_id bigint, OUT user_id bigint, OUT party_id bigint, OUT role text,
    OUT stepped_up boolean, OUT verdict text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_told text;
BEGIN
    SELECT s.session_id, u.user_id, u.party_id, u.role, coalesce(s.step_up_until > now(), FALSE)
    INTO session_id, user_id, party_id, role, stepped_up
    FROM bank_online.session AS s JOIN bank_online.app_user AS u ON u.user_id = s.user_id
    WHERE s.token_hash = p_token_hash AND s.ended_at IS NULL AND s.expires_at > now() AND s.seen_at > now() - p_idle
      AND u.status = 'active' AND s.created_at >= u.password_changed_at;
    verdict := CASE WHEN NOT FOUND THEN 'none' WHEN role <> p_role THEN 'role' WHEN p_step_up AND NOT stepped_up THEN 'step_up' ELSE 'live' END;
    IF verdict = 'live' THEN
        v_told := set_config('bank.user_id', user_id::text, TRUE) || set_config('bank.party_id', coalesce(party_id::text, ''), TRUE)
            || set_config('bank.session_id', session_id::text, TRUE)
            || set_config('bank.stepped_up', CASE WHEN stepped_up THEN 'on' ELSE '' END, TRUE);
    ELSE
        v_told := set_config('bank.user_id', '', TRUE) || set_config('bank.party_id', '', TRUE)
            || set_config('bank.session_id', '', TRUE) || set_config('bank.stepped_up', '', TRUE);
    END IF;
END $$;
COMMENT ON FUNCTION bank_online.look(bytea, text, boolean, interval) IS
    'Begins a request that its user need not know of, as a page''s that asks what is new: as enter(), but the session is not seen to be used, '
    'so however often it is asked, its idle limit comes';
REVOKE ALL ON FUNCTION bank_online.look(bytea, text, boolean, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.look(bytea, text, boolean, interval) TO bank_app;

CREATE INDEX notification_unread_idx ON bank_online.notification (user_id) WHERE read_at IS NULL;
