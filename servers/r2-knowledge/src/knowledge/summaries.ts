import type { ObjectStore } from "../object-store/object-store.ts";
import type { Parts } from "./parts.ts";
import { toSummary } from "./rows.ts";

/** As many as a person or an older tool reads at once; all of them are in the records. */
const MOST = 1_000;
const encoder = new TextEncoder();

/** Writes what a person sees of an index: `mcp/indexes/diagnoses.json` and its like. */
export async function writeSummary(
  parts: Pick<Parts, "indexes" | "tallies" | "clock"> & { readonly store: ObjectStore },
  name: "diagnoses" | "audits" | "outcomes",
): Promise<void> {
  if (name === "outcomes") return;
  const { store, clock } = parts;
  const entries = name === "diagnoses" ? diagnosisEntries(parts) : auditEntries(parts);
  const summary = {
    updatedAt: new Date(clock.now()).toISOString(),
    total: entries.total,
    shown: entries.list.length,
    entries: entries.list,
  };
  const body = encoder.encode(`${JSON.stringify(summary, null, 1)}\n`);
  await store.put(`mcp/indexes/${name}.json`, body, { contentType: "application/json" });
}

function diagnosisEntries(parts: Pick<Parts, "indexes" | "tallies" | "clock">) {
  const rows = [...parts.indexes.diagnoses.rows.all()].toSorted((a, b) => b.at - a.at);
  const list = rows.slice(0, MOST).map((row) => {
    const { id, name, message, fix, context, severity, at, confidence } = toSummary(parts, row);
    const { worked, failed, value } = confidence;
    return {
      ...{ id, timestamp: new Date(at).toISOString(), error: { name, message } },
      ...{ fix, context, severity, confidence: Math.round(value * 1_000) / 1_000 },
      outcomes: { worked, failed },
    };
  });
  return { total: rows.length, list };
}

function auditEntries({ indexes }: Pick<Parts, "indexes">) {
  const { hits, total } = indexes.audits.search({ limit: 200 });
  const list = hits.map(({ id, name, message, context, severity, timestamp }) => ({
    ...{ id, timestamp: new Date(timestamp).toISOString() },
    ...{ errorType: name, errorMessage: message, context, severity },
  }));
  return { total, list };
}
