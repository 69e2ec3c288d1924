import { Buffer } from "node:buffer";
import type { HubEvent } from "@trestle/events";
import { type Clock, type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import { patiently } from "../ledger/patience.ts";
import { type ObjectStore, ObjectStoreError } from "../object-store/object-store.ts";

const eventShape = z.object({
  seq: z.int(),
  time: z.number(),
  topic: z.string(),
  payload: z.custom<JsonObject>((value) => typeof value === "object" && value !== null),
});

const stateShape = z.object({
  format: z.literal(1),
  /** Of the sequence that the numbers belong to. */
  origin: z.string(),
  /** Everything up to this number was delivered, given up, or is not wanted. */
  done: z.int(),
  /** Of the event that is next: failed attempts, and when it is tried again (milliseconds since 1970). */
  attempts: z.int().default(0),
  nextAt: z.number().default(0),
  lastError: z.string().optional(),
  /** Who delivers, and until when nobody else does. */
  lease: z.object({ holder: z.string(), until: z.number() }).optional(),
  /** What was given up, oldest first. */
  dead: z
    .array(z.object({ event: eventShape, at: z.number(), attempts: z.int(), error: z.string() }))
    .default([]),
  /** Dead letters that somebody wants to be tried again, before anything else. */
  again: z.array(eventShape).default([]),
  /** Events that were kept no more when their turn came. */
  missed: z.int().default(0),
});

/** How far the deliveries to one target are. */
export type DeliveryState = z.output<typeof stateShape>;
export type DeadLetter = DeliveryState["dead"][number];

/** The state in the bucket, the same for every process: `mcp/webhooks/<target>.json`. */
export interface DeliveryStates {
  read(target: string): Promise<DeliveryState | undefined>;
  /**
   * Replaces the state by what `next` makes of it as it is now; undefined leaves it alone. Resolves with
   * the new one, or undefined where it was left.
   */
  change(
    target: string,
    next: (state: DeliveryState | undefined) => DeliveryState | undefined,
  ): Promise<DeliveryState | undefined>;
}

/** Oldest dead letters go first. */
const MOST_DEAD = 200;
const ATTEMPTS = 20;

export function openDeliveryStates(
  store: ObjectStore,
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
): DeliveryStates {
  const patience = { clock, random, deadlineMs: 30_000, attemptMs: 15_000 };

  async function readVersion(target: string) {
    const key = keyOf(target);
    const found = await patiently(patience, (signal) => store.get(key, { signal }));
    if (found === undefined) return undefined;
    try {
      const value: unknown = JSON.parse(Buffer.from(found.body).toString("utf8"));
      return { state: stateShape.parse(value), etag: found.etag };
    } catch (cause) {
      throw new TrestleError(
        "internal",
        `${key} is no state of deliveries. Delete it in the bucket: deliveries begin anew with what happens from then on.`,
        { cause },
      );
    }
  }

  return {
    read: async (target) => (await readVersion(target))?.state,
    async change(target, next) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const found = await readVersion(target);
        const made = next(found?.state);
        if (made === undefined) return undefined;
        const kept = { ...made, dead: made.dead.slice(-MOST_DEAD) };
        const body = Buffer.from(`${JSON.stringify(kept, null, 1)}\n`);
        const when = found === undefined ? ("absent" as const) : { etag: found.etag };
        try {
          await patiently(patience, (signal) =>
            store.put(keyOf(target), body, { when, contentType: "application/json", signal }),
          );
          return kept;
        } catch (error) {
          if (!(error instanceof ObjectStoreError && error.code === "precondition_failed"))
            throw error;
        }
      }
      throw new TrestleError(
        "unavailable",
        `Too many processes change the deliveries of ${target} at once. Try again.`,
      );
    },
  };
}

/** Nothing delivered yet of a sequence: only what comes after this number is told. */
export function emptyState(origin: string, done: number): DeliveryState {
  return { format: 1, origin, done, attempts: 0, nextAt: 0, dead: [], again: [], missed: 0 };
}

export function withDead(
  state: DeliveryState,
  event: HubEvent,
  { at, attempts, error }: Omit<DeadLetter, "event">,
): DeliveryState {
  return { ...state, dead: [...state.dead, { event: { ...event }, at, attempts, error }] };
}

const keyOf = (target: string): string => `mcp/webhooks/${target}.json`;
