/** The wire between hosts and clients: both hosts speak it, and the client knows nothing else of them. */
import type { JsonObject, JsonValue } from "@trestle/protocol";
import * as z from "zod";
import type { WireError } from "./object-error.ts";

export const PROTOCOL_VERSION = "v1";
/** Chosen by the host among what a WebSocket client offers. */
export const WATCH_PROTOCOL = "trestle.objects.v1";
/** Browsers cannot send headers with a WebSocket: the token travels as an offered protocol instead. */
export const TOKEN_PROTOCOL = "trestle.bearer.";
/** Exactly these texts, so that a host may answer without waking an object. */
export const PING_FRAME = '{"type":"ping"}';
export const PONG_FRAME = '{"type":"pong"}';

/** Why a host closes a watching socket; the client looks at nothing else. */
export const CLOSE = {
  /** The token ended: connect again with a new one. */
  expired: 4401,
  denied: 4403,
  /** Did not read as fast as the object changes: connect again and resume. */
  tooSlow: 4408,
  /** Sent what is no frame. */
  badFrame: 4400,
  tooLarge: 4413,
  /** The host stops; another takes its place. */
  goingAway: 1001,
} as const;

/** No blanks, slashes or dots alone, so that ids fit into addresses and scopes as they are. */
export const OBJECT_ID = /^[A-Za-z0-9_][A-Za-z0-9._~@:-]{0,127}$/;

export interface ObjectRef {
  readonly class: string;
  readonly id: string;
}

const key = z
  .string()
  .min(1)
  .max(200)
  .describe("Idempotency key: a repeated call is done once, and answered the same again");
const expectedSeq = z
  .int()
  .min(0)
  .describe("Refuse with `conflict` unless the object has just this sequence number");
/** What was parsed as JSON is JSON: only its outermost shape is looked at here, and the rest by the method. */
const args = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "must be a JSON object",
);

export const initializeRequest = z.strictObject({ args: args.optional(), key: key.optional() });
export type InitializeRequest = Readonly<z.output<typeof initializeRequest>>;

export const callRequest = z.strictObject({
  method: z.string().min(1).max(64),
  args: args.optional(),
  key: key.optional(),
  expectedSeq: expectedSeq.optional(),
});
export type CallRequest = Readonly<z.output<typeof callRequest>>;

export const deleteRequest = z.strictObject({
  key: key.optional(),
  expectedSeq: expectedSeq.optional(),
});
export type DeleteRequest = Readonly<z.output<typeof deleteRequest>>;

/** Of initialize, call and delete alike. */
export interface Answer {
  /** Of the object after the turn. */
  readonly seq: number;
  readonly result: JsonValue;
  /** Did this turn change the object? Each that does takes the next sequence number. */
  readonly changed: boolean;
  /** Is this the answer of an earlier call with the same key? */
  readonly repeated: boolean;
}

export interface ObjectView extends ObjectRef {
  readonly seq: number;
  readonly state: JsonValue;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type EventKind = "initialized" | "called" | "alarm" | "deleted";

/** One changing turn; the sequence numbers of an object have no gaps. */
export interface ObjectEvent {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly kind: EventKind;
  readonly method?: string;
  readonly caller: string;
  readonly callId: string;
  /** What the turn broadcast, in order. */
  readonly events: readonly JsonValue[];
}

export interface EventsPage {
  /** Those after `since`, the oldest first. */
  readonly events: readonly ObjectEvent[];
  /** Of the object now. */
  readonly seq: number;
  /** False where events after `since` are no longer kept: ask for the state instead. */
  readonly complete: boolean;
}

export interface ObjectSummary extends ObjectRef {
  readonly seq: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ObjectsPage {
  readonly objects: readonly ObjectSummary[];
  /** Give it to get what follows; left out at the end. */
  readonly cursor?: string;
}

export interface MethodView {
  readonly name: string;
  readonly description: string;
  readonly isReadOnly: boolean;
  /** JSON Schema. */
  readonly input: JsonValue;
  readonly output: JsonValue;
}

export interface ClassView {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of what `initialize` takes. */
  readonly initial: JsonValue;
  readonly methods: readonly MethodView[];
}

export interface ClassesView {
  readonly classes: readonly ClassView[];
}

export interface HealthView {
  readonly status: "ok";
  readonly host: "local" | "worker";
  readonly protocol: typeof PROTOCOL_VERSION;
  readonly classes: readonly string[];
}

export interface ErrorBody {
  readonly error: WireError;
}

/** What a watcher sends. `id` is the watcher's own and comes back with the answer. */
export const clientFrame = z.discriminatedUnion("type", [
  callRequest.extend({ type: z.literal("call"), id: z.string().min(1).max(64) }),
  z.strictObject({ type: z.literal("ping") }),
]);
export type ClientFrame = Readonly<z.output<typeof clientFrame>>;

/**
 * What a watcher gets. After connecting: a `state` (no `since`, or too far behind) or the `event`s that were missed,
 * then `ready`, then one `event` for each changing turn as it happens.
 */
export type ServerFrame =
  | {
      readonly type: "state";
      readonly seq: number;
      /** False for an object that was deleted or never initialized; its state is null. */
      readonly exists: boolean;
      readonly state: JsonValue;
    }
  /** `state` is there when it was asked for with `state=true`. */
  | ({ readonly type: "event"; readonly state?: JsonValue } & ObjectEvent)
  | { readonly type: "ready"; readonly seq: number }
  | ({ readonly type: "result"; readonly id: string } & Answer)
  | { readonly type: "error"; readonly id?: string; readonly error: WireError }
  | { readonly type: "pong" };

/** Bytes of JSON text, as UTF-8. */
export interface Limits {
  readonly argsBytes: number;
  readonly valueBytes: number;
  /** Of all keys and values of one object. */
  readonly objectBytes: number;
  /** Of all that one turn broadcasts. */
  readonly broadcastBytes: number;
  readonly resultBytes: number;
  /** Events kept for those who come back, and for history. */
  readonly keptEvents: number;
  /** Answers kept for repeated keys, and for how long. */
  readonly keptAnswers: number;
  readonly keptAnswersMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  argsBytes: 256 * 1024,
  valueBytes: 1024 * 1024,
  objectBytes: 8 * 1024 * 1024,
  broadcastBytes: 64 * 1024,
  resultBytes: 512 * 1024,
  keptEvents: 1_000,
  keptAnswers: 100_000,
  keptAnswersMs: 24 * 60 * 60 * 1000,
};

/** `watch?since=SEQ&state=true` */
export const watchQuery = z.object({
  since: z.coerce.number().int().min(0).optional(),
  state: z.stringbool().default(false),
});

/** `events?since=SEQ&limit=N` */
export const eventsQuery = z.object({
  since: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

/** `objects?class=NAME&cursor=…&limit=N` */
export const listQuery = z.object({
  class: z.string().optional(),
  cursor: z.string().max(300).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export type ListQuery = Readonly<z.output<typeof listQuery>>;
