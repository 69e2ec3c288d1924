/** Writes to a folder as fast as it can, and says a line after each write that was acknowledged. */
import { writeSync } from "node:fs";
import { bytes, codeOf, text } from "../_object-store-parts.ts";
import type { ObjectStore } from "../object-store.ts";
import { createChance } from "./_chance.ts";
import { openFolderStore } from "./open-folder-store.ts";

const [path = "", writer = "", seed = ""] = process.argv.slice(2);
const chance = createChance(Number(seed));
const below = (limit: number) => Math.floor(chance() * limit);
const mine: string[] = [];
let made = 0;
let isStopping = false;

/** At once, so that a kill takes back nothing that was said. */
const say = (line: Record<string, unknown>) => writeSync(1, `${JSON.stringify(line)}\n`);

async function make(store: ObjectStore): Promise<void> {
  made += 1;
  const key = `made/${writer}-${made}.json`;
  const body = JSON.stringify({ key, filler: "x".repeat(below(6_000)), end: key });
  say({ begun: key });
  await store.put(key, bytes(body), { when: "absent", contentType: "application/json" });
  say({ made: key });
  mine.push(key);
}

async function remove(store: ObjectStore): Promise<void> {
  const key = mine.splice(below(mine.length), 1)[0];
  if (key === undefined) return;
  say({ going: key });
  await store.delete(key);
  say({ gone: key });
}

/** Its own number in a count that all share. */
async function count(store: ObjectStore): Promise<void> {
  const key = `count/${below(3)}.json`;
  for (;;) {
    const current = await store.get(key);
    const counts = JSON.parse(text(current?.body) ?? "{}") as Record<string, number>;
    counts[writer] = (counts[writer] ?? 0) + 1;
    const when = current ? { etag: current.etag } : "absent";
    try {
      await store.put(key, bytes(JSON.stringify(counts)), { when });
      return void say({ counted: key, to: counts[writer] });
    } catch (error) {
      if (codeOf(error) !== "precondition_failed") throw error;
    }
  }
}

/** A large object of one byte, which the metadata names. */
async function fill(store: ObjectStore): Promise<void> {
  const byte = below(256);
  const body = new Uint8Array(100_000 + byte).fill(byte);
  await store.put(`big/${below(2)}.bin`, body, { metadata: { byte: `${byte}` } });
}

async function race(store: ObjectStore): Promise<void> {
  const key = `race/${below(40)}`;
  try {
    await store.put(key, bytes(writer), { when: "absent" });
    say({ won: key });
  } catch (error) {
    if (codeOf(error) !== "precondition_failed") throw error;
  }
}

const works = [make, make, make, remove, count, fill, race];

async function work(store: ObjectStore): Promise<void> {
  while (!isStopping) await works[below(works.length)]?.(store);
}

process.stdin.resume().once("end", () => {
  isStopping = true;
});
const store = await openFolderStore({ path, random: chance });
await Promise.all([work(store), work(store)]);
await store.close();
say({ done: writer });
