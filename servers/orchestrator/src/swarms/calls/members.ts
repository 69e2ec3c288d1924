import { TrestleError } from "@trestle/protocol";
import {
  acting,
  asAgent,
  checkMember,
  hashOf,
  isOwner,
  mayJoin,
  party,
  toAgentToken,
} from "../access.ts";
import { heartbeat, join, leave } from "../core/agents.ts";
import { leftOf } from "../core/budget.ts";
import { unreadCount } from "../core/messages.ts";
import { swarmOf } from "../core/state.ts";
import { OWNER } from "../model.ts";
import { noSwarm } from "../refusals.ts";
import type { Swarms } from "../swarms.ts";
import { toAgent, toLeases } from "../views.ts";
import type { Desk } from "./desk.ts";

/** A sign of life so often that two may be lost. */
const BEATS = 3;

export function createMemberCalls(
  desk: Desk,
): Pick<Swarms, "join" | "leave" | "heartbeat" | "member"> {
  return {
    async join(request, who) {
      const swarm = await desk.idOf(request, { principal: who.principal });
      const agentToken = toAgentToken(swarm, desk.newSecret());
      return desk.keeper.turn(swarm, (turn) => {
        const { state } = turn;
        if (!mayJoin(state, who.principal, request.joinKey)) throw noSwarm(swarm);
        if (request.weight !== undefined && !isOwner(state, who.principal)) {
          throw new TrestleError(
            "denied",
            "Only the owner of the swarm says what weight an agent has",
          );
        }
        const principal = who.principal.id;
        const agent = join(turn, { ...request, principal, tokenHash: hashOf(agentToken) });
        const heartbeatMs = Math.floor(turn.swarm.leaseMs / BEATS);
        return { swarm, agent: toAgent(state, agent), agentToken, heartbeatMs };
      });
    },
    leave: (request, who) =>
      desk.turn(request, who, (turn) => ({ released: leave(turn, acting(turn, who)) })),
    heartbeat: (request, who) =>
      desk.turn(request, who, (turn) => {
        const agent = acting(turn, who);
        heartbeat(turn, agent, request.spent);
        const { state, swarm, at } = turn;
        return {
          swarm: swarm.status,
          leases: toLeases(state, agent.id),
          unread: unreadCount(state, agent.id),
          left: leftOf(swarm, at.wall),
        };
      }),
    member: (request, who) =>
      desk.turn(request, who, (turn) => {
        const swarm = swarmOf(turn.state).id;
        if (request.acts) return { swarm, as: party(turn, who) };
        checkMember(turn.state, who);
        return { swarm, as: who.agentToken === undefined ? OWNER : asAgent(turn, who).id };
      }),
  };
}
