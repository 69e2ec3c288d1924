import type { ToolHints } from "@trestle/policy";
import { isJsonObject, type JsonObject, type ServerEvent, TRESTLE_META } from "@trestle/protocol";
import { type Lookups, lookupsOf, type NamedServer } from "./by-server.ts";
import { hashOf } from "./hashes.ts";
import { exposeNames, type NameRules } from "./names.ts";
import type { Withheld } from "./pins/judge.ts";
import { hidePreset, type Preset } from "./presets.ts";
import { ownersOf, type TemplateOwner } from "./resources.ts";
import type { Snapshot } from "./snapshot.ts";
import { withObjectInput } from "./sound.ts";
import { type TaskSupport, taskSupportOf, withoutTaskSupport } from "./task-support.ts";
import { rewriteToolMeta, rewriteUris, type UriRules } from "./uris.ts";

/** A tool as clients see it and as its upstream knows it. */
export interface CatalogTool {
  readonly server: string;
  readonly name: string;
  /** The definition under its exposed name. */
  readonly definition: JsonObject;
  /** SHA-256 of the upstream's own definition. */
  readonly hash: string;
  readonly hints: ToolHints;
  /** The server's own word that results may be cached for so long. */
  readonly cacheTtlMs?: number;
  /** How it may be called as a task of 2025-11-25; its definition does not show that. */
  readonly taskSupport?: TaskSupport;
  /**
   * True where no layer must know the schema to carry a call: no argument is mirrored in a header, and
   * structured content, if any, is an object in both eras.
   */
  readonly isPlain: boolean;
  /** Absent: it is. One that is not listed can be called and found. */
  readonly isListed?: false;
  /** Arguments that the operator decides about; its definition does not show them. */
  readonly preset?: Preset;
  /** Why it is not called, though it is known: nobody has approved it as it is now. */
  readonly withheld?: string;
}

export interface CatalogPrompt {
  readonly server: string;
  readonly name: string;
  readonly definition: JsonObject;
  readonly isListed?: false;
  /** Why it is not got, though it is known: nobody has approved it as it is now. */
  readonly withheld?: string;
}

/** All lists of all upstreams under the names that clients use, as they stand between two changes. */
export interface View extends Lookups<CatalogTool> {
  readonly tools: Map<string, CatalogTool>;
  readonly prompts: Map<string, CatalogPrompt>;
  readonly resources: readonly JsonObject[];
  readonly templates: readonly JsonObject[];
  /** Whose each of these resources and templates is. */
  readonly offeredBy: ReadonlyMap<JsonObject, string>;
  readonly resourceOwners: ReadonlyMap<string, string>;
  readonly templateOwners: readonly TemplateOwner[];
}

export const emptyView: View = {
  byServer: new Map(),
  byAlias: new Map(),
  tools: new Map(),
  prompts: new Map(),
  resources: [],
  templates: [],
  offeredBy: new Map(),
  resourceOwners: new Map(),
  templateOwners: [],
};

/** One upstream's lists under its server id. */
export interface SourceLists extends Snapshot, NamedServer {
  readonly presets?: ReadonlyMap<string, Preset>;
  /** By the server's own names: what is not used until somebody approves it. */
  readonly withheldTools?: ReadonlyMap<string, Withheld>;
  readonly withheldPrompts?: ReadonlyMap<string, Withheld>;
  /** The bridge's own: prefixed whatever the rules say, and perhaps not listed. */
  readonly own?: { readonly isListed: boolean };
}

export function buildView(
  lists: readonly SourceLists[],
  rules: NameRules,
  uris: (server: string) => UriRules,
): View {
  const items = lists.flatMap(({ id, tools, own, renamed, presets, withheldTools }) =>
    tools.flatMap((tool) =>
      named(id, tool, renamed).map((item) =>
        own
          ? ownItem(item, own)
          : heldItem(
              presetItem(item, presets?.get(String(tool.name))),
              withheldTools?.get(String(tool.name)),
            ),
      ),
    ),
  );
  const tools = mapValues(exposeNames(items, rules), (item, name) => toTool(item, name, uris));
  const prompts = lists.flatMap(({ id, prompts, withheldPrompts }) =>
    prompts.flatMap((prompt) =>
      named(id, prompt).map((item) => heldItem(item, withheldPrompts?.get(item.name))),
    ),
  );
  const resources = lists.map(({ id, resources }) => exposed(id, resources, "uri", uris));
  const templates = lists.map(({ id, templates }) => exposed(id, templates, "uriTemplate", uris));
  return {
    tools,
    ...lookupsOf(tools, lists, rules),
    prompts: mapValues(exposeNames(prompts, rules), ({ definition, ...rest }, exposed) => ({
      ...rest,
      definition: { ...definition, name: exposed },
    })),
    resources: resources.flatMap(({ items }) => items),
    templates: templates.flatMap(({ items }) => items),
    offeredBy: new Map(
      [...resources, ...templates].flatMap(({ id, items }) => items.map((item) => [item, id])),
    ),
    resourceOwners: ownersOf(lists.map(({ id, resources }) => ({ id, items: resources }))),
    templateOwners: lists.flatMap(({ id, templates }) =>
      templates.map(({ uriTemplate }) => ({ server: id, template: String(uriTemplate) })),
    ),
  };
}

