import { useRights } from "../session/session.tsx";
import { useAsk } from "./queries.ts";

/** A tool that a server of ours has and does not offer here, as its profile leaves it out. */
export interface LeftOut {
  readonly server: string;
  readonly tool: string;
}

/**
 * The first of these tools that the server does not offer to who looks, and what to say of it; undefined where it offers
 * all, and as long as that is not known.
 */
export function useLeftOutOf(
  server: string | undefined,
  tools: readonly string[],
): (LeftOut & { readonly reason: string }) | undefined {
  const found = useAsk("GET tools", { query: { detail: "names" } });
  const isAdmin = useRights().admin() === undefined;
  if (server === undefined || found.data === undefined) return undefined;
  const offered = found.data.tools.filter((each) => each.server === server);
  const tool = tools.find((name) => !offered.some((each) => each.tool === name));
  if (tool === undefined) return undefined;
  const reason = isAdmin
    ? `${server} does not offer ${tool}: its profile leaves it out.`
    : `You are not offered ${tool}: it takes the scope "${server}:${tool}", and the profile "all" of ${server}.`;
  return { server, tool, reason };
}
