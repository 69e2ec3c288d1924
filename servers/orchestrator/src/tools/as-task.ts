import { isTrestleError, type JsonObject, type Principal } from "@trestle/protocol";
import type { StoredTasks, ToolContext } from "@trestle-mcp/server-kit";
import type { RunStatus } from "../runs/run-store.ts";
import type { State } from "../state.ts";
import type { Execution } from "../workflows/execution.ts";
import type { Caller } from "../workflows/workflows.ts";

/** While somebody has to say something, there is nothing that could be waited for. */
const LOOK_MS = 1_000;
const SLICE_MS = 20_000;
/** An execution whose end comes so soon is answered at once. */
const SOON_MS = 150;

const ENDED: ReadonlySet<RunStatus> = new Set(["succeeded", "failed", "cancelled", "timed_out"]);

/**
 * An execution as a task of its caller, under its own id: it is stored by then, and whichever process goes on
 * with it can be asked how it stands.
 */
export async function untilEnded(
  ask: (waitMs: number) => Promise<Execution>,
  { context, caller }: { readonly context: ToolContext<State>; readonly caller: Caller },
): Promise<Execution> {
  const { task, state, signal } = context;
  let seen = await ask(SOON_MS);
  while (!ENDED.has(seen.status) && !signal.aborted) {
    task?.begin(seen.executionId);
    task?.tell(sentenceOf(seen));
    if (seen.status !== "running") await pause(LOOK_MS, context);
    seen = await state.workflows.execution(seen.executionId, caller, SLICE_MS);
  }
  return seen;
}

/** For whoever asks after the process that began the task is gone. */
export const executionTasks: StoredTasks<State> = {
  async find({ workflows }, taskId, { principal }) {
    const seen = await workflows.execution(taskId, readerOf(principal)).catch(unlessMissing);
    return seen && toReport(seen);
  },
  async cancel({ workflows }, taskId, { principal }) {
    await workflows.cancel(taskId, readerOf(principal));
  },
};

function toReport(seen: Execution) {
  const { executionId, startedAt, endedAt, status } = seen;
  const createdAt = Date.parse(startedAt);
  const facts = {
    taskId: executionId,
    createdAt,
    updatedAt: endedAt ? Date.parse(endedAt) : createdAt,
  };
  if (status === "cancelled") return { ...facts, status } as const;
  if (!ENDED.has(status)) {
    return { ...facts, status: "working", message: sentenceOf(seen) } as const;
  }
  return { ...facts, status: "completed", result: toResult(seen) } as const;
}

/** As the tool would have answered. */
function toResult(seen: Execution): JsonObject {
  const structuredContent = JSON.parse(JSON.stringify(seen)) as JsonObject;
  const content = [{ type: "text", text: JSON.stringify(structuredContent) }];
  return { content, structuredContent };
}

function sentenceOf({ completedSteps, steps, waitingFor, status }: Execution): string {
  const [wait] = waitingFor;
  const done = `${completedSteps.length} of ${steps.length} steps are done`;
  if (status === "paused") return `${done}; it is paused.`;
  return wait === undefined ? `${done}.` : `${done}; ${wait.step} waits for: ${wait.for}.`;
}

/** Looking and cancelling calls no tool: nothing is delegated. */
function readerOf(principal: Principal): Caller {
  return { principal, grant: "" };
}

function unlessMissing(error: unknown): undefined {
  if (isTrestleError(error) && error.code === "not_found") return undefined;
  throw error;
}

function pause(ms: number, { clock, signal }: ToolContext<State>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    signal.addEventListener(
      "abort",
      () => {
        cancel();
        resolve();
      },
      { once: true },
    );
  });
}
