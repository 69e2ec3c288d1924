import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import type { OperationName } from "./client.ts";
import { ApiFailure } from "./failure.ts";
import { useLeftOutOf } from "./left-out.ts";
import { type Asked, askAgain, useAsk } from "./queries.ts";
import { type Arguments, callTool, readAgain, useTool } from "./tools.ts";

/** Any of them shows that it is there: who may only read is not shown those that begin something. */
const SIGNS = new Set(["execute_workflow", "list_workflows", "list_executions", "list_swarms"]);

/** What the orchestrator is mounted as: undefined where there is none, or none has told its tools yet. */
export function useOrchestrator(): string | undefined {
  const found = useAsk("GET tools", { query: { detail: "names" } });
  return found.data?.tools.find(({ tool }) => SIGNS.has(tool))?.server;
}

/** The first of these tools that the orchestrator does not offer, as its profile leaves it out, and what to say of it. */
export function useLeftOut(tools: readonly string[]): ReturnType<typeof useLeftOutOf> {
  return useLeftOutOf(useOrchestrator(), tools);
}

/** Calls a tool of the orchestrator that the REST API has no resource for. */
export async function callOrchestrator<Shape>(
  server: string | undefined,
  tool: string,
  given: Arguments,
): Promise<Shape> {
  if (server === undefined)
    throw new ApiFailure("No orchestrator is mounted, or it is still starting.", NO_SERVER);
  return callTool<Shape>(server, tool, given);
}

const NO_SERVER = { code: "unsupported", status: 0 };

/** Reads by a tool of the orchestrator, and keeps what it said. */
export function useOrchestratorRead<Shape>(
  tool: string,
  given: Arguments,
  { enabled = true, ...asked }: Asked = {},
): UseQueryResult<Shape> {
  const server = useOrchestrator();
  return useTool<Shape>(server ?? "", tool, given, {
    ...asked,
    enabled: enabled && server !== undefined,
  });
}

/** What is asked again whatever was done. */
const WORK: readonly OperationName[] = [
  "GET workflows",
  "GET workflow/executions",
  "GET workflow/executions/:id",
  "GET swarm/:id",
];

export type OrchestratorDo<Shape> = UseMutationResult<Shape, Error, Arguments> & {
  /** Why it cannot be done by who looks, for the button that does it. */
  readonly refused: string | undefined;
};

/** Does something by a tool of the orchestrator, and asks it again for whatever is shown of it. */
export function useOrchestratorDo<Shape>(tool: string): OrchestratorDo<Shape> {
  const refused = useLeftOut([tool])?.reason;
  const server = useOrchestrator();
  const readAllAgain = useReadAgain();
  const doing = useMutation({
    mutationFn: (given: Arguments) => callOrchestrator<Shape>(server, tool, given),
    onSettled: readAllAgain,
  });
  return { ...doing, refused };
}

/** Asks for all that is shown of the orchestrator's work again. */
export function useReadAgain(): () => Promise<void> {
  const client = useQueryClient();
  const server = useOrchestrator();
  return useCallback(async () => {
    await Promise.all([
      askAgain(client, WORK),
      server === undefined ? undefined : readAgain(client, server),
    ]);
  }, [client, server]);
}
