import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bytes, byUtf8, eachOf } from "../_object-store-parts.ts";
import { createChance, roundsAndSeed } from "./_chance.ts";
import { openFolderStore } from "./open-folder-store.ts";

const { rounds, seed } = roundsAndSeed(400);
const chance = createChance(seed);
const below = (limit: number) => Math.floor(chance() * limit);
const path = await mkdtemp(join(tmpdir(), "trestle-listing-"));

afterAll(() => rm(path, { recursive: true, force: true }));

/** Few of them, so that many keys begin alike. */
const PIECES = [
  "a",
  "a",
  "/",
  "/",
  "A",
  ".",
  "-",
  "%",
  "é",
  "😀",
  "\uffee",
  ".json",
  "b".repeat(150),
];

function anyKey(): string {
  const pieces = Array.from({ length: 1 + below(6) }, () => PIECES[below(PIECES.length)]);
  return pieces.join("");
}

/** A text that a key begins with, or nearly. */
function nearKey(keys: readonly string[]): string {
  const letters = [...(keys[below(keys.length)] ?? "")];
  const begun = letters.slice(0, below(letters.length + 2)).join("");
  return chance() < 0.3 ? begun + (PIECES[below(PIECES.length)] ?? "") : begun;
}

test(`any list of any keys is what a sorted array says (SEED=${seed} ROUNDS=${rounds})`, async () => {
  const store = await openFolderStore({ path });
  const keys = [...new Set(Array.from({ length: 150 }, anyKey))].sort(byUtf8);
  await eachOf(keys, (key) => store.put(key, bytes(key)));
  for (let round = 0; round < rounds; round += 1) {
    const prefix = chance() < 0.3 ? "" : nearKey(keys);
    const after = chance() < 0.3 ? undefined : nearKey(keys);
    const limit = chance() < 0.2 ? undefined : 1 + below(20);
    const all = keys.filter(
      (key) => key.startsWith(prefix) && (after === undefined || byUtf8(key, after) > 0),
    );
    const page = all.slice(0, limit);
    const { objects, next } = await store.list(prefix, { after, limit });
    const asked = `SEED=${seed}: ${JSON.stringify({ prefix, after, limit })}`;
    expect(
      objects.map(({ key }) => key),
      asked,
    ).toEqual(page);
    expect(next, asked).toBe(page.length < all.length ? page.at(-1) : undefined);
  }
  await store.close();
});
