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

interface Entry {
  readonly value: JsonValue;
  readonly version: number;
  /** Epoch milliseconds. */
  readonly expiresAt?: number | undefined;
}

const PREFIX = "entry:";
const LAST_VERSION = "version";
/** Larger ones are read by whoever wants them: what is broadcast has a bound of its own, and is kept besides. */
const SMALL_VALUE = 8_192;

const key = z.string().min(1).max(400).describe("The key");
const version = z.int().min(0).describe("Of the entry; 0 where there is none");
const found = z.object({
  found: z.boolean(),
  value: json.optional(),
  version,
  expiresAt: z.int().optional().describe("Epoch milliseconds"),
});

/** Values by key, each with a version, and with an end where it has one. */
export const kv = defineObjectClass({
  name: "kv",
  description: "JSON values by key, each with a version, and with a time to live where it has one",
  methods: {
    get: defineReader({
      description: "Reads the value of a key",
      input: z.object({ key }),
      output: found,
      run: (context, args) => show(entryOf(context, args.key)),
    }),
    put: defineMethod({
      description: "Stores a value, where `version` is given only over just that one",
      input: z.object({
        key,
        value: json.describe("Any JSON"),
        ttlMs: z.int().min(1).optional().describe("Milliseconds after which it is gone"),
        version: version
          .optional()
          .describe("Only where the entry has this version; 0: only where there is none"),
      }),
      output: z.object({ version }),
      run: put,
    }),
    delete: defineMethod({
      description: "Takes a key away, where `version` is given only just that one",
      input: z.object({
        key,
        version: version.optional().describe("Only where the entry has this version"),
      }),
      output: z.object({ deleted: z.boolean() }),
      run(context, args) {
        const entry = entryOf(context, args.key);
        checkVersion(args, entry);
        const deleted = context.storage.delete(PREFIX + args.key) && entry !== undefined;
        if (deleted) context.broadcast({ deleted: args.key });
        return { deleted };
      },
    }),
    list: defineReader({
      description: "Lists entries in order of their keys",
      input: z.object({
        prefix: z.string().max(400).default("").describe("Only keys that begin so"),
        start: z.string().max(400).default("").describe("Only this key and those behind it"),
        limit: z.int().min(1).max(1_000).default(100).describe("How many at most"),
      }),
      output: z.object({
        entries: z.array(z.object({ key: z.string(), value: json, version })),
      }),
      run({ storage, now }, { prefix, start, limit }) {
        const rows = storage.list({ prefix: PREFIX + prefix, start: PREFIX + start });
        return { entries: living(rows, now).slice(0, limit).map(withKey) };
      },
    }),
  },
  state: ({ storage, now }) =>
    Object.fromEntries(
      living(storage.list({ prefix: PREFIX }), now).map(([name, { value }]) => [name, value]),
    ),
  onAlarm(context) {
    const { storage, now } = context;
    const gone = entries(context).filter(([, { expiresAt = Infinity }]) => expiresAt <= now);
    for (const [name] of gone) storage.delete(PREFIX + name);
    if (gone.length > 0) context.broadcast({ expired: gone.map(([name]) => name) });
    watchExpiry(context);
  },
});

interface Put {
  readonly key: string;
  readonly value: JsonValue;
  readonly ttlMs?: number | undefined;
  readonly version?: number | undefined;
}

function put(context: ObjectContext, args: Put): { version: number } {
  const { storage, now } = context;
  checkVersion(args, entryOf(context, args.key));
  // One number for all entries: a key that comes again never has a version that it had before.
  const next = Number(storage.get(LAST_VERSION) ?? 0) + 1;
  const expiresAt = args.ttlMs === undefined ? undefined : now + args.ttlMs;
  storage.put(LAST_VERSION, next);
  const entry = { value: args.value, version: next };
  storage.put(PREFIX + args.key, expiresAt === undefined ? entry : { ...entry, expiresAt });
  const isSmall = JSON.stringify(args.value).length <= SMALL_VALUE;
  const told = { key: args.key, version: next };
  context.broadcast(isSmall ? { ...told, value: args.value } : told);
  const alarm = context.alarm.get();
  if (expiresAt !== undefined) context.alarm.set(Math.min(alarm ?? expiresAt, expiresAt));
  return { version: next };
}

function entryOf({ storage, now }: ReadContext, name: string): Entry | undefined {
  const entry = storage.get(PREFIX + name) as Entry | undefined;
  return entry !== undefined && (entry.expiresAt ?? Infinity) > now ? entry : undefined;
}

function entries({ storage }: ReadContext): readonly (readonly [string, Entry])[] {
  return living(storage.list({ prefix: PREFIX }), -Infinity);
}

function living(
  rows: readonly (readonly [string, JsonValue])[],
  now: number,
): readonly (readonly [string, Entry])[] {
  return rows
    .map(([name, entry]) => [name.slice(PREFIX.length), entry as unknown as Entry] as const)
    .filter(([, { expiresAt = Infinity }]) => expiresAt > now);
}

function watchExpiry(context: ObjectContext): void {
  wakeAt(
    context,
    entries(context).flatMap(([, { expiresAt }]) => (expiresAt === undefined ? [] : [expiresAt])),
  );
}

function withKey([name, { value, version: at }]: readonly [string, Entry]) {
  return { key: name, value, version: at };
}

function show(entry: Entry | undefined) {
  return entry === undefined ? { found: false, version: 0 } : { found: true, ...entry };
}

function checkVersion(
  args: { key: string; version?: number | undefined },
  entry: Entry | undefined,
): void {
  const has = entry?.version ?? 0;
  if (args.version === undefined || args.version === has) return;
  throw new ObjectError(
    "conflict",
    `${JSON.stringify(args.key)} has version ${has}, not ${args.version}. Read it, and decide again.`,
    { version: has },
  );
}
