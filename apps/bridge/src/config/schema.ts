import * as z from "zod";
import { accessSchema, reviewSchema } from "./access-schema.ts";
import {
  catalogModes,
  catalogPins,
  refuseSearchWithoutOwn,
  serverPins,
  serverTools,
} from "./catalog-schema.ts";
import { eventsSchema } from "./events-schema.ts";
import { httpSchema } from "./http-schema.ts";
import { bridgePolicy, serverPolicy } from "./policy-schema.ts";
import { reference } from "./reference-schema.ts";
import { storeSchema } from "./store-schema.ts";
import { telemetrySchema } from "./telemetry-schema.ts";

/** The shape of `trestle.json`. Every key is optional; the defaults are those that `parse({})` gives. */

const milliseconds = z.int().positive();

/** An alias may carry a version: `github@v2`. */
const alias = z
  .string()
  .regex(
    /^[a-z0-9-]{1,16}(?:@[a-z0-9-]{1,16})?$/,
    "must be [a-z0-9-]{1,16}, perhaps with @ and a version of the same",
  );
const amount = z.number().min(0);

/** Keys of one entry of `mcpServers` that hold for every kind. */
const common = {
  disabled: z.boolean().optional().describe("True leaves the entry out."),
  era: z.enum(["auto", "legacy", "modern"]).optional().describe("The protocol it speaks."),
  startTimeoutMs: milliseconds.optional().describe("How long it may take to answer at its start."),
  policy: serverPolicy.optional(),
  concurrency: z.int().positive().optional().describe("Calls that it works on at a time."),
  queue: z.int().min(0).optional().describe("Calls that may wait for their turn."),
  tools: serverTools.optional(),
  pins: serverPins,
  restart: z
    .strictObject({
      firstDelayMs: z.int().min(0).optional().describe("Wait before the second restart."),
      maxDelayMs: z.int().min(0).optional().describe("Longest wait between two restarts."),
      healthyAfterMs: milliseconds.optional().describe("Having lived so long, it may die again."),
      quickEveryMs: z
        .int()
        .min(0)
        .optional()
        .describe("Once in so long a call makes a try of its own, whatever the wait."),
    })
    .optional()
    .describe("When it is started again after it died."),
  capabilities: z
    .strictObject({
      elicitation: z.boolean().optional().describe("Forms and addresses for the user."),
      sampling: z.boolean().optional().describe("Requests to the client's model."),
      roots: z.boolean().optional().describe("The client's folders."),
    })
    .optional()
    .describe("False: its server is told that no client has this, and cannot ask for it."),
  aliases: z
    .array(alias)
    .optional()
    .describe("Further server ids by which its tools can be called."),
  cost: z
    .strictObject({
      perCall: amount.optional().describe("Of every tool that is not named below."),
      tools: z.record(z.string(), amount).optional().describe("Of tools that fit a pattern."),
      unit: z.string().min(1).default("USD"),
    })
    .optional()
    .describe("What a call costs, for the metrics."),
};

const idleStopMs = z
  .int()
  .min(0)
  .optional()
  .describe("How long it may be unused before it is ended; 0: for ever.");

const isolation = {
  isolation: z
    .enum(["shared", "principal", "session", "pooled"])
    .optional()
    .describe(
      "Who shares one process or session of it: everybody; one principal; one client session; one client session, and whoever needs the place next.",
    ),
  maxInstances: z
    .int()
    .positive()
    .optional()
    .describe("How many there may be at once where it is not shared."),
};

/** How the bridge signs in at a server that wants OAuth. */
function oauth<Text extends z.ZodType>(text: Text) {
  return z.strictObject({
    grant: z
      .enum(["authorization_code", "client_credentials"])
      .default("authorization_code")
      .describe("A person signs in, or the bridge does so by itself."),
    clientId: text
      .optional()
      .describe("As its authorization server knows us; absent: we register."),
    clientSecret: text.optional().describe("Of the client id."),
    clientMetadataUrl: z
      .url({ protocol: /^https$/ })
      .optional()
      .describe("Where our client metadata can be read, in place of an id."),
    scope: z.string().optional().describe("Scopes to ask for, with spaces between."),
    issuer: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("The only authorization server to sign in at."),
  });
}

