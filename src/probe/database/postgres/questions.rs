//! The questions themselves: each is one row of one JSON value. Everything is read from the system's catalogues and
//! statistics, none of it from the user's tables. Names are written with their schema, so that nothing of the user's is
//! called.

/// Version, and how this connection came in.
pub const ABOUT: &str = "SELECT pg_catalog.jsonb_build_object( \
    'version', pg_catalog.current_setting('server_version_num')::int4, \
    'supabase', EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'supabase_admin'), \
    'encrypted', (SELECT s.ssl FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_catalog.pg_backend_pid()))";

/// `reset_val` is what the session began with: server, database, role and address together, our own limits aside.
pub const SETTINGS: &str = "SELECT pg_catalog.jsonb_object_agg(s.name, s.reset_val) || pg_catalog.jsonb_build_object( \
      'extension.pg_stat_statements', \
      CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_stat_statements') THEN 'on' ELSE 'off' END) \
    FROM pg_catalog.pg_settings s WHERE s.name = ANY($1)";

/// Who asks.
pub const ROLE: &str = "SELECT pg_catalog.jsonb_build_object( \
    'name', r.rolname, 'superuser', r.rolsuper, 'bypasses_row_security', r.rolbypassrls) \
    FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

/// Indexes that are not valid; those whose table is being worked on may be in the making.
pub const BROKEN_INDEXES: &str = "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
      'schema', n.nspname, 'table', t.relname, 'name', c.relname, 'is_unique', x.indisunique, \
      'partitioned', c.relkind = 'I', \
      'being_made', EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = x.indrelid AND l.granted \
         AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'AccessExclusiveLock'))) \
      ORDER BY n.nspname, t.relname, c.relname), '[]') \
    FROM pg_catalog.pg_index x \
    JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid \
    JOIN pg_catalog.pg_class t ON t.oid = x.indrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
    WHERE NOT (x.indisvalid AND x.indisready AND x.indislive) AND n.nspname !~ '^pg_'";

/// Constraints that were added as NOT VALID. Version 18 has some that are not meant to hold at all (`conenforced`).
pub const UNVALIDATED: &str = "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
      'schema', n.nspname, 'table', t.relname, 'name', k.conname, 'foreign_key', k.contype = 'f') \
      ORDER BY n.nspname, t.relname, k.conname), '[]') \
    FROM pg_catalog.pg_constraint k \
    JOIN pg_catalog.pg_class t ON t.oid = k.conrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
    WHERE NOT k.convalidated AND k.contype IN ('f', 'c', 'n') AND k.conparentid = 0 \
      AND coalesce(pg_catalog.to_jsonb(k) ->> 'conenforced', 'true') = 'true'";

/// A crash empties the statistics without saying so before version 15, so they are as old as the server's last start at
/// most.
pub const INDEX_USE: &str = "SELECT pg_catalog.jsonb_build_object( \
    'since', greatest(coalesce(extract(epoch FROM d.stats_reset), 0), extract(epoch FROM pg_catalog.pg_postmaster_start_time())), \
    'replicas', pg_catalog.pg_is_in_recovery() OR EXISTS (SELECT FROM pg_catalog.pg_stat_replication), \
    'indexes', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
        'schema', i.schemaname, 'table', i.relname, 'name', i.indexrelname, 'scans', i.idx_scan, \
        'table_scans', coalesce(t.seq_scan, 0) + coalesce(t.idx_scan, 0), \
        'writes', t.n_tup_ins + t.n_tup_upd + t.n_tup_del, \
        'bytes', coalesce(pg_catalog.pg_relation_size(i.indexrelid), 0)) \
        ORDER BY i.schemaname, i.relname, i.indexrelname), '[]') \
      FROM pg_catalog.pg_stat_user_indexes i \
      JOIN pg_catalog.pg_stat_user_tables t ON t.relid = i.relid \
      JOIN pg_catalog.pg_index x ON x.indexrelid = i.indexrelid \
      WHERE x.indisvalid AND NOT x.indisunique AND NOT x.indisexclusion AND NOT x.indisreplident)) \
    FROM pg_catalog.pg_stat_database d WHERE d.datname = pg_catalog.current_database()";

