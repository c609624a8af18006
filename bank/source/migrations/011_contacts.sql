-- A party has any number of addresses and contacts: what was one column each becomes a row each.
SET LOCAL ROLE bank_owner;
SET LOCAL search_path = pg_catalog;

CREATE TABLE bank.party_address (
    party_id     bigint NOT NULL REFERENCES bank.party ON DELETE CASCADE,
    address_id   bigint NOT NULL REFERENCES bank.address ON DELETE RESTRICT,
    -- text, not an enum: it is part of the key, and keys are compared and hashed as text
    address_type text   NOT NULL CHECK (address_type IN ('registered', 'residential', 'postal', 'work')),
    valid_from   date   NOT NULL DEFAULT CURRENT_DATE,
    valid_to     date   CHECK (valid_to >= valid_from),
    PRIMARY KEY (party_id, address_id, address_type)
);
CREATE INDEX party_address_address_id_idx ON bank.party_address (address_id);
-- Of each kind one is good at a time.
CREATE UNIQUE INDEX party_address_current_idx ON bank.party_address (party_id, address_type) WHERE valid_to IS NULL;
COMMENT ON TABLE bank.party_address IS 'Which address a party has for what: a relation, its key is what it relates';
COMMENT ON COLUMN bank.party_address.party_id IS 'The party';
COMMENT ON COLUMN bank.party_address.address_id IS 'The address';
COMMENT ON COLUMN bank.party_address.address_type IS 'registered, residential, postal or work; part of the key';
COMMENT ON COLUMN bank.party_address.valid_from IS 'First day';
COMMENT ON COLUMN bank.party_address.valid_to IS 'Last day; NULL while it holds, for one address of each type at most';

CREATE TABLE bank.contact (
    party_id     bigint   NOT NULL REFERENCES bank.party ON DELETE CASCADE,
    contact_type text     NOT NULL,
    ordinal      smallint NOT NULL CHECK (ordinal > 0),
    value        text     NOT NULL,
    verified_at  timestamptz,
    PRIMARY KEY (party_id, contact_type, ordinal),
    CHECK (CASE contact_type WHEN 'email' THEN value ~ '^[^@[:space:]]+@[^@[:space:]]+$'
                             WHEN 'phone' THEN value ~ '^\+[0-9]{7,15}$'
                             ELSE FALSE END)
);
COMMENT ON TABLE bank.contact IS 'How a party is reached; a part of the party, told apart by type and ordinal';
COMMENT ON COLUMN bank.contact.party_id IS 'The party';
COMMENT ON COLUMN bank.contact.contact_type IS 'email or phone';
COMMENT ON COLUMN bank.contact.ordinal IS 'From 1, which is tried first';
COMMENT ON COLUMN bank.contact.value IS 'E-mail address, or telephone number (E.164)';
COMMENT ON COLUMN bank.contact.verified_at IS 'When the customer last confirmed it; NULL before';

INSERT INTO bank.party_address (party_id, address_id, address_type, valid_from)
SELECT p.party_id, p.address_id, 'residential', p.customer_since FROM bank.party AS p WHERE p.address_id IS NOT NULL;
INSERT INTO bank.contact (party_id, contact_type, ordinal, value)
SELECT p.party_id, c.contact_type, 1, c.value
FROM bank.party AS p CROSS JOIN LATERAL (VALUES ('email', p.email), ('phone', p.phone)) AS c (contact_type, value)
WHERE c.value IS NOT NULL;
ALTER TABLE bank.party DROP COLUMN address_id, DROP COLUMN email, DROP COLUMN phone;
