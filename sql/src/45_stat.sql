-- Statistics: what the workers are doing. Everybody sees the subscriptions of
-- roles that he is a member of; members of pg_monitor see all.

CREATE FUNCTION datavault.worker_stat(OUT subscription_id integer, OUT pid integer, OUT state text,
        OUT message text, OUT since timestamptz, OUT started_at timestamptz, OUT generation bigint,
        OUT starts bigint, OUT messages bigint, OUT row_events bigint, OUT skipped bigint,
        OUT unmapped bigint, OUT repeated bigint, OUT unchanged bigint, OUT rejected bigint,
        OUT parked bigint, OUT retried bigint, OUT batches bigint, OUT rate double precision,
        OUT newest_source_time timestamptz, OUT last_batch timestamptz, OUT last_batch_messages bigint,
        OUT lag bigint)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'dv_worker_stat' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION datavault.worker_stat() IS 'workers of this database, from shared memory';

CREATE FUNCTION datavault.partition_stat(OUT subscription_id integer, OUT topic text,
        OUT partition integer, OUT next_offset bigint, OUT high_watermark bigint)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'dv_partition_stat' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION datavault.partition_stat() IS 'partitions of running workers, from shared memory: of each subscription datavault.max_partitions at most';

CREATE FUNCTION datavault.entity_stat(OUT subscription_id integer, OUT entity text, OUT rows bigint)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'dv_entity_stat' LANGUAGE C VOLATILE STRICT;
COMMENT ON FUNCTION datavault.entity_stat() IS 'rows that running workers inserted, from shared memory';

CREATE VIEW datavault.stat_partition WITH (security_barrier) AS
SELECT s.name AS subscription, coalesce(p.topic, o.topic) AS topic,
       coalesce(p.partition, o.partition) AS partition,
       coalesce(p.next_offset, o.next_offset) AS next_offset,
       p.high_watermark,
       CASE WHEN p.high_watermark IS NOT NULL
            THEN greatest(p.high_watermark - coalesce(p.next_offset, o.next_offset, 0), 0) END AS lag,
       o.updated_at
FROM (SELECT DISTINCT ON (subscription_id, topic, partition) subscription_id, topic, partition,
             CASE WHEN next_offset >= 0 THEN next_offset END AS next_offset, updated_at
      FROM datavault.offset
      ORDER BY subscription_id, topic, partition, seq DESC) o
FULL JOIN datavault.partition_stat() p USING (subscription_id, topic, partition)
JOIN datavault.subscription s ON s.id = subscription_id
WHERE pg_has_role(s.owner, 'USAGE') OR pg_has_role('pg_monitor', 'USAGE');
COMMENT ON VIEW datavault.stat_partition IS 'position, end and lag of each partition';

CREATE VIEW datavault.position_changes WITH (security_barrier) AS
SELECT c.*
FROM datavault.position_change c LEFT JOIN datavault.subscription s ON s.name = c.subscription
WHERE pg_has_role(s.owner, 'USAGE') OR c.changed_by = current_user OR pg_has_role('pg_monitor', 'USAGE');
COMMENT ON VIEW datavault.position_changes IS 'positions set by reset_offsets() and skip_message()';
COMMENT ON COLUMN datavault.position_changes.model IS 'name of the model';
COMMENT ON COLUMN datavault.position_changes.subscription IS 'name of the subscription';
COMMENT ON COLUMN datavault.position_changes.topic IS 'topic';
COMMENT ON COLUMN datavault.position_changes.partition IS 'partition of the topic';
COMMENT ON COLUMN datavault.position_changes.action IS 'reset: by reset_offsets(); skip: by skip_message()';
COMMENT ON COLUMN datavault.position_changes.old_offset IS 'offset of the message that would have been next; NULL = not known';
COMMENT ON COLUMN datavault.position_changes.new_offset IS 'offset of the next message; -1 = the first there is, -2 = the end as the worker finds it';
COMMENT ON COLUMN datavault.position_changes.reason IS 'why the subscription had stopped';
COMMENT ON COLUMN datavault.position_changes.changed_by IS 'role that did it';
COMMENT ON COLUMN datavault.position_changes.changed_at IS 'start of the transaction that did it';

CREATE VIEW datavault.stat_entity WITH (security_barrier) AS
SELECT s.name AS subscription, s.model, e.entity, e.rows
FROM datavault.entity_stat() e JOIN datavault.subscription s ON s.id = e.subscription_id
WHERE pg_has_role(s.owner, 'USAGE') OR pg_has_role('pg_monitor', 'USAGE');
COMMENT ON VIEW datavault.stat_entity IS 'rows inserted per hub, link and satellite since the worker started';
COMMENT ON COLUMN datavault.stat_entity.subscription IS 'name of the subscription';
COMMENT ON COLUMN datavault.stat_entity.model IS 'name of the model';
COMMENT ON COLUMN datavault.stat_entity.entity IS 'hub, link or satellite';
COMMENT ON COLUMN datavault.stat_entity.rows IS 'rows that the running worker inserted';

