import type { CallParts } from "./calls.ts";
import type { LiveConfig } from "./config/live.ts";
import type { PipelineParts } from "./pipeline.ts";
import { resultArguments } from "./state/result-arguments.ts";
import type { ResultReader, ResultStore } from "./state/results.ts";
import { OWN_SERVER, READ_RESULT } from "./tools/names.ts";

/** Our own tools make calls of their own: those are where handles are resolved. */
export function resolveWith(results: ResultReader, live: LiveConfig): PipelineParts["resolve"] {
  return resultArguments({
    results,
    isOn: () => live.current().results.maxBytes !== undefined,
    isExempt: ({ server }) => server === OWN_SERVER,
  });
}

/** The version of the protocol that brought resource links. */
const LINKS_SINCE = "2025-06-18";

/** A client that asks for too much gets the beginning; what reads on in it is never shortened itself. */
export function shortenWith(
  results: ResultStore,
  live: LiveConfig,
): NonNullable<CallParts["shorten"]> {
  return (result, { server, name, definition }, { principal, client }) => {
    const { maxBytes } = live.current().results;
    if (maxBytes === undefined || (server === OWN_SERVER && name === READ_RESULT)) return result;
    const keepsStructure = definition.outputSchema !== undefined;
    const takesLinks = client.protocolVersion >= LINKS_SINCE;
    return results.shorten(result, { principal, maxBytes, keepsStructure, takesLinks });
  };
}
