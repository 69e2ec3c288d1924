import { type JsonObject, LOCAL_PRINCIPAL } from "@trestle/protocol";
import type { ToolContext, ToolDefinition } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import { untilCaughtUp } from "./catching-up.ts";
import type { Place } from "./place.ts";

export interface Asking {
  /** Is what was written until now read first? By default it is. */
  readonly reads?: boolean;
  readonly watchesHealth?: boolean;
  /** In place of what the place opens. */
  readonly state?: State;
}

/**
 * Does what a tool does, with what it checks, and gives what it answers as data. `Answer` is its output. Throws what
 * the tool throws.
 */
export async function ask<Answer>(
  place: Place,
  tool: ToolDefinition<State>,
  args: Readonly<Record<string, unknown>>,
  { reads = true, watchesHealth = false, state: given }: Asking = {},
): Promise<Answer> {
  const said = Object.entries(args).filter(([, value]) => value !== undefined);
  const input = tool.parse(Object.fromEntries(said) as JsonObject);
  const state = given ?? (await place.open({ reading: reads, health: watchesHealth }));
  if (reads) await untilCaughtUp(state, place);
  const { structuredContent } = (await tool.run(
    input as never,
    contextOf(place, state),
  )) as JsonObject;
  return structuredContent as Answer;
}

function contextOf({ signal, log, clock, host }: Place, state: State): ToolContext<State> {
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  const caller = { principal: LOCAL_PRINCIPAL, signal, client };
  return {
    ...{ ...caller, state, log, clock, host, meta: {}, inputResponses: {} },
    call: host.forCall(caller),
    progress: () => {},
    logMessage: () => {},
    resourceUpdated: () => {},
    listChanged: () => {},
  };
}
