import type { Batch, Facts, TrackedRecord } from "@trestle-mcp/tracker";
import { createRandom, type Random } from "../knowledge/random.ts";

const WORDS = 20_000;
const SESSION_RECORDS = 250;
const PROJECTS = 20;
const COMMANDS = 300;
const FILES = 3_000;
const GROUPS = 2_000;
/** From one record to the next. */
export const STEP_MS = 400;
const BEGINNING = Date.UTC(2026, 0, 1);

/** The word of this rank: the higher, the rarer. */
export const wordOf = (rank: number): string => `w${rank.toString(36)}`;

/**
 * Sessions of assistants, as they are in sum: many short results, some talk, few tasks and errors. The first record is of
 * `beginning`.
 */
export function createHistory(seed: number, beginning = BEGINNING): { next(count: number): Batch } {
  const random = createRandom(seed);
  let made = 0;

  function next(count: number): Batch {
    const records: TrackedRecord[] = [];
    const facts = { tasks: [], errors: [], runs: [], edits: [], usage: [] } as Lists;
    for (let end = made + count; made < end; made += 1) {
      const record = makeRecord(made, random, beginning);
      records.push(record);
      addFacts(facts, record, { n: made, random });
    }
    const first = made - records.length;
    const sessions = records.map(({ sessionId }, n) => {
      const project = projectOf(first + n);
      return [
        sessionId,
        { project, agent: "claude-code" as const, cwd: `/srv/ann/${project}` },
      ] as const;
    });
    return { records, facts, memories: new Map(), sessions: new Map(sessions), skipped: new Map() };
  }

  return { next };
}

type Lists = { [Kind in keyof Facts]: Facts[Kind][number][] };

function makeRecord(n: number, random: Random, beginning: number): TrackedRecord {
  const session = Math.floor(n / SESSION_RECORDS);
  return {
    id: `${session.toString(36)}:${random.hex(16)}`,
    sessionId: sessionOf(n),
    at: beginning + n * STEP_MS,
    type: "assistant",
    origin: {
      source: "claude",
      path: `/srv/ann/.claude/projects/p/${session}.jsonl`,
      offset: (n % SESSION_RECORDS) * 900,
      uuid: random.hex(32),
    },
    parts: [makePart(n, random)],
  };
}

function makePart(n: number, random: Random): TrackedRecord["parts"][number] {
  const kind = random.below(10);
  if (kind === 0) return { kind: "prompt", text: textOf(random, 25) };
  if (kind < 4) return { kind: "reply", text: textOf(random, 35) };
  if (kind < 7) {
    return { kind: "call", callId: `c${n}`, tool: "Bash", input: { command: textOf(random, 8) } };
  }
  return { kind: "result", callId: `c${n - 1}`, ok: true, text: textOf(random, 45) };
}

/** Words as often as in talk: the n-th one 1/n times as often as the first. */
function textOf(random: Random, words: number): string {
  return Array.from({ length: words }, () => {
    const rank = Math.floor(WORDS ** (random.below(1_000_000) / 1_000_000));
    return wordOf(rank);
  }).join(" ");
}

function addFacts(
  facts: Lists,
  record: TrackedRecord,
  { n, random }: { n: number; random: Random },
): void {
  const { id, sessionId, at } = record;
  const fact = { id: `${id}#0`, recordId: id, sessionId, project: projectOf(n), at };
  if (n % 2 === 0) facts.usage.push({ ...fact, responseId: `msg${Math.floor(n / 4)}`, ...tokens });
  if (n % 10 === 1) {
    const command = `command ${random.below(COMMANDS)}`;
    facts.runs.push({
      ...fact,
      command,
      tool: "Bash",
      ok: random.chance(0.9),
      test: random.chance(0.2),
    });
  }
  if (n % 10 === 3) facts.edits.push({ ...fact, path: `src/file${random.below(FILES)}.ts` });
  if (n % 20 === 5) facts.tasks.push({ ...fact, ...makeTask(n, random) });
  if (n % 40 === 7) facts.errors.push({ ...fact, ...makeError(random) });
}

const tokens = {
  ...{ model: "claude", inputTokens: 10, outputTokens: 200 },
  ...{ cacheReadTokens: 9_000, cacheWriteTokens: 300, cacheWriteHourTokens: 0 },
};

/** Three words on each task, the last of which mostly ends it. */
function makeTask(n: number, random: Random) {
  const status = random.chance(0.5) ? ("done" as const) : ("in_progress" as const);
  return {
    ...{ taskId: `task${Math.floor(n / 60)}`, source: "task-tool" as const },
    subject: textOf(createRandom(Math.floor(n / 60)), 6),
    ...{ status, confidence: 1, priority: random.below(100) },
  };
}

function makeError(random: Random) {
  const group = Math.floor(GROUPS ** (random.below(1_000) / 1_000));
  return {
    ...{
      class: "exit-code" as const,
      component: `tool${group % 30}`,
      message: `It failed in way ${group}`,
    },
    ...{
      group: `v1:${group}`,
      family: `f${group % 200}`,
      template: "It failed in way <*>",
      files: [],
    },
  };
}

export const sessionOf = (n: number): string => `claude-code:${Math.floor(n / SESSION_RECORDS)}`;
export const timeOf = (n: number): number => BEGINNING + n * STEP_MS;

function projectOf(n: number): string {
  return `project${Math.floor(n / SESSION_RECORDS) % PROJECTS}`;
}
