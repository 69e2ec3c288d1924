import { defineTool } from "@trestle-mcp/server-kit";
import * as z from "zod";
import { phaseFilter } from "../reports/phase.ts";
import { listTasks, taskShape, UNFINISHED } from "../reports/unfinished-tasks.ts";
import type { State } from "../state.ts";
import { asData } from "./data.ts";
import { READS } from "./hints.ts";
import { limit, minConfidence, project, scopeOf, since, TIME_ALIASES } from "./inputs.ts";

const input = z.object({
  project,
  status: z
    .array(z.enum(["open", "in_progress", "blocked"]))
    .min(1)
    .optional()
    .describe("All three by default"),
  source: z
    .array(
      z.enum([
        "person",
        "task-tool",
        "todo-list",
        "plan",
        "failing-test",
        "unfinished-words",
        "unanswered-request",
        "code-comment",
        "pull-request",
      ]),
    )
    .min(1)
    .optional()
    .describe("Only what was named by these"),
  phase: phaseFilter,
  text: z.string().min(1).max(500).optional().describe("Words, all of which are in the task"),
  session: z.string().max(500).optional().describe("Only tasks that this session spoke of"),
  since: since("all time"),
  minConfidence,
  order: z.enum(["priority", "updated", "created"]).optional().describe("priority by default"),
  limit: limit(20),
  cursor: z.string().max(1_000).optional().describe("`next` of the page before"),
});

const output = z.object({
  tasks: z.array(taskShape),
  total: z.int().describe("Unfinished ones of the project, whatever the other filters"),
  next: z.string().optional().describe("Give it as cursor for the next page"),
  forecast: z.string().optional().describe("Why there are no chances, where there are none"),
});

export const getUnfinishedTasks = defineTool<typeof input, typeof output, State>({
  name: "get_unfinished_tasks",
  title: "Get unfinished tasks",
  description:
    "Lists what sessions left unfinished, the most urgent first, over all sessions and projects: task lists, plans, failing tests, unanswered requests, new TODOs. Each with why it is urgent and where it was said.",
  aliases: ["getUnfinishedTasks", "list_unfinished_tasks"],
  argumentAliases: { ...TIME_ALIASES, sessionId: "session", session_id: "session" },
  input,
  output,
  hints: READS,
  content: asData,
  async run({ status, source, session, since: from, ...given }, { state, clock }) {
    const now = clock.now();
    const scope = await scopeOf({ ...given, since: from }, state, { now, preset: "3650d" });
    const { text, phase, minConfidence: least, order, limit: most = 20, cursor } = given;
    const [page, counts, { model }] = await Promise.all([
      listTasks(
        state,
        {
          ...{ ...scope.ofProject, statuses: status ?? UNFINISHED, limit: most },
          ...(source !== undefined && { sources: source }),
          ...(session !== undefined && { sessionId: session }),
          ...(from !== undefined && { updated: { from: scope.from } }),
          ...(text !== undefined && { text }),
          ...(phase !== undefined && { phase }),
          ...(least !== undefined && { minConfidence: least }),
          ...(order !== undefined && { order }),
          ...(cursor !== undefined && { cursor }),
        },
        now,
      ),
      state.store.countTasks({ ...scope.ofProject, by: "status", statuses: UNFINISHED }),
      state.forecasts.ofTasks(),
    ]);
    return {
      ...page,
      total: counts.reduce((sum, { count }) => sum + count, 0),
      ...(model.kind === "hidden" && { forecast: model.reason }),
    };
  },
});
