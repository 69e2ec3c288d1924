import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { batch } from "../operations/batch.ts";
import { textOf } from "../operations/inner-call.ts";
import type { Operation } from "../operations/operation.ts";
import { runChain } from "../operations/run-chain.ts";
import { ownTool } from "./own-tool.ts";

export const batchTool = ownTool(batch as unknown as Operation, {
  text: ({ results, succeeded, failed }) =>
    [`${succeeded} succeeded, ${failed} failed`, ...objectsOf(results).map(batchLine)].join("\n"),
});

export const runChainTool = ownTool(runChain as unknown as Operation, {
  text: (answer) => (answer.dry_run === true ? JSON.stringify(answer) : chainText(answer)),
});

function batchLine({ id, success, result, error: failure }: JsonObject): string {
  if (success !== true) return `[${id}] failed: ${messageOf(failure)}`;
  return `[${id}] ${isJsonObject(result) ? textOf(result) : ""}`;
}

function chainText({
  chain_name,
  outcome,
  completed_steps,
  total_steps,
  steps,
}: JsonObject): string {
  const head = `${chain_name}: ${outcome}, ${completed_steps} of ${total_steps} steps`;
  return [head, ...objectsOf(steps).map(stepLine)].join("\n");
}

function stepLine({ id, success, result, skipped, reason, error: failure }: JsonObject): string {
  if (success === true) {
    return `[${id}] ${typeof result === "string" ? result : JSON.stringify(result ?? null)}`;
  }
  return skipped === true ? `[${id}] skipped: ${reason}` : `[${id}] failed: ${messageOf(failure)}`;
}

function messageOf(failure: JsonValue | undefined): string {
  return isJsonObject(failure) ? `${failure.message} (${failure.code})` : "it did not run";
}

function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
