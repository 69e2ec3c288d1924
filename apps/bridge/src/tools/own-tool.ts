import type { CallHost, JsonObject, RequestContext } from "@trestle/protocol";
import { defineTool, type ToolContext, type ToolDefinition } from "@trestle-mcp/server-kit";
import type * as z from "zod";
import type { Core } from "../core.ts";
import { type Operation, runOperation } from "../operations/operation.ts";

/** The port of the bridge's own server: it also hands on the request as it came. */
export interface OwnCallHost extends CallHost {
  readonly request: RequestContext;
}

/** What the bridge's own tools work on. Not the core itself: a server closes its state at its end. */
export interface OwnState {
  readonly core: Core;
}

export interface OwnToolSpec {
  /** Where it is not just what the operation says. */
  readonly output?: z.ZodObject;
  /** What a client reads that shows no structured content. */
  readonly text: (output: JsonObject) => string;
  /** From arguments to the raw result, where it is more than the operation's answer. */
  readonly run?: (args: JsonObject, context: ToolContext<OwnState>) => Promise<RawResult>;
}

type RawResult = Awaited<ReturnType<ToolDefinition<OwnState>["run"]>>;

/** A tool that does what its operation does, refuses what that refuses, in the same words. */
export function ownTool(operation: Operation, spec: OwnToolSpec): ToolDefinition<OwnState> {
  const { name, title, description, input, hints } = operation;
  const { text, output = operation.output as z.ZodObject } = spec;
  const described = defineTool({ name, title, description, input, output, hints, run: () => ({}) });
  const run = spec.run ?? ((args, context) => answer(operation, { args, context, text }));
  return {
    ...described,
    // The operation reads its input itself, numbers that no double holds included.
    parse: (args) => args,
    run: (args: JsonObject, context: ToolContext<OwnState>) => run(args, context),
  };
}

export function requestOf({ call }: ToolContext<OwnState>): RequestContext {
  return (call as OwnCallHost).request;
}

interface Asked {
  readonly args: JsonObject;
  readonly context: ToolContext<OwnState>;
  readonly text: OwnToolSpec["text"];
}

async function answer(operation: Operation, { args, context, text }: Asked): Promise<JsonObject> {
  const asked = { input: args, context: requestOf(context) };
  const output = await runOperation(operation, asked, context.state.core);
  return { content: [{ type: "text", text: text(output) }], structuredContent: output };
}
