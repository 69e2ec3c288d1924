import { nearestName, type Principal, TrestleError } from "@trestle/protocol";
import type { Sees } from "../access/sight.ts";
import { createSearch, type Search } from "../catalog/search.ts";
import type { CatalogTool } from "../catalog/view.ts";
import type { Core } from "../core.ts";
import { withAddress } from "../sign-in/tell-address.ts";

/** How callers name a tool: by its exposed name, by `SERVER.TOOL`, or by server and tool. */
export interface ToolName {
  readonly tool: string;
  /** Narrows to this server: its id or one of its aliases. */
  readonly server?: string | undefined;
}

export interface ResolvedTool extends CatalogTool {
  readonly exposedName: string;
}

/** Finds the tool that is meant. Throws `not_found` naming the nearest one that the principal sees. */
export async function resolveTool(
  name: ToolName,
  core: Core,
  principal: Principal,
): Promise<ResolvedTool> {
  const find = () => (name.server === undefined ? byName(name.tool, core) : byServer(name, core));
  let found = find();
  if (!found) {
    await core.catalog.settled();
    found = find();
  }
  if (!found && (await wasReached(serverNamed(name, core), core))) found = find();
  if (found) return { ...found, exposedName: String(found.definition.name) };
  throw unknownTool(name, core, core.sight.tools(principal));
}

/** The id of a server that is named by id or alias. */
export function serverIdOf(name: string, { live }: Core): string {
  const { servers } = live.current();
  if (servers.some(({ id }) => id === name)) return name;
  return servers.find(({ aliases }) => aliases.includes(name))?.id ?? name;
}

export function aliasesOf(id: string, { live }: Core): readonly string[] {
  return live.current().servers.find((server) => server.id === id)?.aliases ?? [];
}

const searches = new WeakMap<ReadonlyMap<string, CatalogTool>, Search>();

/** The index of the tools as they are now; made anew only when they change. */
export function searchOf(core: Core): Search {
  const tools = core.catalog.allTools();
  let search = searches.get(tools);
  if (!search) {
    const usable = new Map([...tools].filter(([, tool]) => tool.withheld === undefined));
    search = createSearch(usable, (server) => aliasesOf(server, core));
    searches.set(tools, search);
  }
  return search;
}

/** The server of which a name speaks, where it names one. */
function serverNamed({ tool, server }: ToolName, core: Core): string | undefined {
  const known = (id: string) => core.upstreams.get(id) !== undefined;
  const named = [server, ...[".", "__"].map((separator) => tool.split(separator, 1)[0])];
  return named.flatMap((each) => (each ? [serverIdOf(each, core)] : [])).find(known);
}

/**
 * A server that could never be read because it wants a sign-in is asked once more: perhaps somebody signed in since.
 * Throws where to do it, as whoever calls may be told.
 */
async function wasReached(server: string | undefined, core: Core): Promise<boolean> {
  if (server === undefined || !core.signIns.isWanted(server)) return false;
  try {
    await core.upstreams.get(server)?.ready();
  } catch (error) {
    throw withAddress(error);
  }
  await core.catalog.check(server);
  return true;
}

function byName(name: string, core: Core): CatalogTool | undefined {
  const exposed = core.catalog.tool(name);
  if (exposed) return exposed;
  for (const separator of [".", "__"]) {
    const at = name.indexOf(separator);
    if (at === -1) continue;
    const server = serverIdOf(name.slice(0, at), core);
    const found = core.catalog.upstreamTool(server, name.slice(at + separator.length));
    if (found) return found;
  }
  return undefined;
}

function byServer({ tool, server = "" }: ToolName, core: Core): CatalogTool | undefined {
  const id = serverIdOf(server, core);
  const own = core.catalog.upstreamTool(id, tool);
  if (own) return own;
  const named = byName(tool, core);
  return named?.server === id ? named : undefined;
}

function unknownTool(
  { tool, server }: ToolName,
  core: Core,
  sees: Sees<CatalogTool> = () => true,
): TrestleError {
  const id = server === undefined ? undefined : serverIdOf(server, core);
  const inReach = [...core.catalog.allTools()].filter(
    ([, each]) => (id === undefined || each.server === id) && sees(each),
  );
  const problem = core.catalog.status().find((each) => each.server === id)?.problem;
  if (problem !== undefined && inReach.length === 0) {
    return new TrestleError("not_found", `${id} cannot be reached: ${problem}`);
  }
  if (id !== undefined && inReach.length === 0) {
    return new TrestleError("not_found", `No server "${server}" offers tools here. Ask discover.`);
  }
  const near = nearestOf(tool, inReach);
  const found = near ?? searchOf(core).find(tool, { limit: 1, accepts: sees }).found[0]?.name;
  const advice = found === undefined ? "Ask find_tools." : `Did you mean ${found}?`;
  return new TrestleError("not_found", `Unknown tool: ${tool}. ${advice}`, {
    details: { tool, ...(found === undefined ? {} : { did_you_mean: found }) },
  });
}

/** By either of its names. */
function nearestOf(
  name: string,
  tools: readonly (readonly [string, CatalogTool])[],
): string | undefined {
  const exposed = new Map(tools.flatMap(([key, tool]) => [[key, key] as const, [tool.name, key]]));
  const near = nearestName(name.replace(".", "__"), [...exposed.keys()]);
  return near === undefined ? undefined : exposed.get(near);
}
