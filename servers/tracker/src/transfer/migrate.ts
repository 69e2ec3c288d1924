import { type JsonObject, TrestleError } from "@trestle/protocol";
import type { Document } from "../model/document.ts";
import { createTally, differences, type Tally } from "../store/tally.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { countLines } from "./progress.ts";

type Store = Pick<
  TrackerStore,
  "exportLines" | "importLines" | "document" | "putDocuments" | "removeDocuments"
>;

export interface MigrateOptions {
  now(): number;
  /** Told now and then how many lines were moved or compared. */
  onProgress?(phase: "copying" | "comparing", lines: number): void;
}

export interface Migrated {
  /** Of each kind how much there is in both stores, and a digest of it. */
  readonly tally: Tally;
  /** All of it was there before. */
  readonly wasThere: boolean;
}

/** Stands in the store that is filled until all is there and compared. */
const MARK = { kind: "setting", key: "migration" } as const;

/**
 * Moves all that one store keeps into another, of either kind, and compares both afterwards, item by item, by counts
 * and digests. The other has to be empty, or to be left by a move that was broken off: the same call goes on with it.
 * Nothing is taken out of the first. Nobody may write to either meanwhile. Throws `conflict` where something else is
 * in the other, or both differ in the end.
 */
export async function migrate(
  from: Store,
  to: Store,
  { now, onProgress = () => {} }: MigrateOptions,
): Promise<Migrated> {
  if ((await from.document(MARK.kind, MARK.key)) !== undefined) {
    throw new TrestleError(
      "conflict",
      "The store to move from was itself not filled to its end: end that move first.",
    );
  }
  const compare = (store: Store) =>
    tallyOf(countLines(store.exportLines(), (lines) => onProgress("comparing", lines)));
  const isBegun = (await to.document(MARK.kind, MARK.key)) !== undefined;
  if (!isBegun && !(await isEmpty(to))) return alreadyThere(await compare(from), await compare(to));
  if (!isBegun) await to.putDocuments([{ ...MARK, at: now(), value: { isComplete: false } }]);

  const lines = countLines(from.exportLines(), (count) => onProgress("copying", count));
  const sent = keepLast(lines);
  await to.importLines(sent.lines);
  const tally = sent.tally();
  const differing = differences(tally, await compare(to));
  if (differing.length > 0) {
    throw new TrestleError(
      "conflict",
      `The stores differ in ${differing.join(", ")}: something wrote to one of them meanwhile. ` +
        "End every tracker that uses them, then move again; what is there is gone on with.",
    );
  }
  await to.removeDocuments(MARK.kind, [MARK.key]);
  return { tally, wasThere: false };
}

function alreadyThere(from: Tally, to: Tally): Migrated {
  const differing = differences(from, to);
  if (differing.length === 0) return { tally: to, wasThere: true };
  throw new TrestleError(
    "conflict",
    `The store to move into holds something else (${differing.join(", ")}). Name an empty one, ` +
      "or export the first and import it into the other, which adds to what is there.",
  );
}

async function isEmpty(store: Store): Promise<boolean> {
  let lines = 0;
  for await (const _ of store.exportLines()) {
    lines += 1;
    // The first and the last line are always there.
    if (lines > 2) return false;
  }
  return true;
}

async function tallyOf(lines: AsyncIterable<string>): Promise<Tally> {
  const tally = createTally();
  for await (const line of lines) {
    const { kind, item } = JSON.parse(line) as { kind?: string; item?: JsonObject };
    if (kind === undefined || kind === "end" || item === undefined) continue;
    if (!isMark(kind, item)) tally.add(kind, item);
  }
  return tally.tally();
}

function isMark(kind: string, item: JsonObject): boolean {
  const { kind: of, key } = item as unknown as Document;
  return kind === "document" && of === MARK.kind && key === MARK.key;
}

/** The same lines; the last of them tells what all of them are. */
function keepLast(lines: AsyncIterable<string>) {
  let last = "";
  async function* pass(): AsyncGenerator<string> {
    for await (const line of lines) {
      last = line;
      yield line;
    }
  }
  return { lines: pass(), tally: () => (JSON.parse(last) as { item: Tally }).item };
}
