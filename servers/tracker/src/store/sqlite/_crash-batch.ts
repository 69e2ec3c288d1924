import { batchOf, factOf, factsOf, NOON, recordOf } from "../_sample.ts";
import type { Batch, Cursor } from "../tracker-store.ts";

export const BATCH_RECORDS = 25;

/** The n-th batch of a file: records, and one fact of each kind that is counted. */
export function crashBatch(n: number): Batch {
  const records = Array.from({ length: BATCH_RECORDS }, (_, at) =>
    recordOf(`${n}-${at}`, { at: NOON + n * 100 + at, text: `crash batch${n} line${at}` }),
  );
  const [first = recordOf("")] = records;
  const error = {
    class: "other" as const,
    component: "c",
    message: "m",
    group: "g",
    family: "f",
    template: "t",
  };
  return batchOf(records, {
    cursor: cursorAt(n + 1),
    ...(n === 0 ? {} : { expected: cursorAt(n) }),
    memories: new Map([["session", String(n + 1)]]),
    facts: factsOf({
      errors: [{ ...factOf(first), ...error, files: [] }],
      edits: [{ ...factOf(first, 1), path: "a.ts" }],
      tasks: [
        { ...factOf(first, 2), taskId: "t", source: "plan", confidence: 1, subject: `batch ${n}` },
      ],
    }),
  });
}

const cursorAt = (offset: number): Cursor => ({
  ...{ key: "file", source: "claude", path: "/logs/one.jsonl", offset },
  ...{ head: "h", headLength: 1, tail: String(offset), begunAt: 0 },
});
