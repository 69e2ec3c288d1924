import { randomBytes } from "node:crypto";
import type { Clock, Logger } from "@trestle/protocol";
import { createChecking, type RunCheck } from "./checking.ts";
import type { Moment } from "./core/moment.ts";
import { wantedAgents } from "./core/scale.ts";
import { type SwarmState, swarmOf } from "./core/state.ts";
import { createSwarms } from "./create-swarms.ts";
import { createKeeper, type Keeper, type KeeperParts } from "./keeper.ts";
import type { Budget, Crew } from "./model.ts";
import { createSharedKeeper } from "./shared/shared-keeper.ts";
import type { SwarmStore } from "./swarm-store.ts";
import type { CrewBoss, SwarmEvent, Swarms } from "./swarms.ts";
import { crewOf } from "./views.ts";

export interface OpenSwarmsParts {
  readonly store: SwarmStore;
  /** Where many share the store it tells the same to all. */
  readonly clock: Clock;
  readonly log: Logger;
  /** Where many share the store: how long after its last sign a process is taken for dead; 5 s unless given. */
  readonly watchMs?: number;
  /** Milliseconds that never jump; `performance.now` unless given. */
  readonly tick?: () => number;
  readonly random?: (bytes: number) => Buffer;
  readonly checks: ReadonlySet<string>;
  /** For how long one agent may have a task that says nothing of it; as long as it likes unless given. */
  readonly taskMs?: number;
  /** Anything goes unless given. */
  readonly checkCrew?: (crew: Crew, budget: Budget) => void;
  readonly runCheck: RunCheck;
  /** Told every transition when it is durable. */
  readonly onEvent: (swarm: string, event: SwarmEvent) => void;
  readonly createBoss?: (swarms: Swarms) => CrewBoss;
}

export interface OpenedSwarms {
  readonly swarms: Swarms;
  /** Whoever waits for a task is answered. */
  closing(): void;
  close(): Promise<void>;
}

/** Goes on with what a store holds: watches what may lapse, checks what is to be checked, and wants agents. */
export async function openSwarms(parts: OpenSwarmsParts): Promise<OpenedSwarms> {
  const { store, clock, log, checks, random = randomBytes, tick = () => performance.now() } = parts;
  const checking = createChecking(parts.runCheck, log);
  let boss: CrewBoss | undefined;

  function look(state: SwarmState, at: Moment): number | undefined {
    checking.look(keeper, state);
    const { wanted, again } = wantedAgents(state, crewOf(state), at);
    const swarm = swarmOf(state);
    if (swarm.crew !== undefined) boss?.adjust({ swarm, wanted });
    return again;
  }

  const hooks: KeeperParts = {
    store,
    clock,
    log,
    tick,
    onChange: look,
    onUnwatched(state, isGone) {
      const swarm = swarmOf(state);
      if (swarm.crew === undefined) return;
      boss?.adjust({ swarm, wanted: 0 });
      if (isGone) boss?.hear(swarm.id, { kind: "swarm.destroyed", at: clock.now() });
    },
    onEvent(swarm, event) {
      parts.onEvent(swarm, event);
      boss?.hear(swarm, event);
    },
  };
  const keeper = openKeeper(hooks, parts.watchMs);
  const swarms = createSwarms({
    keeper,
    store,
    clock,
    tick,
    checks,
    taskMs: parts.taskMs ?? 0,
    checkCrew: parts.checkCrew ?? (() => {}),
    newSecret: () => random(32).toString("base64url"),
    newSwarmId: () => `sw${random(8).toString("hex")}`,
    onDestroyed(swarm) {
      const gone: SwarmEvent = { kind: "swarm.destroyed", at: clock.now() };
      parts.onEvent(swarm.id, gone);
      if (swarm.crew !== undefined) boss?.adjust({ swarm, wanted: 0 });
      boss?.hear(swarm.id, gone);
    },
  });
  boss = parts.createBoss?.(swarms);
  const count = await keeper.recover();
  if (count > 0) log.info("swarms go on", { count });
  return {
    swarms,
    closing: keeper.closing,
    async close() {
      await boss?.close();
      await checking.close();
      await keeper.close();
      await store.close();
    },
  };
}

const WATCH_MS = 5_000;

function openKeeper(parts: KeeperParts, watchMs = WATCH_MS): Keeper {
  const { shared } = parts.store;
  return shared === undefined
    ? createKeeper(parts)
    : createSharedKeeper({ ...parts, shared, watchMs });
}
