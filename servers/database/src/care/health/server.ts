import { defineCheck, type Item, inBytes, inTime, NOT_SEEN, plural } from "./check.ts";

interface Replication {
  readonly standby: boolean;
  /** Seconds that a standby is behind; null where nothing came yet. */
  readonly behind: number | null;
  readonly standbys:
    | { name: string; state: string; bytes: number | null; seconds: number | null }[]
    | null;
  readonly slots:
    | { name: string; active: boolean; bytes: number | null; status: string | null }[]
    | null;
}

const NOW_AT = `CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END`;
const MUCH_WAL = 1_073_741_824;

export const replication = defineCheck<Replication>({
  name: "replication",
  sql: `SELECT jsonb_build_object('standby', pg_is_in_recovery(),
    'behind', CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
      THEN round(extract(epoch FROM now() - pg_last_xact_replay_timestamp()))::bigint END,
    'standbys', (SELECT jsonb_agg(s) FROM (SELECT application_name AS name, state,
        pg_wal_lsn_diff(${NOW_AT}, replay_lsn)::bigint AS bytes, round(extract(epoch FROM replay_lag))::bigint AS seconds
      FROM pg_catalog.pg_stat_replication LIMIT 20) s),
    'slots', (SELECT jsonb_agg(s) FROM (SELECT slot_name AS name, active,
        pg_wal_lsn_diff(${NOW_AT}, restart_lsn)::bigint AS bytes, wal_status AS status
      FROM pg_catalog.pg_replication_slots LIMIT 20) s))`,
  judge({ standby, behind, standbys, slots }, { seesOthers }) {
    const late = (standbys ?? []).filter(
      ({ bytes, seconds }) => (bytes ?? 0) > MUCH_WAL || (seconds ?? 0) > 60,
    );
    const holding = (slots ?? []).filter(
      ({ active, bytes, status }) =>
        status === "lost" || status === "unreserved" || (!active && (bytes ?? 0) > MUCH_WAL),
    );
    const isBehind = (behind ?? 0) > 60;
    const items: Item[] = [
      ...late.map(({ name, state, bytes, seconds }) => ({
        text: `standby ${name} (${state}): ${inBytes(bytes ?? 0)}${seconds ? `, ${inTime(seconds)}` : ""} behind`,
      })),
      ...holding.map(({ name, active, bytes, status }) => ({
        text: `slot ${name} (${active ? "active" : "not used"}, ${status ?? "unknown"}): holds ${inBytes(bytes ?? 0)} of WAL`,
      })),
    ];
    const role = standby
      ? `This is a standby${isBehind ? `, ${inTime(behind ?? 0)} behind` : ""}.`
      : "";
    const message =
      `${role} ${plural(standbys?.length ?? 0, "standby", "standbys")}, ${plural(slots?.length ?? 0, "replication slot")}.`.trim();
    const unseen = !seesOthers && (standbys?.length ?? 0) > 0;
    if (items.length === 0 && !isBehind && unseen) return NOT_SEEN;
    if (items.length === 0 && !isBehind) return { status: "ok", message };
    return {
      status: holding.length > 0 ? "critical" : "warning",
      message,
      items,
      advice:
        "A slot that nobody reads keeps WAL until the disk is full: pg_drop_replication_slot(name) where it is not needed.",
    };
  },
});

interface Settings {
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly track_counts: string;
  readonly failures: number | null;
  readonly deadlocks: number;
  readonly rollbacks: number;
  readonly commits: number;
  readonly seconds: number | null;
}

export const settings = defineCheck<Settings>({
  name: "settings",
  sql: `SELECT to_jsonb(x) FROM (SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
      current_setting('track_counts') AS track_counts, checksum_failures AS failures, deadlocks,
      xact_rollback AS rollbacks, xact_commit AS commits,
      round(extract(epoch FROM now() - COALESCE(stats_reset, pg_postmaster_start_time())))::bigint AS seconds
    FROM pg_catalog.pg_stat_database WHERE datname = current_database()) x`,
  judge({ fsync, full_page_writes, track_counts, failures, deadlocks, seconds }, { embedded }) {
    const faults = [
      ...((failures ?? 0) > 0
        ? [`${plural(failures ?? 0, "checksum failure")}: the disk lost data`]
        : []),
      ...(fsync === "on" || embedded
        ? []
        : ["fsync is off: a crash of the machine may lose or damage data"]),
      ...(full_page_writes === "on"
        ? []
        : ["full_page_writes is off: a crash of the machine may damage data"]),
      ...(track_counts === "on"
        ? []
        : ["track_counts is off: autovacuum is blind, and so are these checks"]),
    ];
    const days = Math.max(1, (seconds ?? 0) / 86_400);
    const locked =
      deadlocks / days > 10 ? [`${plural(deadlocks, "deadlock")} in ${inTime(seconds ?? 0)}`] : [];
    if (embedded && faults.length + locked.length === 0)
      return {
        status: "ok",
        message:
          "The embedded Postgres survives a crash of its process, and as it has fsync off not always one of the machine: keep a copy of what can not be made anew.",
      };
    if (faults.length + locked.length === 0)
      return {
        status: "ok",
        message: `Nothing is set against safety; ${plural(deadlocks, "deadlock")}.`,
      };
    return {
      status: (failures ?? 0) > 0 ? "critical" : "warning",
      message: `${[...faults, ...locked].join("; ")}.`,
      advice:
        (failures ?? 0) > 0
          ? "Take a backup to another disk now, and find the damaged tables with pg_amcheck."
          : "Turn them on again, unless the data can be made anew.",
    };
  },
});
