import * as z from "zod";
import { reference } from "./reference-schema.ts";

/** The `telemetry` keys: what is told to a collector of OpenTelemetry. */
export const telemetrySchema = z
  .strictObject({
    endpoint: reference
      .optional()
      .describe("Where OTLP over HTTP is taken in, such as http://127.0.0.1:4318. Absent: off."),
    headers: z
      .record(z.string(), reference)
      .default({})
      .describe("Sent along, such as the key of whoever takes it in."),
    serviceName: z.string().min(1).default("trestle").describe("What this bridge is called there."),
    traces: z.boolean().default(true).describe("A span for each call, and for each policy."),
    metrics: z.boolean().default(true).describe("Durations of calls, and states of servers."),
    sampleRatio: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("The share of traces that are told; a caller's own word on its trace wins."),
    everyMs: z
      .int()
      .min(100)
      .default(10_000)
      .describe("How often it is sent, while calls are made."),
  })
  .prefault({});

export type TelemetrySettings = z.output<typeof telemetrySchema>;
