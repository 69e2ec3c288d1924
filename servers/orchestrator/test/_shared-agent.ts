import { setTimeout as pause } from "node:timers/promises";
import { isTrestleError } from "@trestle/protocol";
import type { SeededRandom } from "@trestle/testkit/surroundings";
import { owner } from "../src/swarms/_swarms.ts";
import type { LeaseView } from "../src/swarms/answers.ts";
import type { AgentWho, Swarms } from "../src/swarms/swarms.ts";
import type { SharedOracle } from "./_shared-oracle.ts";
import { GLOBS } from "./_swarm-oracle.ts";
import { NoAnswer } from "./_swarm-processes.ts";

export interface SharedAgentParts {
  readonly swarm: string;
  readonly swarms: Swarms;
  readonly oracle: SharedOracle;
  readonly chance: SeededRandom;
  readonly leaseMs: number;
  /** Those there are, to write to. */
  readonly others: () => readonly string[];
  readonly isOver: () => boolean;
}

/** An agent in this process; it crashes or pauses now and then, and asks another process with every call. */
export async function startSharedAgent(parts: SharedAgentParts) {
  const { swarm, swarms, oracle, chance } = parts;
  const capabilities = chance.next() < 0.5 ? ["odd"] : [];
  const joining = { swarm, kind: "external", role: "worker", capabilities } as const;
  const { agent, agentToken } = await untilAnswered(() => swarms.join(joining, owner));
  const { id } = agent;
  const who: AgentWho = { ...owner, agentToken };
  const acknowledged = new Set<string>();
  let leases: readonly LeaseView[] = [];
  let sent = 0;
  let holds = false;

  /** Undefined where nobody answers: then it is not known what was done. */
  async function ask<Answer>(call: () => Promise<Answer>): Promise<Answer | undefined> {
    const ended = oracle.asks(id, performance.now());
    try {
      const answer = await call();
      ended(true, performance.now());
      return answer;
    } catch (error) {
      const isAnswered = !isLost(error);
      ended(isAnswered, performance.now());
      if (isAnswered) throw error;
      oracle.counts.unanswered += 1;
      return undefined;
    }
  }

  /** What it has in work by the word of the swarm: an answer may have been lost, and what was asked done later. */
  async function beat(): Promise<void> {
    const answer = await ask(() => swarms.heartbeat({ swarm }, who));
    if (answer === undefined) return;
    leases = answer.leases;
    for (const { task, fence } of leases) oracle.claimed(task, id, fence);
  }

  async function complete({ task, fence }: LeaseView): Promise<void> {
    const result = `${id} ${fence}`;
    for (;;) {
      try {
        if (await ask(() => swarms.complete({ swarm, task, fence, result }, who))) break;
      } catch (error) {
        if (!isConflict(error)) throw error;
        oracle.counts.refused += 1;
        return;
      }
    }
    oracle.accepted(task, id, fence);
  }

  async function send(): Promise<void> {
    const to = chance.pick(parts.others());
    if (to === id) return;
    sent += 1;
    const message = { swarm, to: [to], body: String(sent), key: String(sent) };
    for (;;) {
      const answer = await ask(() => swarms.send(message, who));
      if (answer === undefined) continue;
      oracle.sent(answer.id, to);
      return;
    }
  }

  async function read(): Promise<void> {
    const before = new Set(acknowledged);
    const inbox = await ask(() => swarms.inbox({ swarm, limit: 50 }, who));
    if (inbox === undefined) return;
    oracle.inbox(id, inbox, before);
    const ids = inbox.messages.map((each) => each.id).filter(() => chance.next() < 0.7);
    if (ids.length === 0) return;
    oracle.acknowledged(ids);
    if ((await ask(() => swarms.acknowledge({ swarm, ids }, who))) === undefined) return;
    for (const each of ids) acknowledged.add(each);
  }

  /** For a moment: tasks want files, too, and wait until nobody holds them. */
  async function hold(): Promise<void> {
    const mode = chance.next() < 0.5 ? "exclusive" : "shared";
    const wish = { paths: [chance.pick(GLOBS)], mode, reason: "r" } as const;
    holds = true;
    await ask(() => swarms.reserve({ swarm, ...wish, ttlMs: parts.leaseMs / 2 }, who));
  }

  async function letGo(): Promise<void> {
    if ((await ask(() => swarms.release({ swarm }, who))) !== undefined) holds = false;
  }

  async function act(): Promise<void> {
    if (holds && chance.next() < 0.7) return await letGo();
    const what = chance.next();
    const [lease, ...rest] = leases;
    if (lease === undefined && what < 0.75) {
      const claim = await ask(() => swarms.claim({ swarm, waitMs: 200 }, who));
      if (claim?.kind === "task") {
        leases = [claim.lease];
        oracle.claimed(claim.lease.task, id, claim.lease.fence);
      } else await beat();
    } else if (lease !== undefined && what < 0.7) {
      leases = rest;
      await complete(lease);
    } else if (lease !== undefined && what < 0.75) {
      leases = rest;
      const { task, fence } = lease;
      const call = chance.next() < 0.5 ? fail : handoff;
      await ask(() => call(task, fence)).catch(expectConflict);
    } else if (what < 0.83) await beat();
    else if (what < 0.87) await hold();
    else if (what < 0.97) await send();
    else await read();
  }

  const fail = (task: string, fence: number) =>
    swarms.fail({ swarm, task, fence, reason: "no luck" }, who);
  const handoff = (task: string, fence: number) =>
    swarms.handoff({ swarm, task, fence, note: "x" }, who);

  /** Gives whether it crashed. */
  async function live(): Promise<boolean> {
    while (!parts.isOver()) {
      await act();
      if (chance.next() < 0.002) return true;
      if (chance.next() < 0.005) await pause(chance.below(3 * parts.leaseMs));
    }
    return false;
  }

  return { id, who, ended: live() };
}

/** Once more, whoever is killed under it. */
export async function untilAnswered<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  }
}

function isLost(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  return isTrestleError(error) && /^(unavailable|outcome_unknown)$/.test(error.code);
}

function isConflict(error: unknown): boolean {
  return isTrestleError(error) && error.code === "conflict";
}

function expectConflict(error: unknown): void {
  if (!isConflict(error)) throw error;
}
