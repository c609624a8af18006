-- The vault's hash keys beside the rows they stand for, for joins and audits in the source: made by the same function
-- as in the vault, so they are equal. As indexes on the expression, not as stored columns: README.md has the figures.
CREATE EXTENSION IF NOT EXISTS datavault;
CREATE SCHEMA bank_keys AUTHORIZATION bank_owner;
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;
COMMENT ON SCHEMA bank_keys IS 'The vault''s hash key of each business key';

CREATE UNIQUE INDEX address_hk_idx ON bank.address (datavault.hash_key(address_no));
CREATE UNIQUE INDEX merchant_hk_idx ON bank.merchant (datavault.hash_key(merchant_no));
CREATE UNIQUE INDEX party_hk_idx ON bank.party (datavault.hash_key(party_no));
CREATE UNIQUE INDEX account_hk_idx ON bank.account (datavault.hash_key(account_no));
CREATE UNIQUE INDEX card_hk_idx ON bank.card (datavault.hash_key(pan_token));
CREATE UNIQUE INDEX loan_hk_idx ON bank.loan (datavault.hash_key(contract_no));
CREATE UNIQUE INDEX standing_order_hk_idx ON bank.standing_order (datavault.hash_key(order_no));
-- Not on transfer: an index entry in each posting costs more than hashing a row when it is asked for (0.5 us).

CREATE VIEW bank_keys.currency WITH (security_invoker = TRUE) AS
    SELECT t.currency_code, datavault.hash_key(t.currency_code) AS currency_hk FROM bank.currency AS t;
COMMENT ON VIEW bank_keys.currency IS 'Key of each row of bank.currency in the vault';
COMMENT ON COLUMN bank_keys.currency.currency_code IS 'Its business key';
COMMENT ON COLUMN bank_keys.currency.currency_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.category WITH (security_invoker = TRUE) AS
    SELECT t.category_id, t.mcc, datavault.hash_key(t.mcc) AS category_hk FROM bank.category AS t;
COMMENT ON VIEW bank_keys.category IS 'Key of each row of bank.category in the vault';
COMMENT ON COLUMN bank_keys.category.category_id IS 'The row';
COMMENT ON COLUMN bank_keys.category.mcc IS 'Its business key';
COMMENT ON COLUMN bank_keys.category.category_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.product WITH (security_invoker = TRUE) AS
    SELECT t.product_id, t.product_code, datavault.hash_key(t.product_code) AS product_hk FROM bank.product AS t;
COMMENT ON VIEW bank_keys.product IS 'Key of each row of bank.product in the vault';
COMMENT ON COLUMN bank_keys.product.product_id IS 'The row';
COMMENT ON COLUMN bank_keys.product.product_code IS 'Its business key';
COMMENT ON COLUMN bank_keys.product.product_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.address WITH (security_invoker = TRUE) AS
    SELECT t.address_id, t.address_no, datavault.hash_key(t.address_no) AS address_hk FROM bank.address AS t;
COMMENT ON VIEW bank_keys.address IS 'Key of each row of bank.address in the vault';
COMMENT ON COLUMN bank_keys.address.address_id IS 'The row';
COMMENT ON COLUMN bank_keys.address.address_no IS 'Its business key';
COMMENT ON COLUMN bank_keys.address.address_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.branch WITH (security_invoker = TRUE) AS
    SELECT t.branch_id, t.bic, datavault.hash_key(t.bic) AS branch_hk FROM bank.branch AS t;
COMMENT ON VIEW bank_keys.branch IS 'Key of each row of bank.branch in the vault';
COMMENT ON COLUMN bank_keys.branch.branch_id IS 'The row';
COMMENT ON COLUMN bank_keys.branch.bic IS 'Its business key';
COMMENT ON COLUMN bank_keys.branch.branch_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.merchant WITH (security_invoker = TRUE) AS
    SELECT t.merchant_id, t.merchant_no, datavault.hash_key(t.merchant_no) AS merchant_hk FROM bank.merchant AS t;
