import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Fold, LedgerLine } from "../ledger/fold.ts";
import { type Row, toRow } from "./rows.ts";

/** The rows of all diagnoses, by id and by fingerprint. */
export interface RowFold extends Fold {
  get(id: string): Row | undefined;
  withFingerprint(print: string): readonly string[];
  all(): IterableIterator<Row>;
  size(): number;
}

const FORMAT = 1;
/** Whose texts are the same in many rows. */
const SHARED = ["name", "context", "severity", "fingerprint", "softwareVersion"] as const;

export function createRowFold(): RowFold {
  const rows = new Map<string, Row>();
  const prints = new Map<string, string[]>();
  const texts = new Map<string, string>();

  function same(text: string): string {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  }

  function remove(id: string): void {
    const { fingerprint } = rows.get(id) ?? {};
    rows.delete(id);
    if (fingerprint === undefined) return;
    const rest = (prints.get(fingerprint) ?? []).filter((each) => each !== id);
    if (rest.length > 0) prints.set(fingerprint, rest);
    else prints.delete(fingerprint);
  }

  function add(row: Row): void {
    remove(row.id);
    rows.set(row.id, row);
    if (row.fingerprint === undefined) return;
    const known = prints.get(row.fingerprint);
    if (known) known.push(row.id);
    else prints.set(row.fingerprint, [row.id]);
  }

  function apply(lines: readonly LedgerLine[]): void {
    for (const line of lines) {
      if (line.kind === "gone") remove(line.id);
      else add(toRow(line, same));
    }
  }

  function reset(): void {
    rows.clear();
    prints.clear();
    texts.clear();
  }

  function load(snapshot: Uint8Array): void {
    const value = JSON.parse(inflateRawSync(snapshot).toString("utf8"));
    if (value?.format !== FORMAT || !Array.isArray(value.rows))
      throw new Error("These are no rows.");
    reset();
    for (const row of value.rows as Row[]) {
      add({ ...row, ...sharedTexts(row), facts: row.facts.map(same) });
    }
  }

  function sharedTexts(row: Row): Partial<Row> {
    const shared = SHARED.flatMap((field) => {
      const text = row[field];
      return text === undefined ? [] : [[field, same(text)]];
    });
    return Object.fromEntries(shared);
  }

  return {
    apply,
    load,
    reset,
    snapshot: () =>
      deflateRawSync(JSON.stringify({ format: FORMAT, rows: [...rows.values()] }), { level: 3 }),
    get: (id) => rows.get(id),
    withFingerprint: (print) => prints.get(print) ?? [],
    all: () => rows.values(),
    size: () => rows.size,
  };
}
