import { isJsonObject } from "@trestle/protocol";
import type { CatalogTool } from "../../catalog/view.ts";
import type { Core } from "../../core.ts";
import { OWN_SERVER } from "../../tools/names.ts";
import type { Check, Look } from "./check.ts";

/** So many of the last lines of stderr tell most of what a server died of. */
const LAST_LINES = 3;

export const reach: Look = (core) => {
  const statuses = core.catalog.status();
  const failed = statuses.flatMap(({ server, problem }) =>
    problem === undefined ? [] : [unreachable(server, problem, core)],
  );
  if (failed.length > 0) return failed;
  return { name: "servers", status: "ok", message: `${statuses.length} servers answer` };
};

function unreachable(server: string, problem: string, { upstreams }: Core): Check {
  const lines = upstreams.get(server)?.health().stderr.slice(-LAST_LINES) ?? [];
  const last = lines.length === 0 ? "" : `; it wrote: ${lines.join(" / ")}`;
  const next =
    "Run its command by hand, or set `disabled: true` at its entry until it can be reached.";
  return { name: "servers", status: "fail", message: `${server}: ${problem}${last}`, next };
}

/** What makes hosts refuse or misuse a tool. */
export const tools: Look = ({ catalog, live }) => {
  const all = [...catalog.allTools().values()].filter(({ server }) => server !== OWN_SERVER);
  const { maxNameLength } = live.current().catalog;
  const found = [
    finding(all.filter(hasOddName), {
      what: "have names that not every host accepts; they are listed under others",
      next: "Nothing needs to be done; `tools.rename` gives better names.",
    }),
    finding(
      all.filter(({ server, name }) => `${server}__${name}`.length > maxNameLength),
      {
        what: `have names longer than ${maxNameLength}; they are listed shortened`,
        next: "Give them shorter ones with `tools.rename`.",
      },
    ),
    finding(all.filter(lacksHints), {
      what: "do not say whether they only read; they count as writing, so they are never cached or repeated",
      next: "Where you know better, set `policy.tools` of the server.",
    }),
  ].filter((check) => check !== undefined);
  if (found.length > 0) return found;
  return { name: "tools", status: "ok", message: `${all.length} tools, all well described` };
};

const SHOWN = 5;

function finding(
  tools: readonly CatalogTool[],
  { what, next }: { readonly what: string; readonly next: string },
): Check | undefined {
  if (tools.length === 0) return undefined;
  const names = tools.slice(0, SHOWN).map(({ server, name }) => `${server}.${name}`);
  const more = tools.length > SHOWN ? ` and ${tools.length - SHOWN} more` : "";
  const message = `${names.join(", ")}${more} ${what}`;
  return { name: "tools", status: "warn", message, next };
}

function hasOddName({ name }: CatalogTool): boolean {
  return !/^[A-Za-z0-9_-]+$/.test(name);
}

function lacksHints({ definition: { annotations } }: CatalogTool): boolean {
  return !isJsonObject(annotations) || typeof annotations.readOnlyHint !== "boolean";
}
