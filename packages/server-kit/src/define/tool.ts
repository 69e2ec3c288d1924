import {
  type JsonObject,
  type JsonValue,
  TRESTLE_META,
  TrestleError,
  toPlainNumbers,
} from "@trestle/protocol";
import type * as z from "zod";
import {
  checkAlias,
  checkArgumentAliases,
  checkHints,
  checkToolName,
  definitionError,
} from "./checks.ts";
import type { ToolContext } from "./context.ts";
import { type InputRequired, isInputRequired } from "./input-required.ts";
import { describeIssues } from "./issues.ts";
import { lazily, toJsonSchema } from "./schema.ts";

/** The four annotations of MCP; all are stated, none is guessed. */
export interface Hints {
  readonly readOnly: boolean;
  readonly destructive: boolean;
  readonly idempotent: boolean;
  readonly openWorld: boolean;
}

/** A tool as its author writes it. */
export interface ToolSpec<Input extends z.ZodObject, Output extends z.ZodObject, State> {
  /** `[a-z0-9_]{1,32}`, a verb first: `run_sql`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** `core` (default) is listed to everybody, `all` is found by search. */
  readonly profile?: "core" | "all";
  /** Names people know from elsewhere, in their own spelling (`listTables`): callable, never listed. */
  readonly aliases?: readonly string[];
  /** Names of arguments as people know them from elsewhere, and ours (`{ query: "sql" }`): taken, never listed. */
  readonly argumentAliases?: Readonly<Record<string, string>>;
  readonly input: Input;
  readonly output: Output;
  readonly hints: Hints;
  /** Seconds for which an answer may be reused; for read-only tools. */
  readonly cache?: { readonly ttl: number };
  /** What the model reads; the JSON of the output unless given. */
  readonly content?: (output: z.output<Output>) => JsonObject[];
  readonly meta?: JsonObject;
  /** May go on as a task after its request was answered, where the caller takes tasks; `required`: only so. */
  readonly task?: TaskSupport;
  /** It begins its tasks itself, always, each under the name of what it stored, by which it is found again later. */
  readonly namesTasks?: boolean;
  readonly run: (
    input: z.output<Input>,
    context: ToolContext<State>,
  ) => MaybePromise<z.input<Output> | InputRequired>;
}

/** A tool that speaks raw MCP: arguments and results pass as they are. For fixtures and relays. */
export interface RawToolSpec<State> {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly profile?: "core" | "all";
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly hints: Hints;
  readonly meta?: JsonObject;
  readonly task?: TaskSupport;
  /** It begins its tasks itself, always, each under the name of what it stored, by which it is found again later. */
  readonly namesTasks?: boolean;
  readonly run: (
    args: JsonObject,
    context: ToolContext<State>,
  ) => MaybePromise<JsonObject | InputRequired>;
}

/** How a tool uses the extension `io.modelcontextprotocol/tasks`. */
export type TaskSupport = "optional" | "required";

/** A tool ready to be mounted. Made by `defineTool` and `defineRawTool`. */
export interface ToolDefinition<in State = unknown> {
  readonly name: string;
  readonly profile: "core" | "all";
  readonly aliases: readonly string[];
  readonly hints: Hints;
  readonly cacheTtl?: number;
  readonly task?: TaskSupport;
  /** It begins its tasks itself, always, each under the name of what it stored, by which it is found again later. */
  readonly namesTasks?: boolean;
  /** The entry of tools/list. */
  readonly describe: () => JsonObject;
  /** Arguments to input; throws `invalid_input` naming each bad field. */
  readonly parse: (args: JsonObject) => unknown;
  /** From parsed input to the raw result of tools/call. */
  readonly run: (input: never, context: ToolContext<State>) => Promise<JsonObject | InputRequired>;
}

type MaybePromise<Value> = Value | Promise<Value>;

