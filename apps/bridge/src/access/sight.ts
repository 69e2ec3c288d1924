import { scopeOf, type ToolHints } from "@trestle/policy";
import { type Principal, TrestleError } from "@trestle/protocol";
import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogTool } from "../catalog/view.ts";
import type { Access } from "./access.ts";

/** What is no tool is asked for like a read of that name: `one:*:read` covers `resources/read` of `one`. */
export const READS: ToolHints = {
  readOnly: true,
  destructive: false,
  idempotent: true,
  openWorld: true,
};

/** Whether something is shown. */
export type Sees<Thing> = (thing: Thing) => boolean;

/**
 * What of the catalog a caller sees: what it may use, and no more. Each answers nothing where the caller
 * may use whatever there is, so that most lists need not be looked through.
 */
export interface Sight {
  tools(principal: Principal): Sees<CatalogTool> | undefined;
  /** Of a server's prompts, by its id. */
  prompts(principal: Principal): Sees<string> | undefined;
  /** Of a server's resources and their templates, by its id. */
  resources(principal: Principal): Sees<string> | undefined;
  /** By their ids: servers of which the caller may use anything at all. */
  servers(principal: Principal): Sees<string> | undefined;
  /** Throws `denied` for a tool that the caller does not see, as a call of it would. */
  refuseUnseen(tool: CatalogTool, principal: Principal): void;
}

export interface SightParts {
  readonly access: Pick<Access, "allows" | "audit" | "isUnbounded">;
  readonly catalog: Pick<Catalog, "allTools">;
  /** May the principal use this tool of the bridge itself? Those decide for themselves whom they serve. */
  readonly allowsOwn: (principal: Principal, tool: CatalogTool) => boolean | undefined;
}

export function createSight({ access, catalog, allowsOwn }: SightParts): Sight {
  const seesTool = (principal: Principal, tool: CatalogTool): boolean =>
    allowsOwn(principal, tool) ??
    access.allows(principal, { server: tool.server, tool: tool.name, hints: tool.hints });

  function of(method: string): (principal: Principal) => Sees<string> | undefined {
    return (principal) => {
      if (access.isUnbounded(principal)) return undefined;
      const known = new Map<string, boolean>();
      return (server) => {
        const found =
          known.get(server) ?? access.allows(principal, { server, tool: method, hints: READS });
        known.set(server, found);
        return found;
      };
    };
  }

  const prompts = of("prompts/get");
  const resources = of("resources/read");
  return {
    prompts,
    resources,
    tools: (principal) =>
      access.isUnbounded(principal) ? undefined : (tool) => seesTool(principal, tool),
    servers(principal) {
      const [seesPrompts, seesResources] = [prompts(principal), resources(principal)];
      if (!seesPrompts || !seesResources) return undefined;
      const withTools = new Set<string>();
      for (const tool of catalog.allTools().values()) {
        if (!withTools.has(tool.server) && seesTool(principal, tool)) withTools.add(tool.server);
      }
      return (id) => withTools.has(id) || seesPrompts(id) || seesResources(id);
    },
    refuseUnseen(tool, principal) {
      if (access.isUnbounded(principal) || seesTool(principal, tool)) return;
      const { server, name, hints } = tool;
      access.audit.refused({ event: "call_refused", principal: principal.id, server, tool: name });
      const scope = scopeOf({ server, tool: name, hints });
      throw new TrestleError(
        "denied",
        `"${principal.id}" may not see ${tool.server}.${tool.name}: that takes the scope "${scope}". Ask whoever runs the bridge to grant it.`,
        { details: { scope, principal: principal.id } },
      );
    },
  };
}