COMMENT ON VIEW bank_keys.merchant IS 'Key of each row of bank.merchant in the vault';
COMMENT ON COLUMN bank_keys.merchant.merchant_id IS 'The row';
COMMENT ON COLUMN bank_keys.merchant.merchant_no IS 'Its business key';
COMMENT ON COLUMN bank_keys.merchant.merchant_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.party WITH (security_invoker = TRUE) AS
    SELECT t.party_id, t.party_no, datavault.hash_key(t.party_no) AS party_hk FROM bank.party AS t;
COMMENT ON VIEW bank_keys.party IS 'Key of each row of bank.party in the vault';
COMMENT ON COLUMN bank_keys.party.party_id IS 'The row';
COMMENT ON COLUMN bank_keys.party.party_no IS 'Its business key';
COMMENT ON COLUMN bank_keys.party.party_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.account WITH (security_invoker = TRUE) AS
    SELECT t.account_id, t.account_no, datavault.hash_key(t.account_no) AS account_hk FROM bank.account AS t;
COMMENT ON VIEW bank_keys.account IS 'Key of each row of bank.account in the vault';
COMMENT ON COLUMN bank_keys.account.account_id IS 'The row';
COMMENT ON COLUMN bank_keys.account.account_no IS 'Its business key';
COMMENT ON COLUMN bank_keys.account.account_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.card WITH (security_invoker = TRUE) AS
    SELECT t.card_id, t.pan_token, datavault.hash_key(t.pan_token) AS card_hk FROM bank.card AS t;
COMMENT ON VIEW bank_keys.card IS 'Key of each row of bank.card in the vault';
COMMENT ON COLUMN bank_keys.card.card_id IS 'The row';
COMMENT ON COLUMN bank_keys.card.pan_token IS 'Its business key';
COMMENT ON COLUMN bank_keys.card.card_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.loan WITH (security_invoker = TRUE) AS
    SELECT t.loan_id, t.contract_no, datavault.hash_key(t.contract_no) AS loan_hk FROM bank.loan AS t;
COMMENT ON VIEW bank_keys.loan IS 'Key of each row of bank.loan in the vault';
COMMENT ON COLUMN bank_keys.loan.loan_id IS 'The row';
COMMENT ON COLUMN bank_keys.loan.contract_no IS 'Its business key';
COMMENT ON COLUMN bank_keys.loan.loan_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.standing_order WITH (security_invoker = TRUE) AS
    SELECT t.standing_order_id, t.order_no, datavault.hash_key(t.order_no) AS standing_order_hk FROM bank.standing_order AS t;
COMMENT ON VIEW bank_keys.standing_order IS 'Key of each row of bank.standing_order in the vault';
COMMENT ON COLUMN bank_keys.standing_order.standing_order_id IS 'The row';
COMMENT ON COLUMN bank_keys.standing_order.order_no IS 'Its business key';
COMMENT ON COLUMN bank_keys.standing_order.standing_order_hk IS 'The hub''s hash key';
CREATE VIEW bank_keys.transfer WITH (security_invoker = TRUE) AS
    SELECT t.transfer_id, t.transfer_uuid, datavault.hash_key(t.transfer_uuid) AS transfer_hk FROM bank.transfer AS t;
COMMENT ON VIEW bank_keys.transfer IS 'Key of each row of bank.transfer in the vault';
COMMENT ON COLUMN bank_keys.transfer.transfer_id IS 'The row';
COMMENT ON COLUMN bank_keys.transfer.transfer_uuid IS 'Its business key';
COMMENT ON COLUMN bank_keys.transfer.transfer_hk IS 'The hub''s hash key';

GRANT USAGE ON SCHEMA bank_keys TO bank_core, bank_replication, bank_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA bank_keys TO bank_core, bank_replication, bank_analyst;
-- a card's token is not for analysts
REVOKE ALL ON bank_keys.card FROM bank_analyst;
