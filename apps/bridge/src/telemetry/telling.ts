import { randomUUID } from "node:crypto";
import { pid } from "node:process";
import type { TelemetryConfig } from "../config/read.ts";
import { createCallCounts } from "./call-counts.ts";
import { createOtlpExporter } from "./otlp.ts";
import { otlpMetrics } from "./otlp-metrics.ts";
import { createTracesMessage } from "./otlp-traces.ts";
import type { TelemetryParts } from "./telemetry.ts";
import { createTraceIds } from "./trace-context.ts";
import { createTracer } from "./tracer.ts";

/** Begins to tell a collector of calls. */
export function startTelling(
  settings: TelemetryConfig & { readonly endpoint: string },
  { observers, core, version, clock, log }: TelemetryParts,
) {
  const { endpoint, headers, serviceName, traces, metrics, sampleRatio, everyMs } = settings;
  const counts = createCallCounts(clock.now());
  const ids = createTraceIds();
  const resource = {
    "service.name": serviceName,
    "service.version": version,
    "service.instance.id": randomUUID(),
    "process.pid": pid,
  };
  const exporter = createOtlpExporter({
    ...{ endpoint, headers, everyMs, clock, log, resource },
    traces: createTracesMessage(resource, ids),
    metrics: metrics ? () => otlpMetrics(counts, core(), clock.now()) : undefined,
  });
  const tracer = createTracer({ sampleRatio, random: Math.random, ids, take: exporter.take });
  const leave = observers.add({
    observe(row) {
      if (metrics) {
        counts.observe(row);
        exporter.wake();
      }
      if (traces) tracer.observe(row);
    },
  });
  return {
    ...(traces && { tracer }),
    async close() {
      leave();
      await exporter.close();
    },
  };
}
