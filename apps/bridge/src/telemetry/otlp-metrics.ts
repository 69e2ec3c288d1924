import { memoryUsage } from "node:process";
import type { JsonObject } from "@trestle/protocol";
import type { Core } from "../core.ts";
import { attributesOf } from "./attributes.ts";
import { BOUNDS, type CallCount, type CallCounts } from "./call-counts.ts";

const CUMULATIVE = 2;

/** All metrics as OTLP writes them in JSON. */
export function otlpMetrics(
  counts: CallCounts,
  core: Pick<Core, "upstreams" | "running">,
  now: number,
): JsonObject[] {
  const times = { startTimeUnixNano: nanoseconds(counts.since), timeUnixNano: nanoseconds(now) };
  const calls = counts.all();
  const duration: JsonObject = {
    name: "mcp.server.operation.duration",
    unit: "s",
    description: "How long calls took, retries and waits included.",
    histogram: {
      aggregationTemporality: CUMULATIVE,
      dataPoints: calls.map((each) => ({
        ...times,
        count: String(each.calls),
        sum: each.seconds,
        explicitBounds: [...BOUNDS],
        bucketCounts: each.buckets.map(String),
        attributes: labelsOf(each),
      })),
    },
  };
  const counter = (name: string, key: "cached" | "retries" | "fallbacks"): JsonObject => ({
    ...{ name, unit: "{call}" },
    sum: {
      ...{ aggregationTemporality: CUMULATIVE, isMonotonic: true },
      dataPoints: calls.map((each) => ({
        ...{ ...times, asInt: String(each[key]), attributes: labelsOf(each) },
      })),
    },
  });
  const gauge = (name: string, unit: string, points: readonly JsonObject[]): JsonObject => ({
    ...{ name, unit },
    gauge: { dataPoints: points.map((each) => ({ timeUnixNano: times.timeUnixNano, ...each })) },
  });
  return [
    duration,
    counter("trestle.calls.cached", "cached"),
    counter("trestle.call.retries", "retries"),
    counter("trestle.call.fallbacks", "fallbacks"),
    gauge("trestle.running_calls", "{call}", [{ asInt: String(core.running.count()) }]),
    gauge("process.memory.usage", "By", [{ asInt: String(memoryUsage.rss()) }]),
    gauge(
      "trestle.server.up",
      "1",
      core.upstreams.all().map(({ id, health }) => ({
        asInt: DOWN.has(health().state) ? "0" : "1",
        attributes: attributesOf({ "trestle.server": id }),
      })),
    ),
  ];
}

const DOWN: ReadonlySet<string> = new Set(["backoff", "failed"]);

function labelsOf({ server, tool, outcome }: CallCount): JsonObject[] {
  return attributesOf({
    ...{ "mcp.method.name": "tools/call", "gen_ai.tool.name": tool, "trestle.server": server },
    "error.type": outcome === "success" ? undefined : outcome,
  });
}

/** Of epoch milliseconds, as text: no double holds them, but one holds their microseconds. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}
