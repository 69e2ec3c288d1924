import type { Clock, RequestContext } from "@trestle/protocol";

/** How long a closing server waits for answers that are under way. */
const GRACE_MS = 1_000;

/** Keeps the requests under way, so that closing lets them finish, and then ends them. */
export interface RunningRequests {
  run<Answer>(
    context: RequestContext,
    work: (request: RequestContext) => Answer | Promise<Answer>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export function createRunningRequests(clock: Clock): RunningRequests {
  const running = new Map<AbortController, Promise<unknown>>();

  async function run<Answer>(
    context: RequestContext,
    work: (request: RequestContext) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const controller = new AbortController();
    const onAbort = () => controller.abort(context.signal.reason);
    if (context.signal.aborted) onAbort();
    else context.signal.addEventListener("abort", onAbort, { once: true });
    const answer = (async () => work({ ...context, signal: controller.signal }))();
    running.set(controller, answer);
    try {
      return await answer;
    } finally {
      context.signal.removeEventListener("abort", onAbort);
      running.delete(controller);
    }
  }

  async function close(): Promise<void> {
    const cancelTimer = clock.after(GRACE_MS, () => {
      for (const controller of running.keys()) controller.abort(new Error("The server closes."));
    });
    await Promise.allSettled(running.values());
    cancelTimer();
  }

  return { run, close };
}
