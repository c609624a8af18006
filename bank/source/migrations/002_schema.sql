-- Schemas separate what is published (bank) from what serves the capture itself (bank_cdc).
CREATE SCHEMA bank AUTHORIZATION bank_owner;
COMMENT ON SCHEMA bank IS 'Business tables of the bank, third normal form; published but for derived tables';
CREATE SCHEMA bank_cdc AUTHORIZATION bank_owner;
COMMENT ON SCHEMA bank_cdc IS 'Tables that steer and check change capture';

SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TYPE bank.party_type AS ENUM ('person', 'organisation');
COMMENT ON TYPE bank.party_type IS 'Which subtype table holds the rest of a party';
CREATE TYPE bank.account_status AS ENUM ('active', 'frozen', 'closed');
COMMENT ON TYPE bank.account_status IS 'Frozen and closed accounts refuse postings';
CREATE TYPE bank.card_status AS ENUM ('issued', 'active', 'blocked', 'expired');
COMMENT ON TYPE bank.card_status IS 'Life of a payment card';
CREATE TYPE bank.transfer_kind AS ENUM
    ('opening', 'payment', 'card', 'salary', 'standing_order', 'cash', 'interest', 'reversal');
COMMENT ON TYPE bank.transfer_kind IS 'Business reason of a transfer';
CREATE TYPE bank.channel AS ENUM ('branch', 'web', 'mobile', 'terminal', 'batch');
COMMENT ON TYPE bank.channel IS 'Where an instruction entered the bank';
CREATE TYPE bank.entry_side AS ENUM ('debit', 'credit');
COMMENT ON TYPE bank.entry_side IS 'Debit takes from the account, credit adds to it';

-- Natural keys are numbered apart from surrogates: a corrected number takes a fresh one.
CREATE SEQUENCE bank.party_no_seq;
COMMENT ON SEQUENCE bank.party_no_seq IS 'Feeds party.party_no';
CREATE SEQUENCE bank.address_no_seq;
COMMENT ON SEQUENCE bank.address_no_seq IS 'Feeds address.address_no';
CREATE SEQUENCE bank.merchant_no_seq;
COMMENT ON SEQUENCE bank.merchant_no_seq IS 'Feeds merchant.merchant_no';
CREATE SEQUENCE bank.account_serial_seq MAXVALUE 9999999;
COMMENT ON SEQUENCE bank.account_serial_seq IS 'Last seven digits of an account number';
