/** The least that a database has to allow before something may run; `never`: no setting allows it. */
export type Need = "read-only" | "read-write" | "admin" | "never";

export interface FunctionRule {
  readonly need: Need;
  readonly why: string;
}

interface FunctionClass extends FunctionRule {
  readonly names: string;
}

/**
 * Functions that a read-only transaction lets through although they act outside the query, read files, or
 * run SQL given as text. Those of Postgres 13 to 18, of its contrib modules, and of the extensions that
 * hosted Postgres offers. Matched on the last part of the name, in whatever schema.
 */
const CLASSES: readonly FunctionClass[] = [
  {
    need: "never",
    why: "reads or writes files of the server",
    names: `pg_read_file pg_read_file_old pg_read_binary_file pg_stat_file pg_ls_dir pg_ls_logdir
      pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir pg_ls_logicalmapdir pg_ls_logicalsnapdir
      pg_ls_replslotdir pg_ls_summariesdir pg_logdir_ls pg_current_logfile pg_file_read pg_file_write
      pg_file_rename pg_file_unlink pg_file_sync pg_file_length lo_import lo_export
      pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings pg_config
      pg_get_logical_snapshot_info pg_get_logical_snapshot_meta`,
  },
  {
    need: "admin",
    why: "acts on other sessions or on the server itself",
    names: `pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile
      pg_rotate_logfile_old pg_promote pg_switch_wal pg_switch_xlog pg_prewarm autoprewarm_start_worker
      autoprewarm_dump_now pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup
      pg_create_restore_point pg_wal_replay_pause pg_wal_replay_resume
      pg_log_backend_memory_contexts pg_log_standby_snapshot pg_wal_summary_contents
      pg_available_wal_summaries pg_stop_making_pinned_objects pg_import_system_collations pg_nextoid
      pg_extension_config_dump pg_export_snapshot pg_buffercache_evict pg_buffercache_evict_relation
      pg_buffercache_evict_all pg_buffercache_mark_dirty pg_stat_reset pg_stat_reset_shared
      pg_stat_reset_slru pg_stat_reset_single_table_counters
      pg_stat_reset_single_function_counters pg_stat_reset_replication_slot
      pg_stat_reset_subscription_stats pg_stat_reset_backend_stats pg_stat_clear_snapshot
      pg_stat_force_next_flush pg_stat_statements_reset pg_stat_kcache_reset pg_qualstats_reset
      pg_stat_monitor_reset pg_set_relation_stats pg_clear_relation_stats pg_clear_attribute_stats
      pg_set_attribute_stats pg_restore_relation_stats pg_restore_attribute_stats`,
  },
  {
    need: "admin",
    why: "sends a message to other sessions",
    names: "pg_notify pg_logical_emit_message",
  },
  {
    need: "admin",
    why: "holds a lock after the statement",
    names: `pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock
      pg_try_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_shared
      pg_advisory_unlock_all bt_index_parent_check`,
  },
  {
    need: "read-write",
    why: "takes a lock",
    names: `pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_xact_lock
      pg_try_advisory_xact_lock_shared`,
  },
  { need: "admin", why: "changes a setting", names: "set_config set_limit" },
  { need: "read-write", why: "moves a sequence", names: "nextval setval" },
  {
    need: "read-write",
    why: "opens, makes or changes large objects",
    names: `lo_creat lo_create lo_open lo_close lo_lseek lo_lseek64 lo_tell lo_tell64 lo_truncate
      lo_truncate64 lo_unlink lo_put lo_get lo_from_bytea lo_manage loread lowrite`,
  },
  {
    need: "admin",
    why: "acts on replication",
    names: `pg_create_logical_replication_slot pg_create_physical_replication_slot
      pg_drop_replication_slot pg_copy_logical_replication_slot pg_copy_physical_replication_slot
      pg_replication_slot_advance pg_logical_slot_get_changes pg_logical_slot_get_binary_changes
      pg_logical_slot_peek_changes pg_logical_slot_peek_binary_changes pg_sync_replication_slots
      pg_replication_origin_advance pg_replication_origin_create pg_replication_origin_drop
      pg_replication_origin_progress pg_replication_origin_session_is_setup
      pg_replication_origin_session_progress pg_replication_origin_session_reset
      pg_replication_origin_session_setup pg_replication_origin_xact_reset
      pg_replication_origin_xact_setup replicate_ddl_command alter_replication_set`,
  },
  {
    need: "admin",
    why: "works on pages of tables and indexes, past their columns and row rules",
    names: `brin_summarize_new_values brin_summarize_range brin_desummarize_range
      gin_clean_pending_list heap_force_freeze heap_force_kill pg_truncate_visibility_map
      get_raw_page bt_page_items bt_page_stats bt_multi_page_stats hash_page_items
      pg_get_wal_record_info pg_get_wal_records_info pg_get_wal_records_info_till_end_of_wal
      pg_get_wal_block_info pg_get_wal_stats pg_get_wal_stats_till_end_of_wal`,
  },
  {
    need: "admin",
    why: "runs SQL that is given as text, which nobody has looked at",
    names: `query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml
      cursor_to_xmlschema table_to_xml table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml
      schema_to_xmlschema schema_to_xml_and_xmlschema database_to_xml database_to_xmlschema
      database_to_xml_and_xmlschema ts_stat ts_rewrite connectby crosstab xpath_table
      xslt_process pg_background_launch pg_background_result pg_background_detach
      standardize_address pldbg_create_listener run_command_on_workers run_command_on_shards
      run_command_on_placements run_command_on_all_nodes run_command_on_coordinator
      master_run_on_worker oracle_execute cypher`,
  },
  {
    need: "admin",
    why: "reaches other servers",
    names: `dblink postgres_fdw_disconnect postgres_fdw_disconnect_all http http_get http_post
      http_put http_patch http_delete http_head http_set_curlopt http_reset_curlopt
      http_collect_response query_export_to_s3 table_import_from_s3 invoke blob_get blob_put
      blob_list`,
  },
  {
    need: "admin",
    why: "makes or stops jobs of the server",
    names: "schedule unschedule schedule_in_database alter_job add_job delete_job run_job",
  },
];

