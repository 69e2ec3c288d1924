import type { TrackerStore } from "@trestle-mcp/tracker";
import { quantile } from "../gateway/statistics.ts";
import { createRandom, type Random } from "../knowledge/random.ts";
import { sessionOf, timeOf, wordOf } from "./history.ts";

const QUESTIONS = 100;
const LAPS = 3;

export interface Speed {
  readonly asked: string;
  readonly p50: number;
  readonly p99: number;
  /** Of each question the quickest of its laps: that one nobody else was in the way of. */
  readonly quickestP50: number;
  readonly quickestP99: number;
}

type Question = () => Promise<unknown>;

/** How long the questions of the tools take, in milliseconds, in a store of so many records. */
export async function askAll(store: TrackerStore, count: number, seed: number): Promise<Speed[]> {
  const random = createRandom(seed + 1);
  const speeds: Speed[] = [];
  for (const [asked, make] of Object.entries(questionsOf(store, count, random))) {
    speeds.push(await measure(asked, Array.from({ length: QUESTIONS }, make)));
  }
  return speeds;
}

function questionsOf(
  store: TrackerStore,
  count: number,
  random: Random,
): Record<string, () => Question> {
  const word = () => wordOf(1 + random.below(5_000));
  const common = () => wordOf(1 + random.below(20));
  const now = timeOf(count);
  const day = 86_400_000;
  const unfinished = ["open", "in_progress", "blocked"] as const;
  const ask = (make: () => Promise<unknown>) => () => make;
  return {
    ...searchesOf(store, count, { random, word, common }),
    "unfinished tasks": ask(() => store.tasks({ statuses: unfinished })),
    "unfinished tasks of a project": () => {
      const project = `project${random.below(20)}`;
      return () => store.tasks({ statuses: unfinished, project });
    },
    "tasks with a word": () => {
      const text = word();
      return () => store.tasks({ statuses: unfinished, text });
    },
    "a task with its evidence": () => {
      const id = `task${random.below(Math.max(1, Math.floor(count / 60)))}`;
      return () => store.task(id);
    },
    "tasks counted by state": ask(() => store.countTasks({ by: "status" })),
    "error groups of a week, with their course": ask(() =>
      store.errorGroups({ from: now - 7 * day, to: now, buckets: 28, order: "count" }),
    ),
    "windows of errors of a day": ask(() =>
      store.errorCounts({ spanMs: 300_000, from: now - day, to: now }),
    ),
    "events of a group": () => {
      const group = `v1:${1 + random.below(500)}`;
      return () => store.errorEvents({ group, newest: true });
    },
    "runs of a command": () => {
      const command = `command ${random.below(300)}`;
      return () => store.runs({ command, newest: true });
    },
    "commands that fail, of a week": ask(() => store.runSums({ from: now - 7 * day })),
    "usage by day": ask(() => store.usage({ by: "day" })),
    "usage by model": ask(() => store.usage({ by: "model" })),
    sessions: ask(() => store.sessions({})),
    "records of a session": () => {
      const sessionId = sessionOf(random.below(count));
      return () => store.records({ sessionId });
    },
    stats: ask(() => store.stats()),
  };
}

interface Words {
  readonly random: Random;
  readonly word: () => string;
  readonly common: () => string;
}

function searchesOf(
  store: TrackerStore,
  count: number,
  { random, word, common }: Words,
): Record<string, () => Question> {
  const search = (make: () => Parameters<TrackerStore["search"]>[0]) => () => {
    const query = make();
    return () => store.search(query);
  };
  return {
    "search: a word": search(() => ({ text: word() })),
    "search: a common word": search(() => ({ text: common() })),
    "search: three words": search(() => ({ text: `${common()} ${word()} ${word()}` })),
    "search: two common words": search(() => ({ text: `${common()} ${common()}` })),
    "search: a phrase": search(() => ({ text: `"${common()} ${common()}"` })),
    "search: a beginning": search(() => ({ text: `${word().slice(0, 3)}*` })),
    "search: in a session": search(() => ({
      text: common(),
      sessionId: sessionOf(random.below(count)),
    })),
    "search: in a project": search(() => ({ text: word(), project: `project${random.below(20)}` })),
    "search: in a day": search(() => {
      const from = timeOf(random.below(count));
      return { text: common(), from, to: from + 86_400_000 };
    }),
    "search: by relevance": search(() => ({ text: `${common()} ${common()}`, order: "relevance" })),
  };
}

async function measure(asked: string, questions: readonly Question[]): Promise<Speed> {
  for (const question of questions) await question();
  const all: number[] = [];
  const quickest = questions.map(() => Number.POSITIVE_INFINITY);
  for (let lap = 0; lap < LAPS; lap += 1) {
    for (const [at, question] of questions.entries()) {
      const started = performance.now();
      await question();
      const took = performance.now() - started;
      all.push(took);
      quickest[at] = Math.min(took, quickest[at] ?? took);
    }
  }
  all.sort((a, b) => a - b);
  quickest.sort((a, b) => a - b);
  return {
    asked,
    ...{ p50: quantile(all, 0.5), p99: quantile(all, 0.99) },
    ...{ quickestP50: quantile(quickest, 0.5), quickestP99: quantile(quickest, 0.99) },
  };
}
