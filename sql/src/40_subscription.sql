-- Subscriptions: which topics of which Kafka feed which model, and how far they are.

CREATE FUNCTION datavault.kafka_validator(text[], oid) RETURNS void
    AS 'MODULE_PATHNAME', 'dv_kafka_validator' LANGUAGE C STRICT;
COMMENT ON FUNCTION datavault.kafka_validator(text[], oid) IS 'checks options of servers and user mappings of datavault_kafka';

CREATE FOREIGN DATA WRAPPER datavault_kafka VALIDATOR datavault.kafka_validator NO HANDLER;
COMMENT ON FOREIGN DATA WRAPPER datavault_kafka IS 'Kafka brokers that subscriptions of datavault read from';

CREATE TABLE datavault.subscription (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name <> '' AND octet_length(name) <= 63),
    owner oid NOT NULL,
    server text NOT NULL,
    model text NOT NULL,
    topics text[] NOT NULL CHECK (cardinality(topics) > 0 AND array_position(topics, NULL) IS NULL AND array_position(topics, '') IS NULL),
    enabled boolean NOT NULL DEFAULT true,
    on_error text NOT NULL DEFAULT 'reject' CHECK (on_error IN ('reject', 'stop')),
    batch_rows integer NOT NULL DEFAULT 10000 CHECK (batch_rows BETWEEN 1 AND 1000000),
    batch_bytes bigint NOT NULL DEFAULT 33554432 CHECK (batch_bytes BETWEEN 1 AND 1073741824),
    max_rejects_in_row integer NOT NULL DEFAULT 1000 CHECK (max_rejects_in_row >= 0),
    synchronous_commit boolean NOT NULL DEFAULT false,
    parent_max_age interval CHECK (parent_max_age > interval '0'),
    system_identifier numeric NOT NULL,
    database oid NOT NULL,
    generation bigint NOT NULL DEFAULT 0,
    state text,
    state_message text,
    stopped_topic text,
    stopped_partition integer,
    stopped_offset bigint,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE datavault.subscription IS 'what is consumed into which model; changed by the *_subscription functions only';
COMMENT ON COLUMN datavault.subscription.id IS 'identity';
COMMENT ON COLUMN datavault.subscription.name IS 'name, as the functions take it';
COMMENT ON COLUMN datavault.subscription.owner IS 'role as which the worker writes';
COMMENT ON COLUMN datavault.subscription.server IS 'foreign server of the brokers';
COMMENT ON COLUMN datavault.subscription.model IS 'name of the model that it feeds';
COMMENT ON COLUMN datavault.subscription.topics IS 'names of topics; * stands for any characters';
COMMENT ON COLUMN datavault.subscription.enabled IS 'whether a worker shall run';
COMMENT ON COLUMN datavault.subscription.on_error IS 'reject: keep the message aside and go on; stop: stop at the first';
COMMENT ON COLUMN datavault.subscription.batch_rows IS 'messages that one transaction takes at most';
COMMENT ON COLUMN datavault.subscription.batch_bytes IS 'bytes of messages that one transaction takes at most';
COMMENT ON COLUMN datavault.subscription.max_rejects_in_row IS 'stop after so many rejects without a good message between them; 0 = never';
COMMENT ON COLUMN datavault.subscription.synchronous_commit IS 'whether commits wait for the disk';
COMMENT ON COLUMN datavault.subscription.parent_max_age IS 'a message that waits longer for a row it refers to becomes a reject; NULL = never';
COMMENT ON COLUMN datavault.subscription.system_identifier IS 'cluster that consumes; a restored copy does not until enabled';
COMMENT ON COLUMN datavault.subscription.database IS 'database that consumes; a copied one does not until enabled';
COMMENT ON COLUMN datavault.subscription.generation IS 'rises with each start of a worker and fences the one before';
COMMENT ON COLUMN datavault.subscription.state IS 'stopped, if it stopped by itself';
COMMENT ON COLUMN datavault.subscription.state_message IS 'why it stopped';
COMMENT ON COLUMN datavault.subscription.stopped_topic IS 'topic of the message in front of which it stopped';
COMMENT ON COLUMN datavault.subscription.stopped_partition IS 'partition of that message';
COMMENT ON COLUMN datavault.subscription.stopped_offset IS 'the message in front of which it stopped, if there is one: what skip_message() may pass';
COMMENT ON COLUMN datavault.subscription.created_at IS 'when it was created';

-- Appended and pruned, never updated: an old snapshot does not slow it.
CREATE TABLE datavault.offset (
    subscription_id integer NOT NULL REFERENCES datavault.subscription ON DELETE CASCADE,
    topic text NOT NULL,
    partition integer NOT NULL,
    seq bigint NOT NULL,
    generation bigint NOT NULL,
    next_offset bigint NOT NULL,
    last_offset bigint NOT NULL DEFAULT -1,
    last_timestamp bigint NOT NULL DEFAULT -1,
    last_crc bigint NOT NULL DEFAULT 0,
    max_commit pg_lsn NOT NULL DEFAULT '0/0',
    max_time bigint NOT NULL DEFAULT 0,
    connector text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (subscription_id, topic, partition, seq)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);
