-- What the scratch cluster does for gonogo. Whatever a hostile server says about its schema is done as the guest, which can
-- make tables, types, indexes and views in the schemas that are its own, and nothing that has code of its own: no functions,
-- no temporary tables, no extensions. The owner calls nothing by a name or type that could be the guest's.
CREATE SCHEMA gonogo_scratch;
CREATE ROLE gonogo_guest LOGIN;
ALTER ROLE gonogo_guest SET statement_timeout = '10s';
ALTER ROLE gonogo_guest SET temp_file_limit = '256MB';
REVOKE ALL ON DATABASE postgres, template0, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO gonogo_guest;
REVOKE ALL ON LANGUAGE plpgsql, sql FROM PUBLIC;
GRANT USAGE ON SCHEMA gonogo_scratch TO gonogo_guest;
ALTER SCHEMA public OWNER TO gonogo_guest;

-- Writes sizes: number of the relation, pages, rows, visible pages.
CREATE FUNCTION gonogo_scratch.size(oids int8[], pages float8[], counted float8[], visible float8[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE pg_catalog.pg_class c SET relpages = g.pages::int8::int4, reltuples = g.counted::float4, relallvisible = g.visible::int8::int4
  FROM ROWS FROM (pg_catalog.unnest(oids), pg_catalog.unnest(pages), pg_catalog.unnest(counted), pg_catalog.unnest(visible))
    AS g(oid, pages, counted, visible) WHERE c.oid = g.oid::pg_catalog.oid
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

-- Types whose values can be read without running anything of the guest's: those of the system and of extensions, and enums.
CREATE VIEW gonogo_scratch.plain AS
SELECT y.oid AS type FROM pg_catalog.pg_type y WHERE y.typtype = 'e' OR y.typtype IN ('b', 'r', 'm') AND y.typowner = 10;

-- Writes statistics in the place of those that were there; gives how many could not be written. Values of a domain are
-- written as those of the type below, so that its conditions are not asked.
CREATE FUNCTION gonogo_scratch.learn(given json) RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
  failed int := 0;
BEGIN
  DELETE FROM pg_catalog.pg_statistic WHERE starelid IN (SELECT (e->>'relation')::pg_catalog.oid FROM pg_catalog.json_array_elements(given) e);
  FOR r IN
    SELECT s.*, a.attnum, a.attcollation, o.equal, o.less, eo.equal AS element_equal,
      CASE WHEN p.type IS NOT NULL OR y.typcategory = 'A' AND pe.type IS NOT NULL THEN y.oid END AS readable,
      CASE WHEN pe.type IS NOT NULL THEN pe.type ELSE p.type END AS readable_element
    FROM pg_catalog.json_to_recordset(given) AS s(relation int8, name text, inherited bool, null_frac float4, width float8, n_distinct float4,
      common text, common_shares float4[], bounds text, correlation float4, elements text, element_shares float4[])
    JOIN pg_catalog.pg_attribute a ON a.attrelid = s.relation::pg_catalog.oid AND a.attname = s.name AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_type y ON y.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
    LEFT JOIN gonogo_scratch.plain p ON p.type = y.oid
    LEFT JOIN gonogo_scratch.plain pe ON pe.type = y.typelem AND y.typelem <> 0
    LEFT JOIN gonogo_scratch.operators o ON o.type = y.oid
    LEFT JOIN gonogo_scratch.operators eo ON eo.type = y.typelem AND y.typelem <> 0
  LOOP
    BEGIN
      -- What cannot be read is not written; how many values there are still counts.
      IF r.readable IS NULL THEN
        r.common := NULL; r.common_shares := NULL; r.bounds := NULL;
      END IF;
      IF r.readable_element IS NULL THEN
        r.elements := NULL; r.element_shares := NULL;
      END IF;
      INSERT INTO pg_catalog.pg_statistic VALUES (r.relation::pg_catalog.oid, r.attnum, r.inherited, r.null_frac, r.width::int4, r.n_distinct,
        CASE WHEN r.common IS NOT NULL THEN 1 ELSE 0 END, CASE WHEN r.bounds IS NOT NULL THEN 2 ELSE 0 END,
        CASE WHEN r.correlation IS NOT NULL THEN 3 ELSE 0 END, CASE WHEN r.elements IS NOT NULL THEN 4 ELSE 0 END, 0,
        coalesce(r.equal, 0), coalesce(r.less, 0), coalesce(r.less, 0), coalesce(r.element_equal, 0), 0,
        r.attcollation, r.attcollation, r.attcollation, r.attcollation, 0,
        r.common_shares, NULL, CASE WHEN r.correlation IS NOT NULL THEN ARRAY[r.correlation] END,
        -- After the elements' shares come the smallest, the largest, and that of null.
        r.element_shares, NULL,
        CASE WHEN r.common IS NOT NULL THEN pg_catalog.array_in(r.common::pg_catalog.cstring, r.readable, -1) END,
        CASE WHEN r.bounds IS NOT NULL THEN pg_catalog.array_in(r.bounds::pg_catalog.cstring, r.readable, -1) END, NULL,
        CASE WHEN r.elements IS NOT NULL THEN pg_catalog.array_in(r.elements::pg_catalog.cstring, r.readable_element, -1) END, NULL);
      -- The planner reads a share for each value without counting.
      IF EXISTS (SELECT FROM pg_catalog.pg_statistic w WHERE w.starelid = r.relation::pg_catalog.oid AND w.staattnum = r.attnum
          AND w.stainherit = r.inherited AND w.stakind1 = 1
          AND pg_catalog.cardinality(w.stavalues1) IS DISTINCT FROM pg_catalog.cardinality(w.stanumbers1)) THEN
        RAISE SQLSTATE 'GONOG';
      END IF;
    EXCEPTION WHEN OTHERS THEN
      failed := failed + 1;
    END;
  END LOOP;
  RETURN failed;
END $$;

-- Lets the planner see those of the trials' indexes that are named, or hides them. It is the one thing that the guest does as
-- the owner: in a trial it is undone together with all else. Trials go on side by side, so that rows are locked in order.
CREATE FUNCTION gonogo_scratch.show(oids int8[], visible bool) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE pg_catalog.pg_index x SET indisvalid = visible FROM (
    SELECT i.indexrelid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indrelid
    WHERE i.indexrelid OPERATOR(pg_catalog.=) ANY (oids::pg_catalog.oid[])
      AND c.relowner OPERATOR(pg_catalog.=) 'gonogo_guest'::pg_catalog.regrole::pg_catalog.oid
    ORDER BY i.indexrelid USING OPERATOR(pg_catalog.<) FOR UPDATE OF i) o
  WHERE x.indexrelid OPERATOR(pg_catalog.=) o.indexrelid;
END $$;

-- What was made of indexes of these names, on partitions as well, the columns of each, and the name that it was made for.
CREATE FUNCTION gonogo_scratch.made(names text[])
RETURNS TABLE (made int8, made_name text, made_path text, made_on int8, made_method text, made_keys int4, made_columns text[],
  made_for text)
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE parts(name, oid) AS (
      SELECT c.relname::text, c.oid FROM pg_catalog.pg_class c WHERE c.relname = ANY (names) AND c.relkind IN ('i', 'I')
      UNION ALL SELECT m.name, i.inhrelid FROM parts m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid)
    SELECT c.oid::int8, c.relname::text, pg_catalog.pg_relation_filepath(c.oid), x.indrelid::int8, a.amname::text, x.indnkeyatts::int4,
      ARRAY(SELECT coalesce(t.attname::text, '') FROM pg_catalog.unnest(x.indkey) WITH ORDINALITY k(number, place)
            LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = x.indrelid AND t.attnum = k.number AND k.number > 0 ORDER BY k.place),
      m.name
    FROM parts m JOIN pg_catalog.pg_class c ON c.oid = m.oid JOIN pg_catalog.pg_index x ON x.indexrelid = c.oid
    JOIN pg_catalog.pg_am a ON a.oid = c.relam WHERE c.relkind = 'i'
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gonogo_scratch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gonogo_scratch.show TO gonogo_guest;
