import type { JsonObject, Principal } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import type { Execution } from "../state/history/history.ts";
import { PLACE } from "../state/history/source.ts";
import { historyPage } from "./answers/history.ts";
import { limitField, NO_EFFECT, serverField, timeField, toolField } from "./fields.ts";
import { defineOperation } from "./operation.ts";
import { resolveTool, serverIdOf } from "./resolve.ts";
import { type ShownArguments, shownArguments } from "./shown-arguments.ts";
import { visiblePrincipal } from "./sight.ts";

const beforeField = z
  .union([z.int().positive(), z.string().regex(PLACE, "must be the `next` of the page before")])
  .describe("The `next` of the page before.");

export const history = defineOperation({
  name: "history",
  title: "History",
  description:
    "What was called, the newest first: by whom, with what outcome, and how long it took.",
  input: z.object({
    from: timeField.optional(),
    to: timeField.optional(),
    server: serverField.optional(),
    tool: toolField.optional(),
    outcome: z
      .enum(["started", "success", "tool_error", "error", "outcome_unknown"])
      .optional()
      .describe("Only those that ended so, or still run."),
    principal: z.string().optional().describe("The id of who called."),
    limit: limitField.default(50),
    before: beforeField.optional(),
  }),
  output: historyPage,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ server, tool, principal, ...filter }, context, core) {
    const { executions, next, problem } = await core.executions.list({
      ...given(filter),
      ...(await placeOf({ server, tool }, core, context.principal)),
      ...visiblePrincipal(context.principal, principal),
    });
    return {
      executions: executions.map(presenting(context.principal, core)),
      ...given({ next, problem }),
    };
  },
});

/** Where the filter names a tool as it is listed, its server and its own name. */
export async function placeOf(
  { server, tool }: { server: string | undefined; tool: string | undefined },
  core: Core,
  principal: Principal,
): Promise<{ readonly server?: string; readonly tool?: string }> {
  const id = server === undefined ? undefined : serverIdOf(server, core);
  if (tool === undefined) return id === undefined ? {} : { server: id };
  // What was removed since still has its rows, under the name it had.
  const found = await resolveTool({ tool, server }, core, principal).catch(() => undefined);
  if (found) return { server: found.server, tool: found.name };
  return id === undefined ? { tool } : { server: id, tool };
}

/** How executions are shown to this caller. */
export function presenting(
  caller: Principal,
  core: Pick<Core, "catalog">,
): (execution: Execution) => JsonObject {
  const shown = shownArguments(caller, core);
  return (execution) => presentExecution(execution, shown);
}

function presentExecution(execution: Execution, shown: ShownArguments): JsonObject {
  const { startedAt } = execution;
  return given({
    execution_id: execution.executionId,
    // Of several bridges each counts for itself.
    number: execution.replica === undefined ? execution.seq : undefined,
    parent_execution_id: execution.parentExecutionId,
    server: execution.server,
    tool: execution.tool,
    principal: execution.principal,
    replica: execution.replica,
    outcome: execution.outcome,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: execution.durationMs,
    attempts: execution.attempts,
    retry_count: execution.retries,
    cached: execution.cached,
    fallback_used: execution.fallbackUsed,
    read_only: execution.readOnly,
    arguments: shown(execution),
    client: execution.client,
    era: execution.era,
    cost: execution.cost,
    request_bytes: execution.requestBytes,
    result_bytes: execution.resultBytes,
    error:
      execution.errorCode === undefined
        ? undefined
        : { code: execution.errorCode, message: execution.errorMessage ?? "" },
  }) as JsonObject;
}

type Given<Fields> = { [Name in keyof Fields]: Exclude<Fields[Name], undefined> };

/** Without what is not there. */
export function given<Fields extends object>(fields: Fields): Given<Partial<Fields>> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<Partial<Fields>>;
}
