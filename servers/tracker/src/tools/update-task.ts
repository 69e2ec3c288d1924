import { TrestleError } from "@trestle/protocol";
import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { evidenceOfTask, showTask, taskShape } from "../reports/unfinished-tasks.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { CHANGES } from "./hints.ts";

const input = z.object({
  id: z.string().min(1).max(200).describe("The task"),
  status: z
    .enum(["open", "in_progress", "blocked", "done", "abandoned", "superseded"])
    .nullable()
    .optional()
    .describe("No later session changes it; null takes your word back"),
  priority: z.number().min(0).max(100).nullable().optional().describe("100 is the most urgent"),
  owner: z.string().max(200).nullable().optional().describe("Who it is assigned to"),
  note: z.string().max(4_000).nullable().optional().describe("What else there is to say"),
  subject: z.string().min(1).max(500).nullable().optional().describe("A better name for it"),
  mergeInto: z
    .string()
    .max(200)
    .optional()
    .describe("It is the same as this task: its facts go there, those to come as well"),
  by: z.string().max(200).optional().describe("Who says so"),
});

const output = z.object({ task: taskShape });

export const updateTask = defineTool<typeof input, typeof output, State>({
  name: "update_task",
  title: "Update a task",
  description:
    "Says what a person knows of a task: status, priority, owner, note, a better name, or that it is the same as another one. A person's word wins over what sessions say.",
  aliases: ["updateTask"],
  argumentAliases: {
    taskId: "id",
    task_id: "id",
    assignee: "owner",
    assign: "owner",
    merge: "mergeInto",
  },
  input,
  output,
  hints: CHANGES,
  content: asData,
  async run({ id, mergeInto, by, ...change }, { state, clock }) {
    const said = by === undefined ? {} : { by };
    const fields = Object.fromEntries(
      Object.entries(change).filter(([, value]) => value !== undefined),
    );
    const isChange = Object.keys(fields).length > 0;
    if (!isChange && mergeInto === undefined) {
      throw new TrestleError(
        "invalid_input",
        "Nothing is said of the task: give status, priority, owner, note, subject or mergeInto.",
      );
    }
    if (isChange) await state.store.updateTask(id, { ...fields, ...said });
    if (mergeInto !== undefined) await state.store.mergeTasks(id, mergeInto, by);
    state.changed();
    const task = await state.store.task(mergeInto ?? id);
    if (task === undefined) throw new TrestleError("not_found", `There is no task ${id}.`);
    const evidence = await evidenceOfTask(state.store, task.id);
    return { task: showTask(task, { now: clock.now(), evidence }) };
  },
});
