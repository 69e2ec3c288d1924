import { matchesGlob } from "node:path";
import { expect } from "vitest";
import type { Holder, Inbox } from "../src/swarms/answers.ts";
import type { SwarmEvent } from "../src/swarms/swarms.ts";

/** All files there are in the world of the check. */
const FILES = ["a", "b", "c"].flatMap((folder) =>
  ["x.ts", "y.ts", "z.md", "deep/x.ts"].map((name) => `${folder}/${name}`),
);
export const GLOBS = [
  "a/x.ts",
  "b/*.ts",
  "c/**",
  "**/x.ts",
  "{a,b}/y.ts",
  "?/z.md",
  "[a-b]/deep/*",
];

interface Facts {
  holder: { readonly agent: string; readonly fence: number } | undefined;
  lastFence: number;
  ends: number;
}

/** What has to be true of a swarm, told its events in their order, and what its agents did. */
export function createOracle({ leaseMs, sweepMs }: { leaseMs: number; sweepMs: number }) {
  const tasks = new Map<string, Facts>();
  /** When an agent was last heard by whoever watches, and since when that one watches. */
  const lastSign = new Map<string, number>();
  let watchedSince = 0;
  const handedIn = new Map<string, { readonly agent: string; readonly fence: number }>();
  const expected = new Map<string, string[]>();
  const known = new Set<string>();
  const counts = { lapsed: 0, refused: 0, redelivered: 0, slowest: 0 };

  function of(task: string): Facts {
    const facts = tasks.get(task) ?? { holder: undefined, lastFence: 0, ends: 0 };
    tasks.set(task, facts);
    return facts;
  }

  function silence(agent: string, now: number): number {
    return now - Math.max(lastSign.get(agent) ?? 0, watchedSince);
  }

  return {
    counts,
    sign: (agent: string, now: number) => lastSign.set(agent, now),
    watched(now: number) {
      watchedSince = now;
    },
    hear({ kind, task, agent = "", fence = 0 }: SwarmEvent, now: number): void {
      if (task === undefined) return;
      const facts = of(task);
      if (kind === "task.claimed") {
        expect(facts, `${task} was held when ${agent} got it`).toMatchObject({
          holder: undefined,
          ends: 0,
        });
        expect(fence).toBeGreaterThan(facts.lastFence);
        facts.holder = { agent, fence };
        facts.lastFence = fence;
      } else if (kind === "task.lapsed") {
        counts.lapsed += 1;
        const silent = silence(agent, now);
        expect(
          silent,
          `${task} was taken from ${agent}, which was not silent`,
        ).toBeGreaterThanOrEqual(leaseMs);
        expect(silent, `${task} was taken late from ${agent}`).toBeLessThanOrEqual(
          leaseMs + sweepMs,
        );
        counts.slowest = Math.max(counts.slowest, silent);
      } else if (kind === "task.retried" || kind === "task.handed_over" || kind === "task.split") {
        facts.holder = undefined;
      } else if (kind === "task.succeeded" || kind === "task.failed" || kind === "task.cancelled") {
        facts.ends += 1;
        facts.holder = undefined;
      }
    },
    accepted(task: string, agent: string, fence: number): void {
      expect(handedIn.get(task), `${task} was completed twice`).toBeUndefined();
      handedIn.set(task, { agent, fence });
    },
    /** A late completion is refused, and only a late one. */
    refused(task: string, agent: string, fence: number): void {
      counts.refused += 1;
      expect(of(task).holder, `${task} was refused to ${agent}, which has it`).not.toEqual({
        agent,
        fence,
      });
    },
    sent(id: string, to: readonly string[]): void {
      if (known.has(id)) return;
      known.add(id);
      for (const each of to) {
        const list = expected.get(each) ?? [];
        expected.set(each, list);
        list.push(id);
      }
    },
    /** All that is not acknowledged, once each, in the order in which it was sent. */
    inbox(agent: string, { messages, unread }: Inbox): void {
      const list = expected.get(agent) ?? [];
      expect(messages.map(({ id }) => id)).toEqual(list.slice(0, messages.length));
      expect(unread).toBe(list.length);
      counts.redelivered += messages.length;
    },
    acknowledged(agent: string, ids: readonly string[]): void {
      expected.set(
        agent,
        (expected.get(agent) ?? []).filter((id) => !ids.includes(id)),
      );
    },
    /** No file is held by two agents, unless both share it. */
    reservations(held: readonly Holder[]): void {
      for (const file of FILES) {
        const holders = held.filter(({ path }) => matchesGlob(file, path));
        if (!holders.some(({ mode }) => mode === "exclusive")) continue;
        expect(new Set(holders.map(({ agent }) => agent)).size, `${file} is held twice`).toBe(1);
      }
    },
    over(submitted: readonly string[]): void {
      const lost = submitted.filter((id) => of(id).ends !== 1);
      expect(lost, "lost, or ended twice").toEqual([]);
      expect(handedIn.size).toBe(submitted.length);
    },
  };
}