/// Sequences that count up, with the column that they fill: the one that owns them, or one whose default they are.
pub const SEQUENCES: &str = "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
      'name', n.nspname || '.' || c.relname, 'column', t.relname || '.' || a.attname, \
      'column_type', CASE WHEN a.atttypid IN (20, 21, 23) THEN pg_catalog.format_type(a.atttypid, NULL) END, \
      'last', CASE WHEN may.read THEN pg_catalog.pg_sequence_last_value(c.oid) END, \
      'most', least(s.seqmax, CASE a.atttypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE s.seqmax END), \
      'cycles', s.seqcycle, 'hidden', NOT may.read) ORDER BY n.nspname, c.relname), '[]') \
    FROM pg_catalog.pg_sequence s \
    JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    CROSS JOIN LATERAL (SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
      AND pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE') AS read) may \
    LEFT JOIN LATERAL ( \
      SELECT d.refobjid AS relid, d.refobjsubid AS number, 0 AS rank FROM pg_catalog.pg_depend d \
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 \
      UNION ALL SELECT f.adrelid, f.adnum, 1 FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid \
      WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.refobjid = c.oid ORDER BY rank LIMIT 1) fills ON true \
    LEFT JOIN pg_catalog.pg_class t ON t.oid = fills.relid \
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = fills.relid AND a.attnum = fills.number \
    WHERE s.seqincrement > 0 AND n.nspname !~ '^pg_' \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass \
                      AND d.objid = c.oid AND d.deptype = 'e')";

/// How many connections are left for ordinary roles, and how many are open in all databases.
pub const CONNECTIONS: &str = "SELECT pg_catalog.jsonb_build_object( \
    'room', greatest(0, least( \
      pg_catalog.current_setting('max_connections')::int4 \
        - pg_catalog.current_setting('superuser_reserved_connections')::int4 \
        - coalesce(pg_catalog.current_setting('reserved_connections', true)::int4, 0), \
      (SELECT nullif(r.rolconnlimit, -1) FROM pg_catalog.pg_roles r WHERE r.rolname = current_user), \
      (SELECT nullif(d.datconnlimit, -1) FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))), \
    'used', (SELECT coalesce(pg_catalog.sum(b.numbackends), 0) FROM pg_catalog.pg_stat_database b WHERE b.datid <> 0))";

/// Open transactions. What a session does is shown to its own role and to members of pg_read_all_stats only; others
/// have no state.
pub const TRANSACTIONS: &str = "SELECT pg_catalog.jsonb_build_object( \
    'open', (SELECT coalesce(pg_catalog.jsonb_agg(o.one ORDER BY o.seconds DESC), '[]') FROM ( \
      SELECT extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) AS seconds, pg_catalog.jsonb_build_object( \
        'seconds', extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start), \
        'idle', a.state LIKE 'idle in transaction%', 'prepared', false, 'client', a.application_name) AS one \
      FROM pg_catalog.pg_stat_activity a \
      WHERE a.backend_type = 'client backend' AND a.xact_start IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid() \
      UNION ALL SELECT extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared), pg_catalog.jsonb_build_object( \
        'seconds', extract(epoch FROM pg_catalog.clock_timestamp() - p.prepared), \
        'idle', true, 'prepared', true, 'client', '') \
      FROM pg_catalog.pg_prepared_xacts p WHERE p.database = pg_catalog.current_database()) o), \
    'hidden', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a \
      WHERE a.datid IS NOT NULL AND a.usesysid IS NOT NULL AND a.backend_type IS NULL))";

/// How old each database's oldest transaction number is.
pub const AGES: &str = "SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
      'name', d.datname, 'age', pg_catalog.age(d.datfrozenxid), \
      'freeze_at', pg_catalog.current_setting('autovacuum_freeze_max_age')::int8) ORDER BY d.datname) \
    FROM pg_catalog.pg_database d WHERE d.datallowconn";

