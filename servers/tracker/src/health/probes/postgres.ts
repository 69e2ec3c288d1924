import pg from "pg";
import type { TargetOf } from "../config.ts";
import { type Finding, type ProbeContext, up } from "./probe.ts";

export async function probePostgres(
  { url }: TargetOf<"postgres">,
  { signal, timeoutMs }: ProbeContext,
): Promise<Finding> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: "trestle-tracker health",
  });
  // A connection that breaks later says so in the query.
  client.on("error", () => {});
  const stop = () => {
    client.end().catch(() => {});
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    await client.connect();
    const { rows } = await client.query<{ replica: boolean; version: string }>(
      "SELECT pg_is_in_recovery() AS replica, current_setting('server_version') AS version",
    );
    const { replica = false, version = "" } = rows[0] ?? {};
    return up(`It answers as ${replica ? "replica" : "primary"}.`, { replica, version });
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
