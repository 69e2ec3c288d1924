import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { errorGroupShape, showGroup } from "../reports/error-patterns.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { CHANGES } from "./hints.ts";

const input = z.object({
  group: z.string().min(1).max(200).describe("The error group"),
  note: z.string().max(4_000).optional().describe("What mended it"),
  by: z.string().max(200).optional().describe("Who says so"),
  reopen: z.boolean().optional().describe("It is not mended after all"),
});

const output = z.object({ error: errorGroupShape });

export const resolveError = defineTool<typeof input, typeof output, State>({
  name: "resolve_error",
  title: "Resolve an error",
  description:
    "Says that an error is mended from now on. If it is seen again it counts as regressed; validate_fixes tells what became of it.",
  aliases: ["resolveError"],
  argumentAliases: { errorGroup: "group", error_group: "group", id: "group" },
  input,
  output,
  hints: CHANGES,
  content: asData,
  async run({ group, note, by, reopen = false }, { state, clock }) {
    const resolution = {
      at: clock.now(),
      ...(note !== undefined && { note }),
      ...(by !== undefined && { by }),
    };
    const resolved = await state.store.resolveErrors(group, reopen ? undefined : resolution);
    state.changed();
    return { error: await showGroup(state.store, resolved) };
  },
});
