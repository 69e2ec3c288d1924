import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback } from "react";
import { ask, type OperationName } from "./client.ts";
import { ApiFailure } from "./failure.ts";
import { type Asked, askAgain, useAsk } from "./queries.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** What the orchestrator is mounted as: undefined where there is none, or none has told its tools yet. */
export function useOrchestrator(): string | undefined {
  const found = useAsk("GET tools", { query: { detail: "names" } });
  return found.data?.tools.find(({ tool }) => tool === "execute_workflow")?.server;
}

/** Calls a tool of the orchestrator that the REST API has no resource for. */
export async function callOrchestrator<Shape>(
  server: string | undefined,
  tool: string,
  given: Arguments,
): Promise<Shape> {
  if (server === undefined)
    throw new ApiFailure("No orchestrator is mounted, or it is still starting.", NO_SERVER);
  const { result } = await ask("POST tool/call", {
    body: { server, tool, arguments: { ...given } },
  });
  return (result.structuredContent ?? {}) as Shape;
}

const NO_SERVER = { code: "unsupported", status: 0 };

/** Reads by a tool of the orchestrator, and keeps what it said. */
export function useOrchestratorRead<Shape>(
  tool: string,
  given: Arguments,
  { every, enabled = true }: Asked = {},
): UseQueryResult<Shape> {
  const server = useOrchestrator();
  return useQuery({
    queryKey: [READ, tool, server, given],
    queryFn: () => callOrchestrator<Shape>(server, tool, given),
    enabled: enabled && server !== undefined,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
}

const READ = "orchestrator";

/** What is asked again whatever was done. */
const WORK: readonly OperationName[] = [
  "GET workflows",
  "GET workflow/executions",
  "GET workflow/executions/:id",
  "GET swarm/:id",
];

/** Does something by a tool of the orchestrator, and asks it again for whatever is shown of it. */
export function useOrchestratorDo<Shape>(tool: string): UseMutationResult<Shape, Error, Arguments> {
  const server = useOrchestrator();
  const readAgain = useReadAgain();
  return useMutation({
    mutationFn: (given: Arguments) => callOrchestrator<Shape>(server, tool, given),
    onSettled: readAgain,
  });
}

/** Asks for all that is shown of the orchestrator's work again. */
export function useReadAgain(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    await Promise.all([askAgain(client, WORK), client.invalidateQueries({ queryKey: [READ] })]);
  }, [client]);
}
