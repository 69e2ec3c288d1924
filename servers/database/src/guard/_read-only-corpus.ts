/**
 * Statements against the fixture of `read-only.test.ts`: table `secret`, sequence `counter`, and the
 * functions `sneaky_insert()`, `sneaky_mode()` and the procedure `sneaky_commit()`, which write.
 */

/** Each must be refused, and leave data and schema as they were. */
export const attacks: readonly string[] = [
  // several statements at once
  "COMMIT; DROP TABLE secret",
  "SELECT 1; DROP TABLE secret",
  "SELECT 1;; DELETE FROM secret",
  "-- harmless\nCOMMIT; INSERT INTO secret VALUES (9, 'x')",
  "/* a /* nested */ comment */ ROLLBACK; UPDATE secret SET word = 'x'",
  "SELECT $$;$$; TRUNCATE secret",
  "SELECT 1\0; DROP TABLE secret",
  "SELECT 1;\nSET TRANSACTION READ WRITE;\nDELETE FROM secret",
  // transaction control and settings
  "COMMIT",
  "ROLLBACK",
  "BEGIN",
  "SAVEPOINT a",
  "SET TRANSACTION READ WRITE",
  "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
  "SET default_transaction_read_only = off",
  "RESET ALL",
  "DISCARD ALL",
  "SET ROLE postgres",
  "SELECT set_config('transaction_read_only', 'off', false)",
  "SELECT pg_catalog.set_config('search_path', 'evil', false)",
  // plain writes
  "INSERT INTO secret VALUES (9, 'x') RETURNING id",
  "UPDATE secret SET word = 'x'",
  "DELETE FROM secret",
  "MERGE INTO secret USING (SELECT 1 AS id) s ON secret.id = s.id WHEN MATCHED THEN DELETE",
  "TRUNCATE secret",
  "DROP TABLE secret",
  "ALTER TABLE secret ADD COLUMN extra int",
  "CREATE TABLE loot AS SELECT * FROM secret",
  "CREATE TEMP TABLE loot (id int)",
  "CREATE EXTENSION dblink",
  "COMMENT ON TABLE secret IS 'x'",
  "GRANT ALL ON secret TO public",
  "VACUUM secret",
  "ANALYZE secret",
  "REINDEX TABLE secret",
  "LOCK TABLE secret",
  "LISTEN channel",
  "NOTIFY channel, 'x'",
  // writes inside a read
  "WITH gone AS (DELETE FROM secret RETURNING *) SELECT * FROM gone",
  "WITH RECURSIVE gone AS (INSERT INTO secret VALUES (9, 'x') RETURNING id) TABLE gone",
  "SELECT * FROM (WITH gone AS (UPDATE secret SET word = 'x' RETURNING 1) SELECT * FROM gone) s",
  "SELECT * INTO loot FROM secret",
  "SELECT * FROM secret FOR UPDATE",
  "SELECT * FROM (SELECT * FROM secret FOR SHARE) s",
  "EXPLAIN ANALYZE DELETE FROM secret",
  "EXPLAIN (ANALYZE true, FORMAT json) INSERT INTO secret VALUES (9, 'x')",
  "EXPLAIN CREATE TABLE loot AS SELECT 1",
  "EXPLAIN ANALYZE SELECT set_config('a.b', 'c', false)",
  // code and prepared statements
  "DO $$ BEGIN DELETE FROM secret; END $$",
  "CALL sneaky_commit()",
  "PREPARE p AS DELETE FROM secret",
  "EXECUTE p",
  "DEALLOCATE ALL",
  "DECLARE c CURSOR FOR SELECT 1",
  "FETCH ALL FROM trestle_page",
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  // files and programs
  "COPY secret TO PROGRAM 'cat > /tmp/loot'",
  "COPY secret FROM PROGRAM 'echo 9,x'",
  "COPY (SELECT * FROM secret) TO '/tmp/loot'",
  "COPY secret TO STDOUT",
  "SELECT pg_read_file('PG_VERSION')",
  "SELECT PG_CATALOG.\"pg_read_file\"('PG_VERSION')",
  "SELECT pg_read_binary_file('PG_VERSION')",
  "SELECT * FROM pg_ls_dir('.')",
  "SELECT * FROM ROWS FROM (pg_ls_waldir())",
  "SELECT (pg_stat_file('PG_VERSION')).size",
  "SELECT ('PG_VERSION'::text).pg_read_file",
  "SELECT t.pg_read_file FROM concat('PG_VERSION') t",
  "SELECT lo_import('/etc/passwd')",
  "SELECT lo_create(0)",
  "LOAD 'plpgsql'",
  // effects outside the tables
  "SELECT nextval('counter')",
  "SELECT setval('counter', 99)",
  "SELECT ('counter'::regclass).nextval",
  "SELECT pg_terminate_backend(pg_backend_pid())",
  "SELECT pg_cancel_backend(1)",
  "SELECT pg_advisory_lock(1)",
  "SELECT pg_try_advisory_xact_lock(1)",
  "SELECT pg_notify('channel', 'x')",
  "SELECT pg_logical_emit_message(true, 'x', 'y')",
  "SELECT pg_stat_reset()",
  "SELECT pg_switch_wal()",
  "SELECT pg_reload_conf()",
  "SELECT count(*) FROM secret WHERE pg_notify('channel', word) IS NULL",
  "SELECT dblink_exec('dbname=postgres', 'DROP TABLE secret')",
  // SQL as text, and stored code
  "SELECT query_to_xml('SELECT pg_notify(''a'', ''b'')', true, true, '')",
  "SELECT * FROM ts_stat('SELECT to_tsvector(word) FROM secret')",
  "SELECT sneaky_insert()",
  "SELECT sneaky_mode()",
  "SELECT * FROM secret WHERE id = sneaky_insert()",
  "EXPLAIN ANALYZE SELECT sneaky_insert()",
  "VALUES (sneaky_mode())",
  // credentials
  "SELECT rolpassword FROM pg_authid",
  "SELECT * FROM pg_catalog.pg_shadow",
  "TABLE pg_subscription",
];

