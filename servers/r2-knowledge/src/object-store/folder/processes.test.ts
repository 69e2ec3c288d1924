import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { listAll, text } from "../_object-store-parts.ts";
import type { ObjectStore, StoredObject } from "../object-store.ts";
import { createChance, roundsAndSeed } from "./_chance.ts";
import { openFolderStore } from "./open-folder-store.ts";

/** A round is one writer killed. */
const { rounds, seed } = roundsAndSeed(6);
const WRITERS = 16;
const program = fileURLToPath(new URL("_writer.ts", import.meta.url));
const path = await mkdtemp(join(tmpdir(), "trestle-writers-"));
const chance = createChance(seed);
const below = (limit: number) => Math.floor(chance() * limit);

/** What the writers said. */
const begun = new Set<string>();
const made = new Set<string>();
const going = new Set<string>();
const gone = new Set<string>();
const winners = new Map<string, string>();
const wonTwice: string[] = [];
/** Writers that ended by themselves. */
const broken: string[] = [];
const counted = new Map<string, number>();
const running = new Map<ChildProcess, Promise<unknown>>();
let acknowledged = 0;
let started = 0;
let heard: () => void = () => {};

afterAll(async () => {
  for (const child of running.keys()) child.kill("SIGKILL");
  await Promise.all(running.values());
  await rm(path, { recursive: true, force: true });
});

function hear(writer: string, line: string): void {
  const said = JSON.parse(line) as Record<string, string>;
  if (said.begun) return void begun.add(said.begun);
  if (said.going) return void going.add(said.going);
  acknowledged += 1;
  if (said.made) made.add(said.made);
  if (said.gone) gone.add(said.gone);
  if (said.counted) counted.set(`${said.counted} ${writer}`, Number(said.to));
  if (said.won) {
    if (winners.has(said.won)) wonTwice.push(said.won);
    winners.set(said.won, writer);
  }
  heard();
}

function startWriter(): void {
  started += 1;
  const writer = `w${started}`;
  const args = [program, path, writer, `${below(2 ** 31)}`];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout });
  // A line that the kill cut short was not said.
  lines.on("line", (line) => line.endsWith("}") && hear(writer, line));
  child.once("exit", (code) => code && broken.push(`${writer}: exit code ${code}`));
  running.set(child, Promise.all([once(child, "exit"), once(lines, "close")]));
}

/** Until the writers have done so many more writes. */
async function moreWrites(number: number): Promise<void> {
  const goal = acknowledged + number;
  while (acknowledged < goal) await new Promise<void>((resolve) => (heard = resolve));
}

async function killOne(): Promise<void> {
  const children = [...running.keys()];
  const child = children[below(children.length)];
  if (!child) return;
  const ended = running.get(child);
  child.kill("SIGKILL");
  await ended;
  running.delete(child);
}

/** Reads what is replaced all the time: each time one whole version, with its own metadata. */
async function readBig(store: ObjectStore, state: { isOver: boolean }): Promise<number> {
  let read = 0;
  for (; !state.isOver; await new Promise(setImmediate)) {
    for (const key of ["big/0.bin", "big/1.bin"]) {
      const got = await store.get(key);
      if (!got) continue;
      expectWhole(got);
      read += 1;
    }
  }
  return read;
}

function expectWhole({ body, metadata, size }: StoredObject): void {
  const byte = body[0] ?? 0;
  expect(metadata).toEqual({ byte: `${byte}` });
  expect([size, body.length]).toEqual([100_000 + byte, 100_000 + byte]);
  expect(Buffer.alloc(body.length, byte).equals(body)).toBe(true);
}

test(`writers killed at any moment lose nothing they said was written (SEED=${seed} ROUNDS=${rounds})`, {
  timeout: 600_000,
}, async () => {
  const store = await openFolderStore({ path });
  const state = { isOver: false };
  const reading = readBig(store, state);
  while (started < WRITERS) startWriter();
  await moreWrites(100);
  for (let round = 0; round < rounds; round += 1) {
    await moreWrites(1 + below(60));
    await killOne();
    startWriter();
  }
  for (const child of running.keys()) child.stdin?.end();
  await Promise.all(running.values());
  expect(broken).toEqual([]);
  running.clear();
  state.isOver = true;
  expect(await reading).toBeGreaterThan(0);

  await expectMade(store);
  await expectCounts(store);
  await expectWinners(store);
  await expectSwept(store);
});

async function expectMade(store: ObjectStore): Promise<void> {
  const listed = (await listAll(store, "made/")).map(({ key }) => key);
  expect(listed.filter((key) => !begun.has(key) || gone.has(key))).toEqual([]);
  const there = new Set(listed);
  expect([...made].filter((key) => !going.has(key) && !there.has(key))).toEqual([]);
  for (const key of listed) {
    const body = JSON.parse(text((await store.get(key))?.body) ?? "") as Record<string, string>;
    expect([body.key, body.end]).toEqual([key, key]);
  }
}

async function expectCounts(store: ObjectStore): Promise<void> {
  for (const number of [0, 1, 2]) {
    const key = `count/${number}.json`;
    const counts = JSON.parse(text((await store.get(key))?.body) ?? "{}") as Record<string, number>;
    for (const [name, said] of counted) {
      const [of, writer = ""] = name.split(" ");
      if (of !== key) continue;
      // Each of its two loops may have died between a write and its line.
      expect(counts[writer], name).toBeGreaterThanOrEqual(said);
      expect(counts[writer], name).toBeLessThanOrEqual(said + 2);
    }
  }
}

async function expectWinners(store: ObjectStore): Promise<void> {
  expect(winners.size).toBeGreaterThan(0);
  expect(wonTwice).toEqual([]);
  for (const [key, writer] of winners) {
    expect(text((await store.get(key))?.body), key).toBe(writer);
  }
}

/** What the dead left half-written is gone with the first write after them. */
async function expectSwept(store: ObjectStore): Promise<void> {
  await store.close();
  const next = await openFolderStore({ path });
  await next.put("last.json", new Uint8Array());
  // Its own, and the lock beside it.
  expect(await readdir(join(path, ".trestle", "drafts"))).toHaveLength(2);
  await next.close();
  expect(await readdir(join(path, ".trestle", "drafts"))).toEqual([]);
}
