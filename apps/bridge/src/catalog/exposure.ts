import { isDeepStrictEqual } from "node:util";
import type { JsonObject, ServerEvent } from "@trestle/protocol";
import type { Sees, Sight } from "../access/sight.ts";
import type { LiveConfig } from "../config/live.ts";
import { OWN_SERVER } from "../tools/names.ts";
import type { Catalog } from "./catalog.ts";
import { createListeners } from "./listeners.ts";
import { type Asker, isInProfile, type Showing, showingFor } from "./profiles.ts";
import { listingCosts } from "./tokens.ts";
import type { CatalogTool } from "./view.ts";

/** What each caller is shown of the tools: by its rights, its profile and the mode of the catalog. */
export interface Exposure {
  /** `tools/list` of whoever asks. */
  tools(asker: Asker): readonly JsonObject[];
  /** The tools that the caller is shown, listed or found; all where it answers nothing. */
  sees(asker: Asker): Sees<CatalogTool> | undefined;
  /** As the catalog's own, but of its tools only where a list that somebody was shown is another now. */
  subscribe(listener: (event: ServerEvent) => void): () => void;
  close(): void;
}

export interface ExposureParts {
  readonly catalog: Pick<Catalog, "tools" | "allTools" | "subscribe">;
  readonly sight: Pick<Sight, "tools">;
  readonly live: LiveConfig;
}

/** In search mode these are listed, and nothing else. */
const CARRIERS = ["find_tools", "describe_tool", "call_tool"];

export function createExposure({ catalog, sight, live }: ExposureParts): Exposure {
  const { emit, subscribe } = createListeners();
  /** Lists that were shown to callers whom nothing bounds, as they were last shown. */
  const shown = new Map<string, { readonly showing: Showing; list: readonly JsonObject[] }>();
  /** Lists that are not kept: the whole one, and those of callers with some rights only. */
  let isOpenShown = false;
  let made: { from: unknown; readonly lists: Map<string, readonly JsonObject[]> } | undefined;

  function listOf(showing: Showing, bySight?: Sees<CatalogTool>): readonly JsonObject[] {
    const { mode, profile } = showing;
    // The catalog tells of changes of what it was asked for.
    if (mode !== "search") catalog.tools();
    const tools = [...catalog.allTools().values()].filter((tool) => bySight?.(tool) !== false);
    const listed = tools
      .filter((tool) => tool.isListed !== false && (!profile || isInProfile(profile, tool)))
      .map(({ definition }) => definition);
    if (mode === "full") return listed;
    const carriers = carriersOf(tools);
    if (mode === "search") return carriers;
    const { full, search } = listingCosts(listed, carriers);
    return full > live.current().catalog.auto.aboveTokens && search < full ? carriers : listed;
  }

  /** Made once for each state of the catalog. */
  function keptList(showing: Showing): readonly JsonObject[] {
    const from = catalog.allTools();
    if (made?.from !== from) made = { from, lists: new Map() };
    const list = made.lists.get(showing.key) ?? listOf(showing);
    made.lists.set(showing.key, list);
    return list;
  }

  function onCatalog(event: ServerEvent): void {
    if (event.kind === "toolsChanged" && !isOpenShown && shown.size > 0) {
      const changed = [...shown.values()].filter(({ showing, list }) => {
        return !isDeepStrictEqual(list, keptList(showing));
      });
      for (const each of changed) each.list = keptList(each.showing);
      if (changed.length === 0) return;
    }
    emit(event);
  }

  const unsubscribe = [
    catalog.subscribe(onCatalog),
    live.subscribe(({ catalog: next }, { catalog: before }) => {
      made = undefined;
      const keys = ["mode", "auto", "profiles"] as const;
      if (keys.every((key) => isDeepStrictEqual(next[key], before[key]))) return;
      shown.clear();
      emit({ kind: "toolsChanged" });
    }),
  ];

  return {
    tools(asker) {
      const bySight = sight.tools(asker.principal);
      const showing = showingFor(live.current().catalog, asker);
      if (showing.mode === "full" && !showing.profile?.tools) {
        isOpenShown = true;
        return catalog.tools(bySight);
      }
      if (bySight) {
        isOpenShown ||= showing.mode !== "search";
        return listOf(showing, bySight);
      }
      const list = keptList(showing);
      shown.set(showing.key, { showing, list });
      return list;
    },
    sees(asker) {
      const bySight = sight.tools(asker.principal);
      const { profile } = showingFor(live.current().catalog, asker);
      if (!profile?.tools) return bySight;
      return (tool) => isInProfile(profile, tool) && bySight?.(tool) !== false;
    },
    subscribe,
    close() {
      for (const end of unsubscribe) end();
    },
  };
}

/** As small as they can be: what hosts show a model is no more than this in any case. */
function carriersOf(tools: readonly CatalogTool[]): JsonObject[] {
  const own = tools.filter(({ server }) => server === OWN_SERVER);
  return CARRIERS.flatMap((name) => {
    const found = own.find((tool) => tool.name === name);
    if (!found) return [];
    const { outputSchema: _output, ...definition } = found.definition;
    return name === "find_tools"
      ? [{ ...definition, description: leading(definition) }]
      : [definition];
  });
}

function leading({ description }: JsonObject): string {
  return `${description} Most tools of this bridge are not listed: find them here, then use call_tool.`;
}
