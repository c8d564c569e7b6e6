-- What the scratch cluster does for gonogo. Where a function acts as the owner it can only write sizes and statistics.
CREATE SCHEMA gonogo_scratch;
CREATE ROLE gonogo_guest LOGIN;
GRANT CREATE ON DATABASE postgres TO gonogo_guest;
GRANT USAGE ON SCHEMA gonogo_scratch TO gonogo_guest;
ALTER SCHEMA public OWNER TO gonogo_guest;

-- Runs statements, each by itself; gives the places of those that failed.
CREATE FUNCTION gonogo_scratch.attempt(statements text[]) RETURNS TABLE (place int, code text) LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. coalesce(pg_catalog.array_length(statements, 1), 0) LOOP
    BEGIN
      EXECUTE statements[i];
    EXCEPTION WHEN OTHERS THEN
      place := i; code := SQLSTATE;
      RETURN NEXT;
    END;
  END LOOP;
END $$;

-- Plans of statements, made with these settings; nothing is executed.
CREATE FUNCTION gonogo_scratch.plans(prepares text[], explains text[], names text[], settings text[])
RETURNS TABLE (place int, plan text, code text, message text) LANGUAGE plpgsql AS $$
DECLARE
  answer json;
BEGIN
  PERFORM pg_catalog.set_config(s.name, s.setting, true) FROM unnest(names, settings) AS s(name, setting);
  FOR i IN 1 .. coalesce(pg_catalog.array_length(prepares, 1), 0) LOOP
    place := i; plan := NULL; code := NULL; message := NULL;
    BEGIN
      EXECUTE prepares[i];
      EXECUTE explains[i] INTO answer;
      plan := answer::text;
    EXCEPTION WHEN OTHERS THEN
      code := SQLSTATE; message := SQLERRM;
    END;
    IF EXISTS (SELECT FROM pg_catalog.pg_prepared_statements p WHERE p.name = 'gonogo_query') THEN
      DEALLOCATE gonogo_query;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;

