import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import { cacheClear, cacheToggle } from "../operations/cache.ts";
import { describeTool, findTools } from "../operations/find-tools.ts";
import { health } from "../operations/health.ts";
import { history } from "../operations/history.ts";
import { metrics } from "../operations/metrics.ts";
import type { Operation } from "../operations/operation.ts";
import { readResult } from "../operations/read-result.ts";
import { reviewList, reviewResolve } from "../operations/review.ts";
import { ownTool } from "./own-tool.ts";

/** The bridge's own tools that tell something, each as lines of text besides its structured content. */

export const findToolsTool = ownTool(findTools as unknown as Operation, {
  text: ({ tools, total }) =>
    total === 0
      ? "No tool has to do with these words. Try fewer or other ones."
      : rows(tools, ({ name, arguments: args, description }) => {
          const list = Array.isArray(args) ? args.join(", ") : "";
          return `${name}(${list}): ${description}`;
        }),
});

export const describeToolTool = ownTool(describeTool as unknown as Operation, {
  text: (tool) => JSON.stringify(tool),
});

export const readResultTool = ownTool(readResult as unknown as Operation, {
  text: ({ text, ...facts }) => (typeof text === "string" ? text : JSON.stringify(facts)),
});

export const historyTool = ownTool(history as unknown as Operation, {
  text: ({ executions, next }) =>
    [
      rows(executions, (row) => {
        const { started_at, server, tool, outcome, duration_ms, execution_id, error } = row;
        const why = isJsonObject(error) ? ` (${error.message})` : "";
        return `${started_at} ${server}.${tool} ${outcome}${why} ${duration_ms ?? "?"} ms ${execution_id}`;
      }) || "Nothing was called.",
      ...(next === undefined ? [] : [`More: before ${next}`]),
    ].join("\n"),
});

export const metricsTool = ownTool(metrics as unknown as Operation, {
  text: ({ metrics: found }) => rows(found, (row) => JSON.stringify(row)) || "Nothing was called.",
});

export const healthTool = ownTool(health as unknown as Operation, {
  text: ({ status, version, reasons, servers }) =>
    [
      `Trestle ${version} is ${status === "ok" ? "well" : "degraded"}`,
      ...(Array.isArray(reasons) ? reasons.map(String) : []),
      rows(servers, ({ id, state, running }) => `${id}: ${state}, ${running} calls running`),
    ]
      .filter((line) => line !== "")
      .join("\n"),
});

export const cacheClearTool = ownTool(cacheClear as unknown as Operation, {
  text: ({ cleared }) => `${cleared} cached answers were forgotten.`,
});

export const cacheToggleTool = ownTool(cacheToggle as unknown as Operation, {
  text: ({ enabled }) => `The cache is ${enabled === true ? "on" : "off"}.`,
});

export const reviewListTool = ownTool(reviewList as unknown as Operation, {
  text: ({ items }) => rows(items, itemLine) || "Nothing waits for a person.",
});

export const reviewResolveTool = ownTool(reviewResolve as unknown as Operation, {
  text: itemLine,
});

function itemLine({ id, state, server, tool, message }: JsonObject): string {
  return `${id} ${state}: ${server}.${tool}: ${message}`;
}

function rows(value: JsonValue | undefined, line: (row: JsonObject) => string): string {
  return (Array.isArray(value) ? value.filter(isJsonObject) : []).map(line).join("\n");
}
