import { isJsonObject, type JsonObject } from "@trestle/protocol";
import type { LedgerLine, PutLine } from "../ledger/fold.ts";
import { toEntry } from "../search/entry.ts";
import type { KnowledgeEvent } from "./batch.ts";

/** An event, and what its place among others hangs on. */
export interface Draft extends KnowledgeEvent {
  /** Of the record; undefined where only time orders it. */
  readonly version?: number | undefined;
}

export type IndexName = "diagnoses" | "outcomes" | "audits";

const CUT = { summary: 200, fix: 300 };

/** What a line of an index tells; undefined for what goes with something that is told. */
export function toDraft(index: IndexName, line: LedgerLine, writer: string): Draft | undefined {
  if (index === "outcomes") return line.kind === "put" ? outcomeOf(line, writer) : undefined;
  const noun = index === "audits" ? "audit" : "diagnosis";
  const { id, version } = line;
  if (line.kind === "gone")
    return { time: line.at, topic: `${noun}.deleted`, payload: { id, writer }, version };
  const first = noun === "audit" ? "recorded" : "stored";
  const topic = `${noun}.${version === 1 ? first : "updated"}`;
  const { changedAt, changed, by } = dataOf(line);
  return {
    time: typeof changedAt === "number" ? changedAt : line.at,
    topic,
    payload: {
      ...{ id, version, writer },
      ...described(line),
      ...(Array.isArray(changed) ? { changed } : {}),
      ...(typeof by === "string" ? { by } : {}),
    },
    version,
  };
}

function outcomeOf({ id, at, entry }: PutLine, writer: string): Draft {
  const [diagnosis = "", outcome = ""] = id.split("/");
  const worked = isJsonObject(entry) ? entry.worked : undefined;
  const payload = { id: diagnosis, outcome, writer };
  if (typeof worked !== "boolean") return { time: at, topic: "diagnosis.met", payload };
  return { time: at, topic: "outcome.recorded", payload: { ...payload, worked } };
}

function dataOf({ entry, at }: PutLine): JsonObject {
  return toEntry(entry, at).data ?? {};
}

/** What people read, and what filters look at. */
function described({ entry, at }: PutLine): JsonObject {
  const { name, message, fix, context, severity } = toEntry(entry, at);
  return toDescription({ name, message, fix, context, severity });
}

interface Described {
  readonly name?: string | null | undefined;
  readonly message?: string | null | undefined;
  readonly fix?: string | null | undefined;
  readonly context?: string | undefined;
  readonly severity?: string | null | undefined;
}

export function toDescription({ name, message, fix, context, severity }: Described): JsonObject {
  const summary = [name, message].filter((text) => text).join(": ");
  return {
    ...(summary ? { summary: cut(summary, CUT.summary) } : {}),
    ...(fix ? { fix: cut(fix, CUT.fix) } : {}),
    ...(context ? { context } : {}),
    ...(severity ? { severity } : {}),
  };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/**
 * By the clocks of the writers; the changes of one record by their versions, whatever the clocks say.
 * Equal ones keep the order they come in, which must not hang on who asks.
 */
export function inOrder(drafts: readonly Draft[]): Draft[] {
  const ordered = drafts.toSorted((a, b) => a.time - b.time);
  const places = Map.groupBy(
    ordered.flatMap(({ version }, at) => (version === undefined ? [] : [at])),
    (at) => recordOf(ordered[at]),
  );
  const result = [...ordered];
  for (const own of places.values()) {
    const versions = own
      .flatMap((at) => ordered[at] ?? [])
      .toSorted((a, b) => (a.version ?? 0) - (b.version ?? 0));
    for (const [nth, at] of own.entries()) {
      const draft = versions[nth];
      if (draft) result[at] = draft;
    }
  }
  return result;
}

function recordOf(draft: Draft | undefined): string {
  return `${draft?.topic.split(".")[0]} ${draft?.payload.id}`;
}
