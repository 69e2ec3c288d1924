import { OWN_SERVER } from "../../tools/names.ts";
import type { Check, Look } from "./check.ts";

/** Words of tools whose effect the next call builds upon: where a browser is, who is signed in, which folder counts. */
const KEEPS =
  /(?:^|_)(?:navigate|goto|go_back|log_?in|log_?out|sign_in|cd|chdir|change_directory|set_working_directory|connect|disconnect|attach|use_database|select_database|(?:begin|start)_transaction|(?:start|open|close)_session|(?:new|switch|select)_(?:tab|page))(?:_|$)/;

/**
 * Servers that look as if they kept something between calls while all clients share one of them. The modern
 * protocol forbids that, and whoever wrote down how a server is shared has decided.
 */
export const state: Look = ({ catalog, live, upstreams }) => {
  const all = [...catalog.allTools().values()].filter(({ server }) => server !== OWN_SERVER);
  const found = live.current().servers.flatMap((server): Check[] => {
    const { id, kind, entry } = server;
    if (kind === "embedded" || entry.isolation !== undefined) return [];
    if (upstreams.get(id)?.health().era === "modern") return [];
    const telling = all.filter((tool) => tool.server === id && KEEPS.test(asWords(tool.name)));
    if (telling.length === 0) return [];
    const names = telling.slice(0, 3).map(({ name }) => name);
    return [
      {
        name: "state",
        status: "warn",
        message: `${id} seems to keep something between calls (${names.join(", ")}), and all clients share it`,
        next: `Set "isolation": "session" at its entry so that each client has its own, or "shared" if that is meant.`,
      },
    ];
  });
  if (found.length > 0) return found;
  return { name: "state", status: "ok", message: "no server seems to mix up its clients" };
};

/** `browserGoBack` and `browser-go-back` as `browser_go_back`. */
function asWords(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();
}
