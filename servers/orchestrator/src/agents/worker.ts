import {
  type Clock,
  isTrestleError,
  type Logger,
  messageOf,
  type Principal,
} from "@trestle/protocol";
import type { Beat, Claim, LeaseView, TaskView } from "../swarms/answers.ts";
import type { AgentWho, Swarms } from "../swarms/swarms.ts";
import { NOTHING, sum } from "./budget.ts";
import { wait } from "./patience.ts";
import { toPrompt } from "./prompt.ts";
import { createPurse, type Pending, type Purse } from "./purse.ts";
import type { TaskEnd } from "./task-end.ts";

/** A task as an agent of a crew is given it. */
export interface Assignment {
  readonly swarm: string;
  readonly task: TaskView;
  readonly fence: number;
  readonly prompt: string;
  readonly agent: { readonly id: string; readonly token: string };
  /** Aborts when the task is lost, cancelled, or the agent is ended. */
  readonly signal: AbortSignal;
  readonly purse: Purse;
  /** Is it still this agent's? */
  isMine(): Promise<boolean>;
}

/** What an agent of a profile can do. */
export interface Worker {
  readonly kind: "process" | "model";
  readonly profile: string;
  readonly capabilities: readonly string[];
  doTask(assignment: Assignment): Promise<TaskEnd>;
  /** Once its end is known to everybody. */
  settled?(assignment: Assignment): Promise<void>;
}

export interface WorkerParts {
  readonly swarms: Swarms;
  readonly clock: Clock;
  readonly log: Logger;
  readonly principal: Principal;
  /** Of all agents of this crew together. */
  readonly pending: Pending;
}

export interface RunningWorker {
  /** The task in work. */
  task(): string | undefined;
  /** Takes no other task after the one in work. */
  retire(): void;
  /** Ends now; what is in work is given back. */
  stop(): void;
  /** Ends the work on one task, which is not its any more. */
  drop(task: string): void;
  /** Rejects where it could not go on. */
  readonly ended: Promise<void>;
}

/** How long a request for a task waits for one. */
const CLAIM_MS = 60_000;
/** Between two requests that were answered without one, however soon. */
const PAUSE_MS = 250;

/** An agent of a crew: joins, claims, shows signs of life while it works, and hands in; until it is ended. */
export function startWorker(worker: Worker, swarm: string, parts: WorkerParts): RunningWorker {
  const stopped = new AbortController();
  const idle = new AbortController();
  let current: AtWork | undefined;

  async function run(): Promise<void> {
    const member = await join(worker, swarm, parts, {
      atWork: () => current,
      onBeat: ({ leases }, at) => {
        if (at && !leases.some(({ task }) => task === at.task)) at.drop.abort();
      },
      onGone: stop,
    });
    try {
      while (!idle.signal.aborted) {
        const claim = await claimOne(member);
        if (claim.kind === "none") await pause(parts.clock, idle.signal);
        else {
          const drop = new AbortController();
          current = { task: claim.task.id, drop };
          const signal = AbortSignal.any([stopped.signal, drop.signal]);
          await work(worker, member, { ...claim, swarm, signal }, parts);
          current = undefined;
        }
      }
    } finally {
      await member.leave();
    }
  }

  /** One that retires waits for no task; what it may have been given meanwhile it gives back as it leaves. */
  async function claimOne({ who }: Member): Promise<Claim> {
    try {
      return await parts.swarms.claim({ swarm, waitMs: CLAIM_MS }, who, idle.signal);
    } catch (error) {
      if (!idle.signal.aborted) throw error;
      return { kind: "none", why: "it retires", open: 0 };
    }
  }

  function stop(): void {
    idle.abort();
    stopped.abort();
  }

  return {
    task: () => current?.task,
    retire: () => idle.abort(),
    stop,
    drop(task) {
      if (current?.task === task) current.drop.abort();
    },
    ended: run(),
  };
}

interface Member {
  readonly who: AgentWho;
  readonly agent: Assignment["agent"];
  readonly purse: Purse;
  leave(): Promise<void>;
}

