import type { JsonObject, JsonValue } from "@trestle/protocol";
import * as z from "zod";
import {
  defineInitial,
  defineMethod,
  defineObjectClass,
  defineReader,
  type ObjectContext,
} from "../object-class.ts";
import { ObjectError } from "../object-error.ts";
import {
  type Change,
  changeSince,
  contentOf,
  headOf,
  readHistory,
  store,
} from "./document-history.ts";
import { jsonObject } from "./json.ts";
import { mergePatch, touches } from "./merge-patch.ts";
import { applyText, type TextOperation, textOperation, transformText } from "./text-operation.ts";

const version = z.int().min(0).describe("Of the document; each change makes the next one");
const content = jsonObject.describe("Fields of any JSON");
const changed = z.object({ version });
const path = z
  .array(z.string().max(200))
  .min(1)
  .max(20)
  .describe('Names of the fields down to a text, such as ["body"]');

const edited = z.object({
  applied: z.boolean().describe("False: nothing was changed, and `conflict` says why"),
  version,
  operation: textOperation.optional().describe("The edit as it was applied, after those of others"),
  conflict: z
    .object({ reason: z.string(), content: jsonObject })
    .optional()
    .describe("With the content as it is now: edit that instead"),
});

/** Fields that several change at once: each says which version it knew. */
export const document = defineObjectClass({
  name: "document",
  description:
    "Fields of JSON that several change at once: replaced or patched where the version is still the same, or texts in them edited together, with what was before kept",
  initial: defineInitial({
    input: z.strictObject({ content: content.default({}) }),
    run: (context, args) => {
      store(context, { kind: "replace" }, args.content);
    },
  }),
  methods: {
    read: defineReader({
      description: "Reads it",
      input: z.object({}),
      output: z.object({ version, content }),
      run: ({ storage }) => ({ version: headOf(storage).version, content: contentOf(storage) }),
    }),
    update: defineMethod({
      description: "Replaces all of it, if nobody changed it since `version`",
      input: z.object({ content, version }),
      output: changed,
      run(context, args) {
        checkVersion(context, args.version);
        return tell(context, { kind: "replace" }, args.content);
      },
    }),
    patch: defineMethod({
      description:
        "Merges fields into it (RFC 7396: null takes a field away); with `version` only if nobody changed it since",
      input: z.object({ patch: content, version: version.optional() }),
      output: changed,
      run(context, args) {
        checkVersion(context, args.version);
        const merged = mergePatch(contentOf(context.storage), args.patch) as JsonObject;
        return tell(context, { kind: "patch", patch: args.patch }, merged);
      },
    }),
    edit: defineMethod({
      description:
        "Edits a text in it together with others: what was changed since `version` is taken into account, and answered as a conflict where it cannot be",
      input: z.object({ path, operation: textOperation, version }),
      output: edited,
      run: edit,
    }),
    history: defineReader({
      description: "Lists changes, the newest first, with who made them",
      input: z.object({
        before: version.optional().describe("Only versions before this one"),
        limit: z.int().min(1).max(100).default(20).describe("How many at most"),
      }),
      output: z.object({
        changes: z.array(
          z.object({
            ...{ version, at: z.int(), by: z.string(), kind: z.enum(["replace", "patch", "edit"]) },
            content: content.optional().describe("After the change, where it is small"),
          }),
        ),
      }),
      run: ({ storage }, args) => ({ changes: readHistory(storage, args) }),
    }),
  },
  state: ({ storage }) => ({ version: headOf(storage).version, content: contentOf(storage) }),
});

const SMALL_OPERATION = 8_192;

interface Edit {
  readonly path: readonly string[];
  readonly operation: TextOperation;
  readonly version: number;
}

function edit(context: ObjectContext, asked: Edit): z.output<typeof edited> {
  const { storage } = context;
  const now = contentOf(storage);
  const conflict = (reason: string) => {
    return { applied: false, version: headOf(storage).version, conflict: { reason, content: now } };
  };
  const since = changeSince(storage, asked.version);
  if (since === undefined) return conflict("the version is none that is still known");
  const between = since.find((change) => isInTheWay(change, asked.path));
  if (between !== undefined) return conflict(`version ${between.version} put something else there`);
  const text = textAt(now, asked.path);
  if (text === undefined) return conflict("there is no text at the path");
  const operation = since.reduce(
    (mine, change) =>
      change.kind === "edit" && isSame(change.path, asked.path)
        ? transformText(mine, { over: change.operation, first: false })
        : mine,
    asked.operation,
  );
  const next = applyText(text, operation);
  if (next === undefined) return conflict("the edit is of a longer text");
  // Others had deleted all that it was about, and it puts nothing in.
  if (operation.length === 0) return { applied: true, version: headOf(storage).version };
  const change = { kind: "edit" as const, path: asked.path, operation };
  const done = tell(context, change, withText(now, asked.path, next));
  return { applied: true, ...done, operation: [...operation] };
}

function isInTheWay(change: Change, path: readonly string[]): boolean {
  if (change.kind === "replace") return true;
  return change.kind === "patch" && touches(change.patch, path);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

function tell(context: ObjectContext, change: Parameters<typeof store>[1], next: JsonObject) {
  const version = store(context, change, next);
  // Whoever watches applies a small change, and reads the document after a large one.
  const { kind } = change;
  if (kind === "edit" && JSON.stringify(change.operation).length <= SMALL_OPERATION) {
    context.broadcast({
      version,
      kind,
      path: [...change.path],
      operation: change.operation as JsonValue,
    });
  } else context.broadcast({ version, kind });
  return { version };
}

function checkVersion({ storage }: ObjectContext, expected: number | undefined): void {
  const { version } = headOf(storage);
  if (expected === undefined || expected === version) return;
  throw new ObjectError(
    "conflict",
    `The document has version ${version}, not ${expected}: somebody changed it. Read it, and change what is there now.`,
    { version },
  );
}

function textAt(content: JsonObject, path: readonly string[]): string | undefined {
  let at: JsonValue | undefined = content;
  for (const name of path) {
    if (typeof at !== "object" || at === null || Array.isArray(at)) return undefined;
    at = Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return typeof at === "string" ? at : undefined;
}

function withText(
  content: JsonObject,
  [name = "", ...rest]: readonly string[],
  text: string,
): JsonObject {
  const value = rest.length === 0 ? text : withText(content[name] as JsonObject, rest, text);
  return Object.fromEntries(
    Object.entries(content).map(([key, each]) => [key, key === name ? value : each]),
  );
}
