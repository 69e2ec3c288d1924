import type { Fold, LedgerLine } from "../src/ledger/fold.ts";

export interface MapFold extends Fold {
  readonly entries: Map<string, { readonly version: number; readonly entry: unknown }>;
}

/** A fold that does nothing but remember, and that notices what it must not be given. */
export function createMapFold(): MapFold {
  const entries: MapFold["entries"] = new Map();

  function apply(lines: readonly LedgerLine[]): void {
    for (const line of lines) {
      const before = entries.get(line.id);
      if (line.kind === "gone") entries.delete(line.id);
      else if (before === undefined || line.version > before.version) {
        entries.set(line.id, { version: line.version, entry: line.entry });
      } else throw new Error(`${line.id} goes from ${before.version} to ${line.version}`);
    }
  }

  return {
    entries,
    apply,
    snapshot: async () => Buffer.from(JSON.stringify([...entries])),
    load(snapshot) {
      const loaded = JSON.parse(Buffer.from(snapshot).toString()) as [
        string,
        { version: number; entry: unknown },
      ][];
      entries.clear();
      for (const [id, entry] of loaded) entries.set(id, entry);
    },
    reset: () => entries.clear(),
  };
}
