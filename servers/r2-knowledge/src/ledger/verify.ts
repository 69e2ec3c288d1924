import { corrupt } from "./errors.ts";
import { inParallel } from "./in-parallel.ts";
import { longestOf } from "./listing.ts";
import { patiently } from "./patience.ts";
import type { Reader } from "./reader.ts";
import type { RecordsParts } from "./records.ts";
import { decodeSegment } from "./segment.ts";
import { decodeSnapshot } from "./snapshot.ts";
import type { Problem, View } from "./view.ts";

const WIDTH = 16;

/** Reads every object that a cold start would read, whatever of it is in memory already. */
export async function verifyObjects(
  { store, patience }: RecordsParts,
  view: View,
  reader: Reader,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const snapshot = reader.found().manifest?.snapshot;

  async function look(
    kind: Problem["kind"],
    key: string,
    read: (body: Uint8Array) => unknown,
  ): Promise<void> {
    const object = await patiently(patience, (signal) => store.get(key, { signal }));
    // Replaced or deleted since it was listed.
    if (object === undefined) return;
    try {
      await read(object.body);
    } catch (error) {
      problems.push({ kind, key, message: corrupt(key, error).message });
    }
  }

  if (snapshot !== undefined) {
    await look("corrupt_snapshot", snapshot, (body) => decodeSnapshot(snapshot, body));
  }
  await inParallel(longestOf(view.listed()), WIDTH, ({ key, commit }) =>
    look("corrupt_segment", key, (body) => decodeSegment(key, body, { commit, known: 0 })),
  );
  return problems;
}
