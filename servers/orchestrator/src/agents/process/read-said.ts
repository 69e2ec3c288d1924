import type { CommandResult } from "@trestle/process";
import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { NOTHING, type Spending } from "../budget.ts";
import type { ProcessProfile } from "./process-task.ts";

/** What a program gave as its result, and what it says that it cost: its report goes before its output. */
export function readSaid(
  { output }: CommandResult,
  form: ProcessProfile["output"],
  report: JsonObject | undefined,
): { readonly text: JsonValue; readonly spent: Spending } {
  const printed = form === "claude-json" ? readClaude(output) : undefined;
  const text = report?.result ?? printed?.text ?? output.trim();
  return {
    text,
    spent: isJsonObject(report?.spent) ? toSpending(report.spent) : (printed?.spent ?? NOTHING),
  };
}

/** The last line that `claude -p --output-format json` prints. */
function readClaude(output: string) {
  const line = output.trim().split("\n").at(-1) ?? "";
  try {
    const value: unknown = JSON.parse(line);
    if (!isJsonObject(value) || typeof value.result !== "string") return undefined;
    const usage = isJsonObject(value.usage) ? value.usage : {};
    const tokens = [
      "input_tokens",
      "cache_creation_input_tokens",
      "cache_read_input_tokens",
      "output_tokens",
    ];
    const spent = {
      calls: value.num_turns ?? 0,
      tokens: tokens.reduce((sum, name) => sum + count(usage[name]), 0),
      money: value.total_cost_usd ?? 0,
    };
    return { text: value.result, spent: toSpending(spent) };
  } catch {
    return undefined;
  }
}

function toSpending(spent: JsonObject): Spending {
  return {
    calls: Math.round(count(spent.calls)),
    tokens: Math.round(count(spent.tokens)),
    money: count(spent.money),
  };
}

function count(value: JsonValue | undefined): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}
