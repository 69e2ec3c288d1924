import {
  DEFAULT_BREAKER,
  DEFAULT_CACHE,
  DEFAULT_PRINCIPAL_LIMIT,
  DEFAULT_RETRY,
  FALLBACK_PRESETS,
  type FallbackStep,
} from "@trestle/policy";
import type { JsonObject, JsonValue } from "@trestle/protocol";
import * as z from "zod";

/** The `policy` keys: what is said of a tool overrides what is said of its server, and that the bridge's. */

const milliseconds = z.int().positive();
const count = z.int().min(0);
const json = z.json() as z.ZodType<JsonValue>;
const jsonObject = z.record(z.string(), json) as z.ZodType<JsonObject>;

const limitRule = z.strictObject({
  calls: z.int().positive().describe("Calls allowed in one window."),
  windowMs: milliseconds.default(60_000).describe("Length of the window."),
});

/** One thing to do when a call failed. */
const fallbackStep: z.ZodType<FallbackStep> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("tool"),
    server: z.string(),
    tool: z.string().optional(),
    arguments: jsonObject.optional(),
  }),
  z.strictObject({ kind: z.literal("static"), result: jsonObject }),
  z.strictObject({ kind: z.literal("last_good"), maxAgeMs: milliseconds }),
  z.strictObject({ kind: z.literal("review"), message: z.string() }),
  z.strictObject({
    kind: z.literal("notify"),
    level: z.enum(["log", "alert"]),
    message: z.string(),
  }),
]) as z.ZodType<FallbackStep>;

const overrides = {
  timeout: z
    .strictObject({ attemptMs: milliseconds.optional(), maxMs: milliseconds.optional() })
    .optional(),
  retry: z
    .strictObject({
      retries: count.optional(),
      baseMs: milliseconds.optional(),
      maxDelayMs: milliseconds.optional(),
      idempotent: z.boolean().optional(),
      checkWith: z.string().optional(),
    })
    .optional(),
  breaker: z
    .union([
      z.literal(false),
      z.strictObject({
        consecutive: z.int().positive().optional(),
        ratio: z.number().gt(0).max(1).optional(),
        minimumCalls: z.int().positive().optional(),
        windowMs: milliseconds.optional(),
        openMs: milliseconds.optional(),
      }),
    ])
    .optional(),
  limit: limitRule.optional(),
  fallback: z.array(fallbackStep).optional(),
};

/** `policy.tools.PATTERN` of a server. */
const toolPolicy = z.strictObject({
  ...overrides,
  cache: z
    .union([
      z.boolean(),
      z.strictObject({
        ttlMs: milliseconds.optional(),
        staleWhileRevalidateMs: milliseconds.optional(),
        staleOnErrorMs: milliseconds.optional(),
      }),
    ])
    .optional(),
});

/** `mcpServers.NAME.policy`. */
export const serverPolicy = z.strictObject({
  ...overrides,
  cache: z.literal(false).optional(),
  tools: z.record(z.string(), toolPolicy).optional(),
});

/** `policy`. */
export const bridgePolicy = z
  .strictObject({
    timeout: z
      .strictObject({
        attemptMs: milliseconds.default(30_000).describe("Longest silence of one attempt."),
        maxMs: milliseconds.default(120_000).describe("Longest attempt, whatever its progress."),
        deadlineMs: milliseconds.default(150_000).describe("Longest call, all attempts together."),
      })
      .prefault({}),
    retry: z
      .strictObject({
        retries: count.default(DEFAULT_RETRY.retries).describe("Attempts after the first."),
        baseMs: milliseconds
          .default(DEFAULT_RETRY.baseMs)
          .describe("Wait before the first retry; each later one waits twice as long."),
        maxDelayMs: milliseconds
          .default(DEFAULT_RETRY.maxDelayMs)
          .describe("A server that asks for a longer wait is not waited for."),
      })
      .prefault({}),
    cache: z
      .strictObject({
        enabled: z
          .union([z.boolean(), z.literal("all")])
          .default(true)
          .describe(
            'Cache what servers of ours or `policy.tools` declare cacheable; "all": every read-only tool.',
          ),
        ttlMs: milliseconds
          .default(DEFAULT_CACHE.ttlMs)
          .describe("How long an answer is kept where nothing else is said."),
        staleWhileRevalidateMs: milliseconds
          .optional()
          .describe("An answer this much too old is given at once and renewed behind it."),
        staleOnErrorMs: milliseconds
          .optional()
          .describe("An answer this much too old is given where the server fails."),
        maxBytes: z
          .int()
          .positive()
          .default(64 * 1024 * 1024)
          .describe("Memory for cached answers."),
      })
      .prefault({}),
    breaker: z
      .strictObject({
        consecutive: z
          .int()
          .positive()
          .default(DEFAULT_BREAKER.consecutive)
          .describe("Failures in a row that open it."),
        ratio: z
          .number()
          .gt(0)
          .max(1)
          .default(DEFAULT_BREAKER.ratio)
          .describe("Share of failures that opens it."),
        minimumCalls: z
          .int()
          .positive()
          .default(DEFAULT_BREAKER.minimumCalls)
          .describe("Calls in a window before the share counts."),
        windowMs: milliseconds
          .default(DEFAULT_BREAKER.windowMs)
          .describe("Over which the share is taken."),
        openMs: milliseconds
          .default(DEFAULT_BREAKER.openMs)
          .describe("How long it stays open before one call may probe."),
      })
      .prefault({}),
    bulkhead: z
      .strictObject({
        concurrency: z
          .int()
          .positive()
          .default(64)
          .describe("Calls that one server works on at a time."),
        queue: count.default(256).describe("Calls that may wait for their turn."),
      })
      .prefault({}),
    limit: z
      .strictObject({
        principal: z
          .union([z.literal(false), limitRule])
          .prefault({ ...DEFAULT_PRINCIPAL_LIMIT })
          .describe("For everything one principal calls; the local caller has none."),
        local: limitRule.optional().describe("A limit for the local caller, too."),
      })
      .prefault({}),
    fallback: z
      .strictObject({
        presets: z
          .array(z.enum(Object.keys(FALLBACK_PRESETS) as [keyof typeof FALLBACK_PRESETS]))
          .default([])
          .describe("Ready-made rules to use: service_restart, payment, critical_deployment."),
      })
      .prefault({}),
  })
  .prefault({});

export type BridgePolicy = z.infer<typeof bridgePolicy>;
export type ServerPolicy = z.infer<typeof serverPolicy>;
export type ToolPolicy = z.infer<typeof toolPolicy>;