interface Item {
  readonly server: string;
  readonly name: string;
  readonly definition: JsonObject;
  readonly alwaysPrefixed?: boolean;
  readonly isListed?: false;
  readonly preset?: Preset;
  readonly withheld?: string;
}

function heldItem(item: Item, withheld: Withheld | undefined): Item {
  if (!withheld) return item;
  const { reason, isListed } = withheld;
  return { ...item, withheld: reason, ...(isListed ? {} : { isListed }) };
}

function presetItem(item: Item, preset: Preset | undefined): Item {
  return preset ? { ...item, preset } : item;
}

function ownItem(item: Item, { isListed }: { readonly isListed: boolean }): Item {
  return { ...item, alwaysPrefixed: true, ...(isListed ? {} : { isListed }) };
}

function named(
  server: string,
  definition: JsonObject,
  renamed?: ReadonlyMap<string, string>,
): Item[] {
  const { name } = definition;
  if (typeof name !== "string") return [];
  return [{ server, name: renamed?.get(name) ?? name, definition }];
}

function toTool(
  { server, definition, isListed, preset, withheld }: Item,
  exposedName: string,
  uris: (server: string) => UriRules,
): CatalogTool {
  const offered = withoutTaskSupport(definition);
  const shown = withObjectInput(preset ? hidePreset(offered, preset) : offered);
  return {
    ...(isListed === false ? { isListed } : {}),
    ...(preset && { preset }),
    ...(withheld !== undefined && { withheld }),
    server,
    name: String(definition.name),
    definition: rewriteToolMeta({ ...shown, name: exposedName }, uris(server)),
    // Few are ever asked for it.
    get hash() {
      return hashOf(definition);
    },
    hints: hintsOf(definition),
    ...cacheTtlOf(definition),
    ...taskSupportOf(definition),
    isPlain: isPlain(definition),
  };
}

/** A missing hint counts as the specification's default, which is the cautious answer. */
function hintsOf({ annotations }: JsonObject): ToolHints {
  const hints = isJsonObject(annotations) ? annotations : {};
  return {
    readOnly: hints.readOnlyHint === true,
    ...(hints.readOnlyHint === false ? { declaredWrite: true } : {}),
    destructive: hints.destructiveHint !== false,
    idempotent: hints.idempotentHint === true,
    openWorld: hints.openWorldHint !== false,
  };
}

function cacheTtlOf({ _meta: meta }: JsonObject): { cacheTtlMs?: number } {
  const seconds = isJsonObject(meta) ? meta[TRESTLE_META.cacheTtl] : undefined;
  return typeof seconds === "number" && seconds > 0 ? { cacheTtlMs: seconds * 1000 } : {};
}

function exposed(
  id: string,
  items: readonly JsonObject[],
  key: string,
  uris: (server: string) => UriRules,
): { readonly id: string; readonly items: readonly JsonObject[] } {
  return { id, items: rewriteUris(items, key, uris(id)) as JsonObject[] };
}

function mapValues<In, Out>(
  map: Map<string, In>,
  change: (value: In, key: string) => Out,
): Map<string, Out> {
  return new Map([...map].map(([key, value]) => [key, change(value, key)]));
}

/** What is listed, for whoever sees all of it or only some. */
export function definitionsOf<Item extends { definition: JsonObject; isListed?: false }>(
  map: Map<string, Item>,
  sees?: (item: Item) => boolean,
): JsonObject[] {
  return [
    ...map
      .values()
      .filter((item) => item.isListed !== false && (sees === undefined || sees(item)))
      .map(({ definition }) => definition),
  ];
}

/** What clients must be told when the lists they have seen are no longer those of `view`. */
export function changesSince(seen: Partial<View>, view: View): ServerEvent[] {
  const differ = (before: unknown, after: unknown): boolean =>
    before !== undefined && JSON.stringify(before) !== JSON.stringify(after);
  const definitions = (
    map: View["tools"] | View["prompts"] | undefined,
  ): JsonObject[] | undefined => map && definitionsOf(map);
  const events: ServerEvent[] = [];
  if (differ(definitions(seen.tools), definitionsOf(view.tools))) {
    events.push({ kind: "toolsChanged" });
  }
  if (differ(definitions(seen.prompts), definitionsOf(view.prompts))) {
    events.push({ kind: "promptsChanged" });
  }
  if (differ(seen.resources, view.resources) || differ(seen.templates, view.templates)) {
    events.push({ kind: "resourcesChanged" });
  }
  return events;
}

function isPlain({ inputSchema, outputSchema }: JsonObject): boolean {
  const objectOut = !isJsonObject(outputSchema) || outputSchema.type === "object";
  return objectOut && !JSON.stringify(inputSchema ?? {}).includes('"x-mcp-header"');
}
