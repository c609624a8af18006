-- What users are told when they look: made in the database by what happens, so that nothing happens without.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TABLE bank_online.notification (
    notification_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         bigint      NOT NULL REFERENCES bank_online.app_user ON DELETE CASCADE,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind            text        NOT NULL CHECK (kind ~ '^[a-z_]+(\.[a-z_]+)*$'),
    detail          jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
    read_at         timestamptz
);
CREATE INDEX notification_user_id_idx ON bank_online.notification (user_id, notification_id);
COMMENT ON TABLE bank_online.notification IS 'What happened to a user''s access, contacts and cards, to be shown at the next visit';
COMMENT ON COLUMN bank_online.notification.notification_id IS 'Surrogate key, in the order of their making';
COMMENT ON COLUMN bank_online.notification.user_id IS 'Whose';
COMMENT ON COLUMN bank_online.notification.at IS 'When';
COMMENT ON COLUMN bank_online.notification.kind IS 'What, as password.changed';
COMMENT ON COLUMN bank_online.notification.detail IS 'The rest, never a secret';
COMMENT ON COLUMN bank_online.notification.read_at IS 'When it was read; NULL before';
ALTER TABLE bank_online.notification ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY bank_owner ON bank_online.notification TO bank_owner USING (TRUE);
COMMENT ON POLICY bank_owner ON bank_online.notification IS 'Functions that act as the owner see every row';
CREATE POLICY bank_app ON bank_online.notification TO bank_app USING (user_id = bank_online.current_user_id());
COMMENT ON POLICY bank_app ON bank_online.notification IS 'Rows of whom the transaction acts for; none if it acts for nobody';
GRANT SELECT ON bank_online.notification TO bank_app;

-- What is recorded of a user's own access is what the user is told.
CREATE FUNCTION bank_online.notify_of_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO bank_online.notification (user_id, kind, detail)
    VALUES (NEW.user_id, CASE NEW.event WHEN 'login.done' THEN 'login.new_device' ELSE NEW.event END,
            jsonb_strip_nulls(NEW.detail || jsonb_build_object('client_ip', host(NEW.client_ip))));
    RETURN NULL;
END $$;
COMMENT ON FUNCTION bank_online.notify_of_event() IS 'Tells a user of an event of the trail';
CREATE TRIGGER audit_event_told AFTER INSERT ON bank_online.audit_event
    FOR EACH ROW WHEN (NEW.user_id IS NOT NULL AND (NEW.event IN ('password.changed', 'recovery_codes.renewed', 'access.registered', 'contact.changed',
        'contact.removed', 'beneficiary.added', 'standing_order.made') OR NEW.event = 'login.done' AND NEW.detail @> '{"new_device": true}'))
    EXECUTE FUNCTION bank_online.notify_of_event();
COMMENT ON TRIGGER audit_event_told ON bank_online.audit_event IS 'What happens to a user''s access is told to the user';

-- As before, and says whether the device was known.
CREATE OR REPLACE FUNCTION bank_online.login_finish(p_login text, p_user bigint, p_step bigint, p_recovery_hash bytea, p_token_hash bytea,
    p_device_hash bytea, p_old_device_hash bytea, p_client inet, p_agent text, p_lifetime interval DEFAULT '12 hours',
    OUT session_id bigint, OUT party_id bigint, OUT role text, OUT expires_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_subjects text[] := bank_online.login_subjects(p_login, p_client, p_old_device_hash);
    v_user bank_online.app_user;
    v_known boolean;
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

CREATE FUNCTION bank_online.read_notifications(p_up_to bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_user();
    v_left bigint;
BEGIN
    UPDATE bank_online.notification AS n SET read_at = now() WHERE n.user_id = v_user AND n.notification_id <= p_up_to AND n.read_at IS NULL;
    SELECT count(*) INTO v_left FROM bank_online.notification AS n WHERE n.user_id = v_user AND n.read_at IS NULL;
    RETURN v_left;
END $$;
COMMENT ON FUNCTION bank_online.read_notifications(bigint) IS
    'Notes that the signed-in user has read notifications up to one: how many are left unread. BK010 if nobody is signed in';
REVOKE ALL ON FUNCTION bank_online.notify_of_event(), bank_online.read_notifications(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.read_notifications(bigint) TO bank_app;
