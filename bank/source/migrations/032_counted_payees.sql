-- Refusals tell whether there is an account of a number, and take back with them what was counted: they are counted by themselves.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE FUNCTION bank_online.count_payee() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN bank_online.count_try('payee ' || bank_online.acting_user(), 60, '1 hour');
END $$;
COMMENT ON FUNCTION bank_online.count_payee() IS
    'Counts as asking for a payee what bank.pay(), bank.check_payment(), bank_online.add_beneficiary() or bank.make_standing_order() refused, '
    'in a transaction of its own before the refusal is told: NULL, or the seconds for which it must not be. BK010 if nobody is signed in';
REVOKE ALL ON FUNCTION bank_online.count_payee() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bank_online.count_payee() TO bank_app;
