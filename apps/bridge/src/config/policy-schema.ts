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
    kind: z.literal("tool").describe("Another tool answers."),
    server: z.string().describe("Whose tool it is."),
    tool: z.string().optional().describe("The same name where it is left out."),
    arguments: jsonObject.optional().describe("Those of the call where they are left out."),
  }),
  z.strictObject({
    kind: z.literal("static").describe("A fixed answer."),
    result: jsonObject.describe("The result."),
  }),
  z.strictObject({
    kind: z.literal("last_good").describe("The last good answer."),
    maxAgeMs: milliseconds.describe("No older than that."),
  }),
  z.strictObject({
    kind: z.literal("review").describe("The call waits for a person."),
    message: z.string().describe("What that person reads."),
  }),
  z.strictObject({
    kind: z.literal("notify").describe("Somebody is told, and the next rule is tried."),
    level: z.enum(["log", "alert"]).describe("`alert` where somebody must look."),
    message: z.string().describe("What is told."),
  }),
]) as z.ZodType<FallbackStep>;

const overrides = {
  timeout: z
    .strictObject({
      attemptMs: milliseconds.optional().describe("Longest silence of one attempt."),
      maxMs: milliseconds.optional().describe("Longest attempt, whatever its progress."),
    })
    .optional(),
  retry: z
    .strictObject({
      retries: count.optional().describe("Attempts after the first."),
      baseMs: milliseconds.optional().describe("Wait before the first retry."),
      maxDelayMs: milliseconds
        .optional()
        .describe("A server that asks for a longer wait is not waited for."),
      idempotent: z
        .boolean()
        .optional()
        .describe("A call may be sent again though it writes: the server honours its key."),
      checkWith: z
        .string()
        .optional()
        .describe("The tool that tells whether a call was done whose answer is missing."),
    })
    .optional(),
  breaker: z
    .union([
      z.literal(false),
      z.strictObject({
        consecutive: z.int().positive().optional().describe("Failures in a row that open it."),
        ratio: z.number().gt(0).max(1).optional().describe("Share of failures that opens it."),
        minimumCalls: z
          .int()
          .positive()
          .optional()
          .describe("Calls in a window before the share counts."),
        windowMs: milliseconds.optional().describe("Over which the share is taken."),
        openMs: milliseconds
          .optional()
          .describe("How long it stays open before one call may probe."),
      }),
    ])
    .optional()
    .describe("`false`: it never opens."),
  limit: limitRule.optional().describe("For all callers together."),
  fallback: z.array(fallbackStep).optional().describe("What to do about a failure, in its order."),
};

/** `policy.tools.PATTERN` of a server. */
const toolPolicy = z.strictObject({
  ...overrides,
  cache: z
    .union([
      z.boolean(),
      z.strictObject({
        ttlMs: milliseconds.optional().describe("How long an answer is kept."),
        staleWhileRevalidateMs: milliseconds
          .optional()
          .describe("An answer this much too old is given at once and renewed behind it."),
        staleOnErrorMs: milliseconds
          .optional()
          .describe("An answer this much too old is given where the server fails."),
      }),
    ])
    .optional()
    .describe("`true` declares a tool that only reads cacheable; `false`: never."),
});

/** `mcpServers.NAME.policy`. */
export const serverPolicy = z.strictObject({
  ...overrides,
  cache: z.literal(false).optional().describe("`false`: nothing of this server is cached."),
  tools: z
    .record(z.string(), toolPolicy)
    .optional()
    .describe("By name or pattern of its tools: the same keys, and those of `cache`."),
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
    autotune: z
      .boolean()
      .default(false)
      .describe("Follow the advice of `trestle tune` while running, within its bounds."),
  })
  .prefault({});

export type BridgePolicy = z.infer<typeof bridgePolicy>;
export type ServerPolicy = z.infer<typeof serverPolicy>;
export type ToolPolicy = z.infer<typeof toolPolicy>;
