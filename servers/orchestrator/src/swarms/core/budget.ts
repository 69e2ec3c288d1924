import type { Budget, Cost, SwarmRecord, TaskRecord } from "../model.ts";
import type { SwarmState } from "./state.ts";
import { refused, type Turn, tooMuch } from "./turn.ts";

export const NO_COST: Cost = { calls: 0, tokens: 0, money: 0, ms: 0 };

function addCost(one: Cost, other: Partial<Cost>): Cost {
  return {
    calls: one.calls + (other.calls ?? 0),
    tokens: one.tokens + (other.tokens ?? 0),
    money: one.money + (other.money ?? 0),
    ms: one.ms + (other.ms ?? 0),
  };
}

/** Books what an agent used, on the task where it is known. Nobody can use less than nothing. */
export function spend(
  turn: Turn,
  spent: Partial<Cost>,
  of: { agent: string; task?: string },
): void {
  for (const [what, amount] of Object.entries(spent)) {
    if (!(amount >= 0 && Number.isFinite(amount))) {
      throw refused("invalid_input", `spent.${what} is a number from 0 on`);
    }
  }
  const agent = turn.agent(of.agent);
  turn.put("agent", agent.id, { ...agent, spent: addCost(agent.spent, spent) });
  if (of.task !== undefined) {
    const task = turn.task(of.task);
    turn.put("task", task.id, { ...task, spent: addCost(task.spent, spent) });
  }
  turn.update({ spent: addCost(turn.swarm.spent, spent) });
}

/** For how long at least one task was in work. */
export function wallMsOf({ busyMs, busySince }: SwarmRecord, wall: number): number {
  return busyMs + (busySince === undefined ? 0 : Math.max(0, wall - busySince));
}

/** Keeps `busySince` true to whether anything is in work. */
export function countBusy(turn: Turn): void {
  const isBusy = turn.state.claimed.size > 0;
  const { busySince } = turn.swarm;
  if (isBusy && busySince === undefined) turn.update({ busySince: turn.at.wall });
  if (!isBusy && busySince !== undefined) {
    const busyMs = wallMsOf(turn.swarm, turn.at.wall);
    const { busySince: _, ...swarm } = turn.swarm;
    turn.put("swarm", "", { ...swarm, busyMs });
  }
}

/** What is left, of what is limited. */
export function leftOf(swarm: SwarmRecord, wall: number): Budget {
  const { budget, spent } = swarm;
  const left = (limit: number | undefined, used: number, name: keyof Budget): Budget =>
    limit === undefined ? {} : { [name]: Math.max(0, limit - used) };
  return {
    ...left(budget.calls, spent.calls, "calls"),
    ...left(budget.tokens, spent.tokens, "tokens"),
    ...left(budget.money, spent.money, "money"),
    ...left(budget.wallMs, wallMsOf(swarm, wall), "wallMs"),
  };
}

/** The first limit that is reached. */
export function usedUp(swarm: SwarmRecord, wall: number): keyof Budget | undefined {
  const left = leftOf(swarm, wall);
  return (Object.keys(left) as (keyof Budget)[]).find((name) => (left[name] ?? 1) <= 0);
}

export function checkBudget({ swarm, at }: Turn): void {
  if (swarm.status !== "exhausted") return;
  const what = usedUp(swarm, at.wall) ?? "calls";
  throw tooMuch(
    what,
    `The budget of ${what} is used up`,
    "scale_swarm with a higher one lets it go on",
    {
      budget: { ...swarm.budget },
    },
  );
}

/** May one more task begin, by what the finished ones cost, after those that are in work? */
export function affords(state: SwarmState, swarm: SwarmRecord, wall: number): boolean {
  const ended = state.counts.succeeded + state.counts.failed;
  if (ended === 0) return true;
  const left = leftOf(swarm, wall);
  const more = (state.claimed.size + 1) / ended;
  return (["calls", "tokens", "money"] as const).every(
    (name) => swarm.spent[name] * more <= (left[name] ?? Number.POSITIVE_INFINITY),
  );
}

/** The time a lease was held counts as spent, however it ends. */
export function heldMs({ lease }: TaskRecord, wall: number): number {
  return lease === undefined ? 0 : Math.max(0, wall - lease.since);
}
