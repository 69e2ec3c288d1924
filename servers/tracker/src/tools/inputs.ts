import * as z from "zod";
import { findProject } from "../reports/find-project.ts";
import { timeOf } from "../reports/time.ts";
import type { State } from "../state.ts";

/** Arguments that many tools have. */
export const project = z
  .string()
  .min(1)
  .max(1_000)
  .optional()
  .describe("Only of this project: its folder, the folder's name, or a part of it");

export const since = (preset: string) =>
  z
    .string()
    .max(40)
    .optional()
    .describe(`A span before now (24h, 7d, 2w) or a date; ${preset} by default`);

export const limit = (preset: number, most = 100) =>
  z.int().min(1).max(most).optional().describe(`At most so many; ${preset} by default`);

export const minConfidence = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe("Only what is at least so sure, 0 to 1");

/** Names of arguments that people know from elsewhere. */
export const TIME_ALIASES = { timeframe: "since", time_range: "since", projectId: "project" };

interface Asked {
  readonly project?: string | undefined;
  readonly since?: string | undefined;
}

/** When what was written before the first call is read: the project and the time that are meant. */
export async function scopeOf(
  { project: given, since: from }: Asked,
  state: Pick<State, "store" | "caughtUp">,
  { now, preset }: { readonly now: number; readonly preset: string },
): Promise<{ readonly from: number; readonly ofProject: { readonly project?: string } }> {
  const start = timeOf(from ?? preset, now);
  await state.caughtUp();
  const found = await findProject(state.store, given);
  return { from: start, ofProject: found === undefined ? {} : { project: found } };
}
