import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import {
  type ChainPlace,
  createChainHash,
  openChainedLog,
  readChain,
  readChainBack,
  tailChain,
  toChainLine,
  verifyChain,
} from "../src/index.ts";
import { edit, entriesOf, key, openLog, segments, verify, writtenLog } from "./_written-log.ts";

const headOf = (folder: string) => join(folder, "head.json");

/** A line as a writer makes it, for an entry in any place. */
function lineOf(entry: string, { seq, previous }: { seq: number; previous: string }): string {
  const place = { seq, time: "2026-01-01T00:00:00.000Z", previous };
  return `${toChainLine(place, entry, createChainHash(key)).line}\n`;
}

async function lastHash(folder: string): Promise<string> {
  return (await entriesOf(folder)).at(-1)?.hash ?? "";
}

test.each([
  ["the same file", 10_000],
  ["a file of its own", 1],
])("an entry in %s that was stored and not acknowledged is kept", async (_where, bytes) => {
  const { folder, log } = await openLog(undefined, bytes);
  await log.append({ n: 1 });
  copyFileSync(headOf(folder), join(folder, "before"));
  await log.append({ n: 2 });
  await log.close();
  copyFileSync(join(folder, "before"), headOf(folder));
  const { log: next } = await openLog(folder, bytes);
  expect(next.head().seq).toBe(2);
  expect(await next.append({ n: 3 })).toMatchObject({ seq: 3 });
  expect((await entriesOf(folder)).map(({ entry }) => entry.n)).toEqual([1, 2, 3]);
  expect(await verify(folder)).toMatchObject({ ok: true, head: { seq: 3 } });
});

test("a log without an entry is gone on with, and one that lost all of its files is not", async () => {
  const { folder, log } = await openLog();
  await log.close();
  const { log: next } = await openLog(folder);
  expect(await next.append({ n: 1 })).toMatchObject({ seq: 1 });
  await next.close();
  for (const file of segments(folder)) rmSync(file);
  await expect(openLog(folder)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining("all of its entries are missing"),
  });
});

test.each<[string, (hash: string) => string]>([
  [
    "a proper entry behind half a line",
    (previous) => `{"seq":13\n${lineOf("{}", { seq: 13, previous })}`,
  ],
  ["an entry that follows another", () => lineOf("{}", { seq: 13, previous: "0".repeat(64) })],
  ["an entry of a later place", (previous) => lineOf("{}", { seq: 14, previous })],
  ["an entry that is none", (previous) => lineOf("5", { seq: 13, previous })],
])("%s was never acknowledged, and the next writer cuts it off", async (_what, behind) => {
  const folder = await writtenLog();
  appendFileSync(segments(folder).at(-1) ?? "", behind(await lastHash(folder)));
  const { log } = await openLog(folder);
  expect(await log.append({ n: 13 })).toMatchObject({ seq: 13 });
  expect((await entriesOf(folder)).at(-1)?.entry).toEqual({ n: 13 });
  expect(await verify(folder)).toMatchObject({ ok: true, head: { seq: 13 }, tornBytes: 0 });
});

test("an end that is cut off in the middle is found, and not gone on with", async () => {
  const folder = await writtenLog();
  const last = segments(folder).at(-1) ?? "";
  truncateSync(last, readFileSync(last).length - 5);
  expect(await verify(folder)).toMatchObject({ ok: false, seq: 12, reason: "truncated" });
  await expect(openLog(folder)).rejects.toMatchObject({ code: "conflict" });
});

test("a log that is not gone on with says from which entry on", async () => {
  const folder = await writtenLog();
  const first = Number(/(\d+)\.jsonl$/.exec(segments(folder).at(-1) ?? "")?.[1]);
  for (const seq of [12, first]) {
    edit(folder, (lines) => lines.splice(seq - 1, 1, "{}"));
    await expect(openLog(folder)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`entry ${seq} is missing or not as it was written`),
    });
  }
});

