-- Models: what the tables of a vault are, and how source tables load them.
CREATE TABLE datavault.model (
    model_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    document jsonb NOT NULL,
    version integer NOT NULL DEFAULT 1,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE datavault.model IS 'models as they were applied; written by apply_model() and drop_model()';
COMMENT ON COLUMN datavault.model.model_id IS 'identity, also of the model''s lock';
COMMENT ON COLUMN datavault.model.name IS 'name in the document';
COMMENT ON COLUMN datavault.model.document IS 'the document as given';
COMMENT ON COLUMN datavault.model.version IS 'counts the changes; workers read the model again when it moves';
COMMENT ON COLUMN datavault.model.applied_at IS 'when this version was applied';
SELECT pg_catalog.pg_extension_config_dump('datavault.model', '');
SELECT pg_catalog.pg_extension_config_dump('datavault.model_model_id_seq', '');

CREATE FUNCTION datavault.check_model(document jsonb) RETURNS boolean
    AS 'MODULE_PATHNAME', 'dv_check_model' LANGUAGE C STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.check_model(jsonb) IS 'true, or an error that says where and why the document is no model';

-- The Makefile puts doc/model.schema.json in place of the line with the @s.
CREATE FUNCTION datavault.model_schema() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $function$SELECT $schema$
@MODEL_SCHEMA@
$schema$::jsonb$function$;
COMMENT ON FUNCTION datavault.model_schema() IS 'JSON Schema of a model document (draft 2020-12)';

CREATE FUNCTION datavault.plan_model(document jsonb) RETURNS SETOF text
    AS 'MODULE_PATHNAME', 'dv_plan_model' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.plan_model(jsonb) IS 'the statements that apply_model() would execute';

CREATE FUNCTION datavault.apply_model(document jsonb) RETURNS text
    AS 'MODULE_PATHNAME', 'dv_apply_model' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.apply_model(jsonb) IS 'makes or extends the tables and views of a model and stores the document';

CREATE FUNCTION datavault.export_model(name text) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    document jsonb;
BEGIN
    SELECT m.document INTO document FROM datavault.model m WHERE m.name = export_model.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'undefined_object',
            MESSAGE = format('model "%s" does not exist', CASE WHEN length(name) > 60 THEN left(name, 60) || '...' ELSE name END),
            HINT = CASE WHEN name ~ '^\s*\{' THEN 'This is a document, not the name of a model: cast it, ...::jsonb.'
                        ELSE 'datavault.model lists the models; apply_model() makes them.' END;
    END IF;
    RETURN document;
END $$;
COMMENT ON FUNCTION datavault.export_model(text) IS 'the document of a model as it was applied';

CREATE FUNCTION datavault.drop_model(name text, drop_data boolean DEFAULT false) RETURNS void
    AS 'MODULE_PATHNAME', 'dv_drop_model' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp;
COMMENT ON FUNCTION datavault.drop_model(text, boolean) IS 'forgets a model and drops its views; with drop_data its tables as well';