-- Writes sizes: number of the relation, pages, rows, visible pages.
CREATE FUNCTION gonogo_scratch.size(oids int8[], pages float8[], counted float8[], visible float8[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE pg_class c SET relpages = g.pages::int8::int4, reltuples = g.counted::float4, relallvisible = g.visible::int8::int4
  FROM unnest(oids, pages, counted, visible) AS g(oid, pages, counted, visible) WHERE c.oid = g.oid::oid
$$;

-- Equality and order of every type, as ANALYZE notes them beside what it finds.
CREATE VIEW gonogo_scratch.operators AS
SELECT y.oid AS type, e.amopopr AS equal, l.amopopr AS less
FROM pg_catalog.pg_type y
LEFT JOIN pg_catalog.pg_type b ON b.oid = y.typbasetype
CROSS JOIN LATERAL (SELECT coalesce(b.oid, y.oid) AS oid, coalesce(b.typtype, y.typtype) AS kind,
  coalesce(b.typcategory, y.typcategory) AS category) t
JOIN pg_catalog.pg_opclass c ON c.opcmethod = 403 AND c.opcdefault AND c.opcintype = CASE
  WHEN t.oid = 'pg_catalog.varchar'::regtype THEN 'pg_catalog.text'::regtype
  WHEN t.oid = 'pg_catalog.cidr'::regtype THEN 'pg_catalog.inet'::regtype
  WHEN t.kind = 'e' THEN 'pg_catalog.anyenum'::regtype
  WHEN t.kind = 'r' THEN 'pg_catalog.anyrange'::regtype
  WHEN t.kind = 'c' THEN 'pg_catalog.record'::regtype
  WHEN t.category = 'A' THEN 'pg_catalog.anyarray'::regtype
  ELSE t.oid END
JOIN pg_catalog.pg_amop e ON e.amopfamily = c.opcfamily AND e.amopstrategy = 3 AND e.amoplefttype = c.opcintype AND e.amoprighttype = c.opcintype
JOIN pg_catalog.pg_amop l ON l.amopfamily = c.opcfamily AND l.amopstrategy = 1 AND l.amoplefttype = c.opcintype AND l.amoprighttype = c.opcintype;

-- Writes statistics in the place of those that were there; gives how many could not be written.
CREATE FUNCTION gonogo_scratch.learn(given json) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  r record;
  failed int := 0;
BEGIN
  DELETE FROM pg_statistic WHERE starelid IN (SELECT (e->>'relation')::oid FROM json_array_elements(given) e);
  FOR r IN
    SELECT s.*, a.attnum, a.atttypid, a.attcollation, y.typelem, o.equal, o.less, eo.equal AS element_equal
    FROM json_to_recordset(given) AS s(relation int8, name text, inherited bool, null_frac float4, width float8, n_distinct float4,
      common text, common_shares float4[], bounds text, correlation float4, elements text, element_shares float4[])
    JOIN pg_attribute a ON a.attrelid = s.relation::oid AND a.attname = s.name AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN gonogo_scratch.operators o ON o.type = y.oid
    LEFT JOIN gonogo_scratch.operators eo ON eo.type = y.typelem AND y.typelem <> 0
  LOOP
    BEGIN
      INSERT INTO pg_statistic VALUES (r.relation::oid, r.attnum, r.inherited, r.null_frac, r.width::int4, r.n_distinct,
        CASE WHEN r.common IS NOT NULL THEN 1 ELSE 0 END, CASE WHEN r.bounds IS NOT NULL THEN 2 ELSE 0 END,
        CASE WHEN r.correlation IS NOT NULL THEN 3 ELSE 0 END, CASE WHEN r.elements IS NOT NULL THEN 4 ELSE 0 END, 0,
        coalesce(r.equal, 0), coalesce(r.less, 0), coalesce(r.less, 0), coalesce(r.element_equal, 0), 0,
        r.attcollation, r.attcollation, r.attcollation, r.attcollation, 0,
        r.common_shares, NULL, CASE WHEN r.correlation IS NOT NULL THEN ARRAY[r.correlation] END,
        -- After the elements' shares come the smallest, the largest, and that of null.
        r.element_shares, NULL,
        array_in(r.common::cstring, r.atttypid, -1), array_in(r.bounds::cstring, r.atttypid, -1), NULL,
        array_in(r.elements::cstring, coalesce(nullif(r.typelem, 0), r.atttypid), -1), NULL);
    EXCEPTION WHEN OTHERS THEN
      failed := failed + 1;
    END;
  END LOOP;
  RETURN failed;
END $$;

-- Lets the planner see those of the trials' indexes that are named, or hides them.
CREATE FUNCTION gonogo_scratch.show(oids int8[], visible bool) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  UPDATE pg_index x SET indisvalid = visible FROM pg_class c
  WHERE x.indexrelid = ANY (oids::oid[]) AND c.oid = x.indrelid AND pg_get_userbyid(c.relowner) = 'gonogo_guest'
$$;

-- Makes an index and hides it; tells what was made, on partitions as well, and the columns of each.
CREATE FUNCTION gonogo_scratch.make(statement text, name text)
RETURNS TABLE (made int8, made_name text, made_path text, made_on int8, made_method text, made_keys int4, made_columns text[]) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN QUERY
    WITH RECURSIVE parts(oid) AS (
      SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname = name AND c.relkind IN ('i', 'I')
      UNION ALL SELECT i.inhrelid FROM parts m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid)
    SELECT c.oid::int8, c.relname::text, pg_catalog.pg_relation_filepath(c.oid), x.indrelid::int8, a.amname::text, x.indnkeyatts::int4,
      ARRAY(SELECT coalesce(t.attname::text, '') FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY k(number, place)
            LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = x.indrelid AND t.attnum = k.number AND k.number > 0 ORDER BY k.place)
    FROM parts m JOIN pg_catalog.pg_class c ON c.oid = m.oid JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
    JOIN pg_catalog.pg_am a ON a.oid = c.relam WHERE c.relkind = 'i';
END $$;

-- The plan of a statement with these indexes; nothing of it stays.
CREATE FUNCTION gonogo_scratch.trial(shown int8[], prepare text, explain text, names text[], settings text[])
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer json;
BEGIN
  PERFORM pg_catalog.set_config(s.name, s.setting, true) FROM unnest(names, settings) AS s(name, setting);
  BEGIN
    PERFORM gonogo_scratch.show(shown, true);
    EXECUTE prepare;
    EXECUTE explain INTO answer;
    RAISE SQLSTATE 'GONOG';
  EXCEPTION
    WHEN SQLSTATE 'GONOG' THEN NULL;
    WHEN OTHERS THEN answer := NULL;
  END;
  IF EXISTS (SELECT FROM pg_catalog.pg_prepared_statements p WHERE p.name = 'gonogo_query') THEN
    DEALLOCATE gonogo_query;
  END IF;
  RETURN answer::text;
END $$;
