import type { Clock } from "@trestle/protocol";
import type { LedgerLine } from "./fold.ts";
import type { Known } from "./merge.ts";
import {
  forEachRecord,
  listRecords,
  type RecordFacts,
  type Records,
  type RecordsParts,
  readLine,
} from "./records.ts";
import type { Problem, View } from "./view.ts";

/**
 * - `unindexed`: a record whose line, or whose latest line, was never written: a crash came between.
 * - `missing_record`: a line whose record is not there, though nobody deleted it.
 * - `undeleted_record`: a record that was deleted, whose object is still there: a crash came between.
 * - `ahead`: the index knows a later version than the record has: the record was put back by hand.
 * - `corrupt_record`: a record that cannot be read.
 */
export type Finding =
  | {
      readonly kind: "unindexed" | "missing_record" | "undeleted_record" | "ahead";
      readonly id: string;
      readonly key: string;
      /** Of the record. */
      readonly version?: number | undefined;
      /** The version that the index knows. */
      readonly indexed?: number | undefined;
    }
  | { readonly kind: "corrupt_record"; readonly key: string; readonly message: string }
  | Problem;

export interface CheckOptions {
  readonly records: Records;
  /** False: only whether there is a line for each record and the reverse, without reading records. */
  readonly deep?: boolean | undefined;
  /** Records written less than so many milliseconds ago may still be on their way into the index. */
  readonly settledMs?: number | undefined;
  readonly onProgress?: ((records: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CheckParts extends RecordsParts {
  readonly view: View;
  readonly clock: Clock;
  /** Reads all that is there into the view. */
  readonly refresh: () => Promise<void>;
}

export interface Difference {
  readonly finding: Finding;
  /** What the record says. */
  readonly line?: LedgerLine | undefined;
}

interface Candidate extends RecordFacts {
  /** What the index knew before the record was read again. */
  readonly known: Known | undefined;
  said: LedgerLine | Error | undefined;
}

const SETTLED_MS = 60_000;

/**
 * Where the records and the index differ while others write. A record is written before its line and
 * deleted after it, so whatever looks wrong is read again in this order: index, record, index.
 */
export async function compareWithRecords(
  parts: CheckParts,
  options: CheckOptions,
): Promise<{ readonly differences: Difference[]; readonly records: number }> {
  const { view, refresh } = parts;
  const { records, signal } = options;
  await refresh();
  const { suspects, count } = await findSuspects(parts, options);
  await refresh();
  const candidates: Candidate[] = suspects.map((facts) => ({
    ...facts,
    known: view.versions.get(facts.id),
    said: undefined,
  }));
  await forEachRecord(candidates, signal, async (candidate) => {
    candidate.said = await readLine(parts, records, candidate.key);
  });
  await refresh();
  const settled = parts.clock.now() - (options.settledMs ?? SETTLED_MS);
  const differences = candidates
    .filter(({ modified }) => modified <= settled)
    .flatMap((candidate) => judge(candidate, view.versions.get(candidate.id)) ?? []);
  return { differences, records: count };
}

/** Everything that is not plainly right at first sight. */
async function findSuspects(
  parts: CheckParts,
  { records, deep = true, signal, onProgress }: CheckOptions,
): Promise<{ readonly suspects: RecordFacts[]; readonly count: number }> {
  const { versions } = parts.view;
  const unseen = new Map(versions.live());
  const suspects: RecordFacts[] = [];
  let count = 0;
  await forEachRecord(listRecords(parts, records), signal, async (facts) => {
    unseen.delete(facts.id);
    const known = versions.get(facts.id);
    const isRight =
      known?.gone === false && (!deep || (await says(parts, records, facts.key)) === known.version);
    if (!isRight) suspects.push(facts);
    count += 1;
    onProgress?.(count);
  });
  for (const id of unseen.keys()) suspects.push({ id, key: records.keyOf(id), modified: 0 });
  return { suspects, count };
}

async function says(
  parts: RecordsParts,
  records: Records,
  key: string,
): Promise<number | undefined> {
  const line = await readLine(parts, records, key);
  return line === undefined || line instanceof Error || line.kind === "gone"
    ? undefined
    : line.version;
}

function judge(
  { id, key, known, said }: Candidate,
  now: Known | undefined,
): Difference | undefined {
  if (said instanceof Error) {
    return { finding: { kind: "corrupt_record", key, message: said.message } };
  }
  const indexed = now?.version;
  if (said === undefined) {
    if (now === undefined || now.gone) return undefined;
    return { finding: { kind: "missing_record", id, key, indexed } };
  }
  const { version } = said;
  const difference = (kind: "unindexed" | "undeleted_record" | "ahead"): Difference => ({
    finding: { kind, id, key, version, indexed },
    line: said,
  });
  if (now === undefined || version > now.version) return difference("unindexed");
  if (now.gone) return said.kind === "gone" ? undefined : difference("undeleted_record");
  if (said.kind === "gone") return version >= now.version ? difference("unindexed") : undefined;
  return known !== undefined && known.version > version ? difference("ahead") : undefined;
}
