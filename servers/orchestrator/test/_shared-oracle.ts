import { expect } from "vitest";
import type { Inbox } from "../src/swarms/answers.ts";
import type { SwarmEvent } from "../src/swarms/swarms.ts";

interface Times {
  readonly leaseMs: number;
  /** How much later than by its silence a lease may be taken, after the last blow. */
  readonly lateMs: number;
}

/** What has to be true of a swarm of many processes, seen from outside by those who ask: no order of theirs is known. */
export function createSharedOracle({ leaseMs, lateMs }: Times) {
  /** When the last call was sent that was answered, and when the last one ended. */
  const heard = new Map<string, { sent: number; ended: number }>();
  let undisturbedSince = 0;
  const fences = new Map<number, string>();
  const handedIn = new Map<string, string>();
  const counts = { lapsed: 0, refused: 0, redelivered: 0, unanswered: 0, slowest: 0 };
  const acknowledged = new Set<string>();
  const sent = new Map<string, Set<string>>();

  return {
    counts,
    asks(agent: string, now: number) {
      const before = heard.get(agent) ?? { sent: now, ended: now };
      heard.set(agent, { ...before, ended: Number.POSITIVE_INFINITY });
      return (isAnswered: boolean, end: number) =>
        heard.set(agent, { sent: isAnswered ? now : before.sent, ended: end });
    },
    /** From now on all processes run. */
    undisturbed(now: number) {
      undisturbedSince = now;
    },
    disturbed() {
      undisturbedSince = Number.POSITIVE_INFINITY;
    },
    hear({ kind, agent = "", task = "" }: SwarmEvent, now: number): void {
      const last = heard.get(agent);
      if (kind !== "task.lapsed" || last === undefined) return;
      counts.lapsed += 1;
      const silent = now - last.sent;
      expect(
        silent,
        `${task} was taken from ${agent}, which was not silent`,
      ).toBeGreaterThanOrEqual(leaseMs);
      const since = Math.max(last.ended, undisturbedSince);
      if (since === Number.POSITIVE_INFINITY) return;
      expect(now - since, `${task} was taken late from ${agent}`).toBeLessThanOrEqual(
        leaseMs + lateMs,
      );
      counts.slowest = Math.max(counts.slowest, now - since);
    },
    /** A fence is given once. */
    claimed(task: string, agent: string, fence: number): void {
      const who = `${task} ${agent}`;
      expect(fences.get(fence) ?? who, `fence ${fence} was given twice`).toBe(who);
      fences.set(fence, who);
    },
    accepted(task: string, agent: string, fence: number): void {
      const who = `${agent} ${fence}`;
      expect(handedIn.get(task) ?? who, `${task} was completed twice`).toBe(who);
      handedIn.set(task, who);
    },
    sent(id: string, to: string): void {
      sent.set(to, (sent.get(to) ?? new Set()).add(id));
    },
    /** In the order of each sender, each once, and nothing that was acknowledged. */
    inbox(agent: string, { messages }: Inbox, of: ReadonlySet<string>): void {
      const last = new Map<string, number>();
      for (const { id, from, body } of messages) {
        const number = Number(body);
        expect(number, `${agent} got ${from}'s messages out of order`).toBeGreaterThan(
          last.get(from) ?? 0,
        );
        last.set(from, number);
        expect(of.has(id), `${agent} got ${id} again`).toBe(false);
      }
      counts.redelivered += messages.length;
    },
    acknowledged(ids: readonly string[]): void {
      for (const id of ids) acknowledged.add(id);
    },
    /** Of an agent that is still there: all that was sent, and not acknowledged, is there to be read. */
    unread(agent: string, ids: readonly string[]): void {
      const lost = [...(sent.get(agent) ?? [])].filter(
        (id) => !acknowledged.has(id) && !ids.includes(id),
      );
      expect(lost, `messages to ${agent} are lost`).toEqual([]);
    },
    /** The results are those that were accepted. */
    over(results: ReadonlyMap<string, string>, submitted: readonly string[]): void {
      const lost = submitted.filter((id) => !results.has(id));
      expect(lost, "tasks are lost").toEqual([]);
      for (const [task, who] of handedIn) {
        expect(results.get(task), `the result of ${task} is not what was accepted`).toBe(who);
      }
    },
  };
}

export type SharedOracle = ReturnType<typeof createSharedOracle>;
