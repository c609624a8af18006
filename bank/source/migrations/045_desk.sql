-- The desk has its bounds: who has a clerk's session does not read out all customers in a minute. And the trail of a customer has what the
-- staff did to them, not only what they did themselves.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

DROP FUNCTION bank_online.view_customer(bigint, inet), bank_online.block_card(bigint, text, inet), bank_online.make_activation(bigint, bytea, inet);
CREATE FUNCTION bank_online.view_customer(p_party bigint, p_client inet,
    OUT party jsonb, OUT contacts jsonb, OUT accounts jsonb, OUT cards jsonb, OUT access jsonb, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_staff();
BEGIN
    retry_after := bank_online.count_try('view ' || v_user, 300, '1 hour', p_client);
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT jsonb_build_object('party_id', p.party_id, 'party_no', p.party_no, 'party_type', p.party_type, 'status', p.status, 'language', p.language,
                              'customer_since', p.customer_since, 'name', coalesce(o.legal_name, concat_ws(' ', i.last_name, i.first_name, i.middle_name)),
                              'birth_date', i.birth_date)
    INTO party
    FROM bank.party AS p LEFT JOIN bank.person AS i ON i.party_id = p.party_id LEFT JOIN bank.organisation AS o ON o.party_id = p.party_id
    WHERE p.party_id = p_party;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no party %', p_party
            USING ERRCODE = 'BK008', HINT = 'Give the party_id, not the number.';
    END IF;
    SELECT coalesce(jsonb_agg(jsonb_build_object('contact_type', c.contact_type, 'ordinal', c.ordinal, 'value', c.value,
                                                 'is_verified', c.verified_at IS NOT NULL) ORDER BY c.contact_type, c.ordinal), '[]')
    INTO contacts FROM bank.contact AS c WHERE c.party_id = p_party;
    SELECT coalesce(jsonb_agg(jsonb_build_object('account_id', a.account_id, 'account_no', a.account_no, 'product', r.name, 'currency_code', a.currency_code,
                                                 'status', a.status, 'role', h.role, 'opened_on', a.opened_on) ORDER BY a.account_id), '[]')
    INTO accounts
    FROM bank.account_holder AS h JOIN bank.account AS a ON a.account_id = h.account_id JOIN bank.product AS r ON r.product_id = a.product_id
    WHERE h.party_id = p_party AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity');
    SELECT coalesce(jsonb_agg(jsonb_build_object('card_id', c.card_id, 'account_id', c.account_id, 'scheme', c.scheme, 'last4', c.last4, 'status', c.status,
                                                 'expires_on', c.expires_on) ORDER BY c.card_id), '[]')
    INTO cards FROM bank.card AS c WHERE c.party_id = p_party;
    SELECT jsonb_build_object('login', u.login, 'status', u.status, 'created_at', u.created_at)
    INTO access FROM bank_online.app_user AS u WHERE u.party_id = p_party;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'staff.viewed', p_client, jsonb_build_object('party_id', p_party));
END $$;
COMMENT ON FUNCTION bank_online.view_customer(bigint, inet) IS
    'A customer as the staff sees one: who, contacts, accounts without balances, cards, online access; recorded. BK008 no such party, BK010 nobody '
    'is signed in, BK013 not staff. retry_after, the rest NULL: more than 300 in an hour';

