import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { Source } from "../src/sources/source.ts";
import { startOwnRedis } from "../src/store/redis/_own-redis.ts";
import { allRecords, catchUp, kill, LEASE_MS, startIngesting } from "./_ingesting.ts";
import { openTestStore, type StorePlace } from "./_stores.ts";
import { expectedRecords, madeTranscripts, realTranscripts } from "./_transcripts.ts";
import { createLogWriter, createTranscriptWriter, type Writer } from "./_writers.ts";

const random = seededRandom();
const ROUNDS = random.rounds(4);
/** So many kills later a reader may read all in peace, and what was read is truncated or deleted. */
const PEACE = 5;

/** Files that are written while they are read. */
interface Scene {
  readonly sources: readonly Source[];
  readonly writers: readonly Writer[];
  readonly log: ReturnType<typeof createLogWriter>;
  readonly transcripts: ReadonlyMap<string, Buffer>;
}

function createScene(texts: ReadonlyMap<string, Buffer>): Scene {
  const folder = temporaryFolder("sources");
  const at = (name: string) => join(folder, "transcripts", name);
  const transcripts = new Map([...texts].map(([name, bytes]) => [at(name), bytes]));
  for (const path of transcripts.keys()) mkdirSync(dirname(path), { recursive: true });
  const log = createLogWriter(folder, random);
  return {
    sources: [
      { name: "claude", kind: "claude-code", path: at(""), isAskedFor: true },
      { name: "app", kind: "log", path: join(folder, "app.log*"), isAskedFor: true },
    ],
    writers: [log, createTranscriptWriter(transcripts, random)],
    log,
    transcripts,
  };
}

async function writeFor(scene: Scene, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    random.pick(scene.writers).step();
    await pause(random.below(12));
  }
}

/** Readers that are stopped and killed at any moment while everything is written to. */
async function readAndKill(scene: Scene, store: StorePlace, readers: number): Promise<void> {
  const task = { store, sources: scene.sources };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const children = await Promise.all(
      Array.from({ length: readers }, () => startIngesting({ ...task, isLive: true })),
    );
    await writeFor(scene, random.below(700));
    // Whoever stands still for longer than a lease goes on in the middle of what another has done since.
    if (readers > 1 && random.below(2) === 0) {
      const frozen = random.pick(children);
      frozen.kill("SIGSTOP");
      await writeFor(scene, LEASE_MS + random.below(400));
      frozen.kill("SIGCONT");
      await writeFor(scene, random.below(300));
    }
    // A line of text that is half written for long is taken as it is, and here it would be by a slow start.
    scene.log.finish();
    for (const child of children) {
      await kill(child);
      await pause(random.below(100));
    }
    if (round % PEACE !== 0) continue;
    await catchUp(task);
    for (const writer of scene.writers) writer.stepWhenRead();
  }
  for (const writer of scene.writers) writer.finish();
  await catchUp(task);
}

async function expectAllOnce(scene: Scene, place: StorePlace): Promise<void> {
  const store = await openTestStore(place);
  try {
    const { ids, lines } = await allRecords(store);
    const expected = expectedRecords(scene.transcripts);
    const stored = new Set(lines);
    const lost = scene.log.written.filter((line) => !stored.has(line));
    expect(lost.map((line) => line.slice(0, 60))).toEqual([]);
    expect(lines.length).toBe(scene.log.written.length);
    expect(ids.length - lines.length).toBe(expected.records);
    const skipped = (await store.skipped()).map(({ count }) => count);
    expect(skipped.reduce((sum, count) => sum + count, 0)).toBe(expected.skipped);
    expect((await store.stats()).records).toBe(ids.length);
  } finally {
    await store.close();
  }
}

const real = realTranscripts();
const made = madeTranscripts();
const scenes = [
  { name: "made", texts: made, readers: 1, kind: "sqlite" },
  { name: "made", texts: made, readers: 2, kind: "sqlite" },
  { name: "made", texts: made, readers: 2, kind: "redis" },
  ...(real.size === 0 ? [] : [{ name: "real", texts: real, readers: 1, kind: "sqlite" }]),
];

async function placeOf(kind: string): Promise<StorePlace> {
  if (kind === "sqlite") return { kind, folder: temporaryFolder("store") };
  return { kind: "redis", url: (await startOwnRedis()).url };
}

test.each(scenes)(
  "of $name files each line is stored once, however often $readers readers are killed ($kind)",
  async ({ texts, readers, kind }) => {
    const scene = createScene(texts);
    const store = await placeOf(kind);
    await readAndKill(scene, store, readers);
    await expectAllOnce(scene, store);
  },
  1_800_000,
);
