-- What is over is forgotten after a while, by a job of the bank's. The trail is not: nothing removes from audit_event.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION bank_online.clean_up(p_limit integer DEFAULT 10000, OUT what text, OUT removed bigint) RETURNS SETOF record
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_over text;
BEGIN
    -- a registration before its activation, which would take it along
    FOR what, v_over IN VALUES
        ('session', 'least(coalesce(t.ended_at, t.expires_at), t.expires_at) < now() - INTERVAL ''30 days'''),
        ('idempotency', 't.created_at < now() - INTERVAL ''30 days'''),
        ('message', 't.sent_at < now() - INTERVAL ''30 days'''),
        ('notification', 't.read_at < now() - INTERVAL ''400 days'''),
        ('device', 't.used_at < now() - INTERVAL ''400 days'''),
        ('contact_change', 't.expires_at < now() - INTERVAL ''1 day'''),
        ('registration', 't.expires_at < now() - INTERVAL ''1 day'''),
        ('activation', 't.expires_at < now() - INTERVAL ''1 day'''),
        ('throttle', 't.since < now() - INTERVAL ''1 day'''),
        ('spent', 't.since < now() - INTERVAL ''1 day''')
    LOOP
        -- whoever is at a row has it; the next time is soon enough
        EXECUTE format('DELETE FROM bank_online.%I WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM bank_online.%I AS t WHERE %s LIMIT $1 FOR UPDATE SKIP LOCKED))',
                       what, what, v_over)
        USING least(p_limit, 100000);
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
    END LOOP;
END $$;
COMMENT ON FUNCTION bank_online.clean_up(integer) IS
    'Removes what is over, so many rows of a table at most, and tells how many: sessions, answers to repeated requests and messages that were sent '
    'after 30 days, notifications that were read and devices after 400, the rest after one. Never the trail';
REVOKE ALL ON FUNCTION bank_online.clean_up(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.clean_up(integer) TO bank_core;
