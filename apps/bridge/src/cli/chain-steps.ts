import type { JsonObject } from "@trestle/protocol";
import { objectOf, text } from "./data.ts";
import { type Cell, type Column, duration, type Paper, table } from "./format.ts";

/** What a table of steps says besides how each ended. */
export interface StepColumn extends Column {
  readonly of: (step: JsonObject) => string;
}

/** The steps of a chain as rows: which tool, how it ended, how long it took. */
export function stepsTable(
  steps: readonly JsonObject[],
  more: readonly StepColumn[],
  paper: Paper,
): string {
  const rows = steps.map((step) => [
    text(step.id),
    `${text(step.server)}.${text(step.tool)}`,
    endOf(step),
    duration(step.duration_ms),
    ...more.map((column) => column.of(step)),
  ]);
  const columns: readonly Column[] = [
    { title: "STEP" },
    { title: "TOOL" },
    { title: "" },
    { title: "TOOK", align: "right" },
    ...more,
  ];
  return table(columns, rows, paper);
}

/** Why a step gave no result. */
export function reasonOf({ reason, error }: JsonObject): string {
  return text(reason ?? objectOf(error).message);
}

function endOf({ success, skipped }: JsonObject): Cell {
  if (success) return { text: "ok", style: "green" };
  return skipped ? { text: "skipped", style: "dim" } : { text: "FAILED", style: "red" };
}