CREATE FUNCTION bank_online.block_card(p_card bigint, p_reason text, p_client inet, OUT card_id bigint, OUT status text, OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_staff();
    v_old bank.card;
BEGIN
    retry_after := bank_online.count_try('block ' || v_user, 300, '1 hour', p_client);
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT * INTO v_old FROM bank.card AS c WHERE c.card_id = p_card FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no card %', p_card
            USING ERRCODE = 'BK008', HINT = 'Look at the customer''s cards.';
    ELSIF v_old.status NOT IN ('active', 'frozen', 'issued', 'blocked') THEN
        RAISE EXCEPTION 'card % is %', p_card, v_old.status
            USING ERRCODE = 'BK004', HINT = 'What has ended needs no blocking.';
    END IF;
    card_id := p_card;
    status := 'blocked';
    IF v_old.status = 'blocked' THEN
        RETURN;
    END IF;
    UPDATE bank.card AS c SET status = 'blocked' WHERE c.card_id = p_card;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'card.blocked', p_client,
            jsonb_build_object('card_id', p_card, 'party_id', v_old.party_id, 'reason', p_reason));
    INSERT INTO bank_online.notification (user_id, kind, detail)
    SELECT u.user_id, 'card.blocked', jsonb_build_object('card_id', p_card, 'last4', v_old.last4)
    FROM bank_online.app_user AS u
    WHERE u.party_id = v_old.party_id
       OR u.party_id IN (SELECT h.party_id FROM bank.account_holder AS h WHERE h.account_id = v_old.account_id AND h.role IN ('owner', 'co_owner')
                         AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity'));
END $$;
COMMENT ON FUNCTION bank_online.block_card(bigint, text, inet) IS
    'Blocks a card; recorded, and told to whose it is and the account''s owners. Again: nothing. BK004 it has ended, BK008 no such card, BK010 '
    'nobody is signed in, BK013 not staff. retry_after, the rest NULL: more than 300 in an hour';

CREATE FUNCTION bank_online.make_activation(p_party bigint, p_code_hash bytea, p_client inet, OUT party_id bigint, OUT expires_at timestamptz,
    OUT retry_after integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_user bigint := bank_online.acting_staff();
    v_party bank.party;
BEGIN
    retry_after := bank_online.count_try('activation ' || v_user, 300, '1 hour', p_client);
    IF retry_after IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT * INTO v_party FROM bank.party AS p WHERE p.party_id = p_party;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no party %', p_party
            USING ERRCODE = 'BK008', HINT = 'Give the party_id, not the number.';
    ELSIF v_party.party_type <> 'person' OR v_party.status <> 'active'
          OR EXISTS (SELECT FROM bank_online.app_user AS u WHERE u.party_id = p_party) THEN
        RAISE EXCEPTION 'party % cannot register', p_party
            USING ERRCODE = 'BK015', HINT = 'Persons who are active customers and have no access yet register online.';
    END IF;
    -- with it goes a registration that has begun
    DELETE FROM bank_online.activation AS a WHERE a.party_id = p_party;
    INSERT INTO bank_online.activation AS a (party_id, code_hash, made_by) VALUES (p_party, p_code_hash, v_user)
    RETURNING a.party_id, a.expires_at INTO party_id, expires_at;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'activation.made', p_client, jsonb_build_object('party_id', p_party));
END $$;
COMMENT ON FUNCTION bank_online.make_activation(bigint, bytea, inet) IS
    'Takes in the hash of an activation code that staff hands to a customer, good for seven days. BK008 no such party, BK010 nobody is signed in, '
    'BK013 not staff, BK015 not a person, not active, or with access already. retry_after, the rest NULL: more than 300 in an hour';

-- Most events are of no party but their user's, and cost nothing here.
CREATE INDEX audit_event_party_idx ON bank_online.audit_event ((detail->>'party_id'), event_id) WHERE detail->>'party_id' IS NOT NULL;

CREATE OR REPLACE FUNCTION bank_online.read_audit(p_party bigint, p_event text, p_before bigint, p_limit integer, p_client inet)
RETURNS TABLE (event_id bigint, at timestamptz, login text, session_id bigint, event text, client_ip text, detail jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_user bigint := bank_online.acting_staff();
    v_whose bigint := (SELECT u.user_id FROM bank_online.app_user AS u WHERE u.party_id = p_party);
    v_before bigint := coalesce(p_before, 9223372036854775807);
    v_limit integer := least(p_limit, 200);
    v_page bigint[];
BEGIN
    IF p_party IS NULL THEN
        v_page := ARRAY(
            SELECT e.event_id FROM bank_online.audit_event AS e
            WHERE (p_event IS NULL OR e.event = p_event) AND e.event_id < v_before ORDER BY e.event_id DESC LIMIT v_limit);
    ELSE
        -- what the customer did, and what was done to them: a page of each, newest first by its index
        v_page := ARRAY(
            (SELECT e.event_id FROM bank_online.audit_event AS e
             WHERE e.user_id = v_whose AND (p_event IS NULL OR e.event = p_event) AND e.event_id < v_before ORDER BY e.event_id DESC LIMIT v_limit)
            UNION
            (SELECT e.event_id FROM bank_online.audit_event AS e
             WHERE e.detail->>'party_id' = p_party::text AND (p_event IS NULL OR e.event = p_event) AND e.event_id < v_before
             ORDER BY e.event_id DESC LIMIT v_limit)
            ORDER BY 1 DESC LIMIT v_limit);
    END IF;
    RETURN QUERY
    SELECT e.event_id, e.at, (SELECT u.login FROM bank_online.app_user AS u WHERE u.user_id = e.user_id), e.session_id, e.event,
           host(e.client_ip), e.detail
    FROM bank_online.audit_event AS e
    WHERE e.event_id = ANY (v_page) ORDER BY e.event_id DESC;
    INSERT INTO bank_online.audit_event (user_id, session_id, event, client_ip, detail)
    VALUES (v_user, bank_online.current_session_id(), 'staff.read_audit', p_client,
            jsonb_strip_nulls(jsonb_build_object('party_id', p_party, 'event', p_event, 'before', p_before)));
END $$;
COMMENT ON FUNCTION bank_online.read_audit(bigint, text, bigint, integer, inet) IS
    'The trail, newest first: of what a customer''s user did and what was done to the customer, of an event, before an event; NULL: any. Recorded. '
    'BK010 nobody is signed in, BK013 not staff';

REVOKE ALL ON FUNCTION bank_online.view_customer(bigint, inet), bank_online.block_card(bigint, text, inet),
    bank_online.make_activation(bigint, bytea, inet) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.view_customer(bigint, inet), bank_online.block_card(bigint, text, inet),
    bank_online.make_activation(bigint, bytea, inet) TO bank_app;
