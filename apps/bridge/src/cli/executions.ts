import type { JsonObject } from "@trestle/protocol";
import { objectOf, text } from "./data.ts";
import { ago, type Cell, type Column, duration, type Paper, table } from "./format.ts";

/** Calls of the history as rows. */

const COLUMNS: readonly Column[] = [
  { title: "#", align: "right" },
  { title: "WHEN" },
  { title: "TOOL", flexible: true },
  { title: "OUTCOME" },
  { title: "TOOK", align: "right" },
  { title: "NOTES", flexible: true },
  { title: "EXECUTION" },
];

export function executionsTable(
  executions: readonly JsonObject[],
  { paper, now }: { readonly paper: Paper; readonly now: number },
): string {
  const rows = executions.map((each) => [
    text(each.number),
    ago(each.started_at, now),
    `${text(each.server)}.${text(each.tool)}`,
    outcomeOf(each),
    duration(each.duration_ms),
    notesOf(each),
    text(each.execution_id),
  ]);
  return table(COLUMNS, rows, paper);
}

export function outcomeOf({ outcome }: JsonObject): Cell {
  if (outcome === "success") return { text: "ok", style: "green" };
  if (outcome === "started") return { text: "running", style: "yellow" };
  if (outcome === "outcome_unknown") return { text: "UNKNOWN", style: "yellow" };
  return { text: outcome === "tool_error" ? "TOOL ERROR" : "FAILED", style: "red" };
}

function notesOf({ cached, retry_count, fallback_used, error }: JsonObject): string {
  const notes: string[] = [];
  if (cached === true) notes.push("cached");
  if (typeof retry_count === "number" && retry_count > 0) notes.push(countOf(retry_count));
  if (fallback_used === true) notes.push("fallback");
  const { code, message } = objectOf(error);
  if (code !== undefined) notes.push(`${text(code)}: ${text(message)}`);
  return notes.join(", ");
}

function countOf(retries: number): string {
  return retries === 1 ? "1 retry" : `${retries} retries`;
}
