import { TrestleError } from "@trestle/protocol";
import { acting, asAgent, checkMember, party } from "../access.ts";
import type { Claim } from "../answers.ts";
import { decompose, submit } from "../core/submit.ts";
import type { Turn } from "../core/turn.ts";
import { cancel, claim, complete, fail, handoff, renew, vote } from "../core/work.ts";
import { OWNER, type TaskRecord } from "../model.ts";
import type { ClaimTask, NewTask, SubmitTask } from "../requests.ts";
import { resultsOf } from "../results.ts";
import type { AgentWho, Swarms } from "../swarms.ts";
import { toLease, toTask } from "../views.ts";
import type { Desk } from "./desk.ts";

type TaskCalls = Pick<
  Swarms,
  | "submit"
  | "decompose"
  | "results"
  | "cancelTask"
  | "claim"
  | "renew"
  | "complete"
  | "fail"
  | "handoff"
  | "vote"
>;

export function createTaskCalls(desk: Desk): TaskCalls {
  function checkChecks(tasks: readonly NewTask[]): void {
    for (const { check } of tasks) {
      if (check === undefined || desk.checks.has(check.command)) continue;
      const known =
        [...desk.checks].join(", ") ||
        "none; the operator adds them to the file of ORCHESTRATOR_AGENTS";
      throw new TrestleError(
        "invalid_input",
        `There is no check "${check.command}"; there are: ${known}`,
      );
    }
  }

  const timed = <Task extends NewTask>(task: Task): Task => ({
    ...task,
    maxMs: task.maxMs ?? desk.taskMs,
  });

  /** What one agent alone would do: the task itself, once, without what only a swarm has. */
  async function mirror(baseline: string, task: TaskRecord): Promise<void> {
    const { id, title, description, dependsOn, files, priority, check } = task;
    const { maxAttempts, maxMs = 0 } = task;
    const after = (turn: Turn) =>
      dependsOn.flatMap((each) => turn.state.keys.get(`task ${OWNER} of ${each}`) ?? []);
    await desk.keeper.turn(baseline, (turn) => {
      const same = {
        title,
        description,
        files,
        priority,
        maxAttempts,
        maxMs,
        ...(check === undefined ? {} : { check }),
      };
      submit(turn, OWNER, { ...same, dependsOn: after(turn), key: `of ${id}` });
    });
  }

  /** Asking is a sign of life, that the server waits for its caller is none. */
  async function claimOnce(
    id: string,
    request: ClaimTask,
    { who, isAsking }: { readonly who: AgentWho; readonly isAsking: boolean },
  ): Promise<Claim> {
    return desk.keeper.turn(id, (turn) => {
      const agent = isAsking ? acting(turn, who) : asAgent(turn, who);
      const given = claim(turn, agent, request);
      if ("why" in given) {
        const { ready, claimed, waiting } = turn.state.counts;
        return { kind: "none", why: given.why, open: ready + claimed + waiting };
      }
      return { kind: "task", task: toTask(given), lease: toLease(given) };
    });
  }

  return {
    async submit(request: SubmitTask, who) {
      checkChecks([request]);
      const id = await desk.idOf(request, who);
      const { task, baseline } = await desk.keeper.turn(id, (turn) => ({
        task: submit(turn, party(turn, who), timed(request)),
        baseline: turn.swarm.baseline,
      }));
      if (baseline !== undefined && task.by === OWNER) await mirror(baseline, task);
      return toTask(task);
    },
    async decompose(request, who) {
      checkChecks(request.parts);
      const parts = request.parts.map(timed);
      return desk.turn(request, who, (turn) =>
        toTask(decompose(turn, party(turn, who), { ...request, parts })),
      );
    },
    results: async (request, who) => {
      const id = await desk.idOf(request, who);
      const { results, baseline } = await desk.keeper.turn(id, (turn) => {
        checkMember(turn.state, who);
        return { results: resultsOf(turn, request), baseline: turn.swarm.baseline };
      });
      if (baseline === undefined) return results;
      const alone = await desk.keeper.turn(baseline, (turn) =>
        resultsOf(turn, { limit: request.limit }),
      );
      return { ...results, baseline: alone };
    },
    cancelTask: (request, who) =>
      desk.turn(request, who, (turn) => {
        const { task, reason = "cancelled" } = request;
        return toTask(cancel(turn, party(turn, who), task, reason));
      }),
    async claim(request, who, signal) {
      const id = await desk.idOf(request, who);
      const end = desk.tick() + (request.waitMs ?? 0);
      for (let isAsking = true; ; isAsking = false) {
        const since = desk.keeper.changes(id);
        const answer = await claimOnce(id, request, { who, isAsking });
        const ms = end - desk.tick();
        if (answer.kind === "task" || ms <= 0) return answer;
        if (!(await desk.keeper.changed(id, { since, ms, ...(signal ? { signal } : {}) })))
          return answer;
      }
    },
    renew: (request, who) =>
      desk.turn(request, who, (turn) => {
        const { task, fence, spent } = request;
        return toLease(renew(turn, acting(turn, who), task, fence, spent));
      }),
    complete: (request, who) =>
      desk.turn(request, who, (turn) => toTask(complete(turn, acting(turn, who), request))),
    fail: (request, who) =>
      desk.turn(request, who, (turn) => toTask(fail(turn, acting(turn, who), request))),
    handoff: (request, who) =>
      desk.turn(request, who, (turn) => toTask(handoff(turn, acting(turn, who), request))),
    vote: (request, who) =>
      desk.turn(request, who, (turn) => toTask(vote(turn, acting(turn, who), request))),
  };
}
