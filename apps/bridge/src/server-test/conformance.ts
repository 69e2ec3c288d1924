import {
  isJsonObject,
  isRpcError,
  type JsonObject,
  type JsonValue,
  messageOf,
  RPC,
} from "@trestle/protocol";
import { schemaFault } from "@trestle-mcp/server-kit/serving";
import type { CatalogTool } from "../catalog/view.ts";
import { type Finding, fail, ok, skipped, warn } from "./check.ts";
import type { PrivateBridge } from "./private-bridge.ts";
import type { Seen, View } from "./view.ts";

/** A tool that may be called, with what it is given. */
export interface Callable {
  readonly exposedName: string;
  readonly tool: CatalogTool;
  readonly arguments: JsonObject;
}

export interface Subject {
  readonly opened: PrivateBridge;
  readonly view: View;
  readonly callable: readonly Callable[];
  /** How long each of them took when nothing was wrong. */
  readonly tookMs: Map<Callable, number>;
}

/** How many tools that say they only read, and need no arguments, are called without being named. */
const MOST_CALLED = 5;

/** The tools that are called: those that were named, then such as only read and need no arguments. */
export function callableTools(
  { bridge, id }: PrivateBridge,
  named: ReadonlyMap<string, JsonObject>,
): Callable[] {
  const all = [...bridge.core.catalog.allTools()].filter(([, { server }]) => server === id);
  const found = (wanted: string) => all.find(([name, tool]) => [name, tool.name].includes(wanted));
  const asked = [...named].flatMap(([wanted, args]) => {
    const [exposedName, tool] = found(wanted) ?? [];
    return exposedName && tool ? [{ exposedName, tool, arguments: args }] : [];
  });
  const safe = all
    .filter(([, tool]) => tool.hints.readOnly && !needsArguments(tool))
    .filter(([name]) => !asked.some(({ exposedName }) => exposedName === name))
    .slice(0, MOST_CALLED)
    .map(([exposedName, tool]) => ({ exposedName, tool, arguments: {} }));
  return [...asked, ...safe];
}

function needsArguments({ definition }: CatalogTool): boolean {
  const schema = definition.inputSchema;
  const required = isJsonObject(schema) ? schema.required : undefined;
  return Array.isArray(required) && required.length > 0;
}

export async function checkLists({ opened }: Subject): Promise<Finding> {
  const { bridge, id } = opened;
  const status = bridge.status().find(({ server }) => server === id);
  // Everything is new here: nobody can have approved it.
  const warnings = (status?.warnings ?? []).filter((warning) => !warning.startsWith("pins:"));
  if (status?.problem !== undefined) return fail(`${status.problem}`);
  const tools = [...bridge.core.catalog.allTools().values()].filter(({ server }) => server === id);
  const counts = `${tools.length} tools, ${tools.filter(({ hints }) => hints.readOnly).length} of them only read`;
  const unsaid = tools.filter(({ definition }) => !isJsonObject(definition.annotations));
  const notes = [
    ...warnings,
    ...(unsaid.length > 0
      ? [`${unsaid.length} without annotations count as writes: they are never repeated or cached`]
      : []),
  ];
  return notes.length === 0 ? ok(counts) : warn(`${counts}; ${notes.join("; ")}`);
}

/** What nobody offers must be refused, and the next request answered. */
export async function checkRefusals({ opened, view }: Subject): Promise<Finding> {
  const upstream = opened.bridge.core.upstreams.get(opened.id);
  const answerTo = async (method: string, params: JsonObject): Promise<string> => {
    try {
      const { isError } = (await upstream?.request(method, params, view.context())) ?? {};
      return isError === true ? "isError" : "a result";
    } catch (error) {
      return isRpcError(error) ? String(error.code) : messageOf(error);
    }
  };
  const tool = await answerTo("tools/call", { name: "trestle_no_such_tool", arguments: {} });
  const method = await answerTo("trestle/no_such_method", {});
  const words = `an unknown tool: ${tool}; an unknown method: ${method}`;
  const isRight = [String(RPC.invalidParams), "isError"].includes(tool);
  if (tool === "a result" || method === "a result") return fail(words);
  return isRight && method === String(RPC.methodNotFound) ? ok(words) : warn(words);
}

