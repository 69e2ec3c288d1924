import { randomUUID } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Of a larger event only the fields that say which it is are kept. */
const MOST_BYTES = 1 << 20;
const KEPT = ["hook_event_name", "session_id", "transcript_path", "cwd", "agent_id", "tool_name"];

/**
 * Appends what a hook was told to the spool of the day, as a line `{id, at, event}`: in one write, so that hooks
 * that run at once never mix their lines. What is no JSON is kept as text.
 */
export function spoolEvent(folder: string, input: string, now: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const day = new Date(now).toISOString().slice(0, 10);
  const line = JSON.stringify({ id: randomUUID(), at: now, event: toEvent(input) });
  appendFileSync(join(folder, `${day}.jsonl`), `${line}\n`, { mode: 0o600 });
}

function toEvent(input: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(input);
  } catch {
    value = undefined;
  }
  const isEvent = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isEvent) return { hook_event_name: "unknown", message: input.slice(0, 2_000) };
  if (input.length <= MOST_BYTES) return value as Record<string, unknown>;
  return Object.fromEntries(Object.entries(value as object).filter(([key]) => KEPT.includes(key)));
}