/** Whole families, known by how their names begin; only where they are called as functions. */
const FAMILIES: readonly (FunctionRule & { readonly pattern: RegExp })[] = [
  { need: "admin", why: "reaches other servers", pattern: /^dblink/ },
  { need: "never", why: "is for pg_upgrade only", pattern: /^binary_upgrade_/ },
  {
    need: "admin",
    why: "runs SQL that is given as text, which nobody has looked at",
    pattern: /^(crosstab\w*|pgr_\w+)$/,
  },
  { need: "admin", why: "acts on replication", pattern: /^pg_(logical|replication)_/ },
  { need: "never", why: "reads or writes files of the server", pattern: /^pg_(ls|file|read)_/ },
  { need: "admin", why: "holds a lock after the statement", pattern: /^pg_(try_)?advisory_/ },
];

/** Where `schedule`, `invoke` and the like mean what they mean above; elsewhere they are common words. */
const COMMON_WORDS: Readonly<Record<string, RegExp>> = {
  schedule: /^cron$/,
  unschedule: /^cron$/,
  invoke: /^aws_lambda$/,
  add_job: /^timescaledb|^public$/,
  delete_job: /^timescaledb|^public$/,
  alter_job: /^(cron|timescaledb.*|public)$/,
  run_job: /^timescaledb|^public$/,
  cypher: /^ag_catalog$/,
};

const RULES = new Map<string, FunctionRule>(
  CLASSES.flatMap(({ need, why, names }) =>
    names.split(/\s+/).map((name): [string, FunctionRule] => [name, { need, why }]),
  ),
);

/** What a call of this function needs, where it needs more than a read. */
export function functionRule(name: string, schema?: string): FunctionRule | undefined {
  const common = Object.hasOwn(COMMON_WORDS, name) ? COMMON_WORDS[name] : undefined;
  if (common && schema !== undefined && !common.test(schema)) return undefined;
  return RULES.get(name) ?? FAMILIES.find(({ pattern }) => pattern.test(name));
}

/**
 * The same for `(x).f` and `t.f`, which call the function f where x has no such field. Most of them are
 * columns, so only a function's exact name counts, and none that is a common word.
 */
export function fieldRule(name: string): FunctionRule | undefined {
  return Object.hasOwn(COMMON_WORDS, name) || name === "http" ? undefined : RULES.get(name);
}

/** Catalogs with password hashes, connection strings, server files, or large objects past `lo_get`. */
const SECRET_RELATIONS = new Set(
  `pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_subscription pg_hba_file_rules
   pg_ident_file_mappings pg_file_settings pg_largeobject pg_config pg_db_role_setting
   pg_foreign_server pg_dist_authinfo pg_dist_poolinfo`.split(/\s+/),
);
const SECRET_ELSEWHERE = new Set(
  `information_schema.user_mapping_options information_schema._pg_user_mappings
   information_schema.foreign_server_options information_schema._pg_foreign_servers
   vault.decrypted_secrets vault.secrets pgsodium.key pgsodium.valid_key
   pgsodium.decrypted_key`.split(/\s+/),
);

/** Does the relation hold credentials or server files? */
export function isSecretRelation(name: string, schema?: string): boolean {
  if (schema === undefined || schema === "pg_catalog") return SECRET_RELATIONS.has(name);
  return SECRET_ELSEWHERE.has(`${schema}.${name}`);
}

/** Statistics and the like, which hold values of columns: out of reach where columns are guarded. */
export const VALUE_CATALOGS: ReadonlySet<string> = new Set(
  "pg_statistic pg_stats pg_statistic_ext_data pg_stats_ext pg_stats_ext_exprs".split(" "),
);
