import type { Clock } from "@trestle/protocol";
import { TrestleError } from "@trestle/protocol";
import { swarmOfToken } from "../access.ts";
import type { Turn } from "../core/turn.ts";
import type { Keeper } from "../keeper.ts";
import type { Budget, Crew, SwarmRecord } from "../model.ts";
import type { InSwarm } from "../requests.ts";
import type { SwarmStore } from "../swarm-store.ts";
import type { Who } from "../swarms.ts";

export interface DeskParts {
  readonly keeper: Keeper;
  readonly store: SwarmStore;
  readonly clock: Clock;
  /** Milliseconds of this process, which never jump. */
  readonly tick: () => number;
  /** 256 random bits, in letters, digits, `-` and `_`. */
  readonly newSecret: () => string;
  /** `sw` and hexadecimal digits. */
  readonly newSwarmId: () => string;
  /** For how long one agent may have a task that says nothing of it; 0 for as long as it likes. */
  readonly taskMs: number;
  /** Names of the commands that may check results. */
  readonly checks: ReadonlySet<string>;
  /** Throws `invalid_input` for a crew that could not be started, or not on this budget. */
  readonly checkCrew: (crew: Crew, budget: Budget) => void;
  readonly onDestroyed: (swarm: SwarmRecord) => void;
}

/** What all calls share: finding the swarm that is meant, and taking a turn in it. */
export interface Desk extends DeskParts {
  idOf(request: InSwarm, who: Who): Promise<string>;
  turn<Answer>(request: InSwarm, who: Who, decide: (turn: Turn) => Answer): Promise<Answer>;
}

export function createDesk(parts: DeskParts): Desk {
  async function idOf({ swarm }: InSwarm, { principal, agentToken }: Who): Promise<string> {
    const byToken = agentToken === undefined ? undefined : swarmOfToken(agentToken);
    if (byToken !== undefined && swarm !== undefined && byToken !== swarm) {
      throw new TrestleError(
        "denied",
        `This agent_token is for the swarm ${byToken}, not for ${swarm}`,
      );
    }
    const named = swarm ?? byToken;
    if (named !== undefined) return named;
    const [newest] = await parts.store.list({ owner: principal.id, limit: 1 });
    if (newest !== undefined) return newest.id;
    throw new TrestleError(
      "not_found",
      "You have no swarm: create_swarm makes one, or name one as swarm",
    );
  }

  return {
    ...parts,
    idOf,
    turn: async (request, who, decide) => parts.keeper.turn(await idOf(request, who), decide),
  };
}
