import { defineCheck, type Item, inTime, NOT_SEEN, percent, plural } from "./check.ts";

interface Connections {
  readonly used: number;
  readonly max: number;
  readonly reserved: number;
  readonly idleInTransaction: number;
  readonly users: { readonly user: string | null; readonly count: number }[] | null;
}

export const connections = defineCheck<Connections>({
  name: "connections",
  sql: `SELECT jsonb_build_object(
    'used', (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend'),
    'max', current_setting('max_connections')::int,
    'reserved', current_setting('superuser_reserved_connections')::int,
    'idleInTransaction', (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE state LIKE 'idle in transaction%'),
    'users', (SELECT jsonb_agg(u) FROM (SELECT usename AS "user", count(*) FROM pg_catalog.pg_stat_activity
      WHERE backend_type = 'client backend' GROUP BY 1 ORDER BY 2 DESC LIMIT 5) u))`,
  judge({ used, max, reserved, idleInTransaction, users }) {
    const share = used / Math.max(1, max - reserved);
    const status = share >= 0.95 ? "critical" : share >= 0.8 ? "warning" : "ok";
    return {
      status,
      message: `${used} of ${max - reserved} connections are used (${percent(share)}), ${idleInTransaction} of them idle in a transaction.`,
      ...(status === "ok"
        ? {}
        : {
            items: (users ?? []).map(({ user, count }) => ({
              text: `${user ?? "unknown"}: ${plural(count, "connection")}`,
            })),
            advice:
              "Close what is not used, lower the sizes of the pools, or put a pooler (PgBouncer) in front; raise max_connections only last.",
          }),
    };
  },
});

const LONG_SECONDS = 300;
const VERY_LONG_SECONDS = 3_600;

interface Session {
  readonly pid: number;
  readonly user: string | null;
  readonly state: string | null;
  readonly seconds: number;
  readonly query: string | null;
}

const ageOf = (column: string) =>
  `round(extract(epoch FROM clock_timestamp() - ${column}))::bigint`;

export const longTransactions = defineCheck<{
  sessions: Session[] | null;
  prepared: { gid: string; seconds: number }[] | null;
}>({
  name: "long_transactions",
  sql: `SELECT jsonb_build_object('sessions', (SELECT jsonb_agg(s) FROM (
      SELECT pid, usename AS "user", state, ${ageOf("xact_start")} AS seconds, query
      FROM pg_catalog.pg_stat_activity
      WHERE xact_start < clock_timestamp() - interval '${LONG_SECONDS} s' AND pid <> pg_backend_pid()
        AND backend_type = 'client backend' ORDER BY xact_start LIMIT 20) s),
    'prepared', (SELECT jsonb_agg(p) FROM (SELECT gid, ${ageOf("prepared")} AS seconds
      FROM pg_catalog.pg_prepared_xacts WHERE prepared < clock_timestamp() - interval '${LONG_SECONDS} s'
      ORDER BY prepared LIMIT 20) p))`,
  judge({ sessions, prepared }, { seesOthers }) {
    const items: Item[] = [
      ...(sessions ?? []).map((session) => toItem(session)),
      ...(prepared ?? []).map(({ gid, seconds }) => ({
        text: `prepared transaction ${gid}: ${inTime(seconds)}`,
      })),
    ];
    const longest = Math.max(
      0,
      ...[...(sessions ?? []), ...(prepared ?? [])].map((it) => it.seconds),
    );
    if (items.length === 0 && !seesOthers) return NOT_SEEN;
    if (items.length === 0)
      return {
        status: "ok",
        message: `No transaction is open for more than ${inTime(LONG_SECONDS)}.`,
      };
    return {
      status: longest >= VERY_LONG_SECONDS ? "critical" : "warning",
      message: `${plural(items.length, "transaction")} open for more than ${inTime(LONG_SECONDS)}, the longest for ${inTime(longest)}. VACUUM can remove nothing that is newer.`,
      items,
      advice:
        "Find out what they wait for; end what is forgotten with pg_terminate_backend(pid) or ROLLBACK PREPARED, and set idle_in_transaction_session_timeout.",
    };
  },
});

function toItem({ pid, user, state, seconds, query }: Session): Item {
  return {
    text: `pid ${pid} (${user ?? "unknown"}, ${state ?? "unknown"}): ${inTime(seconds)}`,
    statement: query,
  };
}

interface Blocked extends Session {
  readonly by: number[];
}

export const locks = defineCheck<Blocked[] | null>({
  name: "locks",
  sql: `SELECT jsonb_agg(b) FROM (
    SELECT pid, usename AS "user", wait_event AS state, ${ageOf("COALESCE(state_change, query_start)")} AS seconds, query,
      to_jsonb(pg_blocking_pids(pid)) AS by
    FROM pg_catalog.pg_stat_activity WHERE wait_event_type = 'Lock' AND cardinality(pg_blocking_pids(pid)) > 0
    ORDER BY query_start LIMIT 20) b`,
  judge(blocked, { seesOthers }) {
    if (!blocked && !seesOthers) return NOT_SEEN;
    if (!blocked) return { status: "ok", message: "Nobody waits for a lock." };
    const longest = Math.max(...blocked.map(({ seconds }) => seconds));
    return {
      status: longest >= 30 ? "critical" : "warning",
      message: `${plural(blocked.length, "session")} ${blocked.length === 1 ? "waits" : "wait"} for a lock, the longest for ${inTime(longest)}.`,
      items: blocked.map((session) => {
        const { text, statement } = toItem(session);
        return {
          text: `${text}, blocked by pid ${session.by.join(", ")}`,
          statement: statement ?? null,
        };
      }),
      advice:
        "Look at what the blocking sessions do (long_transactions); end one with pg_cancel_backend(pid) or pg_terminate_backend(pid).",
    };
  },
});
