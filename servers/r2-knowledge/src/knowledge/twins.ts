import { isDeepStrictEqual } from "node:util";
import { messageOf } from "@trestle/protocol";
import { type CallOptions, ObjectStoreError } from "../object-store/object-store.ts";
import type { Diagnosis } from "../records/diagnosis.ts";
import { decodeRecord, encodeRecord } from "../records/encode.ts";
import { timeOf, versionOf } from "../records/facts.ts";
import { outcomeKey, outcomePrefix } from "../records/keys.ts";
import { type Outcome, outcomeRecord } from "../records/outcome.ts";
import type { Parts } from "./parts.ts";
import { saysTheSame } from "./same-fix.ts";
import { index } from "./store-diagnosis.ts";
import { toOutcomeLine } from "./tallies.ts";

/**
 * Writers that store the same new error at the same time do not see each other, and leave a record each. Whoever
 * sees that first links the later to the earlier: searches and lists show the earlier only, with what happened to
 * either. Both ids were acknowledged, so both records stay, and each can be read. What differs in context, severity
 * or metadata stands apart.
 */
export async function linkTwins(parts: Parts, call: CallOptions = {}): Promise<void> {
  for (const [one, other] of parts.indexes.diagnoses.rows.takeTwins()) {
    try {
      await linkPair(parts, one, other, call);
    } catch (error) {
      // Somebody edits it, or links it at this moment: a compaction or the next process finds it again.
      parts.log.debug("twins not linked", { ids: [one, other], error: messageOf(error) });
    }
  }
}

async function linkPair(parts: Parts, one: string, other: string, call: CallOptions) {
  const pair = await Promise.all([one, other].map((id) => parts.diagnoses.get(id, call)));
  const [first, twin] = pair
    .filter((found) => found !== undefined)
    .toSorted((a, b) => firstStored(a.record, b.record));
  if (!first || !twin || !isTwin(first.record, twin.record)) return;
  const next = {
    ...twin.record,
    duplicateOf: first.record.id,
    version: versionOf(twin.record) + 1,
  };
  await copyOutcomes(parts, next, call);
  await parts.diagnoses.replace(next, twin.etag, call);
  await index(parts, next);
  // Of what was told of it until now; from here on it is told of the first.
  await copyOutcomes(parts, next, call);
  parts.changed({ kind: "updated", id: next.id });
}

/** The same order in every process, whoever looks. */
function firstStored(a: Diagnosis, b: Diagnosis): number {
  return timeOf(a) - timeOf(b) || (a.id < b.id ? -1 : 1);
}

function isTwin(first: Diagnosis, other: Diagnosis): boolean {
  if ([first, other].some(({ separate, duplicateOf }) => separate || duplicateOf)) return false;
  // By these, policies tell who may see a record: nobody loses sight of one by a link to another.
  const facts = ({ context, severity, metadata }: Diagnosis) => [context, severity, metadata];
  return (
    first.fingerprint === other.fingerprint &&
    saysTheSame(first.fix, other.fix) &&
    isDeepStrictEqual(facts(first), facts(other))
  );
}

/** What happened to a twin, and that it was met at all. Under the same names: whoever copies again adds nothing. */
async function copyOutcomes(parts: Parts, twin: Diagnosis, call: CallOptions): Promise<void> {
  const { store } = parts;
  const { id, duplicateOf: diagnosisId = "", context } = twin;
  const timestamp = new Date(timeOf(twin)).toISOString();
  const where = typeof context === "string" ? { context } : {};
  const outcomes: Outcome[] = [{ id, diagnosisId, timestamp, ...where }];
  let after: string | undefined;
  do {
    const page = await store.list(outcomePrefix(id), { ...call, after });
    for (const { key } of page.objects) {
      const found = await store.get(key, call);
      if (found) outcomes.push({ ...decodeRecord(outcomeRecord, key, found.body), diagnosisId });
    }
    after = page.next;
  } while (after !== undefined);
  const news: Outcome[] = [];
  for (const outcome of outcomes) if (await putOnce(parts, outcome, call)) news.push(outcome);
  if (news.length > 0) await parts.indexes.outcomes.append(news.map(toOutcomeLine));
}

async function putOnce({ store }: Parts, outcome: Outcome, call: CallOptions): Promise<boolean> {
  const key = outcomeKey(outcome.diagnosisId, outcome.id);
  const contentType = "application/json";
  try {
    await store.put(key, encodeRecord(outcome), { ...call, when: "absent", contentType });
    return true;
  } catch (error) {
    if (error instanceof ObjectStoreError && error.code === "precondition_failed") return false;
    throw error;
  }
}
