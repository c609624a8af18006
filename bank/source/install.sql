-- Installs the bank's source database; run by a superuser in an empty database:
--   psql -v ON_ERROR_STOP=1 -d bank -f install.sql
-- Passwords are optional psql variables (see README.md) and are never kept here.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
\ir 01_roles.sql
BEGIN;
\ir 02_schema.sql
\ir 03_reference.sql
\ir 04_party.sql
\ir 05_account.sql
\ir 06_ledger.sql
\ir 07_functions.sql
\ir 08_cdc.sql
\ir 09_privileges.sql
\ir 10_publication.sql
COMMIT;
RESET client_min_messages;
