import {
  keepPreviousData,
  type QueryClient,
  type UseMutationResult,
  type UseQueryOptions,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { ask } from "./client.ts";
import { ApiFailure, hasCode } from "./failure.ts";
import { type LeftOut, useLeftOutOf } from "./left-out.ts";
import type { Asked } from "./queries.ts";

export type Arguments = Readonly<Record<string, unknown>>;

/** A call of one of our own servers' tools: its structured answer, which the page that asks knows the shape of. */
export async function callTool<Shape>(
  server: string,
  tool: string,
  args: Arguments,
  signal?: AbortSignal,
): Promise<Shape> {
  const body = { tool: `${server}.${tool}`, arguments: without(args) };
  try {
    const { result } = await ask("POST tool/call", { body }, { signal });
    return result.structuredContent as Shape;
  } catch (error) {
    throw isUnknown(error) ? notOffered(server, tool) : error;
  }
}

/** One of several calls that were made at once: what it answered, or why it did not. */
export type BatchPart<Shape> = { readonly value: Shape } | { readonly problem: string };

/** Calls one tool with several arguments at once; each answers for itself. */
async function callEach<Shape>(
  server: string,
  tool: string,
  each: readonly Arguments[],
  signal?: AbortSignal,
): Promise<readonly BatchPart<Shape>[]> {
  if (each.length === 0) return [];
  const calls = each.map((args) => ({ tool: `${server}.${tool}`, arguments: without(args) }));
  const { results } = await ask("POST tool/batch", { body: { calls } }, { signal });
  return results.map(({ result, error }) =>
    result === undefined || result.isError === true
      ? { problem: error?.message ?? "The call failed." }
      : { value: result.structuredContent as Shape },
  );
}

/** Of every read of a tool; with only a server, of all its tools. */
function keyOf(server: string, ...more: readonly unknown[]): readonly unknown[] {
  return ["tool", server, ...more];
}

/** Reads by calling a tool, and keeps what it said. */
export function useTool<Shape>(
  server: string,
  tool: string,
  args: Arguments = {},
  asked: Asked = {},
): UseQueryResult<Shape> {
  return useQuery(
    readOf(keyOf(server, tool, args), asked, ({ signal }) =>
      callTool<Shape>(server, tool, args, signal),
    ),
  );
}

/** Reads by calling a tool several times at once. */
export function useEach<Shape>(
  server: string,
  tool: string,
  each: readonly Arguments[],
  asked: Asked = {},
): UseQueryResult<readonly BatchPart<Shape>[]> {
  return useQuery(
    readOf(keyOf(server, tool, "each", each), asked, ({ signal }) =>
      callEach<Shape>(server, tool, each, signal),
    ),
  );
}

function readOf<Shape>(
  queryKey: readonly unknown[],
  { every, enabled = true, keeps = false }: Asked,
  queryFn: (context: { readonly signal: AbortSignal }) => Promise<Shape>,
): UseQueryOptions<Shape> {
  return {
    queryKey,
    queryFn,
    enabled,
    ...(every === undefined ? {} : { refetchInterval: every }),
    ...(keeps ? { placeholderData: keepPreviousData } : {}),
  } as unknown as UseQueryOptions<Shape>;
}

export type ToolDo<Shape> = UseMutationResult<Shape, Error, Arguments> & {
  /** Why it cannot be done by who looks, for the button that does it. */
  readonly refused: string | undefined;
};

/** Changes something by calling a tool; whatever was read of the server is read again. */
export function useToolDo<Shape>(server: string, tool: string): ToolDo<Shape> {
  const refused = useLeftOutOf(server, [tool])?.reason;
  const client = useQueryClient();
  const doing = useMutation({
    mutationFn: (args: Arguments) => callTool<Shape>(server, tool, args),
    onSettled: () => readAgain(client, server),
  });
  return { ...doing, refused };
}

/** Reads of a server's tools that are shown are made again, the others when they are next shown. */
export async function readAgain(client: QueryClient, server: string): Promise<void> {
  await client.invalidateQueries({ queryKey: keyOf(server) });
}

/** What was asked for and is not offered; undefined where it failed for another reason. */
export function leftOutOf(error: unknown): LeftOut | undefined {
  if (!hasCode(error, "unsupported")) return undefined;
  const { server, tool } = error.details;
  return typeof server === "string" && typeof tool === "string" ? { server, tool } : undefined;
}

/** The bridge was told of no such tool. */
function isUnknown(error: unknown): boolean {
  return hasCode(error, "not_found") && error.details.tool !== undefined;
}

/** As the operations say it that are a tool of a server of ours. */
function notOffered(server: string, tool: string): ApiFailure {
  return new ApiFailure(
    `${server} does not offer ${tool}: put "env": { "TRESTLE_PROFILE": "all" } into its entry of trestle.json.`,
    { code: "unsupported", status: 0, details: { server, tool } },
  );
}

function without(args: Arguments): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== undefined && value !== ""),
  );
}
