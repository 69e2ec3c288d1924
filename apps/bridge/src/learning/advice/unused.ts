import type { ServerConfig } from "../../config/servers.ts";
import type { Patch } from "./patch.ts";

/** A tool that clients are shown, and what that costs each of their sessions. */
export interface ListedTool {
  readonly name: string;
  readonly tokens: number;
}

/** Tools of a server that nobody needs to be shown. */
export interface UnusedTools {
  readonly server: string;
  /** The dearest first. */
  readonly tools: readonly ListedTool[];
  /** Of them together, in each session. */
  readonly tokens: number;
  /** The server has no others. */
  readonly isAll: boolean;
  readonly patch: Patch;
}

/** Tools without a call for so long. */
export const UNUSED_MS = 30 * 86_400_000;

export interface UnusedParts {
  readonly server: ServerConfig;
  readonly listed: readonly ListedTool[];
  /** Names of tools that were called in that time. */
  readonly used: ReadonlySet<string>;
}

/** A server none of whose tools is used is switched off; of another, single tools are left out. */
export function adviseUnused({ server, listed, used }: UnusedParts): UnusedTools | undefined {
  const unused = listed.filter(({ name }) => !used.has(name));
  if (unused.length === 0) return undefined;
  const tools = unused.toSorted((a, b) => b.tokens - a.tokens);
  const isAll = unused.length === listed.length;
  const { deny = [] } = server.entry.tools ?? {};
  const patch: Patch = isAll
    ? { section: [], name: "disabled", value: true }
    : { section: ["tools"], name: "deny", value: [...deny, ...tools.map(({ name }) => name)] };
  const tokens = tools.reduce((sum, tool) => sum + tool.tokens, 0);
  return { server: server.id, tools, tokens, isAll, patch };
}
