import { exposeNames, type NameRules } from "./names.ts";

/** What finds a tool besides its listed name. */
export interface Lookups<Tool> {
  /** By server id or alias, then by the server's own name of the tool or the one it was given. */
  readonly byServer: ReadonlyMap<string, ReadonlyMap<string, Tool>>;
  /** By exposed names that are not listed: those under an alias. */
  readonly byAlias: ReadonlyMap<string, Tool>;
}

export interface NamedServer {
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly renamed?: ReadonlyMap<string, string>;
}

export function lookupsOf<Tool extends { readonly server: string; readonly name: string }>(
  tools: ReadonlyMap<string, Tool>,
  servers: readonly NamedServer[],
  rules: NameRules,
): Lookups<Tool> {
  const byServer = new Map<string, Map<string, Tool>>();
  for (const tool of tools.values()) {
    const own = byServer.get(tool.server) ?? new Map<string, Tool>();
    if (!own.has(tool.name)) own.set(tool.name, tool);
    byServer.set(tool.server, own);
  }
  const versions = new Map<string, Tool>();
  const aliased: { server: string; name: string; tool: Tool }[] = [];
  for (const { id, aliases = [], renamed = new Map<string, string>() } of servers) {
    const own = byServer.get(id);
    if (!own) continue;
    const listed = [...own.values()];
    for (const [name, part] of renamed) {
      const tool = own.get(name);
      if (tool && !own.has(part)) own.set(part, tool);
    }
    for (const alias of aliases) {
      if (byServer.has(alias)) continue;
      byServer.set(alias, own);
      for (const tool of listed) {
        const name = renamed.get(tool.name) ?? tool.name;
        // No host lists a name with `@`, and people write it as they read it.
        if (alias.includes("@")) versions.set(`${alias}__${name}`, tool);
        else aliased.push({ server: alias, name, tool });
      }
    }
  }
  const names = exposeNames(aliased, { ...rules, prefix: "always" });
  const byAlias = new Map([...names].map(([name, { tool }]) => [name, tool]));
  return { byServer, byAlias: new Map([...byAlias, ...versions]) };
}
