import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  type UseMutationResult,
  type UseQueryOptions,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { ask, type DataOf, type InputOf, type OperationName } from "./client.ts";

/** Of every query of an operation: `["GET history", {…}]`. Its name alone stands for all of them. */
function queryFor<Name extends OperationName>(name: Name, input: InputOf<Name>) {
  return queryOptions({
    queryKey: [name, input],
    queryFn: ({ signal }): Promise<DataOf<Name>> => ask(name, input, { signal }),
  });
}

export interface Asked {
  /** Ask again after so long; also what the feed tells makes queries be asked again. */
  readonly every?: number;
  readonly enabled?: boolean;
  /** Show what was there until the next answer comes: for filters and pages. */
  readonly keeps?: boolean;
}

/** Reads an operation and keeps what it said. */
export function useAsk<Name extends OperationName>(
  name: Name,
  input: InputOf<Name>,
  { every, enabled = true, keeps = false }: Asked = {},
): UseQueryResult<DataOf<Name>> {
  return useQuery({
    ...queryFor(name, input),
    enabled,
    ...(every === undefined ? {} : { refetchInterval: every }),
    ...(keeps ? { placeholderData: keepPreviousData } : {}),
  } as unknown as UseQueryOptions<DataOf<Name>>);
}

/** Does an operation, and asks again whatever is named in `touches`. */
export function useDo<Name extends OperationName>(
  name: Name,
  touches: readonly OperationName[] = [],
): UseMutationResult<DataOf<Name>, Error, InputOf<Name>> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: InputOf<Name>) => ask(name, input),
    onSettled: () => askAgain(client, touches),
  });
}

/** Every query of these operations that is shown is asked again, the others when they are next shown. */
export async function askAgain(
  client: QueryClient,
  names: readonly OperationName[],
): Promise<void> {
  await Promise.all(names.map((name) => client.invalidateQueries({ queryKey: [name] })));
}
