import type { JsonObject } from "@trestle/protocol";
import type { Config } from "../config/load.ts";
import { OWN_SERVER } from "../tools/names.ts";
import type { Judged } from "./pins/judge.ts";
import type { Neighbours } from "./pins/neighbours.ts";
import type { Pins } from "./pins/pins.ts";
import { type ShapedTools, shapeTools } from "./shape.ts";
import { emptySnapshot } from "./snapshot.ts";
import { soundLists, soundTools } from "./sound.ts";
import type { Source } from "./source.ts";
import type { SourceLists } from "./view.ts";

/** One upstream's lists as its entry wants them. */
export type ServedLists = SourceLists &
  ShapedTools &
  Pick<Judged, "withheldTools" | "withheldPrompts">;

export interface ListsParts {
  readonly config: Config;
  readonly pins: Pins;
  readonly neighbours: Neighbours;
}

export function listsOf(
  sources: readonly Source[],
  { config: { servers }, pins, neighbours }: ListsParts,
): ServedLists[] {
  const configured = new Map(servers.map((server) => [server.id, server]));
  return sources.map(({ upstream: { id }, snapshot }) => {
    const { lists: offered, warnings: faults } = soundLists(snapshot());
    const { entry, aliases = [] } = configured.get(id) ?? {};
    const sound = soundTools(offered.tools);
    const { lists, ...judged } = pins.judge(id, offered, { tools: sound.tools, neighbours });
    const shaped = shapeTools(lists.tools, entry?.tools);
    const waits = waitingWarnings(judged, id);
    const warnings = [...sound.warnings, ...faults, ...shaped.warnings, ...waits];
    const { instructions: _words, ...rest } = offered;
    const { withheldTools, withheldPrompts } = judged;
    return { id, aliases, ...rest, ...lists, ...shaped, withheldTools, withheldPrompts, warnings };
  });
}

export function ownListsOf(tools: readonly JsonObject[], { catalog }: Config): SourceLists[] {
  const { own } = catalog.tools;
  if (own === "off") return [];
  return [{ ...emptySnapshot, id: OWN_SERVER, tools, own: { isListed: own === "listed" } }];
}

function waitingWarnings({ waiting }: Pick<Judged, "waiting">, id: string): string[] {
  if (waiting.length === 0) return [];
  const count = waiting.length === 1 ? "1 definition waits" : `${waiting.length} definitions wait`;
  return [`pins: ${count} for approval: \`trestle pins diff ${id}\``];
}

/** A directory for the model, each upstream's own words marked as such. */
export function directoryOf(all: readonly ServedLists[]): string {
  const lines = all.map(({ id, tools, instructions }) => {
    const words = instructions
      ? ` It says of itself: ${JSON.stringify(instructions.slice(0, 500))}`
      : "";
    return `- ${id}: ${tools.length} tools.${words}`;
  });
  return ["Trestle bridges these MCP servers:", ...lines].join("\n");
}
