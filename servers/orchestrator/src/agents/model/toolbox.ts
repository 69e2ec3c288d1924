import { callStep } from "@trestle/flow";
import {
  type CallHost,
  type Clock,
  isJsonObject,
  type JsonObject,
  matchesGlob,
  nearestName,
} from "@trestle/protocol";
import type { OfferedTool, ToolCall, ToolResult } from "./conversation.ts";

/** The tools of one agent: nothing else can be called through it. */
export interface Toolbox {
  readonly offered: readonly OfferedTool[];
  /** Never rejects: the model is told what went wrong, and can mend it. */
  call(call: ToolCall, key: string, signal: AbortSignal): Promise<ToolResult>;
}

interface Tool extends OfferedTool {
  run(args: JsonObject, key: string, signal: AbortSignal): Promise<Said>;
}

interface Said {
  readonly text: string;
  readonly isError: boolean;
}

export interface ToolboxOptions {
  /** `SERVER.TOOL`, in which `*` stands for anything. Without any there are no tools. */
  readonly allow: readonly string[];
  /** Longer results are cut to so many characters. */
  readonly maxResultLength: number;
  readonly clock: Clock;
}

/** How long a call that was cancelled may take to say how it ended. */
const GRACE_MS = 2_000;

/** What of the host's tools an agent may use, as the operator lists it. */
export async function openToolbox(host: CallHost, options: ToolboxOptions): Promise<Toolbox> {
  const listed = options.allow.length === 0 ? [] : await host.listTools();
  const tools = listed.flatMap((definition) => toTool(definition, host, options) ?? []);
  return createToolbox(tools, options.maxResultLength);
}

function createToolbox(tools: readonly Tool[], maxResultLength: number): Toolbox {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  async function say({ name, arguments: args }: ToolCall, key: string, signal: AbortSignal) {
    const tool = byName.get(name);
    if (tool === undefined) return { text: unknownTool(name, [...byName.keys()]), isError: true };
    if (args === undefined) {
      const text = `The arguments of ${name} are no JSON object. Write them again, as its schema says.`;
      return { text, isError: true };
    }
    return await tool.run(args, key, signal);
  }
  return {
    offered: tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema,
    })),
    async call(call, key, signal) {
      const { text, isError } = await say(call, key, signal);
      return { id: call.id, text: clip(text, maxResultLength), isError };
    },
  };
}

function toTool(
  { name, description, inputSchema }: JsonObject,
  host: CallHost,
  { allow, clock }: ToolboxOptions,
): Tool | undefined {
  // A server's id holds no underscore.
  const [, server, tool] = /^([a-z0-9-]+)__(.+)$/.exec(String(name)) ?? [];
  if (server === undefined || tool === undefined) return undefined;
  if (!allow.some((pattern) => matchesGlob(pattern, `${server}.${tool}`))) return undefined;
  return {
    name: String(name),
    description: String(description ?? ""),
    inputSchema: isJsonObject(inputSchema) ? inputSchema : { type: "object" },
    async run(args, idempotencyKey, signal) {
      const { callTool } = host;
      const end = await callStep(
        { server, tool, arguments: args, signal, idempotencyKey },
        { callTool, clock, graceMs: GRACE_MS },
      );
      if ("error" in end) return { text: `${end.error.code}: ${end.error.message}`, isError: true };
      const { result } = end;
      return {
        text: typeof result === "string" ? result : JSON.stringify(result),
        isError: false,
      };
    },
  };
}

function unknownTool(name: string, names: readonly string[]): string {
  const near = nearestName(name, names);
  return `There is no tool ${name}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length)}… (${text.length - length} more characters are left out)`;
}
