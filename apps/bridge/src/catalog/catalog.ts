import {
  type Clock,
  type JsonObject,
  type Logger,
  type RequestContext,
  type ResourceUpdated,
  type ServerEvent,
  TrestleError,
} from "@trestle/protocol";
import type { Upstream, UpstreamHealth } from "@trestle/upstream";
import type { Sees } from "../access/sight.ts";
import type { LiveConfig } from "../config/live.ts";
import type { Config } from "../config/load.ts";
import { OWN_SERVER } from "../tools/names.ts";
import { createTurns } from "../turns.ts";
import type { Upstreams } from "../upstreams.ts";
import { createListeners } from "./listeners.ts";
import type { NameRules } from "./names.ts";
import { createLookout } from "./pins/lookout.ts";
import type { Pins } from "./pins/pins.ts";
import { renamingsOf } from "./renamings.ts";
import { createRouter, type ResourceRoute } from "./resources.ts";
import type { SavedCatalog } from "./saved.ts";
import { directoryOf, listsOf, ownListsOf, type ServedLists } from "./served.ts";
import { createSettling } from "./settling.ts";
import { createSource, type ListsFrom, type Source } from "./source.ts";
import { prefixedUris, sameUris, type UriRules } from "./uris.ts";
import {
  buildView,
  type CatalogPrompt,
  type CatalogTool,
  changesSince,
  definitionsOf,
  emptyView,
  type View,
} from "./view.ts";

/** What one upstream contributes, and why it may be missing. */
export interface SourceStatus {
  readonly server: string;
  readonly tools: number;
  readonly prompts: number;
  readonly resources: number;
  readonly problem?: string;
  readonly listsFrom: ListsFrom;
  /** Its last good lists are served though it cannot be reached now. */
  readonly isDegraded: boolean;
  /** What of its `tools` could not be done. */
  readonly warnings?: readonly string[];
  readonly settled: boolean;
}

/** All tools, prompts and resources of all upstreams under the names that clients use. */
export interface Catalog {
  /** Resolves when every upstream has lists or has failed, at the latest after the configured wait. */
  settled(): Promise<void>;
  /** As `settled`, but upstreams that are much slower than the others are not waited for. */
  listable(): Promise<void>;
  /**
   * Are this server's lists those of an earlier run, which it has not been asked about yet? Or may they have
   * changed since they were read, of a server whose changes have to be approved?
   */
  isUnchecked(server: string): boolean;
  /** Compares lists of an earlier run with those of the server, which is started for that. Never rejects. */
  check(server: string): Promise<void>;
  /** Is it not known whether what this server offers is what was approved, where that is asked for? */
  isUncertain(server: string): boolean;
  /** Throws `denied` for a tool that nobody has approved as it is now, where that is asked for. */
  refuseWithheld(server: string, name: string): void;
  /** Lists hold what `sees` accepts, of a tool or of a server's id; everything where it is left out. */
  tools(sees?: Sees<CatalogTool>): readonly JsonObject[];
  prompts(sees?: Sees<string>): readonly JsonObject[];
  resources(sees?: Sees<string>): readonly JsonObject[];
  templates(sees?: Sees<string>): readonly JsonObject[];
  tool(exposedName: string): CatalogTool | undefined;
  /** By a server id or alias, and the name that the upstream itself uses or the one it was given. */
  upstreamTool(server: string, name: string): CatalogTool | undefined;
  /** Every tool by its exposed name, those that are not listed included; another map after each change. */
  allTools(): ReadonlyMap<string, CatalogTool>;
  prompt(exposedName: string): CatalogPrompt | undefined;
  resource(exposedUri: string): ResourceRoute | undefined;
  uris(server: string): UriRules;
  instructions(sees?: Sees<string>): string;
  /** Of the bridge whose catalog it is. */
  readonly bridgeId: string;
  status(): readonly SourceStatus[];
  subscribe(listener: (event: ServerEvent) => void): () => void;
  close(): void;
}

export interface CatalogParts {
  readonly upstreams: Upstreams;
  readonly saved: SavedCatalog;
  readonly pins: Pins;
  readonly live: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  /** On whose behalf lists are read. */
  readonly context: RequestContext;
  /** Of this bridge: the same at every start. */
  readonly bridgeId: string;
  /** Definitions of the bridge's own tools. */
  readonly ownTools: readonly JsonObject[];
}