/** Defines a tool. Throws at once where the definition contradicts itself. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject, State = unknown>(
  spec: ToolSpec<Input, Output, State>,
): ToolDefinition<State> {
  checkToolName(spec.name);
  for (const alias of spec.aliases ?? []) checkAlias(spec.name, alias);
  const renames = Object.entries(spec.argumentAliases ?? {});
  checkArgumentAliases(spec.name, renames, Object.keys(spec.input.shape));
  checkHints(spec.name, spec.hints);
  if (spec.cache !== undefined && !spec.hints.readOnly) {
    throw definitionError(
      `Tool "${spec.name}" declares a cache but writes: only a read-only tool may be cached.`,
    );
  }
  const input = refuseUnknownKeys(spec.input);
  return {
    name: spec.name,
    profile: spec.profile ?? "core",
    aliases: spec.aliases ?? [],
    hints: spec.hints,
    ...(spec.cache && { cacheTtl: spec.cache.ttl }),
    ...(spec.task && { task: spec.task }),
    ...(spec.namesTasks && { namesTasks: true }),
    describe: lazily(() => ({
      ...describeTool(spec),
      inputSchema: toJsonSchema(input, "input"),
      outputSchema: toJsonSchema(spec.output, "output"),
      ...annotationsOf(spec),
    })),
    parse: (args) => parseArguments(spec.name, input, renamed(args, renames)),
    run: async (parsed, context) => {
      const output = await spec.run(parsed, context);
      return isInputRequired(output) ? output : toResult(spec, output);
    },
  };
}

/** Defines a tool whose arguments and results are passed untouched. */
export function defineRawTool<State = unknown>(spec: RawToolSpec<State>): ToolDefinition<State> {
  checkHints(spec.name, spec.hints);
  const description: JsonObject = {
    ...describeTool(spec),
    inputSchema: spec.inputSchema,
    ...(spec.outputSchema && { outputSchema: spec.outputSchema }),
    ...annotationsOf(spec),
  };
  return {
    name: spec.name,
    profile: spec.profile ?? "core",
    aliases: [],
    hints: spec.hints,
    ...(spec.task && { task: spec.task }),
    ...(spec.namesTasks && { namesTasks: true }),
    describe: () => description,
    parse: (args) => args,
    run: async (args, context) => spec.run(args, context),
  };
}

function describeTool(spec: { name: string; title?: string; description?: string }): JsonObject {
  return {
    name: spec.name,
    ...(spec.title !== undefined && { title: spec.title }),
    ...(spec.description !== undefined && { description: spec.description }),
  };
}

function annotationsOf({ hints, meta, cache }: Described): JsonObject {
  const ownMeta = { ...meta, ...(cache && { [TRESTLE_META.cacheTtl]: cache.ttl }) };
  return {
    annotations: {
      readOnlyHint: hints.readOnly,
      destructiveHint: hints.destructive,
      idempotentHint: hints.idempotent,
      openWorldHint: hints.openWorld,
    },
    ...(Object.keys(ownMeta).length > 0 && { _meta: ownMeta }),
  };
}

interface Described {
  readonly hints: Hints;
  readonly meta?: JsonObject;
  readonly cache?: { readonly ttl: number };
}

/** A misspelt argument is an error, not something to ignore; a schema with its own catchall keeps it. */
function refuseUnknownKeys(input: z.ZodObject): z.ZodObject {
  return input.def.catchall === undefined ? input.strict() : input;
}

/** An argument under both of its names is left as it is, and refused as unknown. */
function renamed(args: JsonObject, renames: readonly (readonly [string, string])[]): JsonObject {
  const used = renames.filter(
    ([old, name]) => Object.hasOwn(args, old) && !Object.hasOwn(args, name),
  );
  if (used.length === 0) return args;
  const names = new Map(used);
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [names.get(name) ?? name, value]),
  );
}

function parseArguments(tool: string, input: z.ZodObject, args: JsonObject): unknown {
  const parsed = input.safeParse(toPlainNumbers(args));
  if (parsed.success) return parsed.data;
  const { text, fields } = describeIssues(parsed.error.issues, Object.keys(input.shape));
  throw new TrestleError("invalid_input", `The arguments of ${tool} are not valid:\n${text}`, {
    details: { fields },
  });
}

function toResult<Output extends z.ZodObject>(
  spec: { name: string; output: Output; content?: (output: z.output<Output>) => JsonObject[] },
  output: unknown,
): JsonObject {
  const parsed = spec.output.safeParse(output);
  if (!parsed.success) {
    const { text } = describeIssues(parsed.error.issues, []);
    throw new Error(`The output of ${spec.name} does not match its schema:\n${text}`);
  }
  const content: JsonValue[] = spec.content
    ? spec.content(parsed.data)
    : [{ type: "text", text: JSON.stringify(parsed.data) }];
  return { content, structuredContent: parsed.data as JsonObject };
}
