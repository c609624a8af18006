-- A statement is its account's owners', whoever asks for it: one who may only look, or an attorney, has the own name in nobody else's statement.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION bank.owners(p_account bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT bank.may_see(p_account) THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT string_agg(coalesce(o.legal_name, concat_ws(' ', i.first_name, i.middle_name, i.last_name)), ', ' ORDER BY h.role <> 'owner', h.valid_from, h.party_id)
            FROM bank.account_holder AS h
            LEFT JOIN bank.person AS i ON i.party_id = h.party_id LEFT JOIN bank.organisation AS o ON o.party_id = h.party_id
            WHERE h.account_id = p_account AND h.role IN ('owner', 'co_owner')
              AND CURRENT_DATE BETWEEN h.valid_from AND coalesce(h.valid_to, 'infinity'));
END $$;
COMMENT ON FUNCTION bank.owners(bigint) IS
    'Names of whose an account is today, owners before co-owners, for whoever may see it; NULL if there are none, or for others';
REVOKE ALL ON FUNCTION bank.owners(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank.owners(bigint) TO bank_app;