/** Each must answer. */
export const reads: readonly string[] = [
  "SELECT 1",
  "SELECT 1;",
  "  -- a comment first\n SELECT 'a;b' AS text /* and after */",
  "TABLE secret",
  "VALUES (1, 'a'), (2, NULL)",
  "SELECT * FROM secret ORDER BY id LIMIT 1 OFFSET 1",
  "SELECT id, row_number() OVER (PARTITION BY word ORDER BY id) FROM secret",
  "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id) FROM secret",
  "SELECT word, count(*) FILTER (WHERE id > 1) FROM secret GROUP BY ROLLUP (word)",
  "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT * FROM n",
  "WITH a AS MATERIALIZED (SELECT * FROM secret) SELECT * FROM a JOIN secret USING (id)",
  "SELECT '{\"a\": [1, {\"b\": 2}]}'::jsonb #> '{a,1,b}'",
  "SELECT * FROM jsonb_to_recordset('[{\"a\": 1}]') AS x(a int)",
  "SELECT * FROM json_table('[1,2]', '$[*]' COLUMNS (n int PATH '$'))",
  "SELECT jsonb_agg(secret) FROM secret",
  "SELECT * FROM generate_series(1, 3) WITH ORDINALITY",
  "SELECT * FROM secret s, LATERAL (SELECT s.id * 2) d(twice)",
  "SELECT id FROM secret EXCEPT SELECT 1 UNION ALL SELECT 3",
  "SELECT EXISTS (SELECT FROM secret), ARRAY(SELECT id FROM secret)",
  "SELECT now(), current_user, version(), pg_typeof(1)",
  "SELECT current_setting('server_version')",
  "SELECT pg_sleep(0)",
  "SELECT to_tsvector('simple', word) @@ to_tsquery('simple', 'one') FROM secret",
  "SELECT word ~ '^o', word ILIKE '%N%', regexp_replace(word, 'o', '0') FROM secret",
  "SELECT 'delete from secret; drop table secret' AS update",
  "SELECT date_trunc('month', timestamp '2026-11-20 10:00') + interval '1 day'",
  "SELECT * FROM pg_catalog.pg_tables WHERE schemaname = 'public'",
  "SELECT column_name FROM information_schema.columns WHERE table_name = 'secret'",
  "SELECT pg_get_constraintdef(oid) FROM pg_constraint",
  "SELECT tag.id, (tag).word FROM (SELECT * FROM secret) tag",
  "SHOW work_mem",
  "SHOW ALL",
  "EXPLAIN SELECT * FROM secret",
  "EXPLAIN (ANALYZE, FORMAT json) SELECT count(*) FROM secret",
  "EXPLAIN DELETE FROM secret",
  "EXPLAIN (FORMAT yaml) INSERT INTO secret VALUES (9, 'x')",
];

/**
 * Functions that Postgres calls volatile and that only tell something: the clock, randomness, sizes,
 * statistics, positions in the log; or that cannot be called from SQL. `pg_sleep` ends at the timeout.
 */
export const reviewedFunctions: ReadonlySet<string> = new Set(
  `
  amvalidate array_sample array_shuffle bernoulli brinhandler bthandler clock_timestamp current_query
  currtid2 currval dsnowball_init dsnowball_lexize gen_random_uuid ginhandler gisthandler hashhandler
  heap_tableam_handler lastval pg_blocking_pids pg_collation_actual_version pg_control_checkpoint
  pg_control_init pg_control_recovery pg_control_system pg_current_wal_flush_lsn
  pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_collation_actual_version pg_database_size
  pg_get_aios pg_get_backend_memory_contexts pg_get_loaded_modules pg_get_multixact_members
  pg_get_sequence_data pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_wait_events
  pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_get_wal_summarizer_state
  pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused pg_isolation_test_session_is_blocked
  pg_jit_available pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn
  pg_last_xact_replay_timestamp pg_lock_status pg_notification_queue_usage pg_partition_ancestors
  pg_partition_tree pg_prepared_xact pg_relation_size pg_safe_snapshot_blocking_pids
  pg_sequence_last_value pg_show_replication_origin_status pg_sleep pg_sleep_for pg_sleep_until
  pg_stat_get_backend_io pg_stat_get_backend_wal pg_stat_get_io pg_stat_get_recovery_prefetch
  pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls
  pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans
  pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated
  pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated
  pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_table_size
  pg_tablespace_size pg_total_relation_size pg_xact_commit_timestamp pg_xact_commit_timestamp_origin
  pg_xact_status plpgsql_call_handler plpgsql_inline_handler plpgsql_validator random random_normal
  setseed spghandler system timeofday txid_status uuidv4 uuidv7
`
    .trim()
    .split(/\s+/),
);
