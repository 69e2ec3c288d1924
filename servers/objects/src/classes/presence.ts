import type { JsonValue } from "@trestle/protocol";
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
import { json } from "./json.ts";

interface Member {
  readonly data: JsonValue;
  readonly joinedAt: number;
  readonly ttlMs: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const PREFIX = "member:";
const MOST_MEMBERS = 1_000;

const member = z.string().min(1).max(200).describe("Who is there: a name that nobody else uses");
const data = z
  .json()
  .default(null)
  .describe("What others see of the member, such as a cursor; up to 4 KB");
const ttlMs = z
  .int()
  .min(1_000)
  .max(86_400_000)
  .default(30_000)
  .describe("Milliseconds after which it is gone without a heartbeat; 30 s by default");
const until = z.object({ expiresAt: z.int().describe("Epoch milliseconds") });

/** Who is there now; whoever is silent for too long is gone. */
export const presence = defineObjectClass({
  name: "presence",
  description:
    "Who is there now, and what they show of themselves; whoever is silent for too long is gone",
  methods: {
    join: defineMethod({
      description: "Comes in, or shows something else from now on",
      input: z.object({ member, data, ttlMs }),
      output: until,
      run: join,
    }),
    heartbeat: defineMethod({
      description: "Says that the member is still there",
      input: z.object({ member }),
      output: until,
      run: heartbeat,
    }),
    leave: defineMethod({
      description: "Goes",
      input: z.object({ member }),
      output: z.object({ left: z.boolean() }),
      run(context, args) {
        const left = context.storage.delete(PREFIX + args.member);
        if (left) context.broadcast({ left: args.member });
        wakeForNext(context);
        return { left };
      },
    }),
    list: defineReader({
      description: "Lists who is there",
      input: z.object({}),
      output: z.object({
        members: z.array(z.object({ member: z.string(), data: json, joinedAt: z.int() })),
      }),
      run: (context) => ({ members: show(context) }),
    }),
  },
  state: (context) => ({ members: show(context) }),
  onAlarm(context) {
    for (const [name, { expiresAt }] of members(context)) {
      if (expiresAt > context.now) continue;
      context.storage.delete(PREFIX + name);
      context.broadcast({ left: name, expired: true });
    }
    wakeForNext(context);
  },
});

const MOST_DATA = 4_096;

function join(context: ObjectContext, args: { member: string; data: JsonValue; ttlMs: number }) {
  const { storage, now } = context;
  if (JSON.stringify(args.data).length > MOST_DATA) {
    throw new ObjectError("too_large", `A member shows at most ${MOST_DATA} characters of JSON.`);
  }
  const before = storage.get(PREFIX + args.member) as Member | undefined;
  if (before === undefined && members(context).length >= MOST_MEMBERS) {
    throw new ObjectError(
      "conflict",
      `There are ${MOST_MEMBERS} members already; use another object.`,
    );
  }
  const expiresAt = now + args.ttlMs;
  const joinedAt = before?.joinedAt ?? now;
  storage.put(PREFIX + args.member, { data: args.data, joinedAt, ttlMs: args.ttlMs, expiresAt });
  context.broadcast({ joined: args.member, data: args.data });
  wakeForNext(context);
  return { expiresAt };
}

function heartbeat(context: ObjectContext, args: { member: string }): { expiresAt: number } {
  const { storage, now } = context;
  const found = storage.get(PREFIX + args.member) as Member | undefined;
  if (found === undefined || found.expiresAt <= now) {
    throw new ObjectError("not_found", `${args.member} is not there any more. Join again.`);
  }
  // Every change is numbered and told: what has not aged by a third yet stays as it is.
  if (found.expiresAt - now > (found.ttlMs * 2) / 3) return { expiresAt: found.expiresAt };
  const expiresAt = now + found.ttlMs;
  storage.put(PREFIX + args.member, { ...found, expiresAt });
  wakeForNext(context);
  return { expiresAt };
}

function members({
  storage,
}: Pick<ReadContext, "storage">): readonly (readonly [string, Member])[] {
  return storage
    .list({ prefix: PREFIX })
    .map(([name, each]) => [name.slice(PREFIX.length), each as unknown as Member] as const);
}

function show(context: ReadContext) {
  return members(context)
    .filter(([, { expiresAt }]) => expiresAt > context.now)
    .map(([name, { data: shown, joinedAt }]) => ({ member: name, data: shown, joinedAt }));
}

function wakeForNext(context: ObjectContext): void {
  wakeAt(
    context,
    members(context).map(([, { expiresAt }]) => expiresAt),
  );
}