COMMENT ON TABLE datavault.offset IS 'position of each partition; the row with the greatest seq counts';
COMMENT ON COLUMN datavault.offset.subscription_id IS 'subscription';
COMMENT ON COLUMN datavault.offset.topic IS 'topic';
COMMENT ON COLUMN datavault.offset.partition IS 'partition of the topic';
COMMENT ON COLUMN datavault.offset.seq IS 'rises with each row of the partition';
COMMENT ON COLUMN datavault.offset.generation IS 'generation of the worker that wrote the row';
COMMENT ON COLUMN datavault.offset.next_offset IS 'offset of the next message; -1 = the first there is, -2 = the end as the worker finds it';
COMMENT ON COLUMN datavault.offset.last_offset IS 'offset of the last message applied; -1 = none';
COMMENT ON COLUMN datavault.offset.last_timestamp IS 'its timestamp, ms since 1970';
COMMENT ON COLUMN datavault.offset.last_crc IS 'CRC-32C of its value';
COMMENT ON COLUMN datavault.offset.max_commit IS 'greatest commit position of a streamed change; what comes later in time must not be below it';
COMMENT ON COLUMN datavault.offset.max_time IS 'greatest commit time of a streamed change, microseconds since 1970';
COMMENT ON COLUMN datavault.offset.connector IS 'connector whose changes these are';
COMMENT ON COLUMN datavault.offset.updated_at IS 'start of the transaction that wrote the row';

REVOKE ALL ON datavault.subscription, datavault.offset FROM PUBLIC;

CREATE TABLE datavault.position_change (
    model text NOT NULL,
    subscription text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    action text NOT NULL CHECK (action IN ('reset', 'skip')),
    old_offset bigint,
    new_offset bigint NOT NULL,
    reason text,
    changed_by name NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE datavault.position_change IS 'positions that somebody set, so that a gap in a vault can be explained; outlives the subscription';
COMMENT ON COLUMN datavault.position_change.model IS 'name of the model';
COMMENT ON COLUMN datavault.position_change.subscription IS 'name of the subscription';
COMMENT ON COLUMN datavault.position_change.topic IS 'topic';
COMMENT ON COLUMN datavault.position_change.partition IS 'partition of the topic';
COMMENT ON COLUMN datavault.position_change.action IS 'reset: by reset_offsets(); skip: by skip_message()';
COMMENT ON COLUMN datavault.position_change.old_offset IS 'offset of the message that would have been next; NULL = not known';
COMMENT ON COLUMN datavault.position_change.new_offset IS 'as offset.next_offset';
COMMENT ON COLUMN datavault.position_change.reason IS 'why the subscription had stopped';
COMMENT ON COLUMN datavault.position_change.changed_by IS 'role that did it';
COMMENT ON COLUMN datavault.position_change.changed_at IS 'start of the transaction that did it';
REVOKE ALL ON datavault.position_change FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('datavault.subscription', '');
SELECT pg_catalog.pg_extension_config_dump('datavault.subscription_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('datavault.offset', '');
SELECT pg_catalog.pg_extension_config_dump('datavault.position_change', '');

CREATE FUNCTION datavault.create_subscription(name text, server text, model text, topics text[],
        options jsonb DEFAULT '{}', enabled boolean DEFAULT true) RETURNS integer
    AS 'MODULE_PATHNAME', 'dv_create_subscription' LANGUAGE C VOLATILE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.create_subscription(text, text, text, text[], jsonb, boolean) IS
    'consume topics of a Kafka server into a model; options: on_error, batch_rows, batch_bytes, max_rejects_in_row, synchronous_commit, parent_max_age';

CREATE FUNCTION datavault.alter_subscription(name text, options jsonb) RETURNS void
    AS 'MODULE_PATHNAME', 'dv_alter_subscription' LANGUAGE C VOLATILE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.alter_subscription(text, jsonb) IS
    'change options of a subscription, also server, model, topics, name and owner';

CREATE FUNCTION datavault.enable_subscription(name text) RETURNS void
    AS 'MODULE_PATHNAME', 'dv_enable_subscription' LANGUAGE C VOLATILE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.enable_subscription(text) IS
    'start consuming, also in a restored or copied database';

CREATE FUNCTION datavault.disable_subscription(name text) RETURNS void
    AS 'MODULE_PATHNAME', 'dv_disable_subscription' LANGUAGE C VOLATILE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.disable_subscription(text) IS 'stop consuming; positions stay';

CREATE FUNCTION datavault.drop_subscription(name text) RETURNS void
    AS 'MODULE_PATHNAME', 'dv_drop_subscription' LANGUAGE C VOLATILE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.drop_subscription(text) IS 'forget a subscription and its positions; the vault stays';

CREATE FUNCTION datavault.reset_offsets(subscription text, target text, topic text DEFAULT NULL,
        "partition" integer DEFAULT NULL) RETURNS integer
    AS 'MODULE_PATHNAME', 'dv_reset_offsets' LANGUAGE C VOLATILE SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.reset_offsets(text, text, text, integer) IS
    'set the positions of a disabled subscription, all or those of a topic or partition, to ''earliest'', ''latest'' or an offset; returns how many';

CREATE FUNCTION datavault.skip_message(subscription text, topic text, "partition" integer, "offset" bigint) RETURNS void
    AS 'MODULE_PATHNAME', 'dv_skip_message' LANGUAGE C VOLATILE STRICT SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.skip_message(text, text, integer, bigint) IS
    'move a disabled subscription past the one message in front of which it stands';