export async function checkCall({ view, tookMs }: Subject, called: Callable): Promise<Finding> {
  const { exposedName: name, tool } = called;
  const seen = await view.request("tools/call", { name, arguments: called.arguments });
  tookMs.set(called, seen.ms);
  if (seen.result === undefined) return fail(seen.text);
  if (seen.result.isError === true) return warn(seen.text);
  const { outputSchema } = tool.definition;
  const fault =
    contentFault(seen.result, outputSchema !== undefined) ??
    (await structureFault(seen.result, outputSchema));
  return fault === undefined ? ok(seen.text) : fail(fault);
}

function contentFault(
  { content, structuredContent, resultType }: JsonObject,
  promised: boolean,
): string | undefined {
  if (resultType === "input_required") return undefined;
  if (!Array.isArray(content)) return "an answer without `content`";
  const bad = content.find((block) => !isBlock(block));
  if (bad !== undefined) return `content that is no block: ${JSON.stringify(bad).slice(0, 100)}`;
  if (promised && structuredContent === undefined) {
    return "no structuredContent, though the tool has an output schema";
  }
  return undefined;
}

/** What a server promises of its structured content, clients rely on: some refuse an answer that breaks it. */
async function structureFault(
  { structuredContent }: JsonObject,
  schema: JsonValue | undefined,
): Promise<string | undefined> {
  if (structuredContent === undefined || schema === undefined) return undefined;
  if (!isJsonObject(schema)) return "its output schema is no object";
  try {
    const fault = await schemaFault(schema, structuredContent);
    return fault && `structuredContent that its output schema does not allow: ${fault}`;
  } catch (error) {
    return `its output schema is none: ${messageOf(error)}`;
  }
}

function isBlock(block: JsonValue): boolean {
  return isJsonObject(block) && typeof block.type === "string";
}

/** The first resource that is listed, if any is. */
export async function checkResource({ view }: Subject): Promise<Finding> {
  const [first] = listIn(await view.request("resources/list"), "resources");
  if (first === undefined) return skipped("it lists no resources");
  const seen = await view.request("resources/read", { uri: first.uri });
  if (seen.result === undefined) return fail(`${first.uri}: ${seen.text}`);
  return Array.isArray(seen.result.contents) ? ok(seen.text) : fail("an answer without `contents`");
}

/** The first prompt that needs no arguments. */
export async function checkPrompt({ view }: Subject): Promise<Finding> {
  const prompts = listIn(await view.request("prompts/list"), "prompts");
  const needs = (prompt: JsonObject): boolean =>
    Array.isArray(prompt.arguments) &&
    prompt.arguments.some((each) => isJsonObject(each) && each.required === true);
  const free = prompts.find((prompt) => !needs(prompt));
  if (free === undefined) return skipped("it lists no prompt that needs no arguments");
  const seen = await view.request("prompts/get", { name: free.name });
  if (seen.result === undefined) return fail(`${free.name}: ${seen.text}`);
  return Array.isArray(seen.result.messages) ? ok(seen.text) : fail("an answer without `messages`");
}

function listIn({ result }: Seen, key: string): JsonObject[] {
  const list = result?.[key];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

/** Answers must come back to those who asked, in whatever order. */
export async function checkAtOnce({ view, callable }: Subject): Promise<Finding> {
  const [first] = callable.filter(({ tool }) => tool.hints.readOnly);
  if (!first) return skipped(NOTHING_TO_CALL);
  const params = { name: first.exposedName, arguments: first.arguments };
  const all = await Promise.all(
    Array.from({ length: 5 }, () => view.request("tools/call", params)),
  );
  const failed = all.filter(({ result }) => result === undefined);
  if (failed.length === 0) return ok("5 answers");
  return fail(`${failed.length} of 5 failed: ${failed[0]?.text}`);
}

export const NOTHING_TO_CALL =
  "no tool says that it only reads and needs no arguments; name one: --call 'TOOL {\"key\": 1}'";
