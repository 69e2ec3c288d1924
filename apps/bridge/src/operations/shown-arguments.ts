import type { JsonObject, Principal } from "@trestle/protocol";
import type { Core } from "../core.ts";
import { seesEverything } from "./sight.ts";

/** The arguments of a call as they may be shown. */
export type ShownArguments = (call: {
  readonly server: string;
  readonly tool: string;
  readonly arguments?: JsonObject | undefined;
}) => JsonObject | undefined;

/** What the operator forces on a tool is in every call, and nobody else's to know. */
export function shownArguments(
  caller: Principal,
  { catalog }: Pick<Core, "catalog">,
): ShownArguments {
  return ({ server, tool, arguments: all }) => {
    const preset = catalog.upstreamTool(server, tool)?.preset;
    if (all === undefined || preset === undefined || seesEverything(caller)) return all;
    return Object.fromEntries(
      Object.entries(all).filter(([name]) => !Object.hasOwn(preset.force, name)),
    );
  };
}
