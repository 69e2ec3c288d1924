import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { Answer, Route } from "./route.ts";
import { narrowItems } from "./tool.ts";

export const chainRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "chain",
    operation: "run_chain",
    summary: "Run steps that use each other's results, or see what they would do.",
    toAnswer: toChainAnswer,
    facts: "chain",
    narrow: narrowItems("steps"),
  },
  { method: "GET", path: "chains", operation: "chains", summary: "Chains that ran." },
  {
    method: "POST",
    path: "chains/promote",
    operation: "chain_promote",
    summary: "Make a chain of calls that were made.",
  },
  {
    method: "POST",
    path: "chains/test",
    operation: "chain_test",
    summary: "Compare a chain with the record that it was made of.",
  },
  {
    method: "GET",
    path: "chains/:id",
    operation: "chain_get",
    summary: "One chain and its steps.",
  },
];

function toChainAnswer(data: JsonObject): Answer {
  const { execution_id, total_duration_ms, success, steps } = data;
  const metadata: JsonObject = {
    ...(execution_id === undefined ? {} : { execution_id }),
    ...(total_duration_ms === undefined ? {} : { duration_ms: total_duration_ms }),
  };
  if (success !== false) return { data, metadata };
  const failed = (Array.isArray(steps) ? steps : [])
    .filter(isJsonObject)
    .find(({ error }) => error !== undefined);
  const error = isJsonObject(failed?.error) ? failed.error : {};
  const message = failed
    ? `Step ${String(failed.id)} failed: ${String(error.message ?? "")}`
    : `The chain ended ${String(data.outcome ?? "without success")}.`;
  const details = failed ? { step: failed.id, error } : {};
  return { data, metadata, error: { code: "chain_failed", message, details } };
}
