/** What an attacked database holds, and the queries that see what became of it. */

export const SCHEMA = `
  DROP SCHEMA IF EXISTS public CASCADE; DROP SCHEMA IF EXISTS loot CASCADE; CREATE SCHEMA public;
  GRANT USAGE ON SCHEMA public TO PUBLIC;
  CREATE TABLE secret (id int PRIMARY KEY, word text);
  INSERT INTO secret VALUES (1, 'one'), (2, 'two'), (3, 'three');
  CREATE TABLE tree (id int, parent int, name text);
  INSERT INTO tree VALUES (1, NULL, 'root'), (2, 1, 'leaf');
  CREATE SEQUENCE counter;
  CREATE VIEW words AS SELECT word FROM secret;
  CREATE MATERIALIZED VIEW many AS SELECT count(*) AS n FROM secret;
  CREATE TYPE mood AS ENUM ('glad', 'sad');
  CREATE DOMAIN short AS text CHECK (length(VALUE) < 9);
  CREATE FUNCTION sneaky_insert() RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO secret VALUES (9, 'x') ON CONFLICT DO NOTHING; RETURN 1; END $$;
  CREATE FUNCTION sneaky_mode() RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN PERFORM set_config('transaction_read_only', 'off', false);
       INSERT INTO secret VALUES (9, 'x'); RETURN 1; END $$;
  CREATE FUNCTION sneaky_run(sql text) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN EXECUTE sql; RETURN 1; END $$;
  CREATE PROCEDURE sneaky_commit() LANGUAGE plpgsql AS
    $$ BEGIN COMMIT; DELETE FROM secret; COMMIT; END $$;
  CREATE FUNCTION sneaky_row(secret) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM secret; RETURN 1; END $$;
  CREATE FUNCTION sneaky_add(int, int) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM secret; RETURN 1; END $$;
  CREATE OPERATOR <+> (LEFTARG = int, RIGHTARG = int, FUNCTION = sneaky_add);
  CREATE FUNCTION sneaky_check(text) RETURNS bool LANGUAGE plpgsql AS
    $$ BEGIN DELETE FROM secret; RETURN true; END $$;
  CREATE DOMAIN sneaky AS text CHECK (sneaky_check(VALUE));
  CREATE AGGREGATE sneaky_sum(int) (SFUNC = sneaky_add, STYPE = int, INITCOND = '0');
  SELECT lo_from_bytea(7777, 'large object');
`;

/** Cleans up what lies outside the schema; each may or may not be there. */
export const CLEAN = `
  SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
  SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database() OR slot_name = 'evil_' || current_database();
  SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE roname = 'evil_' || current_database();
  DROP EXTENSION IF EXISTS citext CASCADE;
  DROP PUBLICATION IF EXISTS evil;
  DROP EVENT TRIGGER IF EXISTS evil;
  DROP LANGUAGE IF EXISTS evil;
  DROP CAST IF EXISTS (text AS mood);
  CREATE EXTENSION IF NOT EXISTS hstore SCHEMA ext;
  ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC;
`;

/**
 * One line for each thing that an attack might change. Only what belongs to this database. `$1` is the
 * name of a session that an attack might end. With `own`, locks of the asking session count too.
 */
export const look = ({
  own = false,
} = {}): string => `SELECT string_agg(line, E'\\n' ORDER BY line) AS state FROM (
  SELECT 'class ' || concat_ws(' ', relnamespace::regnamespace, relname, relkind, relowner::regrole, relacl, reloptions,
      relfilenode, reltuples, relpages, relrowsecurity, relpersistence, obj_description(oid, 'pg_class')) AS line
    FROM pg_class WHERE relnamespace::regnamespace::text !~ '^(pg_catalog|information_schema|pg_toast|ext)$'
  UNION ALL SELECT 'column ' || concat_ws(' ', attrelid::regclass, attname, atttypid::regtype, attnotnull, attacl,
      col_description(attrelid, attnum), (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef d WHERE d.adrelid = attrelid AND d.adnum = attnum))
    FROM pg_attribute WHERE attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
  UNION ALL SELECT 'row ' || s FROM secret s UNION ALL SELECT 'row ' || t FROM tree t
  UNION ALL SELECT 'row ' || m FROM many m
  UNION ALL SELECT 'sequence ' || last_value || is_called FROM counter
  UNION ALL SELECT 'function ' || oid::regprocedure || md5(prosrc) || prosecdef || coalesce(proacl::text, '') FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT 'type ' || oid::regtype || typowner::regrole FROM pg_type WHERE oid >= 16384
  UNION ALL SELECT 'enum ' || enumtypid::regtype || enumlabel FROM pg_enum WHERE oid >= 16384
  UNION ALL SELECT 'schema ' || nspname || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
  UNION ALL SELECT 'extension ' || concat_ws(' ', extname, extversion, extnamespace::regnamespace) FROM pg_extension
  UNION ALL SELECT 'constraint ' || conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger UNION ALL SELECT 'policy ' || polname FROM pg_policy
  UNION ALL SELECT 'rule ' || rulename || ev_class::regclass FROM pg_rewrite WHERE oid >= 16384
  UNION ALL SELECT 'operator ' || oid::regoperator FROM pg_operator WHERE oid >= 16384
  UNION ALL SELECT 'cast ' || castsource::regtype || casttarget::regtype FROM pg_cast WHERE oid >= 16384
  UNION ALL SELECT 'statistics ' || stxname FROM pg_statistic_ext
  UNION ALL SELECT 'values ' || count(*) FROM pg_statistic WHERE starelid >= 16384
  UNION ALL SELECT 'language ' || lanname FROM pg_language UNION ALL SELECT 'publication ' || pubname FROM pg_publication
  UNION ALL SELECT 'event ' || evtname FROM pg_event_trigger UNION ALL SELECT 'server ' || srvname || srvoptions::text FROM pg_foreign_server
  UNION ALL SELECT 'default ' || defaclacl::text FROM pg_default_acl
  UNION ALL SELECT 'collation ' || collname FROM pg_collation WHERE oid >= 16384
  UNION ALL SELECT 'text search ' || cfgname FROM pg_ts_config WHERE oid >= 16384
  UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots WHERE slot_name = 'evil_' || current_database()
  UNION ALL SELECT 'origin ' || roname FROM pg_replication_origin WHERE roname = 'evil_' || current_database()
  UNION ALL SELECT 'object ' || loid || md5(string_agg(data, '' ORDER BY pageno)) FROM pg_largeobject GROUP BY loid
  UNION ALL SELECT 'object ' || oid || coalesce(lomacl::text, '') FROM pg_largeobject_metadata
  UNION ALL SELECT 'role ' || rolname || rolsuper FROM pg_authid WHERE rolname = 'evil_' || current_database()
  UNION ALL SELECT 'database ' || datname FROM pg_database WHERE datname = 'evil_' || current_database()
  UNION ALL SELECT 'setting ' || setdatabase || setconfig::text FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
  UNION ALL SELECT 'lock ' || concat_ws(' ', locktype, relation::regclass, classid, objid, mode) FROM pg_locks
    WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND granted ${own ? "" : "AND pid <> pg_backend_pid()"}
      AND mode NOT IN ('AccessShareLock') AND locktype IN ('relation', 'advisory', 'object', 'page', 'tuple')
  UNION ALL SELECT 'victim ' || count(*) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()
) lines`;
