-- Roles are cluster-wide and outlive the database, so each is made only if it is missing.
SELECT format('CREATE ROLE %I %s', r.name, r.options)
FROM (VALUES
    ('bank_owner',       'NOLOGIN'),
    ('bank_app',         'LOGIN'),
    -- BYPASSRLS: under forced row security a snapshot would otherwise see no rows, silently.
    ('bank_replication', 'LOGIN REPLICATION BYPASSRLS'),
    ('bank_monitor',     'LOGIN IN ROLE pg_monitor')
) AS r (name, options)
WHERE NOT EXISTS (SELECT FROM pg_roles AS p WHERE p.rolname = r.name)
\gexec

-- A role without a password cannot log in over a password method: the safe default.
\if :{?app_password}
ALTER ROLE bank_app PASSWORD :'app_password';
\endif
\if :{?replication_password}
ALTER ROLE bank_replication PASSWORD :'replication_password';
\endif
\if :{?monitor_password}
ALTER ROLE bank_monitor PASSWORD :'monitor_password';
\endif

COMMENT ON ROLE bank_owner IS 'Owns every object of the bank; nobody logs in as it';
COMMENT ON ROLE bank_app IS 'The application: reads, writes business rows, posts through bank.transfer';
COMMENT ON ROLE bank_replication IS 'Change capture: logical replication, snapshots and signals';
COMMENT ON ROLE bank_monitor IS 'Monitoring: statistics views and the audit marker, no business rows';
