import type { CallHost, Clock, Logger, Principal } from "@trestle/protocol";
import { messageOf } from "@trestle/protocol";
import type { Environment } from "@trestle/upstream/processes";
import type { Crew, SwarmRecord } from "../swarms/model.ts";
import type { CrewBoss, CrewWanted, SwarmEvent, Swarms } from "../swarms/swarms.ts";
import { type AgentsConfig, find } from "./agents-config.ts";
import { NOTHING } from "./budget.ts";
import { createModelWorker } from "./model-worker.ts";
import type { Pending } from "./purse.ts";
import { type RunningWorker, startWorker, type Worker } from "./worker.ts";
import type { Workshops } from "./workshops.ts";

export interface CrewParts {
  readonly swarms: Swarms;
  readonly config: AgentsConfig;
  /** Opened with the first program that is started. */
  readonly openWorkshops: () => Promise<Workshops>;
  /** Calls tools in the name of who made the swarm. */
  readonly callsFor: (grant: string) => CallHost;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
}

interface Gang {
  swarm: SwarmRecord;
  wanted: number;
  readonly workers: Set<RunningWorker>;
  readonly retiring: Set<RunningWorker>;
  readonly pending: Pending;
  /** In a row; each makes the next start wait longer. */
  failures: number;
  waiting: (() => void) | undefined;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/** Starts and ends the agents of swarms that have a crew, so that as many run as are wanted. */
export function createCrewBoss(parts: CrewParts): CrewBoss {
  const gangs = new Map<string, Gang>();
  let closed = false;

  function gangOf({ swarm }: CrewWanted): Gang {
    const found = gangs.get(swarm.id);
    if (found !== undefined) return found;
    const gang: Gang = {
      swarm,
      wanted: 0,
      workers: new Set(),
      retiring: new Set(),
      pending: { spending: NOTHING },
      failures: 0,
      waiting: undefined,
    };
    gangs.set(swarm.id, gang);
    return gang;
  }

  function fit(gang: Gang): void {
    if (gang.wanted === 0 && gang.workers.size === 0) gangs.delete(gang.swarm.id);
    const busy = [...gang.workers].filter((worker) => !gang.retiring.has(worker));
    if (busy.length > gang.wanted) {
      // Those that do nothing first.
      const order = busy.toSorted(
        (a, b) => Number(a.task() !== undefined) - Number(b.task() !== undefined),
      );
      for (const worker of order.slice(0, busy.length - gang.wanted)) {
        gang.retiring.add(worker);
        worker.retire();
      }
    }
    const { crew } = gang.swarm;
    if (closed || gang.waiting || crew === undefined) return;
    for (let missing = gang.wanted - busy.length; missing > 0; missing -= 1) start(gang, crew);
  }

  function start(gang: Gang, crew: Crew): void {
    const running = open(gang.swarm, crew, gang.pending, parts);
    gang.workers.add(running);
    const startedAt = parts.clock.now();
    running.ended.then(
      () => over(gang, running),
      (error) => {
        parts.log.warn("an agent of a crew ended", {
          swarm: gang.swarm.id,
          error: messageOf(error),
        });
        const lasted = parts.clock.now() - startedAt > LONGEST_WAIT_MS;
        gang.failures = lasted ? 1 : gang.failures + 1;
        over(gang, running);
      },
    );
  }

  function over(gang: Gang, running: RunningWorker): void {
    gang.workers.delete(running);
    gang.retiring.delete(running);
    if (closed) return;
    if (gang.failures === 0 || gang.waiting) {
      fit(gang);
      return;
    }
    const ms = Math.min(FIRST_WAIT_MS * 2 ** gang.failures, LONGEST_WAIT_MS);
    gang.waiting = parts.clock.after(ms, () => {
      gang.waiting = undefined;
      fit(gang);
    });
  }

  return {
    adjust(asked) {
      if (asked.swarm.crew === undefined || closed) return;
      if (asked.wanted === 0 && !gangs.has(asked.swarm.id)) return;
      const gang = gangOf(asked);
      gang.swarm = asked.swarm;
      gang.wanted = asked.wanted;
      if (asked.swarm.status === "exhausted") for (const worker of gang.workers) worker.stop();
      fit(gang);
    },
    hear(swarm, event) {
      const gang = gangs.get(swarm);
      if (gang !== undefined) tell(gang, event);
    },
    async close() {
      closed = true;
      const all = [...gangs.values()];
      for (const { waiting, workers } of all) {
        waiting?.();
        for (const worker of workers) worker.stop();
      }
      const ends = all.flatMap(({ workers }) => [...workers].map(({ ended }) => ended));
      await Promise.allSettled(ends);
    },
  };
}

function tell(gang: Gang, event: SwarmEvent): void {
  for (const worker of gang.workers) {
    if (event.kind === "swarm.destroyed") worker.stop();
    else if (event.kind === "task.cancelled" && event.task !== undefined) worker.drop(event.task);
  }
}

/** What does not let it be made is an end of the agent, told as any other. */
function open(swarm: SwarmRecord, crew: Crew, pending: Pending, parts: CrewParts): RunningWorker {
  const { swarms, clock, log } = parts;
  let retired = false;
  let running: RunningWorker | undefined;
  const ended = createWorker(swarm, crew, parts).then(async (worker) => {
    if (retired) return;
    const principal: Principal = {
      id: swarm.owner,
      kind: swarm.owner === "local" ? "local" : "key",
    };
    running = startWorker(worker, swarm.id, { swarms, clock, log, principal, pending });
    await running.ended;
  });
  return {
    task: () => running?.task(),
    retire() {
      retired = true;
      running?.retire();
    },
    stop() {
      retired = true;
      running?.stop();
    },
    drop: (task) => running?.drop(task),
    ended,
  };
}

async function createWorker(
  swarm: SwarmRecord,
  { kind, profile }: Crew,
  parts: CrewParts,
): Promise<Worker> {
  const config = find(parts.config.profiles, profile, `profile of the kind ${kind}`);
  if (config.kind === "model") {
    const calls = parts.callsFor(swarm.grant ?? "");
    return createModelWorker(profile, config, { ...parts, calls });
  }
  const workshops = await parts.openWorkshops();
  const { createProcessWorker } = await import("./process-worker.ts");
  return createProcessWorker(profile, config, parts.config, {
    ...parts,
    registry: workshops.registry,
    workshopOf: workshops.of,
  });
}