CREATE VIEW datavault.stat_subscription WITH (security_barrier) AS
SELECT s.name, s.model,
       CASE WHEN w.pid IS NOT NULL OR (s.enabled AND w.subscription_id IS NOT NULL) THEN w.state
            WHEN s.enabled AND (s.system_identifier, s.database) IS DISTINCT FROM
                 ((SELECT system_identifier::numeric + CASE WHEN system_identifier < 0 THEN 18446744073709551616 ELSE 0 END
                   FROM pg_control_system()),
                  (SELECT oid FROM pg_database WHERE datname = current_database())) THEN 'foreign'
            WHEN s.enabled THEN 'waiting'
            ELSE coalesce(s.state, 'disabled') END AS state,
       CASE WHEN s.state IS NOT NULL THEN s.state_message ELSE w.message END AS message,
       w.pid, w.since, w.started_at, w.starts,
       w.messages, w.row_events AS rows, w.rate, w.skipped, w.unmapped, w.repeated, w.unchanged,
       (SELECT count(*) FROM datavault.held h JOIN datavault.model m USING (model_id)
         WHERE m.name = s.model AND h.reason = 'rejected') AS rejects,
       (SELECT count(*) FROM datavault.held h JOIN datavault.model m USING (model_id)
         WHERE m.name = s.model AND h.reason <> 'rejected') AS parked,
       w.newest_source_time,
       CASE WHEN w.pid IS NOT NULL THEN w.lag END AS lag, w.batches, w.last_batch, w.last_batch_messages
FROM datavault.subscription s
LEFT JOIN datavault.worker_stat() w ON w.subscription_id = s.id
WHERE pg_has_role(s.owner, 'USAGE') OR pg_has_role('pg_monitor', 'USAGE');
COMMENT ON VIEW datavault.stat_subscription IS 'state, rates, lag and freshness of each subscription';

COMMENT ON COLUMN datavault.stat_subscription.name IS 'name of the subscription';
COMMENT ON COLUMN datavault.stat_subscription.model IS 'name of the model that it feeds';
COMMENT ON COLUMN datavault.stat_subscription.state IS 'disabled, waiting (for a worker), starting, connecting, streaming, idle, backoff, stopped, fenced, failed; foreign: enabled in another cluster or database';
COMMENT ON COLUMN datavault.stat_subscription.message IS 'why it is in this state, if there is something to say';
COMMENT ON COLUMN datavault.stat_subscription.pid IS 'process of the worker; NULL = none runs';
COMMENT ON COLUMN datavault.stat_subscription.since IS 'when it entered this state';
COMMENT ON COLUMN datavault.stat_subscription.started_at IS 'when the running worker was started';
COMMENT ON COLUMN datavault.stat_subscription.starts IS 'how often a process was started for it';
COMMENT ON COLUMN datavault.stat_subscription.messages IS 'messages taken and settled, whatever became of them';
COMMENT ON COLUMN datavault.stat_subscription.rows IS 'messages that are events of a source row of the model';
COMMENT ON COLUMN datavault.stat_subscription.rate IS 'messages a second';
COMMENT ON COLUMN datavault.stat_subscription.skipped IS 'messages without a row: tombstones, heartbeats, transaction metadata';
COMMENT ON COLUMN datavault.stat_subscription.unmapped IS 'events of tables that the model does not have';
COMMENT ON COLUMN datavault.stat_subscription.repeated IS 'events that their row had seen before';
COMMENT ON COLUMN datavault.stat_subscription.unchanged IS 'events that differ in nothing from the version before';
COMMENT ON COLUMN datavault.stat_subscription.rejects IS 'messages of the model that are held as faulty now';
COMMENT ON COLUMN datavault.stat_subscription.parked IS 'messages of the model that wait for others now';
COMMENT ON COLUMN datavault.stat_subscription.newest_source_time IS 'when the source committed the newest change applied';
COMMENT ON COLUMN datavault.stat_subscription.lag IS 'messages in Kafka that are not in the vault; NULL = not known';
COMMENT ON COLUMN datavault.stat_subscription.batches IS 'transactions';
COMMENT ON COLUMN datavault.stat_subscription.last_batch IS 'when the last one committed';
COMMENT ON COLUMN datavault.stat_subscription.last_batch_messages IS 'how many messages it took';
COMMENT ON COLUMN datavault.stat_partition.subscription IS 'name of the subscription';
COMMENT ON COLUMN datavault.stat_partition.topic IS 'topic';
COMMENT ON COLUMN datavault.stat_partition.partition IS 'partition of the topic';
COMMENT ON COLUMN datavault.stat_partition.next_offset IS 'the message that comes next';
COMMENT ON COLUMN datavault.stat_partition.high_watermark IS 'the partition''s end; NULL = not known';
COMMENT ON COLUMN datavault.stat_partition.lag IS 'messages between them; NULL = not known';
COMMENT ON COLUMN datavault.stat_partition.updated_at IS 'when the position was written last';

GRANT USAGE ON SCHEMA datavault TO PUBLIC;
GRANT SELECT ON datavault.stat_subscription, datavault.stat_partition, datavault.stat_entity,
    datavault.position_changes TO PUBLIC;
