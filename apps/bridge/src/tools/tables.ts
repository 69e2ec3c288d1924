import { isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";
import * as z from "zod";
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

const toolFacts = {
  name: z.string(),
  server: z.string(),
  tool: z.string(),
  title: z.string().optional(),
  description: z.string(),
  read_only: z.boolean(),
  destructive: z.boolean(),
};

export const findToolsTool = ownTool(findTools as unknown as Operation, {
  output: z.looseObject({
    total: z.int(),
    tools: z.array(z.looseObject({ ...toolFacts, arguments: z.array(z.string()) })),
  }),
  text: ({ tools, total }) =>
    total === 0
      ? "No tool has to do with these words. Try fewer or other ones."
      : rows(tools, ({ name, arguments: args, description }) => {
          const list = Array.isArray(args) ? args.join(", ") : "";
          return `${name}(${list}): ${description}`;
        }),
});

export const describeToolTool = ownTool(describeTool as unknown as Operation, {
  output: z.looseObject({ ...toolFacts, input_schema: z.looseObject({}) }),
  text: (tool) => JSON.stringify(tool),
});

export const readResultTool = ownTool(readResult as unknown as Operation, {
  output: z.looseObject({
    text: z.string().optional(),
    offset: z.int().optional(),
    total: z.int(),
    lines: z.int(),
    items: z.int().optional(),
    next: z.int().optional(),
  }),
  text: ({ text, ...facts }) => (typeof text === "string" ? text : JSON.stringify(facts)),
});

export const historyTool = ownTool(history as unknown as Operation, {
  output: z.looseObject({
    executions: z.array(
      z.looseObject({
        execution_id: z.string(),
        server: z.string(),
        tool: z.string(),
        outcome: z.string(),
        started_at: z.string(),
        duration_ms: z.number().optional(),
      }),
    ),
    next: z.int().optional(),
  }),
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
  output: z.looseObject({
    metrics: z.array(z.looseObject({ calls: z.int() })),
    totals: z.looseObject({ calls: z.int() }).optional(),
  }),
  text: ({ metrics: found }) => rows(found, (row) => JSON.stringify(row)) || "Nothing was called.",
});

export const healthTool = ownTool(health as unknown as Operation, {
  output: z.looseObject({
    status: z.enum(["ok", "degraded"]),
    version: z.string(),
    uptime_s: z.number(),
    reasons: z.array(z.string()).optional(),
    servers: z.array(z.looseObject({ id: z.string(), state: z.string() })).optional(),
  }),
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
  output: z.looseObject({ cleared: z.int() }),
  text: ({ cleared }) => `${cleared} cached answers were forgotten.`,
});

export const cacheToggleTool = ownTool(cacheToggle as unknown as Operation, {
  output: z.looseObject({ enabled: z.boolean() }),
  text: ({ enabled }) => `The cache is ${enabled === true ? "on" : "off"}.`,
});

const item = { id: z.string(), state: z.string(), server: z.string(), tool: z.string() };

export const reviewListTool = ownTool(reviewList as unknown as Operation, {
  output: z.looseObject({ items: z.array(z.looseObject(item)), next: z.string().optional() }),
  text: ({ items }) => rows(items, itemLine) || "Nothing waits for a person.",
});

export const reviewResolveTool = ownTool(reviewResolve as unknown as Operation, {
  output: z.looseObject(item),
  text: itemLine,
});

function itemLine({ id, state, server, tool, message }: JsonObject): string {
  return `${id} ${state}: ${server}.${tool}: ${message}`;
}

function rows(value: JsonValue | undefined, line: (row: JsonObject) => string): string {
  return (Array.isArray(value) ? value.filter(isJsonObject) : []).map(line).join("\n");
}
