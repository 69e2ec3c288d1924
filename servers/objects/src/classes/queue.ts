import type { JsonValue } from "@trestle/protocol";
import * as z from "zod";
import {
  defineInitial,
  defineMethod,
  defineObjectClass,
  defineReader,
  type ObjectContext,
  type ReadContext,
} from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import { wakeAt } from "./expiry.ts";
import { json } from "./json.ts";

interface Item {
  readonly id: string;
  readonly value: JsonValue;
  readonly attempts: number;
  /** Epoch milliseconds from which on it can be taken. */
  readonly readyAt: number;
}

interface Taken extends Item {
  readonly fence: number;
}

interface Settings {
  readonly maxAttempts: number;
}

/** Keys hold the order: the first that is ready is the first that is taken. */
const WAITING = "waiting:";
const TAKEN = "taken:";
const DEAD = "dead:";
const MOST_SHOWN = 100;

const id = z.string().min(1).max(100).describe("Of the item");
const fence = z.int().min(1).describe("As take gave it; each later one has a larger number");
const taken = z.object({ id, value: json, attempts: z.int(), fence, leaseUntil: z.int() });
const counts = z.object({ waiting: z.int(), taken: z.int(), dead: z.int() });

/** Items that are taken under a lease, and come again where nobody says that they are done. */
export const queue = defineObjectClass({
  name: "queue",
  description:
    "Items that are taken under a lease; they come again unless they are acknowledged, and end as dead after too many attempts",
  initial: defineInitial({
    input: z.strictObject({
      maxAttempts: z
        .int()
        .min(1)
        .max(1_000)
        .default(5)
        .describe("After so many an item is dead; 5 by default"),
    }),
    run: ({ storage }, settings) => storage.put("settings", settings),
  }),
  methods: {
    enqueue: defineMethod({
      description: "Adds an item at the end",
      input: z.object({
        value: json.describe("Any JSON"),
        delayMs: z.int().min(0).default(0).describe("Milliseconds before it can be taken"),
      }),
      output: z.object({ id }),
      run(context, args) {
        const item = { id: nextId(context), value: args.value, attempts: 0 };
        wait(context, { ...item, readyAt: context.now + args.delayMs });
        context.broadcast({ enqueued: item.id });
        return { id: item.id };
      },
    }),
    take: defineMethod({
      description:
        "Takes the first items that are ready; the same item goes to nobody else during the lease",
      input: z.object({
        limit: z.int().min(1).max(100).default(1).describe("How many at most"),
        leaseMs: z
          .int()
          .min(100)
          .max(86_400_000)
          .default(60_000)
          .describe("Milliseconds for the work; 60 s by default"),
      }),
      output: z.object({ items: z.array(taken) }),
      run: take,
    }),
    acknowledge: defineMethod({
      description: "Says that an item is done",
      input: z.object({ id, fence }),
      output: z.object({ acknowledged: z.boolean() }),
      run(context, args) {
        const item = own(context, args);
        context.storage.delete(TAKEN + item.id);
        context.broadcast({ acknowledged: item.id });
        wakeForNext(context);
        return { acknowledged: true };
      },
    }),
    giveBack: defineMethod({
      description: "Says that an item could not be done: it comes again, or is dead",
      input: z.object({
        id,
        fence,
        delayMs: z.int().min(0).default(0).describe("Milliseconds before it comes again"),
      }),
      output: z.object({ dead: z.boolean() }),
      run(context, args) {
        const dead = again(context, own(context, args), context.now + args.delayMs);
        wakeForNext(context);
        return { dead };
      },
    }),
    count: defineReader({
      description: "Says how many items wait, are taken and are dead",
      input: z.object({}),
      output: counts,
      run: count,
    }),
    listDead: defineReader({
      description: "Lists items that were given up",
      input: z.object({}),
      output: z.object({ items: z.array(z.object({ id, value: json, attempts: z.int() })) }),
      run: ({ storage }) => ({
        items: storage.list({ prefix: DEAD, limit: MOST_SHOWN }).map(([, item]) => toItem(item)),
      }),
    }),
    revive: defineMethod({
      description: "Lets a dead item be taken again, from its first attempt on",
      input: z.object({ id }),
      output: z.object({ revived: z.boolean() }),
      run(context, args) {
        const item = context.storage.get(DEAD + args.id);
        if (item === undefined) return { revived: false };
        context.storage.delete(DEAD + args.id);
        wait(context, { ...toItem(item), attempts: 0, readyAt: context.now });
        context.broadcast({ enqueued: args.id });
        return { revived: true };
      },
    }),
  },
  state: (context) => ({ ...count(context) }),
  onAlarm(context) {
    for (const item of takenItems(context)) {
      if (item.readyAt <= context.now) again(context, item, context.now);
    }
    wakeForNext(context);
  },
});

