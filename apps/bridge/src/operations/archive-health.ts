import type { JsonObject } from "@trestle/protocol";
import type { Archive } from "../archive/archive.ts";

/** Copies that come this much later are worth a word. */
const LATE_MS = 60_000;

/** How the long history stands, for those who may know. */
export function archiveHealth(archive: Archive | undefined): JsonObject {
  if (!archive) return {};
  const { state, lagRows, lagMs, auditBehind, lost, problem } = archive.status();
  return {
    postgres: {
      ...{ state, home: archive.home, lag_rows: lagRows, lag_ms: Math.round(lagMs) },
      ...{ audit_behind: auditBehind, lost, ...(problem === undefined ? {} : { problem }) },
    },
  };
}

/** Why the long history is not as it should be. */
export function archiveReasons(archive: Archive | undefined): string[] {
  if (!archive) return [];
  const { state, where, lagRows, lagMs, lost, problem } = archive.status();
  const behind = `the history there is ${lagRows} calls and ${Math.round(lagMs / 1_000)} s behind`;
  const missing = lost === 0 ? [] : [`${lost} history rows never came to Postgres at ${where}`];
  if (state === "down")
    return [`${problem ?? `Postgres at ${where} is away`}; ${behind}`, ...missing];
  if (lagMs > LATE_MS) return [`Postgres at ${where} is slow: ${behind}`, ...missing];
  return [...(problem === undefined ? [] : [problem]), ...missing];
}