/// What updates and deletes have left behind, beside the number at which it is cleared away by itself.
pub const VACUUM: &str = "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
      'schema', t.schemaname, 'table', t.relname, 'live', t.n_live_tup, 'dead', t.n_dead_tup, \
      'due_at', coalesce(o.threshold, pg_catalog.current_setting('autovacuum_vacuum_threshold')::float8) \
        + coalesce(o.factor, pg_catalog.current_setting('autovacuum_vacuum_scale_factor')::float8) * greatest(c.reltuples, 0), \
      'off', coalesce(o.off, false), \
      'cleared_ago', extract(epoch FROM pg_catalog.clock_timestamp() - greatest(t.last_vacuum, t.last_autovacuum))) \
      ORDER BY t.n_dead_tup DESC), '[]') \
    FROM pg_catalog.pg_stat_user_tables t \
    JOIN pg_catalog.pg_class c ON c.oid = t.relid \
    LEFT JOIN LATERAL (SELECT \
        pg_catalog.max(CASE WHEN option_name = 'autovacuum_vacuum_threshold' THEN option_value::float8 END) AS threshold, \
        pg_catalog.max(CASE WHEN option_name = 'autovacuum_vacuum_scale_factor' THEN option_value::float8 END) AS factor, \
        pg_catalog.bool_or(option_name = 'autovacuum_enabled' AND NOT option_value::bool) AS off \
      FROM pg_catalog.pg_options_to_table(c.reloptions)) o ON true";

/// Whether changes are copied away, and whether that works.
pub const ARCHIVING: &str = "SELECT pg_catalog.jsonb_build_object( \
    'on', pg_catalog.current_setting('archive_mode') <> 'off', \
    'worked_ago', extract(epoch FROM pg_catalog.clock_timestamp() - a.last_archived_time), \
    'failed_ago', extract(epoch FROM pg_catalog.clock_timestamp() - a.last_failed_time)) \
    FROM pg_catalog.pg_stat_archiver a";

/// Functions that run with their owner's rights. One whose body was read when it was made (`prosqlbody`, version 14)
/// looks nothing up when it is called.
pub const DEFINER_FUNCTIONS: &str = "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
      'schema', n.nspname, \
      'name', p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')', \
      'fixed_path', EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) s WHERE s LIKE 'search_path=%') \
        OR pg_catalog.to_jsonb(p) ->> 'prosqlbody' IS NOT NULL, \
      'exposed', n.nspname = 'public' AND p.prorettype <> 'pg_catalog.trigger'::regtype \
        AND EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname IN ('anon', 'authenticated') \
          AND pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE'))) ORDER BY n.nspname, p.proname, p.oid), '[]') \
    FROM pg_catalog.pg_proc p \
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
    WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass \
                      AND d.objid = p.oid AND d.deptype = 'e') \
      AND NOT (n.nspname = ANY(ARRAY['auth', 'cron', 'extensions', 'graphql', 'graphql_public', 'net', 'pgbouncer', 'pgmq', \
                 'pgsodium', 'pgsodium_masks', 'pgtle', 'realtime', '_realtime', 'storage', 'supabase_functions', 'vault']) \
               AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'supabase_admin'))";

/// Whether an API in PostgREST's way lets browsers in.
pub const HAS_API_ROLES: &str = "SELECT pg_catalog.to_jsonb(pg_catalog.count(*) = 2) FROM pg_catalog.pg_roles \
    WHERE rolname IN ('anon', 'authenticated')";

