-- Roles are cluster-wide and outlive the database, so each is made only if it is missing. None has a password:
-- without one a role cannot log in over a password method, the safe default.
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

COMMENT ON ROLE bank_owner IS 'Owns every object of the bank; nobody logs in as it';
COMMENT ON ROLE bank_app IS 'The application: reads, writes business rows, posts through bank.transfer';
COMMENT ON ROLE bank_replication IS 'Change capture: logical replication, snapshots and signals';
COMMENT ON ROLE bank_monitor IS 'Monitoring: statistics views and the audit marker, no business rows';
