// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { automationId, CATCH_UP, scheduleInput } from "../schedules/schedule.ts";
import type { State } from "../state.ts";
import { SIGNATURES, triggerInput } from "../triggers/trigger.ts";
import { callerOf } from "./caller.ts";
import { CALLS, READS, STOPS } from "./hints.ts";

const common = {
  id: z.string(),
  workflow: z.string(),
  version: z.string().optional(),
  input: z.record(z.string(), z.json()).optional(),
  enabled: z.boolean(),
  lastExecution: z.string().optional(),
  lastError: z.string().optional().describe("Why the last time began nothing"),
};

const schedule = z.object({
  ...common,
  cron: z.string(),
  timeZone: z.string(),
  catchUp: z.enum(CATCH_UP),
  next: z.string().optional(),
});

const trigger = z.object({
  ...common,
  event: z
    .object({ topic: z.string(), match: z.record(z.string(), z.json()).optional() })
    .optional(),
  webhook: z
    .object({ signature: z.enum(SIGNATURES), secret: z.string().optional() })
    .optional()
    .describe("The secret is shown when it is made, and never again"),
  path: z
    .string()
    .optional()
    .describe("Where a webhook is sent to, at ORCHESTRATOR_WEBHOOKS_LISTEN"),
});

const nothing = z.object({});
const oneInput = z.object({ id: automationId });
const removed = z.object({ deleted: z.boolean() });

export const setSchedule = defineTool<typeof scheduleInput, typeof schedule, State>({
  name: "set_schedule",
  title: "Set a schedule",
  description:
    "Executes a workflow at the times of a cron expression in a time zone, in your name, until delete_schedule; each time once, also over crashes. The same id replaces it. Executions see ${metadata.scheduled_for}.",
  profile: "all",
  input: scheduleInput,
  output: schedule,
  hints: { ...CALLS, idempotent: true },
  run: async (given, context) =>
    (await context.state.workflows.setSchedule(given, await callerOf(context))) as never,
});

const scheduleList = z.object({ schedules: z.array(schedule) });

export const listSchedules = defineTool<typeof nothing, typeof scheduleList, State>({
  name: "list_schedules",
  title: "List schedules",
  description: "Your schedules, with when each comes next and what it last began.",
  profile: "all",
  input: nothing,
  output: scheduleList,
  hints: READS,
  async run(_, context) {
    const schedules = await context.state.workflows.schedules(await callerOf(context));
    return { schedules: schedules as never };
  },
});

export const deleteSchedule = defineTool<typeof oneInput, typeof removed, State>({
  name: "delete_schedule",
  title: "Delete a schedule",
  description: "Takes a schedule away. Executions that it began go on.",
  profile: "all",
  input: oneInput,
  output: removed,
  hints: STOPS,
  run: async ({ id }, context) => ({
    deleted: await context.state.workflows.removeSchedule(id, await callerOf(context)),
  }),
});

export const setTrigger = defineTool<typeof triggerInput, typeof trigger, State>({
  name: "set_trigger",
  title: "Set a trigger",
  description:
    "Executes a workflow whenever something happens, in your name: an event of the host by its topic, or a signed webhook. The same id replaces it. Executions see ${metadata.event}; its fields fill inputs of the same names.",
  profile: "all",
  input: triggerInput,
  output: trigger,
  hints: { ...CALLS, idempotent: true },
  run: async (given, context) =>
    (await context.state.workflows.setTrigger(given, await callerOf(context))) as never,
});

const triggerList = z.object({ triggers: z.array(trigger) });

export const listTriggers = defineTool<typeof nothing, typeof triggerList, State>({
  name: "list_triggers",
  title: "List triggers",
  description: "Your triggers, with what each last began. Secrets are not shown.",
  profile: "all",
  input: nothing,
  output: triggerList,
  hints: READS,
  async run(_, context) {
    const triggers = await context.state.workflows.triggers(await callerOf(context));
    return { triggers: triggers as never };
  },
});

export const deleteTrigger = defineTool<typeof oneInput, typeof removed, State>({
  name: "delete_trigger",
  title: "Delete a trigger",
  description: "Takes a trigger away. Executions that it began go on.",
  profile: "all",
  input: oneInput,
  output: removed,
  hints: STOPS,
  run: async ({ id }, context) => ({
    deleted: await context.state.workflows.removeTrigger(id, await callerOf(context)),
  }),
});
