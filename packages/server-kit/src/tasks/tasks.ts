import {
  type Clock,
  isJsonObject,
  isRpcError,
  type JsonObject,
  type Logger,
  messageOf,
  RPC,
  RpcError,
  TASKS_EXTENSION,
} from "@trestle/protocol";
import { createKeptTasks, KEEP_MS, type KeptTask } from "./kept-tasks.ts";
import { isTerminal, type TaskReport, toWire } from "./report.ts";
import type { TaskControl } from "./task-control.ts";

/** Until then whoever calls gets the result itself. */
const AT_ONCE_MS = 250;
const POLL_MS = 1_000;
const TOO_LARGE: JsonObject = {
  code: RPC.internal,
  message: "The call is done, and its result is too large to be kept as a task's: ask for less.",
};

/** One call, as many rounds as it takes. */
export interface TaskCall {
  /** Of whoever calls: nobody else hears of the task. */
  readonly principal: string;
  /** Aborts while nobody was told that it is a task. */
  readonly signal: AbortSignal;
  /** Nothing becomes a task before the round says so: any other name than that of what it stores leads nowhere later. */
  readonly namesItself?: boolean;
  /** Does the next round; `answers` are those to what the last one asked. */
  round(
    next: { readonly asked?: JsonObject; readonly answers?: JsonObject },
    control: { readonly signal: AbortSignal; readonly task: TaskControl },
  ): Promise<JsonObject>;
}

export interface Tasks {
  /** The result where it is there at once, or else the task that it became. */
  run(call: TaskCall): Promise<JsonObject>;
  /** Undefined where there is none of this name for this caller. */
  get(principal: string, taskId: string): TaskReport | undefined;
  /** False where there is none. Answers to what was not asked are left out. */
  update(principal: string, taskId: string, answers: JsonObject): boolean;
  cancel(principal: string, taskId: string): boolean;
  close(): Promise<void>;
}

interface Task extends KeptTask {
  readonly controller: AbortController;
  /** What the round that waits has asked, and the answers so far. */
  asked: JsonObject;
  answers: Record<string, JsonObject>;
  resume: () => void;
}

/** A call before and after it is a task. */
interface Leg {
  readonly controller: AbortController;
  readonly created: Promise<void>;
  readonly control: TaskControl;
  task: Task | undefined;
  /** From then on the call outlives its request. */
  detach(): void;
}

/**
 * Calls that go on after their request was answered: the extension `io.modelcontextprotocol/tasks`. They
 * live as long as the process; a server whose work outlives it names its tasks itself and looks them up.
 */
