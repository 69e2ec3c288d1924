import type { SeededRandom } from "@trestle/testkit/surroundings";
import type { EditFact, ErrorFact, Facts, RunFact, TaskFact } from "../model/facts.ts";
import type { TrackedRecord } from "../model/record.ts";
import { batchOf, NOON, recordOf } from "./_sample.ts";
import type { TrackerStore } from "./tracker-store.ts";

export const PROJECTS = ["shop", "till", "/srv/garden shed"];
const COMMANDS = ["npm test", "npm test -- cart", "make all", "Read", "git commit -m x"];
const PATHS = ["src/a.ts", "src/b.ts", "c.md"];
const CLASSES = ["exit-code", "timeout", "rejected", "exception"] as const;
const PHASES = ["testing", "review"] as const;
const GROUPS = 6;
const DAYS_MS = 5 * 86_400_000;

export interface History {
  readonly records: readonly TrackedRecord[];
  readonly facts: Facts;
  readonly sessions: ReadonlyMap<string, { readonly project: string }>;
  readonly groups: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** Some sessions of some days, much of it at the same moments; a record may show several facts. */
export function randomHistory(random: SeededRandom, count = 300): History {
  const [from, to] = [NOON, NOON + DAYS_MS];
  const records: TrackedRecord[] = [];
  const facts = { tasks: [], errors: [], runs: [], edits: [], usage: [] } as Lists;
  const sessions = new Map(
    Array.from({ length: 8 }, (_, n) => [`claude-code:${n}`, { project: random.pick(PROJECTS) }]),
  );
  let at = from;
  for (let n = 0; n < count; n += 1) {
    // Bursts, pauses, and moments that are shared.
    if (random.next() < 0.7) at = Math.min(to - 1, at + random.below(20 ** random.below(5)));
    if (random.next() < 0.05) at = from + random.below(DAYS_MS);
    const sessionId = `claude-code:${random.below(8)}`;
    const record = recordOf(`r${n}`, { sessionId, at });
    records.push(record);
    addFacts(facts, record, { random, project: sessions.get(sessionId)?.project ?? "" });
  }
  const groups = Array.from({ length: GROUPS }, (_, n) => `g${n}`);
  return { records, facts, sessions, groups, from, to };
}

/** In batches of any size and order; some are told twice. */
export async function commitHistory(
  store: TrackerStore,
  { records, facts, sessions }: History,
  random: SeededRandom,
): Promise<void> {
  const left = [...records];
  while (left.length > 0) {
    const start = random.below(left.length);
    const batch = left.splice(start, 1 + random.below(80));
    const again = records.slice(0, random.below(3));
    const all = [...new Set([...batch, ...again])];
    const ids = new Set(all.map(({ id }) => id));
    const own = <Fact extends { readonly recordId: string }>(given: readonly Fact[]) =>
      given.filter(({ recordId }) => ids.has(recordId));
    await store.commit(
      batchOf(all, {
        sessions,
        facts: {
          tasks: own(facts.tasks),
          errors: own(facts.errors),
          runs: own(facts.runs),
          edits: own(facts.edits),
          usage: own(facts.usage),
        },
      }),
    );
  }
}

type Lists = { [Kind in keyof Facts]: Facts[Kind][number][] };

interface Parts {
  readonly random: SeededRandom;
  readonly project: string;
}

function addFacts(facts: Lists, record: TrackedRecord, { random, project }: Parts): void {
  const { id, sessionId, at } = record;
  let count = 0;
  const next = () => ({ id: `${id}#${count++}`, recordId: id, sessionId, project, at });
  for (let times = random.below(3); times > 0; times -= 1) {
    const kind = random.below(5);
    if (kind === 0) facts.errors.push({ ...next(), ...errorOf(random) });
    else if (kind < 3) facts.runs.push({ ...next(), ...runOf(random) });
    else if (kind < 4) facts.edits.push({ ...next(), path: random.pick(PATHS) } as EditFact);
    else facts.tasks.push({ ...next(), ...taskOf(random) });
  }
}

/** A group has one component and one command: they are part of its fingerprint. */
function errorOf(random: SeededRandom): Omit<ErrorFact, "id" | keyof Placed> {
  const group = random.below(GROUPS);
  const command = group % 2 === 0 ? { command: group === 0 ? "npm test" : "make all" } : {};
  const isPhased = random.next() < 0.5;
  return {
    ...{ group: `g${group}`, family: `f${group % 3}`, ...command },
    ...{ component: group % 2 === 0 ? "Bash" : "Read", class: random.pick(CLASSES) },
    ...{ message: `It failed in way "${group}", thrice`, template: "It failed in way <*>" },
    files: PATHS.filter(() => random.next() < 0.3),
    ...(isPhased && {
      phase: { name: random.pick(PHASES), why: "npm test", recordId: "r0", at: NOON },
    }),
  };
}

interface Placed {
  readonly id: string;
  readonly recordId: string;
  readonly sessionId: string;
  readonly project: string;
  readonly at: number;
}

function runOf(random: SeededRandom): Omit<RunFact, keyof Placed> {
  const command = random.pick(COMMANDS);
  const tool = command === "Read" ? "Read" : "Bash";
  return { command, tool, ok: random.next() < 0.6, test: command.startsWith("npm test") };
}

function taskOf(random: SeededRandom): Omit<TaskFact, keyof Placed> {
  const n = random.below(12);
  const status = random.next() < 0.5 ? ("done" as const) : ("in_progress" as const);
  return { taskId: `t${n}`, source: "task-tool", subject: `Task ${n}`, status, confidence: 1 };
}
