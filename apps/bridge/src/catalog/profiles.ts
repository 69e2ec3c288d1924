import { type ClientFacts, matchesGlob, type Principal } from "@trestle/protocol";
import type { Profile } from "../config/catalog-schema.ts";
import type { Config } from "../config/load.ts";
import { OWN_SERVER } from "../tools/names.ts";
import type { CatalogTool } from "./view.ts";

/** Who asks for a list. What a client says of itself decides what it is shown, never what it may do. */
export interface Asker {
  readonly principal: Principal;
  readonly client: Pick<ClientFacts, "info">;
}

export type CatalogMode = Config["catalog"]["mode"];

/** How the catalog is shown to somebody: by which profile, and in which mode. */
export interface Showing {
  /** The same for all who are shown the same. */
  readonly key: string;
  readonly mode: CatalogMode;
  readonly profile?: Profile;
}

/** The profile of the caller's key or the first that fits, and its mode or the one that is configured for all. */
export function showingFor({ mode, auto, profiles }: Config["catalog"], asker: Asker): Showing {
  const name = nameOf(asker);
  const all = Object.entries(profiles);
  const found =
    all.find(([each]) => each === asker.principal.profile) ??
    all.find(([, profile]) => fits(profile, name, asker));
  const wanted = found?.[1].mode ?? mode;
  const searches = wanted === "auto" && isOneOf(auto.fullFor, name);
  const shown = searches ? "full" : wanted;
  const key = `${shown} ${found?.[0] ?? ""}`;
  return { key, mode: shown, ...(found && { profile: found[1] }) };
}

/** Is the tool one of the profile's? The bridge's own are not for it to say. */
export function isInProfile({ tools }: Profile, tool: CatalogTool): boolean {
  if (tools === undefined || tool.server === OWN_SERVER) return true;
  const exposed = String(tool.definition.name);
  const dotted = `${tool.server}.${tool.name}`;
  return tools.some((pattern) => matchesGlob(pattern, exposed) || matchesGlob(pattern, dotted));
}

function fits({ clients, principals }: Profile, name: string, { principal }: Asker): boolean {
  if (clients !== undefined && !isOneOf(clients, name)) return false;
  return (
    principals === undefined || principals.some((pattern) => matchesGlob(pattern, principal.id))
  );
}

function isOneOf(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern.toLowerCase(), name));
}

function nameOf({ client }: Asker): string {
  const name = client.info?.name;
  return typeof name === "string" ? name.toLowerCase() : "";
}
