import * as z from "zod";
import { PHASES, type Phase } from "../model/phase.ts";
import { clip } from "./clip.ts";
import { shownTime } from "./time.ts";

export const shownPhase = z
  .object({ name: z.enum(PHASES), why: z.string(), record: z.string(), at: z.string() })
  .describe("What the session was about, and the sign that says so; left out where none does");

export const phaseFilter = z
  .enum([...PHASES, "unknown"])
  .optional()
  .describe("Only what was met in this phase of a project");

export function showPhase({ name, why, recordId, at }: Phase): z.output<typeof shownPhase> {
  return { name, why: clip(why), record: recordId, at: shownTime(at) };
}