export function createCatalog(parts: CatalogParts): Catalog {
  const { emit, subscribe } = createListeners();
  const sources = new Map<string, Source>();
  let view = emptyView;
  let served: ReadonlyMap<string, ServedLists> = new Map();
  let hasWithheld = false;
  const { upstreams, live, pins } = parts;
  const uris = createUris(live);
  const lookout = createLookout(parts.clock, rebuild);

  /** The lists as clients may have seen them: while they are filled for the first time, only what was asked for. */
  const seen: { -readonly [List in keyof View]?: View[List] } = {};

  function rebuild(): void {
    const config = live.current();
    const own = ownListsOf(parts.ownTools, config);
    const all = [...sources.values()];
    const offered = all.map(({ upstream, snapshot }) => ({ id: upstream.id, ...snapshot() }));
    const neighbours = lookout.neighbours([...own, ...offered], config.catalog.scan);
    const lists = listsOf(all, { config, pins, neighbours });
    served = new Map(lists.map((each) => [each.id, each]));
    view = buildView([...own, ...served.values()], rulesOf(config), uris);
    hasWithheld = [...served.values()].some(({ withheldTools }) => withheldTools.size > 0);
    for (const event of changesSince(seen, view)) emit(event);
  }

  function show<List extends keyof View>(list: List): View[List] {
    seen[list] = view[list];
    return view[list];
  }

  const settling = createSettling(parts.clock);
  const inTurn = createTurns();

  function add(upstream: Upstream): void {
    const { id } = upstream;
    const source = createSource(upstream, {
      ...parts,
      fingerprint: () => upstreams.fingerprint(id),
      settings: () => live.current().catalog,
      inTurn,
      onChanged: rebuild,
      onUpdated,
    });
    sources.set(id, source);
    settling.add(source, live.current().catalog.startWaitMs);
  }

  function seenOf(items: readonly JsonObject[], sees?: Sees<string>): readonly JsonObject[] {
    return sees ? items.filter((item) => sees(view.offeredBy.get(item) ?? "")) : items;
  }

  /** Resource updates of every upstream, under the URIs that clients subscribed to. */
  function onUpdated(server: string, event: ResourceUpdated): void {
    emit({ ...event, uri: uris(server).toExposed(event.uri) });
  }

  function remove(id: string): void {
    sources.get(id)?.close();
    sources.delete(id);
    settling.remove(id);
  }

  function follow(): void {
    for (const id of [...sources.keys()]) if (!upstreams.get(id)) remove(id);
    for (const upstream of upstreams.all()) if (!sources.has(upstream.id)) add(upstream);
    rebuild();
  }

  follow();
  void settling.settled().then(() => Object.assign(seen, view));
  const ends = [pins.subscribe(rebuild), live.subscribe(follow), lookout.close];
  const statusParts = (): StatusParts => ({
    ...{ isSettled: settling.has, served, view, rules: rulesOf(live.current()) },
  });
  const router = createRouter(() => view, upstreams.all, uris);

  return {
    ...{ bridgeId: parts.bridgeId, uris, subscribe },
    settled: () => settling.settled().then(lookout.look),
    listable: settling.listable,
    isUnchecked(server) {
      const source = sources.get(server);
      if (source === undefined) return false;
      if (source.listsFrom() === "earlier run") return true;
      return pins.isStrict(server) && mayHaveChanged(source);
    },
    check: async (server) => sources.get(server)?.check(),
    isUncertain(server) {
      const source = sources.get(server);
      if (source === undefined || !pins.isStrict(server)) return false;
      return source.listsFrom() === "earlier run" || source.isBehind();
    },
    refuseWithheld(server, name) {
      if (!hasWithheld) return;
      const withheld = view.byServer.get(server)?.get(name)?.withheld;
      if (withheld !== undefined) throw withheldError(withheld, server, name);
    },
    tools: (sees) => definitionsOf(show("tools"), sees),
    prompts: (sees) => definitionsOf(show("prompts"), sees && (({ server }) => sees(server))),
    resources: (sees) => seenOf(show("resources"), sees),
    templates: (sees) => seenOf(show("templates"), sees),
    tool: (name) => view.tools.get(name) ?? view.byAlias.get(name),
    upstreamTool: (server, name) => view.byServer.get(server)?.get(name),
    allTools: () => view.tools,
    prompt: (name) => view.prompts.get(name),
    resource: router,
    instructions: (sees) =>
      directoryOf([...served.values()].filter(({ id }) => sees?.(id) !== false)),
    status: () => [...sources.values()].map((source) => statusOf(source, statusParts())),
    close: () => {
      for (const end of ends) end();
      for (const source of sources.values()) source.close();
    },
  };
}

/** Asked for with every call: each server's rules are made once. */
function createUris(live: LiveConfig): (server: string) => UriRules {
  const known = new Map<string, UriRules>();
  return (server) => {
    // What our own tools hand on has its URIs already.
    if (server === OWN_SERVER || live.current().catalog.prefix === "never") return sameUris;
    const rules = known.get(server) ?? prefixedUris(server);
    known.set(server, rules);
    return rules;
  };
}

function rulesOf({ catalog }: Config): NameRules {
  return { prefix: catalog.prefix, maxLength: catalog.maxNameLength };
}

/** Nothing is sent to a server by what was approved of the one that stood there before. */
function mayHaveChanged({ isBehind, upstream }: Source): boolean {
  return isBehind() || upstream.health().state !== "ready";
}

function withheldError(reason: string, server: string, name: string): TrestleError {
  const details = { upstream: server, tool: name, sent: false, refusedBy: "pins" };
  return new TrestleError("denied", reason, { details });
}

interface StatusParts {
  readonly isSettled: (id: string) => boolean;
  readonly served: ReadonlyMap<string, ServedLists>;
  readonly view: View;
  readonly rules: NameRules;
}

function statusOf(
  { upstream, snapshot, listsFrom, problem }: Source,
  { isSettled, served, view, rules }: StatusParts,
): SourceStatus {
  const { prompts, resources } = snapshot();
  const { tools = [], renamed = new Map(), warnings: faults = [] } = served.get(upstream.id) ?? {};
  const { maxLength } = rules;
  const warnings = [...faults, ...renamingsOf(upstream.id, view.tools, { renamed, maxLength })];
  const reason = problem();
  const isDown = reason !== undefined || DOWN.includes(upstream.health().state);
  return {
    server: upstream.id,
    tools: tools.length,
    prompts: prompts.length,
    resources: resources.length,
    ...(reason === undefined ? {} : { problem: reason }),
    ...(warnings.length === 0 ? {} : { warnings }),
    listsFrom: listsFrom(),
    isDegraded: isDown && listsFrom() !== "nowhere",
    settled: isSettled(upstream.id),
  };
}

const DOWN: readonly string[] = ["failed", "backoff"] satisfies UpstreamHealth["state"][];