/** Entries with `text` and its like for every string that may hold a reference. */
function entriesOf<Text extends z.ZodType>({
  text,
  word,
  url,
}: Record<"text" | "word" | "url", Text>) {
  const texts = z.record(z.string(), text);
  return {
    stdio: z.object({
      ...common,
      idleStopMs,
      ...isolation,
      type: z.literal("stdio").optional(),
      command: word.describe("The program to start."),
      args: z.array(text).optional(),
      env: texts.optional(),
      cwd: text.optional(),
    }),
    http: z.object({
      ...common,
      idleStopMs,
      ...isolation,
      type: z.enum(["http", "streamable-http", "streamableHttp", "sse"]).optional(),
      url: url.describe("Where it answers."),
      headers: texts.optional(),
      oauth: z
        .union([z.literal(false), oauth(text)])
        .optional()
        .describe("How to sign in where it wants OAuth; false: not at all."),
      replicas: z
        .array(url)
        .optional()
        .describe("Further addresses of the same server, in the order in which they are asked."),
    }),
    /** One of our servers, mounted in the bridge's own process. */
    embedded: z.object({
      ...common,
      embedded: word.describe("One of our servers, or a module that exports one."),
      env: texts.optional(),
    }),
  };
}

/** What an entry is when every reference in it has been replaced. */
export const entrySchemas = entriesOf<z.ZodType<string>>({
  text: z.string(),
  word: z.string().min(1),
  url: z.url({ protocol: /^https?$/ }),
});

export type StdioEntry = z.infer<typeof entrySchemas.stdio>;
export type HttpEntry = z.infer<typeof entrySchemas.http>;
export type EmbeddedEntry = z.infer<typeof entrySchemas.embedded>;

export const bridgeSchema = z.strictObject({
  $schema: z.string().optional().describe("For editors."),
  mcpServers: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("The servers behind the bridge, as hosts write them."),
  http: httpSchema,
  catalog: z
    .strictObject({
      ...catalogModes,
      prefix: z
        .enum(["always", "on-collision", "never"])
        .default("always")
        .describe("When tool names carry the server's id."),
      maxNameLength: z.int().min(16).max(128).default(45).describe("Longest exposed name."),
      tools: z
        .strictObject({
          own: z
            .enum(["listed", "hidden", "off"])
            .default("listed")
            .describe("The bridge's own tools: hidden ones can be called and are not listed."),
        })
        .prefault({}),
      startWaitMs: milliseconds
        .default(5_000)
        .describe("How long the first list waits for servers that are still starting."),
      verify: z
        .enum(["on-use", "at-start", "before-serving"])
        .default("on-use")
        .describe("When the lists of the last run are compared with those of the servers."),
      maxAgeMs: milliseconds
        .default(86_400_000)
        .describe("Lists that were not compared for so long are, in the background."),
      checkEveryMs: z
        .int()
        .min(0)
        .default(600_000)
        .describe("How often the lists of a connected server are looked at; 0: when it tells."),
      ...catalogPins,
    })
    .superRefine(refuseSearchWithoutOwn)
    .prefault({}),
  upstreams: z
    .strictObject({
      idleStopMs: z
        .int()
        .min(0)
        .default(900_000)
        .describe(
          "How long a server may be unused before its process or session is ended; 0: for ever.",
        ),
      allowHosts: z
        .array(z.string())
        .default([])
        .describe(
          "Public names (`name` or `name:port`) of servers that may lead to a private network.",
        ),
    })
    .prefault({}),
  policy: bridgePolicy,
  access: accessSchema,
  review: reviewSchema,
  events: eventsSchema,
  telemetry: telemetrySchema,
  results: z
    .strictObject({
      maxBytes: z
        .int()
        .min(1_000)
        .optional()
        .describe(
          "Of a longer text a client gets the beginning and a handle to read on. Absent: all.",
        ),
    })
    .prefault({}),
  history: z
    .strictObject({
      maxRows: z.int().positive().default(10_000).describe("Executions kept."),
      redact: z
        .array(z.string())
        .default([])
        .describe("Further names of arguments whose values are not kept."),
      results: z
        .strictObject({
          keep: z
            .boolean()
            .default(false)
            .describe("Keep what results say, redacted, so that calls can become a chain."),
          maxBytes: z
            .int()
            .positive()
            .max(1_048_576)
            .default(16_384)
            .describe("A longer result is not kept."),
        })
        .prefault({}),
    })
    .prefault({}),
  store: storeSchema,
  shutdown: z
    .strictObject({
      graceMs: z.int().min(0).default(10_000).describe("How long running calls may finish."),
    })
    .prefault({}),
});

export type BridgeSettings = z.infer<typeof bridgeSchema>;

/** The whole file as editors check it: with the entries, before references are replaced. */
export const documentSchema = bridgeSchema.extend({
  mcpServers: z
    .record(
      z.string(),
      z.union(Object.values(entriesOf({ text: reference, word: reference, url: reference }))),
    )
    .optional()
    .describe("The servers behind the bridge, as hosts write them."),
});
