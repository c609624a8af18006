-- The bank's source: what is over is forgotten, what is not stays, and so does the trail.
BEGIN;
\ir bank_source_rows.sql
SELECT plan(8);

-- Of each table, how many rows; and what a call says that it removed.
CREATE FUNCTION tap.counts() RETURNS text
LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', v.t, (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM bank_online.' || v.t, FALSE, TRUE, '')))[1]), ', ' ORDER BY o)
    FROM unnest('{session,idempotency,message,notification,device,contact_change,registration,activation,throttle,spent,void_transfer}'::text[]) WITH ORDINALITY AS v (t, o)
$$;
CREATE FUNCTION tap.cleans(p_limit integer DEFAULT 10000) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    v_told text;
BEGIN
    SET LOCAL SESSION AUTHORIZATION bank_core;
    SELECT string_agg(c.what || ' ' || c.removed, ', ') INTO v_told FROM bank_online.clean_up(p_limit) AS c WHERE c.removed > 0;
    SET LOCAL SESSION AUTHORIZATION DEFAULT;
    RETURN coalesce(v_told, 'nothing');
END $$;

SELECT is(tap.counts(), 'session 3, idempotency 2, message 1, notification 2, device 1, contact_change 1, registration 1, activation 2, throttle 1, spent 1, void_transfer 1', 'there is something of each');
SELECT is(tap.cleans(), 'nothing', 'what is not over stays');
-- just within what is kept, of all but one row each
UPDATE bank_online.session SET created_at = now() - INTERVAL '60 days', expires_at = now() - INTERVAL '29 days' WHERE session_id = 1;
UPDATE bank_online.session SET created_at = now() - INTERVAL '60 days', ended_at = now() - INTERVAL '31 days' WHERE session_id = 2;
UPDATE bank_online.session SET created_at = now() - INTERVAL '60 days', expires_at = now() - INTERVAL '31 days' WHERE session_id = 3;
UPDATE bank_online.idempotency SET created_at = now() - INTERVAL '30 days' - CASE user_id WHEN 1 THEN INTERVAL '1 hour' ELSE INTERVAL '-1 hour' END;
UPDATE bank_online.notification SET at = now() - INTERVAL '2 years', read_at = CASE notification_id WHEN 101 THEN now() - INTERVAL '401 days' END;
UPDATE bank_online.message SET created_at = now() - INTERVAL '2 years';
UPDATE bank_online.activation SET created_at = now() - INTERVAL '9 days', expires_at = now() - CASE party_id WHEN 4 THEN INTERVAL '23 hours' ELSE INTERVAL '25 hours' END;
UPDATE bank_online.registration SET created_at = now() - INTERVAL '9 days', expires_at = now() - INTERVAL '23 hours';
UPDATE bank_online.contact_change SET created_at = now() - INTERVAL '9 days', expires_at = now() - INTERVAL '23 hours';
UPDATE bank_online.throttle SET since = now() - INTERVAL '23 hours';
UPDATE bank_online.spent SET since = now() - INTERVAL '23 hours';
UPDATE bank_online.void_transfer SET voided_at = now() - INTERVAL '23 hours';
UPDATE bank_online.device SET created_at = now() - INTERVAL '2 years', used_at = now() - INTERVAL '399 days';
SELECT is(tap.cleans(), 'session 2, idempotency 1, notification 1, activation 1', 'of each table what is over long enough, by its own time');
UPDATE bank_online.message SET sent_at = now() - INTERVAL '31 days';
UPDATE bank_online.registration SET expires_at = now() - INTERVAL '25 hours';
UPDATE bank_online.contact_change SET expires_at = now() - INTERVAL '25 hours';
UPDATE bank_online.throttle SET since = now() - INTERVAL '25 hours';
UPDATE bank_online.spent SET since = now() - INTERVAL '25 hours';
UPDATE bank_online.void_transfer SET voided_at = now() - INTERVAL '25 hours';
UPDATE bank_online.device SET used_at = now() - INTERVAL '401 days';
SELECT is(tap.cleans(), 'message 1, device 1, contact_change 1, registration 1, throttle 1, spent 1, void_transfer 1', 'and the rest when it is time');
SELECT is(tap.counts(), 'session 1, idempotency 1, message 0, notification 1, device 0, contact_change 0, registration 0, activation 1, throttle 0, spent 0, void_transfer 0', 'so much is left');
INSERT INTO bank_online.throttle (subject, tries, since) SELECT 'old ' || i, 1, now() - INTERVAL '2 days' FROM generate_series(1, 25) AS i;
SELECT results_eq('SELECT tap.cleans(10), tap.cleans(10), tap.cleans(10), tap.cleans(10)', $$VALUES ('throttle 10', 'throttle 10', 'throttle 5', 'nothing')$$, 'a bounded number at a time');
SELECT is((SELECT count(*)::int FROM bank_online.audit_event), 3, 'the trail is as it was');
SELECT results_eq($$SELECT r, tap.does(r, NULL, 'SELECT bank_online.clean_up()') FROM unnest('{bank_app,bank_analyst,bank_monitor}'::text[]) AS r$$,
    $$VALUES ('bank_app', '42501'), ('bank_analyst', '42501'), ('bank_monitor', '42501')$$, 'it is a job of the bank''s, of nobody else');
SELECT * FROM finish();
ROLLBACK;
