import type { Call } from "@trestle/policy";
import { type Clock, nearestName, TrestleError } from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import type { Catalog } from "./catalog.ts";
import { atMost } from "./settling.ts";

/** A server that is slow to list is called without: it knows best what it offers. */
const CHECK_MS = 5_000;

export interface CheckParts {
  readonly upstream: Upstream;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/**
 * Before the first call of a server whose lists are those of an earlier run: connects it and compares them,
 * so that nothing is asked of a tool that is gone or has become another.
 */
export async function checkFirst(
  call: Call,
  { upstream, catalog, clock }: CheckParts,
): Promise<void> {
  const { server, tool, context } = call;
  await upstream.ready(context.signal);
  await atMost(catalog.check(server), CHECK_MS, clock);
  if (catalog.isUncertain(server)) throw uncertainError(call);
  if (catalog.upstreamTool(server, tool)) return;
  const names = [...catalog.allTools().values()].filter((each) => each.server === server);
  const near = nearestName(
    tool,
    names.map(({ name }) => name),
  );
  throw new TrestleError(
    "not_found",
    `${server} no longer offers "${tool}"; the list that named it was of an earlier run.${near ? ` Did you mean "${near}"?` : ""} List the tools again.`,
    { details: { upstream: server, tool, sent: false, ...(near && { did_you_mean: near }) } },
  );
}

function uncertainError({ server, tool }: Call): TrestleError {
  return new TrestleError(
    "unavailable",
    `${server} may offer other definitions than were approved, and did not list them within ${CHECK_MS / 1_000} s: "${tool}" was not called. Try again.`,
    { details: { upstream: server, tool, sent: false } },
  );
}
