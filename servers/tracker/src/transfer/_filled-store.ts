import { batchOf, factOf, factsOf, NOON, recordOf } from "../store/_sample.ts";
import type { TrackerStore } from "../store/tracker-store.ts";

const SESSIONS = 7;

/** Some hundred records of several sessions with facts of every kind, and what people and retention did to them. */
export async function fillStore(store: TrackerStore, count: number): Promise<void> {
  for (let from = 0; from < count; from += 100) {
    await store.commit(batchFrom(from, Math.min(count, from + 100)));
  }
  await store.updateTask("task1", { note: "look here", by: "ann", status: "blocked" });
  await store.mergeTasks("task2", "task1");
  await store.updateTask("task3", { owner: "bob" });
  await store.mergeTasks("task3", "task4");
  await store.resolveErrors("g1", { at: NOON + 1, by: "ann" });
  await store.putSource({ name: "logs", kind: "log", path: "/srv/logs/*.log", addedAt: 1 });
  for (const at of [1, 2, 3]) {
    const health = { kind: "health" as const, key: "redis", at, value: { ms: at } };
    const insight = { kind: "insight" as const, key: "i", at, value: { deep: [at] } };
    await store.putDocuments([health, insight], { keep: 10 });
  }
  await store.retain({ before: NOON + 10_000 });
}

function batchFrom(from: number, to: number) {
  // What was read last is not what happened last: newest sessions are read first.
  const numbers = Array.from({ length: to - from }, (_, n) => to - 1 - n);
  const records = numbers.map((n) =>
    recordOf(`r${n}`, {
      sessionId: `claude-code:${n % SESSIONS}`,
      at: NOON + n * 1_000,
      text: `number ${n} \u2028 and a line`,
      session: { title: `title ${n}` },
    }),
  );
  const task = { source: "todo-list" as const, confidence: 1 };
  const error = {
    ...{ class: "timeout" as const, component: "api", family: "f", template: "t", files: [] },
  };
  const usage = {
    ...{ model: "m", inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 },
    cacheWriteHourTokens: 0,
  };
  const facts = records.map((record, at) => ({ n: numbers[at] as number, record }));
  return batchOf(records, {
    cursor: {
      ...{ key: `k${from}`, source: "claude", path: `/p${from}`, offset: 9, head: "h" },
      ...{ headLength: 1, tail: "t", begunAt: 0 },
    },
    sessions: new Map(records.map(({ sessionId }) => [sessionId, { project: "shop" }])),
    memories: new Map([[`file:${from}`, "remembered"]]),
    skipped: new Map([["binary", 3]]),
    facts: factsOf({
      errors: facts
        .filter(({ n }) => n % 5 === 0)
        .map(({ n, record }) => ({
          ...{ ...factOf(record), ...error, group: `g${n % 3}`, message: `m${n}` },
        })),
      tasks: facts.map(({ n, record }) => ({
        ...{ ...factOf(record, 1), ...task, taskId: `task${n % 40}`, subject: `Do ${n}` },
        status: n % 3 === 0 ? ("done" as const) : ("open" as const),
      })),
      runs: facts.map(({ n, record }) => ({
        ...{ ...factOf(record, 2), command: `c${n % 9}`, tool: "Bash" },
        ...{ ok: n % 2 === 0, test: n % 9 === 1 },
      })),
      edits: facts.map(({ n, record }) => ({ ...factOf(record, 3), path: `f${n % 11}.ts` })),
      usage: facts.map(({ n, record }) => ({
        ...{ ...factOf(record, 4), ...usage, responseId: `m${Math.floor(n / 2)}` },
      })),
    }),
  });
}
