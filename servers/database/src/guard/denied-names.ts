/**
 * Functions that a read-only transaction lets through although they act outside the query (sessions,
 * locks, settings, sequences, replication, the server itself), read files, or run SQL given as text,
 * which would go past this list. Matched on the last part of the name, in whatever schema.
 */
const FUNCTIONS = [
  // files and the server
  /^pg_(read_(binary_)?file|stat_file|ls_.*|file_.*|logdir_ls)/,
  /^pg_(reload_conf|rotate_logfile|promote|switch_(wal|xlog)|current_logfile|prewarm)/,
  /^pg_(hba_file_rules|ident_file_mappings|show_all_file_settings)$/,
  /^pg_(backup|start_backup|stop_backup|create_restore_point|wal_replay|log_)/,
  /^pg_(wal_summary_|available_wal_summaries$|stop_making_pinned_objects$)/,
  /^pg_(import_system_collations|nextoid|extension_config_dump|config)$/,
  // sessions, locks, messages, settings, sequences
  /^pg_(terminate|cancel)_backend$/,
  /^pg_(try_)?advisory_/,
  /^pg_notify$/,
  /^(set_config|setval|nextval)$/,
  /^pg_stat_(reset|statements_reset|clear|force)/,
  /^pg_(set|clear|restore)_(relation|attribute|database)_/,
  /^pg_export_snapshot$/,
  // replication
  /^pg_(logical|replication|sync_replication|create_.*slot|drop_.*slot|copy_.*slot)/,
  // large objects and pages
  /^(lo_.*|loread|lowrite)$/,
  /^(brin_(summarize|desummarize)|gin_clean_pending_list|heap_force_|pg_truncate_visibility_map)/,
  // SQL given as text, and other servers
  /^dblink/,
  /^(query|table|cursor|schema|database)_to_xml/,
  /^(ts_stat|ts_rewrite|crosstab.*|connectby|xpath_table)$/,
  /^binary_upgrade_/,
];

/** Catalogs with password hashes, connection strings, server files, or large objects past `lo_get`. */
const RELATIONS = new Set([
  "pg_authid",
  "pg_shadow",
  "pg_user_mapping",
  "pg_user_mappings",
  "pg_subscription",
  "pg_hba_file_rules",
  "pg_ident_file_mappings",
  "pg_file_settings",
  "pg_largeobject",
  "pg_config",
]);

export function isDeniedFunction(name: string): boolean {
  return FUNCTIONS.some((pattern) => pattern.test(name));
}

export function isDeniedRelation(name: string, schema?: string): boolean {
  return RELATIONS.has(name) && (schema === undefined || schema === "pg_catalog");
}
