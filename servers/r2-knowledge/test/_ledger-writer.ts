import { systemClock } from "@trestle/protocol";
import type { LedgerLine } from "../src/ledger/fold.ts";
import { openLedger } from "../src/ledger/ledger.ts";
import { openFolderStore } from "../src/object-store/folder/open-folder-store.ts";
import type { ObjectStore } from "../src/object-store/object-store.ts";
import { openS3Store } from "../src/object-store/s3/open-s3-store.ts";
import { createMapFold } from "./_ledger-map-fold.ts";
import { gone, INDEX, put, things, writeThing } from "./_ledger-things.ts";

/** A program that stores things, and says so on stdout before and after each. */
export interface WriterTask {
  readonly store: StorePlace;
  readonly name: string;
  /** Numbers of the things, the last one not included. */
  readonly from: number;
  readonly to: number;
  readonly atOnce: number;
  readonly compactEveryMs: number;
}

export type StorePlace =
  | { readonly path: string }
  | {
      readonly endpoint: string;
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    };

export function openPlace(place: StorePlace): Promise<ObjectStore> | ObjectStore {
  return "path" in place
    ? openFolderStore(place)
    : openS3Store({ ...place, bucket: "knowledge", silenceMs: 2_000 });
}

const [, script, text] = process.argv;
if (script === import.meta.filename && text !== undefined) {
  await write(JSON.parse(text) as WriterTask);
}

async function write(task: WriterTask): Promise<void> {
  const store = await openPlace(task.store);
  const ledger = openLedger({
    ...{ store, prefix: INDEX, writer: task.name, fold: createMapFold() },
    ...{ clock: systemClock, random: Math.random, compactEveryMs: task.compactEveryMs },
    deadlineMs: 120_000,
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  let next = task.from;
  const worker = async () => {
    while (next < task.to) {
      const number = next;
      next += 1;
      say("try", number);
      for await (const line of storeThing(store, `${task.name}-${number}`, number)) {
        await ledger.append([line]);
        if (line.kind === "gone") await store.delete(things.keyOf(line.id));
        say("stored", number, line.kind, line.version);
      }
    }
  };
  await Promise.all(Array.from({ length: task.atOnce }, worker));
  await ledger.close();
  say("done");
  await store.close();
}

/** Each thing once, some twice, some no more in the end. */
async function* storeThing(
  store: ObjectStore,
  id: string,
  number: number,
): AsyncGenerator<LedgerLine> {
  // With a condition: an attempt that was given up must not arrive over what was written since.
  const etag = await writeThing(store, id, 1, "absent");
  yield put(id, 1);
  if (number % 10 === 3) {
    await writeThing(store, id, 2, { etag });
    yield put(id, 2);
  }
  if (number % 25 === 7) yield gone(id, 1, Date.now());
}

function say(...words: (string | number)[]): void {
  process.stdout.write(`${words.join(" ")}\n`);
}
