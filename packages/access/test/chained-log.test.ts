import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { openChainedLog, readChainBack, verifyChain } from "../src/index.ts";
import { edit, entriesOf, key, openLog, segments, verify, writtenLog } from "./_written-log.ts";

test("concurrent appends stand in the order of the calls, and can be read from any number on", async () => {
  const { folder, log } = await openLog();
  const places = await Promise.all(Array.from({ length: 50 }, (_, n) => log.append({ n })));
  expect(places.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  expect((await entriesOf(folder)).map(({ entry }) => entry.n)).toEqual(places.map((_, n) => n));
  expect((await entriesOf(folder, 47)).map(({ seq }) => seq)).toEqual([48, 49, 50]);
  expect(await verify(folder)).toEqual({ ok: true, head: log.head(), tornBytes: 0 });
});

test("a log goes on where it ended", async () => {
  const folder = await writtenLog();
  const { log } = await openLog(folder);
  expect(await log.append({ n: 13 })).toMatchObject({ seq: 13 });
  expect(await verify(folder)).toMatchObject({ ok: true, head: { seq: 13 } });
});

test("one writer has the folder, and the next gets it when that one closes", async () => {
  const { folder, log } = await openLog();
  await expect(openLog(folder)).rejects.toMatchObject({ code: "unavailable" });
  const last = log.append({ last: true });
  await log.close();
  await last;
  await expect(log.append({})).rejects.toMatchObject({ code: "unavailable" });
  const { log: next } = await openLog(folder);
  expect(next.head().seq).toBe(1);
});

test("an empty folder is an empty log", async () => {
  expect(await verify(temporaryFolder())).toMatchObject({ ok: true, head: { seq: 0 } });
});

test.each<[string, number, string, (lines: string[]) => void]>([
  [
    "a changed entry",
    5,
    "changed",
    (lines) => lines.splice(4, 1, String(lines[4]).replace('"n":5', '"n":6')),
  ],
  [
    "a changed time",
    1,
    "changed",
    (lines) => lines.splice(0, 1, String(lines[0]).replace("2026", "2025")),
  ],
  ["a removed entry", 7, "removed", (lines) => lines.splice(6, 1)],
  ["a removed first entry", 1, "removed", (lines) => lines.splice(0, 1)],
  [
    "entries that changed places",
    3,
    "reordered",
    (lines) => lines.splice(2, 2, String(lines[3]), String(lines[2])),
  ],
  ["an entry that stands twice", 4, "removed", (lines) => lines.splice(3, 1, String(lines[2]))],
  ["a removed end", 11, "truncated", (lines) => lines.splice(10, 2)],
  [
    "an end without its end of line",
    12,
    "changed",
    (lines) => lines.splice(11, 1, String(lines[11]).slice(0, -3)),
  ],
])("%s is found", async (_what, seq, reason, change) => {
  const folder = await writtenLog();
  edit(folder, change);
  expect(await verify(folder)).toMatchObject({ ok: false, seq, reason });
});

test("a removed file is found, and a removed or foreign head", async () => {
  const middle = await writtenLog();
  rmSync(segments(middle)[1] ?? "");
  expect(await verify(middle)).toMatchObject({ ok: false, reason: "removed" });

  const headless = await writtenLog();
  rmSync(join(headless, "head.json"));
  expect(await verify(headless)).toMatchObject({ ok: false, seq: 13, reason: "head" });
  await expect(openLog(headless)).rejects.toMatchObject({ code: "conflict" });

  const forged = await writtenLog();
  const shorter = (await entriesOf(forged)).at(-2);
  edit(forged, (lines) => lines.pop());
  const record = JSON.stringify({ seq: 11, hash: shorter?.hash, seal: "0".repeat(64) });
  writeFileSync(join(forged, "head.json"), record);
  expect(await verify(forged)).toMatchObject({ ok: false, seq: 12, reason: "head" });
});

test("without the key nobody can verify or continue a log", async () => {
  const folder = await writtenLog();
  expect(await verifyChain({ folder })).toMatchObject({ ok: false, seq: 1 });
  await expect(openChainedLog({ folder })).rejects.toMatchObject({ code: "conflict" });
});

test("a log whose acknowledged end is missing is not continued", async () => {
  const folder = await writtenLog();
  edit(folder, (lines) => lines.splice(-1, 1));
  await expect(openLog(folder)).rejects.toMatchObject({ code: "conflict" });
});

test("an unfinished line is never taken for an entry and is cut off by the next writer", async () => {
  const folder = await writtenLog();
  const last = segments(folder).at(-1) ?? "";
  appendFileSync(last, '{"seq":13,"time":"2026');
  expect(await verify(folder)).toMatchObject({ ok: true, head: { seq: 12 }, tornBytes: 22 });
  const { log } = await openLog(folder);
  await log.append({ n: 13 });
  expect((await entriesOf(folder)).map(({ entry }) => entry.n)).toHaveLength(13);
  expect(await verify(folder)).toMatchObject({ ok: true, head: { seq: 13 }, tornBytes: 0 });
});

test("an entry that could not be stored leaves no trace, and the next one takes its place", async () => {
  const { folder, log } = await openLog(undefined, 1);
  await log.append({ n: 1 });
  const inTheWay = join(folder, "000000000002.jsonl");
  mkdirSync(inTheWay);
  await expect(log.append({ n: "lost" })).rejects.toMatchObject({ code: "unavailable" });
  rmdirSync(inTheWay);
  expect(await log.append({ n: 2 })).toMatchObject({ seq: 2 });
  expect((await entriesOf(folder)).map(({ entry }) => entry.n)).toEqual([1, 2]);
  expect(await verify(folder)).toMatchObject({ ok: true, head: { seq: 2 } });
});

test("a full disk refuses the entry, keeps the log whole, and lets it go on when there is room", async () => {
  const folder = temporaryFolder();
  const script = new URL("./_filler.ts", import.meta.url).pathname;
  // A file that may not grow beyond a limit fails in the middle of a line, as a full disk does.
  const command = 'ulimit -f 40; exec "$@"';
  const args = [process.execPath, "--no-warnings", script, folder, key.toString("hex")];
  const child = spawn("sh", ["-c", command, "sh", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  await once(child, "close");
  const { code, seq } = JSON.parse(text);
  expect(code).toBe("unavailable");
  expect(seq).toBeGreaterThan(5);
  expect(await verify(folder)).toMatchObject({ ok: true, head: { seq }, tornBytes: 0 });
  const { log } = await openLog(folder);
  expect(await log.append({ n: "next" })).toMatchObject({ seq: seq + 1 });
});

test("any byte changed anywhere is found", async () => {
  const random = seededRandom();
  const folder = await writtenLog();
  const files = [...segments(folder), join(folder, "head.json")];
  for (let round = random.rounds(60); round > 0; round -= 1) {
    const file = random.pick(files);
    const bytes = readFileSync(file);
    const length = file.endsWith("head.json") ? bytes.indexOf("}") : bytes.length;
    const changed = Buffer.from(bytes);
    const at = random.below(length);
    changed[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    writeFileSync(file, changed);
    expect(await verify(folder), `byte ${at} of ${file}`).toMatchObject({ ok: false });
    writeFileSync(file, bytes);
  }
  expect(await verify(folder)).toMatchObject({ ok: true });
});

test("a killed writer loses nothing that it acknowledged", async () => {
  const random = seededRandom();
  const folder = temporaryFolder();
  let acknowledged = 0;
  for (let round = random.rounds(4); round > 0; round -= 1) {
    const last = await appendUntilKilled(folder, 20 + random.below(200));
    expect(last.first).toBeGreaterThanOrEqual(acknowledged);
    acknowledged = Math.max(last.acknowledged, last.first);
    const verdict = await verify(folder);
    expect(verdict).toMatchObject({ ok: true });
    expect(verdict.ok && verdict.head.seq).toBeGreaterThanOrEqual(acknowledged);
  }
});

/** Kills the writer once it acknowledged so many entries. */
async function appendUntilKilled(folder: string, entries: number) {
  const script = new URL("./_appender.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--no-warnings", script, folder, key.toString("hex")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk;
    if (text.split("\n").length > entries) child.kill("SIGKILL");
  });
  await once(child, "close");
  const said = text.split("\n").slice(0, -1).map(Number);
  return { first: said[0] ?? -1, acknowledged: Math.max(...said) };
}

test("a log is read back from any number, past lines that were changed, which are told", async () => {
  const folder = await writtenLog();
  const back = async (beforeSeq?: number): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const each of readChainBack({ folder, key, ...(beforeSeq && { beforeSeq }) })) {
      found.push("badLine" in each ? "bad" : each.entry.n);
    }
    return found;
  };
  expect(await back()).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  expect(await back(4)).toEqual([3, 2, 1]);
  expect(await back(1)).toEqual([]);
  edit(folder, (lines) => lines.splice(10, 1, "{}"));
  expect(await back()).toEqual([12, "bad", 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
});

test("a head that was kept elsewhere finds a log that was written anew", async () => {
  const [first, second] = [await writtenLog(), await writtenLog()];
  const verdict = await verify(first);
  if (!verdict.ok) throw new Error(verdict.explanation);
  const kept = verdict.head;
  expect(await verifyChain({ folder: first, key, kept })).toEqual(verdict);
  expect(await verifyChain({ folder: second, key, kept })).toEqual(await verify(second));
  const other = { seq: 3, hash: kept.hash };
  const rewritten = { ok: false, seq: 3, reason: "changed" };
  expect(await verifyChain({ folder: first, key, kept: other })).toMatchObject(rewritten);
  const longer = { seq: 13, hash: kept.hash };
  const cut = { ok: false, seq: 13, reason: "truncated" };
  expect(await verifyChain({ folder: first, key, kept: longer })).toMatchObject(cut);
});