/// Tables, policies and views of the schemas that the API shows. Those are set on PostgREST's own role
/// (`pgrst.db_schemas`), for this database or for all of the server's; without that it shows `public`.
pub const ROW_SECURITY: &str = "WITH RECURSIVE shown AS ( \
      SELECT DISTINCT pg_catalog.btrim(part.name) AS name FROM ( \
        SELECT coalesce((SELECT pg_catalog.split_part(s, '=', 2) FROM pg_catalog.pg_db_role_setting d \
          JOIN pg_catalog.pg_roles r ON r.oid = d.setrole AND r.rolname = 'authenticator', pg_catalog.unnest(d.setconfig) s \
          WHERE s LIKE 'pgrst.db_schemas=%' AND d.setdatabase IN \
            (0, (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())) ORDER BY d.setdatabase DESC LIMIT 1), 'public') AS list) given, \
        pg_catalog.unnest(pg_catalog.string_to_array(given.list, ',')) part(name)), \
    reached AS ( \
      SELECT c.oid, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.reloptions, n.nspname \
      FROM pg_catalog.pg_class c \
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
      JOIN shown ON shown.name = n.nspname \
      WHERE c.relkind IN ('r', 'p', 'v', 'm') \
        AND (pg_catalog.has_schema_privilege('anon', n.oid, 'USAGE') OR pg_catalog.has_schema_privilege('authenticated', n.oid, 'USAGE')) \
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass \
                        AND d.objid = c.oid AND d.deptype = 'e')), \
    behind(view, oid) AS ( \
      SELECT c.oid, d.refobjid FROM reached c \
        JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid \
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid \
          AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> c.oid \
        WHERE c.relkind IN ('v', 'm') \
      UNION SELECT b.view, d.refobjid FROM behind b \
        JOIN pg_catalog.pg_rewrite w ON w.ev_class = b.oid \
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid \
          AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> b.oid) \
    SELECT pg_catalog.jsonb_build_object( \
    'tables', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
        'schema', c.nspname, 'table', c.relname, 'guarded', c.relrowsecurity, \
        'anon_reads', pg_catalog.has_any_column_privilege('anon', c.oid, 'SELECT'), \
        'anon_writes', pg_catalog.has_any_column_privilege('anon', c.oid, 'INSERT, UPDATE') \
          OR pg_catalog.has_table_privilege('anon', c.oid, 'DELETE'), \
        'user_reads', pg_catalog.has_any_column_privilege('authenticated', c.oid, 'SELECT'), \
        'user_writes', pg_catalog.has_any_column_privilege('authenticated', c.oid, 'INSERT, UPDATE') \
          OR pg_catalog.has_table_privilege('authenticated', c.oid, 'DELETE'), \
        'columns', (SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a \
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) ORDER BY c.nspname, c.relname), '[]') \
      FROM reached c WHERE c.relkind IN ('r', 'p')), \
    'policies', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
        'schema', c.nspname, 'table', c.relname, 'name', p.polname, 'command', p.polcmd, 'permissive', p.polpermissive, \
        'for_anon', EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) r WHERE r = 0 OR pg_catalog.pg_has_role('anon', r, 'USAGE')), \
        'for_users', EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) r WHERE r = 0 OR pg_catalog.pg_has_role('authenticated', r, 'USAGE')), \
        'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) \
        ORDER BY c.nspname, c.relname, p.polname), '[]') \
      FROM pg_catalog.pg_policy p JOIN reached c ON c.oid = p.polrelid), \
    'views', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object( \
        'schema', v.nspname, 'name', v.relname, 'materialized', v.relkind = 'm', \
        'anon', pg_catalog.has_any_column_privilege('anon', v.oid, 'SELECT'), \
        'goes_around', (SELECT coalesce(pg_catalog.jsonb_agg(DISTINCT n.nspname || '.' || t.relname), '[]') FROM behind b \
          JOIN pg_catalog.pg_class t ON t.oid = b.oid JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
          WHERE b.view = v.oid AND t.relkind IN ('r', 'p') \
            AND (n.nspname || '.' || t.relname = 'auth.users' OR t.relrowsecurity \
              AND (o.rolsuper OR o.rolbypassrls OR t.relowner = v.relowner AND NOT t.relforcerowsecurity) \
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive \
                AND p.polcmd IN ('r', '*') AND pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true' \
                AND EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) r WHERE r = 0 OR pg_catalog.pg_has_role('anon', r, 'USAGE')))))) \
        ORDER BY v.nspname, v.relname), '[]') \
      FROM reached v JOIN pg_catalog.pg_roles o ON o.oid = v.relowner \
      WHERE v.relkind IN ('v', 'm') \
        AND NOT coalesce(pg_catalog.lower(v.reloptions::text)::text[], '{}') && ARRAY['security_invoker=1', \
          'security_invoker=true', 'security_invoker=yes', 'security_invoker=on'] \
        AND (pg_catalog.has_any_column_privilege('anon', v.oid, 'SELECT') \
          OR pg_catalog.has_any_column_privilege('authenticated', v.oid, 'SELECT'))))";