test("no entry is written over one that cannot be read, whatever the head says", async () => {
  const { folder, log } = await openLog();
  copyFileSync(headOf(folder), join(folder, "empty"));
  for (let n = 1; n <= 12; n += 1) await log.append({ n });
  await log.close();
  copyFileSync(join(folder, "empty"), headOf(folder));
  writeFileSync(segments(folder).at(-1) ?? "", '{"seq":');
  await expect(openLog(folder)).rejects.toMatchObject({ code: "conflict" });
});

test("who writes an entry anew without a key is found by the next one, or by the head", async () => {
  const folder = temporaryFolder();
  const log = await openChainedLog({ folder });
  for (let n = 1; n <= 4; n += 1) await log.append({ n });
  await log.close();
  const entries = await Array.fromAsync(readChain({ folder }));
  const [file = ""] = segments(folder);
  const written = readFileSync(file, "utf8");
  for (const at of [1, 3]) {
    const { hash: _, entry: _entry, ...place } = entries[at] ?? { seq: 0, time: "", previous: "" };
    const { line } = toChainLine(place, '{"n":"other"}', createChainHash(undefined));
    writeFileSync(file, written.split("\n").with(at, line).join("\n"));
    const found = { ok: false, seq: at === 1 ? 3 : 4, reason: "changed" };
    expect(await verifyChain({ folder })).toMatchObject(found);
    await expect(openChainedLog({ folder })).rejects.toMatchObject({ code: "conflict" });
  }
});

test("a reader goes on behind the place where it stopped, and stops at what is not whole", async () => {
  const folder = await writtenLog();
  const tail = async (after?: ChainPlace) => Array.fromAsync(tailChain({ folder, key }, after));
  const all = await tail();
  expect(all.map(({ entry }) => entry.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  for (const [at, { place }] of all.entries()) expect(await tail(place)).toEqual(all.slice(at + 1));
  // A place of another log: all of this one is read.
  expect(await tail({ file: "elsewhere", end: 7 })).toEqual(all);
  const [, second = ""] = segments(folder);
  const { seq } = (await tail()).find(({ place }) => place.file === second)?.entry ?? { seq: 0 };
  appendFileSync(second, "half");
  const before = (await tail()).map(({ entry }) => entry.seq);
  expect(before).toEqual((await Array.fromAsync(readChain({ folder, key }))).map((one) => one.seq));
  expect(before.length).toBeLessThan(12);
  expect(before).toContain(seq);
});

test("read back from within a file, an unfinished end is passed over", async () => {
  const { folder, log } = await openLog(undefined, 1_000_000);
  for (let n = 1; n <= 4; n += 1) await log.append({ n });
  appendFileSync(segments(folder)[0] ?? "", "half");
  const back = await Array.fromAsync(readChainBack({ folder, key, beforeSeq: 4 }));
  expect(back).toMatchObject([{ seq: 3 }, { seq: 2 }, { seq: 1 }]);
});

test("entries larger than what is read at once come back whole, and none is larger than 1 MiB", async () => {
  const { folder, log } = await openLog(undefined, 1_000_000);
  const texts = ["a", "é", "c"].map((letter) => letter.repeat(90_000));
  for (const text of texts) await log.append({ text });
  expect((await entriesOf(folder)).map(({ entry }) => entry.text)).toEqual(texts);
  await expect(log.append({ text: "x".repeat(1024 * 1024) })).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("larger than 1 MiB"),
  });
  expect(log.head().seq).toBe(3);
});

test("where no log is there are no entries, and what is no folder cannot be read", async () => {
  const folder = join(temporaryFolder(), "none");
  expect(await verify(folder)).toMatchObject({ ok: true, head: { seq: 0 } });
  expect(await Array.fromAsync(readChainBack({ folder, key }))).toEqual([]);
  writeFileSync(folder, "");
  await expect(verify(folder)).rejects.toMatchObject({ code: "unavailable" });
  await expect(openLog(folder)).rejects.toMatchObject({ code: "unavailable" });
});

test("a head that is JSON and no record is not ours", async () => {
  const folder = await writtenLog();
  writeFileSync(headOf(folder), "[]");
  expect(await verify(folder)).toMatchObject({ ok: false, reason: "head" });
});
