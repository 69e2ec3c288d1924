import { type JsonObject, nearestName, TrestleError } from "@trestle/protocol";
import type { Core } from "../../core.ts";
import type { Operation } from "../../operations/operation.ts";
import { serverIdOf } from "../../operations/resolve.ts";
import { OWN_SERVER } from "../../tools/names.ts";
import type { Route } from "./route.ts";

/** Narrows an input to the server of `X-Server`: its id, or one of its aliases. */
export function narrowTo(
  name: string,
  input: JsonObject,
  { route, operation, core }: { route: Route; operation: Operation; core: Core },
): JsonObject {
  const server = knownServer(name, core);
  if (route.narrow) return route.narrow(input, server, (each) => serverIdOf(each, core));
  if (!("server" in operation.input.shape)) return input;
  if (input.server === undefined) return { ...input, server };
  if (serverIdOf(String(input.server), core) === server) return input;
  throw new TrestleError(
    "invalid_input",
    `server: X-Server narrows this request to "${server}", not ${JSON.stringify(input.server)}.`,
  );
}

function knownServer(name: string, core: Core): string {
  const id = serverIdOf(name, core);
  if (id === OWN_SERVER || core.upstreams.get(id)) return id;
  const known = core.upstreams.all().map((upstream) => upstream.id);
  const near = nearestName(name, known);
  const advice = near === undefined ? "Ask discover." : `Did you mean ${near}?`;
  throw new TrestleError("not_found", `X-Server: no server "${name}" is configured. ${advice}`);
}
