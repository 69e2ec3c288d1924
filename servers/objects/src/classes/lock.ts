import * as z from "zod";
import {
  defineMethod,
  defineObjectClass,
  defineReader,
  type ObjectContext,
  type ReadContext,
} from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import { wakeAt } from "./expiry.ts";

interface Lease {
  readonly holder: string;
  readonly fence: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const holder = z.string().min(1).max(200).describe("Who holds it: a name that nobody else uses");
const fence = z.int().min(1).describe("Of the lease; each later one has a larger number");
const ttlMs = z
  .int()
  .min(100)
  .max(86_400_000)
  .default(30_000)
  .describe("Milliseconds for which it is held without being renewed; 30 s by default");
const lease = z.object({
  holder: z.string(),
  fence,
  expiresAt: z.int().describe("Epoch milliseconds"),
});
const grant = lease.extend({
  granted: z.boolean().describe("False: the lease is somebody else's"),
});

/** A lease that one holds at a time, with a number that keeps those out who held it before. */
export const lock = defineObjectClass({
  name: "lock",
  description:
    "A lease that one holds at a time. Give its fence along with what you write: whoever held it before has a smaller one",
  methods: {
    acquire: defineMethod({
      description:
        "Takes the lease where nobody holds it; whoever holds it already keeps its fence",
      input: z.object({ holder, ttlMs }),
      output: grant,
      run: acquire,
    }),
    renew: defineMethod({
      description: "Holds it for longer",
      input: z.object({ holder, fence, ttlMs }),
      output: lease,
      run: (context, args) =>
        hold(context, { ...own(context, args), expiresAt: context.now + args.ttlMs }),
    }),
    release: defineMethod({
      description: "Lets go of it",
      input: z.object({ holder, fence }),
      output: z.object({ released: z.boolean() }),
      run(context, args) {
        own(context, args);
        letGo(context, { released: args.holder });
        return { released: true };
      },
    }),
    get: defineReader({
      description: "Says who holds it",
      input: z.object({}),
      output: z.object({ held: z.boolean(), lease: lease.optional() }),
      run(context) {
        const held = current(context);
        return held === undefined ? { held: false } : { held: true, lease: held };
      },
    }),
  },
  state(context) {
    const held = current(context);
    return { held: held !== undefined, ...(held && { ...held }) };
  },
  onAlarm(context) {
    const held = context.storage.get("lease") as Lease | undefined;
    if (held !== undefined && held.expiresAt <= context.now) {
      letGo(context, { expired: held.holder });
    } else if (held !== undefined) wakeAt(context, [held.expiresAt]);
  },
});

function acquire(context: ObjectContext, args: { holder: string; ttlMs: number }) {
  const held = current(context);
  if (held !== undefined && held.holder !== args.holder) return { granted: false, ...held };
  const next = held?.fence ?? Number(context.storage.get("fence") ?? 0) + 1;
  const expiresAt = context.now + args.ttlMs;
  return { granted: true, ...hold(context, { holder: args.holder, fence: next, expiresAt }) };
}

function hold(context: ObjectContext, held: Lease): Lease {
  context.storage.put("fence", held.fence);
  context.storage.put("lease", { ...held });
  context.broadcast({ held: { ...held } });
  wakeAt(context, [held.expiresAt]);
  return held;
}

function letGo(context: ObjectContext, event: { released: string } | { expired: string }): void {
  context.storage.delete("lease");
  context.alarm.clear();
  context.broadcast(event);
}

function current({ storage, now }: ReadContext): Lease | undefined {
  const held = storage.get("lease") as Lease | undefined;
  return held !== undefined && held.expiresAt > now ? held : undefined;
}

function own(context: ReadContext, args: { holder: string; fence: number }): Lease {
  const held = current(context);
  if (held?.holder === args.holder && held.fence === args.fence) return held;
  throw new ObjectError(
    "conflict",
    held === undefined
      ? "Nobody holds the lease any more. Stop what you do under it, and acquire it again."
      : `The lease is with ${held.holder} and fence ${held.fence}. Stop what you do under it, and acquire it again.`,
    held && { fence: held.fence, expiresAt: held.expiresAt },
  );
}
