import { manualClock } from "@trestle/testkit/surroundings";
import type { ObjectStore } from "../src/object-store/object-store.ts";
import { newStore, openTestLedger } from "./_ledger-parts.ts";
import { INDEX, put, writeThing } from "./_ledger-things.ts";

export const MINUTE = 60_000;
export const MANIFEST = `${INDEX}manifest.json`;

/** Of the objects in a folder of the index; empty where there is none. */
export async function lastKey(store: ObjectStore, folder: string): Promise<string> {
  return (await store.list(`${INDEX}${folder}/`)).objects.at(-1)?.key ?? "";
}

/** Changes one byte in the middle. */
export async function flip(store: ObjectStore, key: string): Promise<void> {
  const body = Buffer.from((await store.get(key))?.body ?? []);
  const at = Math.floor(body.length / 2);
  body[at] = (body[at] ?? 0) ^ 0x10;
  await store.put(key, body);
}

/** Changes an object as text of one byte per character. */
export async function rewrite(store: ObjectStore, key: string, change: (text: string) => string) {
  const body = Buffer.from((await store.get(key))?.body ?? []);
  await store.put(key, Buffer.from(change(body.toString("latin1")), "latin1"));
}

/** Three things with records and lines: the first two in a snapshot. */
export async function storeOfThree() {
  const store = await newStore();
  const clock = manualClock(Date.now() + MINUTE);
  const ledger = openTestLedger(store, { clock });
  for (const id of ["a", "b", "c"]) {
    await writeThing(store, id);
    if (id === "c") await ledger.compact();
    await openTestLedger(store, { clock }).append([put(id)]);
    clock.advance(1);
  }
  await ledger.refresh();
  return { store, clock, ledger };
}

/** The same index as another process sees it, a minute later. */
export async function readAnew(store: ObjectStore) {
  const ledger = openTestLedger(store, { clock: manualClock(Date.now() + 2 * MINUTE) });
  await ledger.refresh();
  return ledger;
}