function take(context: ObjectContext, args: { limit: number; leaseMs: number }) {
  const { storage, now } = context;
  const ready = storage
    .list({ prefix: WAITING, limit: args.limit })
    .filter(([, item]) => toItem(item).readyAt <= now);
  const leaseUntil = now + args.leaseMs;
  const items = ready.map(([key, row]) => {
    const item = toItem(row);
    const held = {
      ...item,
      attempts: item.attempts + 1,
      readyAt: leaseUntil,
      fence: nextFence(context),
    };
    storage.delete(key);
    storage.put(TAKEN + item.id, held);
    const { id: of, value, attempts, fence: by } = held;
    return { id: of, value, attempts, fence: by, leaseUntil };
  });
  if (items.length > 0) {
    context.broadcast({ taken: items.map(({ id: of }) => of) });
    wakeForNext(context);
  }
  return { items };
}

/** Is it dead now? */
function again(context: ObjectContext, item: Taken, readyAt: number): boolean {
  const { storage } = context;
  const { maxAttempts } = (storage.get("settings") ?? { maxAttempts: 5 }) as unknown as Settings;
  const { fence: _, ...rest } = item;
  storage.delete(TAKEN + item.id);
  if (item.attempts >= maxAttempts) {
    storage.put(DEAD + item.id, { ...rest });
    context.broadcast({ dead: item.id });
    return true;
  }
  wait(context, { ...rest, readyAt });
  context.broadcast({ enqueued: item.id });
  return false;
}

function wait({ storage }: ObjectContext, item: Item): void {
  storage.put(`${WAITING}${padded(item.readyAt)}:${item.id}`, { ...item });
}

function own({ storage }: ReadContext, args: { id: string; fence: number }): Taken {
  const item = storage.get(TAKEN + args.id) as unknown as Taken | undefined;
  if (item?.fence === args.fence) return item;
  throw new ObjectError(
    "conflict",
    `The lease of item ${args.id} ended: it was taken again, acknowledged, or is dead. Do nothing more with it.`,
  );
}

function takenItems({ storage }: Pick<ReadContext, "storage">): readonly Taken[] {
  return storage.list({ prefix: TAKEN }).map(([, item]) => item as unknown as Taken);
}

function count({ storage }: ReadContext) {
  const of = (prefix: string) => storage.list({ prefix }).length;
  return { waiting: of(WAITING), taken: of(TAKEN), dead: of(DEAD) };
}

/** Leases that lapse: what only waits is taken when somebody asks. */
function wakeForNext(context: ObjectContext): void {
  wakeAt(
    context,
    takenItems(context).map(({ readyAt }) => readyAt),
  );
}

function nextId(context: ObjectContext): string {
  return padded(nextOf(context, "lastId"));
}

function nextFence(context: ObjectContext): number {
  return nextOf(context, "lastFence");
}

function nextOf({ storage }: ObjectContext, name: string): number {
  const next = Number(storage.get(name) ?? 0) + 1;
  storage.put(name, next);
  return next;
}

/** In order as text as they are in order as numbers. */
function padded(number: number): string {
  return String(number).padStart(15, "0");
}

function toItem(row: JsonValue): Item {
  return row as unknown as Item;
}
