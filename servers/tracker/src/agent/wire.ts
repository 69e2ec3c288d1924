import { isJsonObject, type JsonObject } from "@trestle/protocol";
import { z } from "zod";
import type { targetSchema } from "../health/config.ts";
import type { TrackedRecord } from "../model/record.ts";

/** Where agents deliver, below the address of the tracker. */
export const AGENT_PATH = "/agent/v1/messages";
export const AGENT_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
/** What a request may hold. An agent sends far less, unless one record is as long. */
export const MOST_BODY_BYTES = 16 * 2 ** 20;

const text = z.string().max(4_096);
const time = z.number().min(0);

const sessionShape = z.looseObject({ project: z.string() });

const recordShape = z.custom<TrackedRecord>((value) => {
  const { id, sessionId, at, type, origin, parts } = (value ?? {}) as Partial<TrackedRecord>;
  const isNamed =
    typeof id === "string" && typeof sessionId === "string" && typeof type === "string";
  const isPlaced = typeof origin?.source === "string" && typeof origin.path === "string";
  return isNamed && isPlaced && typeof at === "number" && Array.isArray(parts);
}, "is no record");

/** What was read of one file: stored whole or not at all, once. */
const recordsShape = z.strictObject({
  kind: z.literal("records"),
  /** One file of one spool: of it the numbers grow. */
  stream: z.string().min(1).max(512),
  seq: z.int().min(1),
  source: text,
  path: text,
  /** When the file was begun to be read: where it is another, what was known of it is not. */
  begunAt: time,
  records: z.array(recordShape).max(5_000),
  sessions: z.array(z.tuple([z.string(), sessionShape])),
  skipped: z.array(z.tuple([z.string().max(200), z.int().min(1)])),
});

const checkedTarget = z.object({
  name: text,
  kind: z.string().max(32),
  severity: z.enum(["info", "warning", "critical"]),
  fall: z.int().min(1),
  rise: z.int().min(1),
  alertAfterMs: z.int().min(0),
  dependsOn: z.array(text),
});

/** What one check of a target found. */
const checkShape = z.strictObject({
  kind: z.literal("check"),
  stream: z.string().min(1).max(512),
  seq: z.int().min(1),
  target: checkedTarget,
  result: z.object({
    level: z.enum(["up", "degraded", "down"]),
    detail: z.string().max(1_000),
    facts: z.custom<JsonObject>((value) => isJsonObject(value as JsonObject)).optional(),
    at: time,
    latencyMs: z.number(),
  }),
});

const messageShape = z.discriminatedUnion("kind", [recordsShape, checkShape]);

/** A request: none of its messages is a sign of life. */
export const requestShape = z.strictObject({
  protocol: z.literal(1),
  messages: z.array(messageShape).max(1_000),
});

/** `done` of the messages are stored, from the first on; why no more are stands behind. */
export const answerShape = z.object({
  done: z.int().min(0),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

export type AgentMessage = z.output<typeof messageShape>;
export type RecordsMessage = z.output<typeof recordsShape>;
export type CheckMessage = z.output<typeof checkShape>;

/** What a tracker has to know of a target that it does not check itself. */
export function toCheckedTarget(target: z.output<typeof targetSchema>): CheckMessage["target"] {
  return checkedTarget.parse(target);
}
