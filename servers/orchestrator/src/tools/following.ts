import type { ToolContext } from "@trestle-mcp/server-kit";
import type { State } from "../state.ts";
import type { Execution } from "../workflows/execution.ts";
import type { Caller } from "../workflows/workflows.ts";

/** How often whoever waits for an execution is told how far it is. */
const EVERY_MS = 500;

/**
 * Asks for an execution until it has ended, waits for somebody, or `ms` are over. A caller that gave a progress
 * token is told of every step that ends; any other waits in one go.
 */
export async function follow(
  ask: (waitMs: number) => Promise<Execution>,
  ms: number,
  { context, caller }: { readonly context: ToolContext<State>; readonly caller: Caller },
): Promise<Execution> {
  if (context.meta.progressToken === undefined) return ask(ms);
  const { clock, signal, state } = context;
  const until = clock.now() + ms;
  const tell = createTeller(context);
  let seen = await ask(Math.min(EVERY_MS, ms));
  for (;;) {
    tell(seen);
    const left = until - clock.now();
    if (seen.status !== "running" || left <= 0 || signal.aborted) return seen;
    const slice = Math.min(EVERY_MS, left);
    seen = await state.workflows.execution(seen.executionId, caller, slice);
  }
}

/** Progress only ever grows, and is told where it did. */
function createTeller({ progress }: ToolContext<State>): (execution: Execution) => void {
  let told = -1;
  return ({ steps, executionId }) => {
    const ended = steps.filter(({ status }) => status !== "pending" && status !== "running");
    if (ended.length <= told) return;
    told = ended.length;
    const running = steps.filter(({ status }) => status === "running").map(({ id }) => id);
    const now =
      running.length === 0 ? executionId : `${executionId}: ${running.slice(0, 5).join(", ")}`;
    progress({ progress: told, total: steps.length, message: now });
  };
}