/** The task in work, and how to end it. */
interface AtWork {
  readonly task: string;
  readonly drop: AbortController;
}

interface Hearing {
  atWork(): AtWork | undefined;
  /** Given what was in work when it was asked: of what was claimed since, the answer may not know. */
  onBeat(beat: Beat, at: AtWork | undefined): void;
  /** It is no member any more, or the swarm is no more. */
  onGone(): void;
}

async function join(
  worker: Worker,
  swarm: string,
  { swarms, clock, log, principal, pending }: WorkerParts,
  { atWork, onBeat, onGone }: Hearing,
): Promise<Member> {
  const { kind, profile, capabilities } = worker;
  const asked = { swarm, kind, role: "worker", name: profile, capabilities };
  const { agent, agentToken, heartbeatMs } = await swarms.join(asked, { principal });
  const who = { principal, agentToken };
  const purse = createPurse(pending, beat, clock);
  let clear = () => {};
  let left = false;

  async function beat(): Promise<Beat> {
    const { spent, told, giveBack } = purse.take();
    const at = atWork();
    try {
      const answer = await swarms.heartbeat({ swarm, spent }, who);
      told();
      purse.learn(answer.left);
      onBeat(answer, at);
      return answer;
    } catch (error) {
      giveBack();
      if (isTrestleError(error) && !error.retryable) onGone();
      throw error;
    }
  }
  const again = (): void => {
    clear = clock.after(heartbeatMs / 2, () => {
      beat()
        .catch((error) =>
          log.warn("a sign of life was not heard", {
            swarm,
            agent: agent.id,
            error: messageOf(error),
          }),
        )
        .finally(() => {
          if (!left) again();
        });
    });
  };
  again();
  return {
    who,
    agent: { id: agent.id, token: agentToken },
    purse,
    async leave() {
      left = true;
      clear();
      await beat().catch(() => {});
      await swarms.leave({ swarm }, who).catch(() => {});
    },
  };
}

interface Claimed {
  readonly swarm: string;
  readonly task: TaskView;
  readonly lease: LeaseView;
  readonly signal: AbortSignal;
}

async function work(
  worker: Worker,
  { who, agent, purse }: Member,
  { swarm, task, lease, signal }: Claimed,
  { swarms, log, principal }: WorkerParts,
): Promise<void> {
  const of = { swarm, task: task.id, fence: lease.fence };
  const assignment: Assignment = {
    swarm,
    task,
    fence: lease.fence,
    prompt: await toPrompt(task, swarm, swarms, principal),
    agent,
    signal,
    purse,
    isMine: () =>
      swarms.renew(of, who).then(
        () => !signal.aborted,
        () => false,
      ),
  };
  const end = await endOf(worker, assignment);
  if (end.kind === "lost") return;
  // What a model spent is in the purse already; what a program spent is known only now.
  const { spent, told, giveBack } = purse.take();
  const cost = worker.kind === "model" ? spent : sum(spent, end.spent, 1);
  try {
    if (end.kind === "done") await swarms.complete({ ...of, result: end.result, spent: cost }, who);
    else await swarms.fail({ ...of, reason: end.reason, retry: end.retry, spent: cost }, who);
    told();
  } catch (error) {
    giveBack();
    // Whoever has it now does it, or has done it.
    log.warn("the end of a task was not taken", { ...of, error: messageOf(error) });
    return;
  }
  if (end.kind === "done") await worker.settled?.(assignment);
}

/** Whatever goes wrong is an end of the task, and says whether it is worth another try. */
async function endOf(worker: Worker, assignment: Assignment): Promise<TaskEnd> {
  try {
    const end = await worker.doTask(assignment);
    return assignment.signal.aborted && end.kind !== "done" ? { kind: "lost" } : end;
  } catch (error) {
    // An agent that is ended gives back what it has, as it leaves.
    if (assignment.signal.aborted) return { kind: "lost" };
    const retry = !isTrestleError(error) || error.retryable || error.code === "cancelled";
    return { kind: "failed", reason: messageOf(error), retry, spent: NOTHING };
  }
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return wait(clock, PAUSE_MS, signal).catch(() => {});
}
