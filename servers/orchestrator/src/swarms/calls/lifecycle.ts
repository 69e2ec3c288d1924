import type { Principal } from "@trestle/protocol";
import { checkMember, checkOwner, hashOf, seesAll } from "../access.ts";
import type { SwarmSummary } from "../answers.ts";
import { BOUNDS } from "../bounds.ts";
import { wantedAgents } from "../core/scale.ts";
import { checkSpent } from "../core/sweep.ts";
import type { Turn } from "../core/turn.ts";
import { tooMuch } from "../core/turn.ts";
import { checkScale, newBaseline, newSwarm } from "../create-swarm.ts";
import type { SwarmRecord } from "../model.ts";
import type { ScaleSwarm } from "../requests.ts";
import type { Swarms } from "../swarms.ts";
import { crewOf, toSummary, toView } from "../views.ts";
import type { Desk } from "./desk.ts";

export function createLifecycleCalls(
  desk: Desk,
): Pick<Swarms, "create" | "list" | "get" | "destroy" | "scale"> {
  const { keeper, store, clock } = desk;

  async function checkRoom({ id }: Principal): Promise<void> {
    const own = await store.list({ owner: id, limit: BOUNDS.swarms });
    if (own.length >= BOUNDS.swarms) {
      throw tooMuch(
        "swarms",
        `You have ${BOUNDS.swarms} swarms`,
        "destroy_swarm those that are over",
      );
    }
  }

  async function keep(swarm: SwarmRecord): Promise<void> {
    const { id, owner, createdAt } = swarm;
    await keeper.create({ id, owner, createdAt }, [{ kind: "swarm", id: "", record: swarm }]);
  }

  async function forget(swarm: SwarmRecord): Promise<boolean> {
    const removed = await keeper.remove(swarm.id);
    if (removed) desk.onDestroyed(swarm);
    return removed;
  }

  return {
    async create(request, { principal }) {
      if (request.crew !== undefined) desk.checkCrew(request.crew, request.budget);
      checkScale(request.autoScale);
      await checkRoom(principal);
      const joinKey = desk.newSecret();
      const facts = { owner: principal.id, createdAt: clock.now(), joinKeyHash: hashOf(joinKey) };
      const swarm = newSwarm(request, { ...facts, id: desk.newSwarmId() });
      if (request.baseline) {
        // First, so that the swarm itself is the newest.
        const alone = newBaseline(swarm, { ...facts, id: desk.newSwarmId() });
        await keep(alone);
        await keep({ ...swarm, baseline: alone.id });
      } else {
        await keep(swarm);
      }
      return { ...(await keeper.turn(swarm.id, view)), joinKey };
    },
    async list({ limit }, { principal }) {
      const filter = seesAll(principal) ? { limit } : { owner: principal.id, limit };
      const summaries: SwarmSummary[] = [];
      for (const { id } of await store.list(filter)) {
        summaries.push(await keeper.turn(id, ({ state }) => toSummary(state)));
      }
      return summaries;
    },
    get: (request, who) =>
      desk.turn(request, who, (turn) => {
        checkMember(turn.state, who);
        return view(turn);
      }),
    async destroy(request, who) {
      const swarm = await desk.turn(request, who, (turn) => {
        checkOwner(turn.state, who);
        return turn.swarm;
      });
      if (swarm.baseline !== undefined) {
        const alone = await keeper
          .turn(swarm.baseline, (turn) => turn.swarm)
          .catch(() => undefined);
        if (alone !== undefined) await forget(alone);
      }
      const destroyed = await forget(swarm);
      return { destroyed };
    },
    scale: (request, who) =>
      desk.turn(request, who, (turn) => {
        checkOwner(turn.state, who);
        checkScale(request.autoScale);
        turn.update(scaled(turn.swarm, request));
        turn.tell({ kind: "swarm.scaled" });
        checkSpent(turn);
        return view(turn);
      }),
  };
}

function scaled(
  swarm: SwarmRecord,
  { target, maxAgents, autoScale, budget }: ScaleSwarm,
): Partial<SwarmRecord> {
  return {
    ...(target === undefined ? {} : { target }),
    ...(maxAgents === undefined ? {} : { maxAgents }),
    ...(autoScale === undefined ? {} : { autoScale: autoScale ?? undefined }),
    ...(budget === undefined ? {} : { budget: { ...swarm.budget, ...budget } }),
  } as Partial<SwarmRecord>;
}

function view({ state, at }: Turn) {
  return toView(state, wantedAgents(state, crewOf(state), at).wanted, at);
}
