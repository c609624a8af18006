-- The reference vault: set-based, slow, obvious.  Input: oracle.message, all
-- that was delivered.  Output: oracle.expected_hub, _link and _history, told by
-- business keys (as text), never by hash keys.  A second writing of
-- doc/rules.md; it shares no code with the engine.
--
-- Keys are texts: a hub's is its business key, a link's are its roles' and
-- dependent keys joined with ' | ', the zero key is '(zero)', a source row is
-- its primary key joined with ' | '.

DROP SCHEMA IF EXISTS oracle CASCADE;
CREATE SCHEMA oracle;

CREATE TABLE oracle.message (
	topic text, partition int, "offset" bigint, key text, value text, headers text
);

-- The primary key in a message key, as text.
CREATE FUNCTION oracle.row_text(tab text, key jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE tab
		WHEN 'currency' THEN key ->> 'code'
		WHEN 'person' THEN key ->> 'party_id'
		WHEN 'account_holder' THEN (key ->> 'account_id') || ' | ' || (key ->> 'party_id')
			|| ' | ' || (key ->> 'role')
		WHEN 'membership' THEN (key ->> 'party_id') || ' | ' || (key ->> 'branch_id')
		ELSE key ->> 'id' END
$$;

CREATE FUNCTION oracle.header(headers jsonb, name text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT (h ->> 1)::jsonb FROM jsonb_array_elements(headers) h WHERE h ->> 0 = name LIMIT 1
$$;

CREATE UNLOGGED TABLE oracle.event (
	tab text, pk text, "offset" bigint, op text, kind text, after jsonb,
	seq0 numeric, lsn numeric, applied bigint, oldpk text
);

-- Versions of source rows: repetitions gone, numbered in position order.
CREATE UNLOGGED TABLE oracle.version (
	tab text, pk text, n int, commit numeric, stage int, lsn numeric, half int,
	applied bigint, live boolean, after jsonb, oldpk text,
	own text, anchor text, origin text,
	PRIMARY KEY (tab, pk, n)
);

-- Own key of a row's first live version.
CREATE UNLOGGED TABLE oracle.first_key (tab text, pk text, own text, PRIMARY KEY (tab, pk));

-- State of a version for one load; key NULL = absent.
CREATE UNLOGGED TABLE oracle.state (
	sat text, tab text, pk text, n int, key text, attrs jsonb
);

CREATE UNLOGGED TABLE oracle.expected_hub (hub text, key text);
CREATE UNLOGGED TABLE oracle.expected_link (link text, key text, attrs jsonb);
-- History rows as the rules write them, and as the vault under test has them.
CREATE UNLOGGED TABLE oracle.expected (
	sat text, parent text, tab text, pk text, commit numeric, stage int, lsn numeric, half int,
	applied bigint, live boolean, attrs jsonb
);
CREATE UNLOGGED TABLE oracle.actual (LIKE oracle.expected);
CREATE UNLOGGED TABLE oracle.actual_hub (LIKE oracle.expected_hub);
CREATE UNLOGGED TABLE oracle.actual_link (LIKE oracle.expected_link);

-- rules.md §2: decode, drop repetitions, give positions.
CREATE FUNCTION oracle.read_messages() RETURNS void LANGUAGE sql AS $$
	INSERT INTO oracle.event
	SELECT tab, oracle.row_text(tab, key), "offset", v ->> 'op',
		CASE src ->> 'snapshot' WHEN 'false' THEN 'stream' WHEN 'incremental' THEN 'incremental'
			ELSE 'snapshot' END,
		nullif(v -> 'after', 'null'),
		(seq ->> 0)::numeric, coalesce(seq ->> 1, src ->> 'lsn')::numeric,
		(src ->> 'ts_us')::bigint,
		CASE WHEN headers <> '[]' THEN
			oracle.row_text(tab, oracle.header(headers, '__debezium.oldkey')) END
	FROM (SELECT "offset", key::jsonb AS key, v, v -> 'source' AS src,
			v -> 'source' ->> 'table' AS tab,
			(v -> 'source' ->> 'sequence')::jsonb AS seq, headers::jsonb AS headers
		FROM (SELECT *, value::jsonb AS v FROM oracle.message WHERE value IS NOT NULL OFFSET 0) m
		WHERE v ? 'op' OFFSET 0) m;

	WITH first_seen AS (
		SELECT DISTINCT ON (tab, pk, kind, lsn) *
		FROM oracle.event
		ORDER BY tab, pk, kind, lsn, "offset"
	), committed AS (
		SELECT *, CASE kind WHEN 'snapshot' THEN coalesce(seq0, lsn)
				ELSE coalesce(seq0, 0) END AS own_commit
		FROM first_seen
	), placed AS (
		SELECT *, CASE kind WHEN 'stream' THEN
					max(own_commit) OVER (PARTITION BY tab, pk ORDER BY "offset")
				ELSE own_commit END AS commit,
			CASE kind WHEN 'snapshot' THEN 0 ELSE 1 END AS stage,
			CASE WHEN oldpk IS NULL THEN 0 ELSE 1 END AS half
		FROM committed
	)
	INSERT INTO oracle.version
	SELECT tab, pk, row_number() OVER (PARTITION BY tab, pk ORDER BY commit, stage, lsn, half),
		commit, stage, lsn, half, applied, op <> 'd', after, oldpk
	FROM placed;
$$;

-- Unchanged TOAST values: from the predecessor; for the c of a key change,
-- from the old row before its end.
CREATE FUNCTION oracle.fill_placeholders() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	gap bigint;
BEGIN
	CREATE INDEX IF NOT EXISTS version_lsn ON oracle.version (tab, pk, lsn);
	CREATE TEMP TABLE gap ON COMMIT DROP AS
		SELECT tab, pk, n, lsn, oldpk FROM oracle.version
		WHERE after::text LIKE '%"__debezium_unavailable_value"%';
	LOOP
		WITH source AS (
			SELECT g.tab, g.pk, g.n, p.after
			FROM gap g
			JOIN oracle.version p ON p.tab = g.tab AND p.pk = g.pk AND p.n = g.n - 1
			WHERE g.oldpk IS NULL
			UNION ALL
			SELECT g.tab, g.pk, g.n, p.after
			FROM gap g
			JOIN oracle.version d ON d.tab = g.tab AND d.pk = g.oldpk AND d.lsn = g.lsn
				AND NOT d.live
			JOIN oracle.version p ON p.tab = d.tab AND p.pk = d.pk AND p.n = d.n - 1
			WHERE g.oldpk IS NOT NULL
		), filled AS (
			UPDATE oracle.version v
			SET after = v.after || (
				SELECT jsonb_object_agg(e.key, s.after -> e.key)
				FROM jsonb_each_text(v.after) e
				WHERE e.value = '__debezium_unavailable_value')
			FROM source s
			WHERE (v.tab, v.pk, v.n) = (s.tab, s.pk, s.n)
				AND s.after::text NOT LIKE '%"__debezium_unavailable_value"%'
			RETURNING v.tab, v.pk, v.n
		)
		DELETE FROM gap g USING filled f WHERE (g.tab, g.pk, g.n) = (f.tab, f.pk, f.n);
		EXIT WHEN NOT FOUND;
	END LOOP;
	SELECT count(*) INTO gap FROM gap;
	IF gap > 0 THEN
		RAISE EXCEPTION 'generator: % placeholders without a predecessor, as %', gap,
			(SELECT min(g::text) FROM gap g);
	END IF;
END
$$;

-- rules.md §4, §5: own keys, anchors, origins.
CREATE FUNCTION oracle.anchor(tab text, pk text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN pk IS NULL THEN '(zero)' ELSE (
		SELECT f.own FROM oracle.first_key f WHERE f.tab = anchor.tab AND f.pk = anchor.pk) END
$$;

CREATE FUNCTION oracle.find_keys() RETURNS void LANGUAGE sql AS $$
	UPDATE oracle.version SET own = CASE tab
			WHEN 'branch' THEN after ->> 'branch_no'
			WHEN 'currency' THEN after ->> 'code'
			WHEN 'party' THEN after ->> 'party_no'
			WHEN 'account' THEN after ->> 'account_no' END
		WHERE live AND tab IN ('branch', 'currency', 'party', 'account');
	INSERT INTO oracle.first_key
	SELECT DISTINCT ON (tab, pk) tab, pk, own FROM oracle.version
		WHERE live AND tab IN ('branch', 'currency', 'party', 'account')
		ORDER BY tab, pk, n;
	UPDATE oracle.version SET own = CASE tab
			WHEN 'person' THEN oracle.anchor('party', after ->> 'party_id')
			WHEN 'account_holder' THEN oracle.anchor('account', after ->> 'account_id') || ' | '
				|| oracle.anchor('party', after ->> 'party_id') || ' | ' || (after ->> 'role')
			WHEN 'membership' THEN oracle.anchor('party', after ->> 'party_id') || ' | '
				|| oracle.anchor('branch', after ->> 'branch_id') END
		WHERE live AND tab IN ('person', 'account_holder', 'membership');
	UPDATE oracle.version v SET anchor = oracle.anchor(tab, pk)
		WHERE live AND tab IN ('branch', 'currency', 'party', 'account');
	-- An origin holds from the c of the key change until a d or another c of one.
	UPDATE oracle.version v SET origin = oracle.anchor(v.tab, b.oldpk)
	FROM oracle.version b
	WHERE v.live AND v.tab IN ('branch', 'currency', 'party', 'account')
		AND b.tab = v.tab AND b.pk = v.pk AND b.oldpk IS NOT NULL
		AND b.n = (SELECT max(n) FROM oracle.version x WHERE x.tab = v.tab AND x.pk = v.pk
			AND x.n <= v.n AND (x.oldpk IS NOT NULL OR NOT x.live));
$$;

-- What each load would say of each version.
CREATE FUNCTION oracle.find_states() RETURNS void LANGUAGE sql AS $$
	INSERT INTO oracle.state
	SELECT s.sat, v.tab, v.pk, v.n, CASE WHEN v.live THEN s.key END,
		CASE WHEN v.live AND s.key IS NOT NULL THEN s.attrs END
	FROM oracle.version v
	CROSS JOIN LATERAL (
		SELECT 'branch_status', own, '{}'::jsonb WHERE v.tab = 'branch'
		UNION ALL SELECT 'currency_details', own,
			jsonb_build_object('name', after ->> 'name') WHERE v.tab = 'currency'
		UNION ALL SELECT 'party_details', own,
			jsonb_build_object('name', after ->> 'name', 'notes', after ->> 'notes')
			WHERE v.tab = 'party'
		UNION ALL SELECT 'person_details', own,
			jsonb_build_object('birth_date', date '1970-01-01' + (after ->> 'birth_date')::int,
				'tax_id', after ->> 'tax_id', 'bio', after ->> 'bio') WHERE v.tab = 'person'
		UNION ALL SELECT 'account_details', own,
			jsonb_build_object('status', after ->> 'status', 'notes', after ->> 'notes')
			WHERE v.tab = 'account'
		UNION ALL SELECT 'holder_details', own,
			jsonb_build_object('since', date '1970-01-01' + (after ->> 'since')::int)
			WHERE v.tab = 'account_holder'
		UNION ALL SELECT 'membership_status', own, '{}' WHERE v.tab = 'membership'
		UNION ALL SELECT 'party_parent_eff',
			own || ' | ' || oracle.anchor('party', after ->> 'parent_party_id'), '{}'
			WHERE v.tab = 'party'
		UNION ALL SELECT 'account_party_eff',
			own || ' | ' || oracle.anchor('party', after ->> 'party_id'), '{}'
			WHERE v.tab = 'account'
		UNION ALL SELECT 'account_terms', own || ' | ' || (after ->> 'currency_code'),
			jsonb_build_object('credit_limit', (after ->> 'credit_limit')::numeric(12,2)::text)
			WHERE v.tab = 'account'
		UNION ALL SELECT 'account_fee_eff',
			own || ' | ' || oracle.anchor('currency', after ->> 'fee_code'), '{}'
			WHERE v.tab = 'account'
		UNION ALL SELECT 'account_branch_eff',
			own || ' | ' || oracle.anchor('branch', after ->> 'branch_id'), '{}'
			WHERE v.tab = 'account'
	) AS s (sat, key, attrs);

	INSERT INTO oracle.state
	SELECT v.tab || '_same_as', v.tab, v.pk, v.n,
		CASE WHEN v.own <> v.anchor THEN v.anchor END,
		CASE WHEN v.own <> v.anchor THEN jsonb_build_object('same_' || tab || '_hk', v.own) END
	FROM oracle.version v WHERE tab IN ('branch', 'currency', 'party', 'account');

	INSERT INTO oracle.state
	SELECT v.tab || '_same_as origin', v.tab, v.pk, v.n,
		CASE WHEN v.own <> v.origin AND v.origin <> v.anchor THEN v.origin END,
		CASE WHEN v.own <> v.origin AND v.origin <> v.anchor
			THEN jsonb_build_object('same_' || tab || '_hk', v.own) END
	FROM oracle.version v WHERE tab IN ('branch', 'currency', 'party', 'account');
$$;

-- rules.md §1, §3: the rows of hubs, links and histories.
CREATE FUNCTION oracle.write_vault() RETURNS void LANGUAGE sql AS $$
	INSERT INTO oracle.expected_hub
	SELECT tab, own FROM oracle.version
		WHERE live AND tab IN ('branch', 'currency', 'party', 'account')
	UNION SELECT 'currency', after ->> 'currency_code' FROM oracle.version
		WHERE live AND tab = 'account'
	UNION SELECT hub, '(zero)' FROM unnest('{branch,currency,party,account}'::text[]) hub;

	INSERT INTO oracle.expected_link
	SELECT DISTINCT CASE sat WHEN 'account_terms' THEN 'account_currency'
			WHEN 'holder_details' THEN 'account_holder'
			WHEN 'membership_status' THEN 'membership'
			ELSE left(sat, -4) END, key, '{}'::jsonb
	FROM oracle.state
	WHERE key IS NOT NULL
		AND (sat LIKE '%\_eff' OR sat IN ('account_terms', 'holder_details', 'membership_status'))
	UNION
	SELECT 'posting', oracle.anchor('account', after ->> 'debit_id') || ' | '
			|| oracle.anchor('account', after ->> 'credit_id') || ' | '
			|| (after ->> 'transfer_no') || ' | ' || (after ->> 'line'),
		jsonb_build_object('amount', (after ->> 'amount')::numeric(12,2)::text,
			'note', after ->> 'note')
	FROM oracle.version WHERE live AND tab = 'posting';

	WITH change AS (
		SELECT s.*, v.commit, v.stage, v.lsn, v.half, v.applied,
			lag(key) OVER w AS old_key, lag(attrs) OVER w AS old_attrs
		FROM oracle.state s JOIN oracle.version v USING (tab, pk, n)
		WINDOW w AS (PARTITION BY s.sat, s.tab, s.pk ORDER BY s.n)
	)
	INSERT INTO oracle.expected
	SELECT split_part(sat, ' ', 1), key, tab, pk, commit, stage, lsn, half, applied, true, attrs
	FROM change
	WHERE key IS NOT NULL AND (old_key IS DISTINCT FROM key OR old_attrs IS DISTINCT FROM attrs)
	UNION ALL
	SELECT split_part(sat, ' ', 1), old_key, tab, pk, commit, stage, lsn, half, applied, false,
		NULL
	FROM change
	WHERE old_key IS NOT NULL AND old_key IS DISTINCT FROM key;
$$;

CREATE FUNCTION oracle.build() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE oracle.event, oracle.version, oracle.first_key, oracle.state, oracle.expected,
		oracle.expected_hub, oracle.expected_link;
	PERFORM oracle.read_messages();
	ANALYZE oracle.version;
	PERFORM oracle.fill_placeholders();
	PERFORM oracle.find_keys();
	PERFORM oracle.find_states();
	ANALYZE oracle.state;
	PERFORM oracle.write_vault();
END
$$;

-- rules.md §7: runs of equals merged, a leading end dropped.
CREATE FUNCTION oracle.collapsed(histories regclass) RETURNS SETOF oracle.expected
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY EXECUTE format('
		WITH neighbour AS (
			SELECT *, lag(live) OVER w AS old_live, lag(attrs) OVER w AS old_attrs
			FROM %s
			WINDOW w AS (PARTITION BY sat, parent, tab, pk ORDER BY commit, stage, lsn, half)
		)
		SELECT sat, parent, tab, pk, commit, stage, lsn, half, applied, live, attrs
		FROM neighbour
		WHERE CASE WHEN live THEN old_live IS NOT TRUE OR old_attrs IS DISTINCT FROM attrs
			ELSE old_live END', histories);
END
$$;

CREATE FUNCTION oracle.differences() RETURNS TABLE (what text, key text, line text)
LANGUAGE sql STABLE AS $$
	WITH expected AS MATERIALIZED (SELECT * FROM oracle.collapsed('oracle.expected')),
		actual AS MATERIALIZED (SELECT * FROM oracle.collapsed('oracle.actual'))
	SELECT 'missing', e.parent, e::text FROM
		(SELECT * FROM expected EXCEPT SELECT * FROM actual) e
	UNION ALL SELECT 'surplus', a.parent, a::text FROM
		(SELECT * FROM actual EXCEPT SELECT * FROM expected) a
	UNION ALL SELECT 'missing', h.key, h::text FROM
		(TABLE oracle.expected_hub EXCEPT TABLE oracle.actual_hub) h
	UNION ALL SELECT 'surplus', h.key, h::text FROM
		(TABLE oracle.actual_hub EXCEPT ALL TABLE oracle.expected_hub) h
	UNION ALL SELECT 'missing', l.key, l::text FROM
		(TABLE oracle.expected_link EXCEPT TABLE oracle.actual_link) l
	UNION ALL SELECT 'surplus', l.key, l::text FROM
		(TABLE oracle.actual_link EXCEPT ALL TABLE oracle.expected_link) l
	ORDER BY 2, 3, 1
$$;

-- rules.md §2: changes that a worker would take for a source that begins anew. Histories have
-- clocks that go back, stretches sent again and snapshots of all kinds, but one source: none.
CREATE FUNCTION oracle.source_resets() RETURNS TABLE (line text) LANGUAGE sql STABLE AS $$
	WITH streamed AS MATERIALIZED (
		SELECT topic, partition, "offset", (src ->> 'ts_us')::bigint AS time,
			((src ->> 'sequence')::jsonb ->> 0)::numeric AS commit
		FROM (SELECT topic, partition, "offset", value::jsonb -> 'source' AS src
			FROM oracle.message WHERE value IS NOT NULL OFFSET 0) m
		WHERE src ->> 'snapshot' = 'false'
	), before AS (
		SELECT *, max(commit) OVER w AS max_commit, max(time) OVER w AS max_time
		FROM streamed
		WINDOW w AS (PARTITION BY topic, partition ORDER BY "offset"
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
	)
	SELECT format('%s/%s offset %s: commit %s after %s, time %s after %s', topic, partition, "offset",
		commit, max_commit, time, max_time)
	FROM before WHERE commit < max_commit AND time > max_time
$$;