export function createTasks(parts: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly newId: () => string;
}): Tasks {
  const { clock, log } = parts;
  const tasks = createKeptTasks<Task>(clock);
  /** Also of calls that share a task with another, or whose task was forgotten. */
  const running = new Map<Promise<unknown>, AbortController>();

  function find(principal: string, id: string): Task | undefined {
    const task = tasks.get(id);
    return task?.principal === principal ? task : undefined;
  }

  function change(task: Task, report: Partial<TaskReport>): void {
    if (isTerminal(task.report.status)) return;
    task.report = { ...task.report, ...report, updatedAt: clock.now() };
    if (isTerminal(task.report.status) && !tasks.ended(task)) {
      const { result: _, ...rest } = task.report;
      task.report = { ...rest, status: "failed", error: TOO_LARGE };
    }
  }

  function create(call: TaskCall, id: string, controller: AbortController): Task {
    const known = tasks.get(id);
    // The same work, asked for once more: whoever asked hears of the task that there is.
    if (known?.principal === call.principal) return known;
    if (known !== undefined) throw new RpcError(RPC.internal, `There is another task ${id}.`);
    const now = clock.now();
    const task: Task = {
      ...{ id, principal: call.principal, controller, asked: {}, answers: {}, resume: () => {} },
      report: { taskId: id, status: "working", createdAt: now, updatedAt: now, keepMs: KEEP_MS },
    };
    tasks.add(task);
    return task;
  }

  /** Resolves when all that was asked is answered. */
  function untilAnswered(task: Task, result: JsonObject): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const requests = isJsonObject(result.inputRequests) ? result.inputRequests : {};
    task.asked = result;
    task.answers = {};
    task.resume = resolve;
    task.controller.signal.addEventListener("abort", () => reject(task.controller.signal.reason), {
      once: true,
    });
    change(task, { status: "input_required", inputRequests: requests });
    if (Object.keys(requests).length === 0) resolve();
    return promise;
  }

  /** Round after round; before it is a task, whoever calls is asked as ever. */
  async function work(call: TaskCall, leg: Leg): Promise<JsonObject> {
    const { signal } = leg.controller;
    let result = await call.round({}, { signal, task: leg.control });
    for (let { task } = leg; task !== undefined && isAsking(result); ) {
      const asked = result;
      await untilAnswered(task, asked);
      change(task, { status: "working", inputRequests: undefined });
      result = await call.round({ asked, answers: task.answers }, { signal, task: leg.control });
    }
    return result;
  }

  function openLeg(call: TaskCall): Leg {
    const controller = new AbortController();
    const created = Promise.withResolvers<void>();
    const giveUp = () => controller.abort(call.signal.reason);
    let message: string | undefined;
    const leg: Leg = {
      controller,
      created: created.promise,
      task: undefined,
      control: {
        begin(id = parts.newId()) {
          if (leg.task !== undefined) return;
          leg.task = create(call, id, controller);
          follow(leg.task, controller);
          change(leg.task, { message });
          leg.detach();
          created.resolve();
        },
        tell(text) {
          message = text;
          if (leg.task !== undefined) change(leg.task, { message });
        },
      },
      detach: () => call.signal.removeEventListener("abort", giveUp),
    };
    if (call.signal.aborted) giveUp();
    else call.signal.addEventListener("abort", giveUp, { once: true });
    return leg;
  }

  /** Who cancels a task ends every call that is of it. */
  function follow({ controller: first }: Task, controller: AbortController): void {
    const end = () => controller.abort(first.signal.reason);
    if (first !== controller) first.signal.addEventListener("abort", end, { once: true });
  }

  /** Where there is no room for one more task, the call goes on as any other. */
  function beginSoon(leg: Leg): () => void {
    return clock.after(AT_ONCE_MS, () => {
      try {
        leg.control.begin();
      } catch (error) {
        log.warn("a call goes on without a task", { reason: messageOf(error) });
      }
    });
  }

  async function run(call: TaskCall): Promise<JsonObject> {
    const leg = openLeg(call);
    const done = work(call, leg);
    const ended = done.then(
      (result) => leg.task && change(leg.task, { status: "completed", result }),
      (error: unknown) =>
        leg.task && change(leg.task, failureOf(error, leg.controller.signal, log)),
    );
    running.set(ended, leg.controller);
    void ended.finally(() => running.delete(ended));
    const cancelTimer = call.namesItself ? () => {} : beginSoon(leg);
    try {
      const first = await Promise.race([leg.created, done]);
      if (leg.task === undefined) return first as JsonObject;
    } catch (error) {
      if (leg.task === undefined) throw error;
    } finally {
      cancelTimer();
      leg.detach();
    }
    return { resultType: "task", ...toWire(leg.task.report, POLL_MS) };
  }

  return {
    run,
    get: (principal, id) => find(principal, id)?.report,
    update(principal, id, answers) {
      const task = find(principal, id);
      if (task === undefined) return false;
      const { status, inputRequests = {} } = task.report;
      if (status !== "input_required") return true;
      const open = { ...inputRequests };
      for (const [key, answer] of Object.entries(answers)) {
        if (!Object.hasOwn(open, key) || !isJsonObject(answer)) continue;
        task.answers[key] = answer;
        delete open[key];
      }
      change(task, { inputRequests: open });
      if (Object.keys(open).length === 0) task.resume();
      return true;
    },
    cancel(principal, id) {
      const task = find(principal, id);
      if (task === undefined) return false;
      change(task, { status: "cancelled", inputRequests: undefined });
      task.controller.abort(new Error("The task was cancelled."));
      return true;
    },
    async close() {
      for (const controller of running.values()) controller.abort(new Error("The server closes."));
      await Promise.allSettled(running.keys());
    },
  };
}

/** A tool that failed is a result; here is what is wrong with the call itself. */
function failureOf(error: unknown, signal: AbortSignal, log: Logger): Partial<TaskReport> {
  if (signal.aborted) return { status: "cancelled" };
  if (isRpcError(error)) {
    const { code, message, data } = error;
    return { status: "failed", error: { code, message, ...(data !== undefined && { data }) } };
  }
  log.error("a task failed", { error: messageOf(error) });
  return { status: "failed", error: { code: RPC.internal, message: "internal error" } };
}

function isAsking(result: JsonObject): boolean {
  return result.resultType === "input_required";
}

/** Refuses who did not say that it takes tasks. */
export function missingTasks(what: string): RpcError {
  return new RpcError(
    RPC.missingClientCapability,
    `${what} needs a client that takes tasks: it must declare the extension ${TASKS_EXTENSION}.`,
    { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  );
}
