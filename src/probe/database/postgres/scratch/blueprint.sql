-- What a copy of the relations that $1 names (in lower case) needs, with what they are made of: partitions, the tables
-- behind views. Only reads; search_path is empty, so that every name comes with its schema. Nothing is asked about a
-- relation that another session has locked, because writing out its definition would wait for that session.
WITH RECURSIVE rewrites AS MATERIALIZED (
  SELECT DISTINCT r.ev_class AS view, d.refobjid AS source FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> r.ev_class AND r.ev_class >= 16384
), wanted(oid) AS (
  SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE pg_catalog.lower(c.relname::text) = ANY ($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  UNION
  SELECT x.oid FROM wanted w CROSS JOIN LATERAL (
    SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = w.oid
    UNION ALL SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = w.oid
    UNION ALL SELECT r.source FROM rewrites r WHERE r.view = w.oid) x(oid)
), kept AS MATERIALIZED (
  SELECT oid FROM wanted ORDER BY oid LIMIT 3001
), locked AS MATERIALIZED (
  SELECT DISTINCT l.relation AS oid FROM pg_catalog.pg_locks l
  WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.relation IN (SELECT oid FROM kept)
), rel AS MATERIALIZED (
  SELECT c.*, n.nspname, c.oid IN (SELECT oid FROM locked) AS locked FROM pg_catalog.pg_class c
  JOIN kept USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
), ind AS MATERIALIZED (
  SELECT x.*, i.relname, i.relkind, i.relpages, i.reltuples, m.amname, r.nspname, k.oid AS constraint_oid, k.conname
  FROM pg_catalog.pg_index x JOIN rel r ON r.oid = x.indrelid AND NOT r.locked AND r.relkind IN ('r', 'p', 'm')
  JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_am m ON m.oid = i.relam
  LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x') AND k.conrelid = x.indrelid
  WHERE x.indisvalid AND x.indislive
)
SELECT pg_catalog.json_build_object(
  'relations', (SELECT pg_catalog.json_agg(t) FROM (
    SELECT oid::int8, nspname AS schema, relname AS name, relkind AS kind, locked, relpages AS pages,
      reltuples AS rows, relallvisible AS visible, relispartition AS is_partition,
      pg_catalog.array_to_string(reloptions, ', ') AS options,
      CASE WHEN NOT locked AND relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(oid) / 8192 END AS blocks,
      CASE WHEN relkind = 'p' AND NOT locked THEN pg_catalog.pg_get_partkeydef(oid) END AS partition_key,
      CASE WHEN relispartition AND NOT locked THEN pg_catalog.pg_get_expr(relpartbound, oid) END AS bound,
      CASE WHEN relkind = 'v' AND NOT EXISTS (SELECT FROM locked) THEN pg_catalog.pg_get_viewdef(oid) END AS definition,
      ARRAY(SELECT i.inhparent::int8 FROM pg_catalog.pg_inherits i WHERE i.inhrelid = rel.oid ORDER BY i.inhseqno) AS parents,
      ARRAY(SELECT r.source::int8 FROM rewrites r WHERE r.view = rel.oid AND relkind = 'v') AS sources,
      pg_catalog.has_any_column_privilege(oid, 'SELECT') AS readable,
      pg_catalog.row_security_active(oid) AS guarded,
      relkind IN ('r', 'm') AND relam <> (SELECT a.oid FROM pg_catalog.pg_am a WHERE a.amname = 'heap') AS odd
    FROM rel ORDER BY oid) t),
  'columns', (SELECT pg_catalog.json_agg(t) FROM (
    SELECT a.attrelid::int8 AS relation, a.attnum AS number, a.attname AS name,
      pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, b.typcategory AS category, b.typname AS base,
      b.typtype AS type_kind, a.attlen AS length, a.attalign AS alignment, a.attnotnull AS not_null,
      CASE WHEN a.attcollation NOT IN (0, y.typcollation)
        THEN pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) END AS collation,
      CASE WHEN a.attgenerated = 'v' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS computed
    FROM pg_catalog.pg_attribute a JOIN rel ON rel.oid = a.attrelid AND rel.relkind IN ('r', 'p', 'm')
    JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
    JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN y.typbasetype <> 0 THEN y.typbasetype ELSE y.oid END
    LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
    LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum) t),
  'types', (SELECT pg_catalog.json_agg(t) FROM (
    SELECT pg_catalog.format_type(y.oid, NULL) AS name, y.typtype AS kind,
      ARRAY(SELECT e.enumlabel FROM pg_catalog.pg_enum e WHERE e.enumtypid = y.oid ORDER BY e.enumsortorder) AS labels,
      CASE WHEN y.typtype = 'd' THEN pg_catalog.format_type(y.typbasetype, y.typtypmod) END AS base,
      ARRAY(SELECT pg_catalog.quote_ident(a.attname) || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS fields
    FROM pg_catalog.pg_type y JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = y.typrelid
    WHERE (y.typtype IN ('e', 'd') OR y.typtype = 'c' AND c.relkind = 'c')
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = y.oid AND d.deptype = 'e')
    ORDER BY y.oid LIMIT 2000) t),
  'indexes', (SELECT pg_catalog.json_agg(t) FROM (
    SELECT indexrelid::int8 AS oid, indrelid::int8 AS relation, nspname AS schema, relname AS name, amname AS method,
      relkind = 'I' AS partitioned, indisunique AS is_unique, relpages AS pages, reltuples AS rows,
      ARRAY(SELECT pg_catalog.unnest(indkey)::int4) AS keys, indnkeyatts AS leading, indpred IS NOT NULL AS partial,
      CASE WHEN constraint_oid IS NULL THEN pg_catalog.pg_get_indexdef(indexrelid)
        ELSE 'ADD CONSTRAINT ' || pg_catalog.quote_ident(conname) || ' ' || pg_catalog.pg_get_constraintdef(constraint_oid) END AS definition,
      constraint_oid IS NOT NULL AS is_constraint
    FROM ind ORDER BY indexrelid) t),
  'references', (SELECT pg_catalog.json_agg(t) FROM (
    SELECT k.conrelid::int8 AS relation, k.conkey::int4[] AS keys,
      CASE WHEN o.oid IS NOT NULL AND NOT o.locked
        THEN 'ADD CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid) END AS definition
    FROM pg_catalog.pg_constraint k JOIN rel ON rel.oid = k.conrelid AND NOT rel.locked LEFT JOIN rel o ON o.oid = k.confrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY k.oid) t),
  'checks', (SELECT pg_catalog.json_agg(t) FROM (
    SELECT k.conrelid::int8 AS relation,
      'ADD CONSTRAINT ' || pg_catalog.quote_ident(k.conname) || ' ' || pg_catalog.pg_get_constraintdef(k.oid) AS definition
    FROM pg_catalog.pg_constraint k JOIN rel ON rel.oid = k.conrelid AND NOT rel.locked AND NOT rel.relispartition
    WHERE k.contype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = rel.oid) ORDER BY k.oid) t),
  'statistics', (SELECT pg_catalog.json_agg(t) FROM (
    SELECT r.oid::int8 AS relation, s.attname AS name, s.inherited, s.null_frac, s.avg_width AS width, s.n_distinct,
      CASE WHEN pg_catalog.length(s.most_common_vals::text) < 30000 THEN s.most_common_vals::text END AS common, s.most_common_freqs AS common_shares,
      CASE WHEN pg_catalog.length(s.histogram_bounds::text) < 30000 THEN s.histogram_bounds::text END AS bounds, s.correlation,
      CASE WHEN pg_catalog.length(s.most_common_elems::text) < 30000 THEN s.most_common_elems::text END AS elements, s.most_common_elem_freqs AS element_shares
    FROM pg_catalog.pg_stats s JOIN (
      SELECT oid, nspname, relname FROM rel UNION ALL SELECT indexrelid, nspname, relname FROM ind) r
      ON r.nspname = s.schemaname AND r.relname = s.tablename) t),
  'schemas', (SELECT pg_catalog.json_agg(n.nspname) FROM pg_catalog.pg_namespace n
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'),
  'extensions', (SELECT pg_catalog.json_agg(t) FROM (
    SELECT e.extname AS name, n.nspname AS schema FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace) t),
  'settings', (SELECT pg_catalog.json_object_agg(s.name, pg_catalog.current_setting(s.name)) FROM pg_catalog.pg_settings s
    WHERE (s.category LIKE 'Query Tuning%' OR s.name IN ('work_mem', 'hash_mem_multiplier', 'max_parallel_workers_per_gather',
      'TimeZone', 'DateStyle', 'IntervalStyle')) AND s.name <> 'plan_cache_mode' AND s.context = 'user'),
  'search_path', (SELECT pg_catalog.replace(s.reset_val, '"$user"', pg_catalog.quote_ident(current_user)) FROM pg_catalog.pg_settings s WHERE s.name = 'search_path')
)::text
