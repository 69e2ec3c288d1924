import { messageOf, type Principal, TrestleError } from "@trestle/protocol";
import { Cron } from "croner";
import * as z from "zod";

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
export const automationId = z
  .string()
  .regex(NAME, "expected a letter, then letters, digits, _ or -, 64 at most")
  .describe("A name of your choice");

/** What is run, whatever makes it run. */
export const runs = {
  workflow: z.string().min(1).max(64).describe("Id of a workflow or a template"),
  version: z.string().max(64).optional().describe("The newest at that time where left out"),
  input: z.record(z.string(), z.json()).optional().describe("Values of its inputs, by name"),
};

export const CATCH_UP = ["skip", "once", "all"] as const;

export const scheduleInput = z.object({
  id: automationId,
  ...runs,
  cron: z
    .string()
    .min(1)
    .max(200)
    .describe("minute hour day month weekday, with seconds before them where wanted: 0 8 * * 1-5"),
  timeZone: z.string().min(1).max(64).default("UTC").describe("Such as Europe/Lisbon"),
  catchUp: z
    .enum(CATCH_UP)
    .default("skip")
    .describe("Of the times at which nothing ran here: none, one run for all of them, or each"),
  enabled: z.boolean().default(true).describe("false keeps it and lets it rest"),
});
export type ScheduleInput = z.output<typeof scheduleInput>;

/** In whose name something runs, and what it may do. */
export interface OnBehalf {
  readonly principal: Principal;
  readonly grant: string;
}

export interface Schedule extends ScheduleInput {
  readonly onBehalf: OnBehalf;
  /** Epoch milliseconds; every instant up to it is done with. */
  readonly doneUntil: number;
  readonly lastExecution?: string;
  /** Why the last firing began nothing. */
  readonly lastError?: string | undefined;
}

/**
 * The first instant of a cron expression after a moment, in its time zone; undefined where there is none. An hour that
 * a change of clocks leaves out or repeats has its instant once. Throws `invalid_input` for what cannot be read.
 */
export function nextInstant(
  { cron, timeZone }: Pick<ScheduleInput, "cron" | "timeZone">,
  after: number,
): number | undefined {
  try {
    const pattern = new Cron(cron, { timezone: timeZone, paused: true });
    return pattern.nextRun(new Date(after))?.getTime();
  } catch (error) {
    throw new TrestleError("invalid_input", `cron "${cron}" in ${timeZone}: ${messageOf(error)}`);
  }
}
