import type { Fold, LedgerLine } from "../ledger/fold.ts";
import type { SearchIndex } from "../search/search-index.ts";
import { type Row, toRow } from "./rows.ts";
import { plainFix } from "./same-fix.ts";

/** The rows of all diagnoses, by id and by fingerprint: read from the index of the search, which holds them. */
export interface RowFold extends Fold {
  get(id: string): Row | undefined;
  /** The first stored comes first; without those that are linked to another. */
  withFingerprint(print: string): readonly string[];
  /** All but those that are linked to another. */
  all(): IterableIterator<Row>;
  /** Is it linked to another, which is there? */
  isDuplicate(id: string): boolean;
  /** Pairs that look like the same error stored twice at once, seen since this was last called. */
  takeTwins(): (readonly [string, string])[];
  size(): number;
}

/** So many new ones are remembered one by one; of more, all there are are compared. */
const MOST_NEW = 10_000;

export function createRowFold(index: SearchIndex): RowFold {
  /** Ids that came since twins were taken; undefined where it may be any. */
  let news: Set<string> | undefined = new Set();

  const get: RowFold["get"] = (id) => {
    const record = index.get(id);
    return record && toRow(record);
  };

  function isLinked({ duplicateOf }: Row): boolean {
    return duplicateOf !== undefined && index.get(duplicateOf) !== undefined;
  }

  function isDuplicate(id: string): boolean {
    const row = get(id);
    return row !== undefined && isLinked(row);
  }

  function* all(): Generator<Row> {
    for (const record of index.records()) {
      const row = toRow(record);
      if (!isLinked(row)) yield row;
    }
  }

  const firstStored = (a: Row, b: Row) => a.at - b.at || (a.id < b.id ? -1 : 1);
  const sameError = (print: string) => index.withFingerprint(print).map(toRow);

  function apply(lines: readonly LedgerLine[]): void {
    index.apply(lines);
    for (const { kind, id } of lines) if (kind === "put") news?.add(id);
    if (news !== undefined && news.size > MOST_NEW) news = undefined;
  }

  function takeTwins(): (readonly [string, string])[] {
    const rows = news === undefined ? [...all()] : [...news].flatMap((id) => get(id) ?? []);
    const prints = new Set(rows.flatMap(({ fingerprint }) => fingerprint ?? []));
    news = new Set();
    return [...prints].flatMap((print) => twinsAmong(sameError(print).toSorted(firstStored)));
  }

  return {
    apply,
    snapshot: () => index.snapshot(),
    load(snapshot) {
      index.load(snapshot);
      news = undefined;
    },
    reset() {
      index.reset();
      news = new Set();
    },
    get,
    withFingerprint: (print) =>
      sameError(print)
        .filter((row) => !isLinked(row))
        .toSorted(firstStored)
        .map(({ id }) => id),
    all,
    isDuplicate,
    takeTwins,
    size: () => index.size,
  };
}

/** The first of those that say the same with each later one, as far as rows tell: they have the beginnings of texts only. */
function twinsAmong(rows: readonly Row[]): (readonly [string, string])[] {
  if (rows.length < 2) return [];
  const firsts = new Map<string, string>();
  return rows.flatMap(({ id, fix, context, separate, duplicateOf }) => {
    if (separate || duplicateOf !== undefined) return [];
    const said = JSON.stringify([plainFix(fix), context]);
    const first = firsts.get(said);
    if (first !== undefined) return [[first, id] as const];
    firsts.set(said, id);
    return [];
  });
}
