-- Where a model's events come from: written by the workers.
CREATE TABLE datavault.feed (
    model_id  integer NOT NULL,
    source    text NOT NULL,
    connector text NOT NULL,
    allowed   boolean NOT NULL DEFAULT false,
    since     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model_id, source, connector)
);
COMMENT ON TABLE datavault.feed IS 'connectors whose events of a source table are taken: the first that sent one, and those of allow_connector()';
COMMENT ON COLUMN datavault.feed.model_id IS 'model';
COMMENT ON COLUMN datavault.feed.source IS 'source table as the model names it';
COMMENT ON COLUMN datavault.feed.connector IS 'source.name of the events, the connector''s topic.prefix';
COMMENT ON COLUMN datavault.feed.allowed IS 'by allow_connector(); else it was the first';
COMMENT ON COLUMN datavault.feed.since IS 'when it was seen or allowed first';
SELECT pg_catalog.pg_extension_config_dump('datavault.feed', '');

CREATE FUNCTION datavault.allow_connector(model text, connector text) RETURNS integer
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    n integer;
BEGIN
    INSERT INTO datavault.feed (model_id, source, connector, allowed)
    SELECT m.model_id, s.name, allow_connector.connector, true
    FROM datavault.model m, pg_catalog.jsonb_object_keys(m.document -> 'sources') s (name)
    WHERE m.name = allow_connector.model
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF NOT EXISTS (SELECT FROM datavault.model m WHERE m.name = allow_connector.model) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'undefined_object',
            MESSAGE = format('model "%s" does not exist', allow_connector.model),
            HINT = 'SELECT name FROM datavault.model lists the models.';
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION datavault.allow_connector(text, text) IS 'takes events of a connector as those of the same database as before, under a new name; returns how many source tables had not known it';
