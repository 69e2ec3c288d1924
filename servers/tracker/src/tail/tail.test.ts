import {
  appendFileSync,
  copyFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import type { Cursor } from "../store/tracker-store.ts";
import { readPiece } from "./read-piece.ts";
import type { Reading } from "./reading.ts";
import { type Cut, fileKey, type SourceFile } from "./source-file.ts";
import { createWindow } from "./window.ts";

/** One reader of one path that keeps its cursor as a store does. */
function follow(path: string, cut: Cut = "json-lines", most = 1_000) {
  const cursors = new Map<string, Cursor>();
  const window = createWindow();
  let scanned = 0;
  let now = 0;
  const skipped = new Map<string, number>();
  async function once(isQuiet: boolean, at = path): Promise<Reading> {
    const stats = statSync(at, { bigint: true });
    const key = fileKey("host", stats);
    const seen = { size: Number(stats.size), mtimeMs: Number(stats.mtimeMs) };
    const file: SourceFile = { source: "s", path: at, key, cut, ...seen };
    now += 1;
    const cursor = cursors.get(key);
    const reading = await readPiece(file, {
      host: "host",
      cursor,
      scanned,
      isSettled: isQuiet,
      isQuiet,
      isSilent: false,
      most,
      now,
      window,
    });
    if (reading.kind === "read") scanned = reading.scanned;
    return reading;
  }
  return {
    skipped,
    cursors,
    /** The lines that are new. */
    async read({ isQuiet = false, at = path } = {}): Promise<string[]> {
      const lines: string[] = [];
      for (;;) {
        const reading = await once(isQuiet, at);
        if (reading.kind !== "read") throw new Error(reading.kind);
        for (const [reason, count] of reading.piece?.skipped ?? []) {
          skipped.set(reason, (skipped.get(reason) ?? 0) + count);
        }
        if (reading.piece !== undefined) {
          cursors.set(reading.piece.cursor.key, reading.piece.cursor);
          lines.push(...reading.piece.lines.map(({ bytes }) => bytes.toString()));
        }
        if (!reading.hasMore) return lines;
      }
    },
  };
}

function place(): string {
  return join(temporaryFolder("tail"), "a.log");
}

test("what is appended is read once, from the middle of a letter on too", async () => {
  const path = place();
  const bytes = Buffer.from('{"a":"ä"}\n{"b":"😀"}\n');
  const reader = follow(path);
  const got: string[] = [];
  writeFileSync(path, "");
  for (const byte of bytes) {
    appendFileSync(path, Buffer.from([byte]));
    got.push(...(await reader.read()));
  }
  expect(got).toEqual(['{"a":"ä"}', '{"b":"😀"}']);
});

test("an unfinished line waits; when it is quiet, text is taken and JSON only where it is closed", async () => {
  const path = place();
  writeFileSync(path, 'one\n{"half":');
  const text = follow(path, "text-lines");
  const json = follow(path, "json-lines");
  expect(await text.read()).toEqual(["one"]);
  expect(await text.read({ isQuiet: true })).toEqual(['{"half":']);
  expect(await json.read({ isQuiet: true })).toEqual(["one"]);
  appendFileSync(path, "1}");
  expect(await json.read()).toEqual([]);
  expect(await json.read({ isQuiet: true })).toEqual(['{"half":1}']);
  appendFileSync(path, '\r\n\n{"next":2}\n');
  expect(await json.read()).toEqual(['{"next":2}']);
});

test("a renamed file goes on where it was read, and the new one at its path from its beginning", async () => {
  const path = place();
  writeFileSync(path, "1\n2\n");
  const reader = follow(path, "text-lines");
  expect(await reader.read()).toEqual(["1", "2"]);
  appendFileSync(path, "3\n");
  renameSync(path, `${path}.1`);
  writeFileSync(path, "4\n");
  expect(await reader.read()).toEqual(["4"]);
  expect(await reader.read({ at: `${path}.1` })).toEqual(["3"]);
});

test("a truncated file is begun anew, also when it grew beyond where it was read", async () => {
  const path = place();
  writeFileSync(path, "1\n2\n");
  const reader = follow(path, "text-lines");
  await reader.read();
  truncateSync(path, 0);
  writeFileSync(path, "5\n6\n7\n8\n9\n");
  expect(await reader.read()).toEqual(["5", "6", "7", "8", "9"]);
  truncateSync(path, 0);
  expect(await reader.read()).toEqual([]);
  appendFileSync(path, "5\n");
  expect(await reader.read()).toEqual(["5"]);
});

test("a file that begins as the one before did, and goes on otherwise, is another", async () => {
  const path = place();
  const banner = `${"=".repeat(300)}\n`;
  writeFileSync(path, `${banner}1\n2\n`);
  const reader = follow(path, "text-lines");
  await reader.read();
  truncateSync(path, 0);
  writeFileSync(path, `${banner}3\n4\n5\n`);
  expect(await reader.read()).toEqual([banner.trim(), "3", "4", "5"]);
});

test("each time a file is begun has a time of its own", async () => {
  const path = place();
  writeFileSync(path, "1\n");
  const reader = follow(path, "text-lines");
  await reader.read();
  const [first] = [...reader.cursors.values()];
  rmSync(path);
  copyFileSync("/dev/null", path);
  appendFileSync(path, "2\n");
  await reader.read();
  const last = [...reader.cursors.values()].at(-1);
  expect(last?.begunAt).toBeGreaterThan(first?.begunAt as number);
});

test("a line of a hundred megabytes is passed in little memory, in one go and in pieces", async () => {
  const path = place();
  const reader = follow(path, "text-lines");
  const part = Buffer.alloc(10 << 20, "x");
  writeFileSync(path, "");
  const before = process.memoryUsage();
  for (let n = 0; n < 10; n += 1) {
    appendFileSync(path, part);
    expect(await reader.read({ isQuiet: n > 5 })).toEqual([]);
  }
  appendFileSync(path, "\nafter\n");
  expect(await reader.read()).toEqual(["after"]);
  const again = follow(path, "text-lines");
  expect(await again.read()).toEqual(["after"]);
  expect([...again.skipped]).toEqual([["too long", 1]]);
  appendFileSync(path, "more\n");
  expect(await again.read()).toEqual(["more"]);
  const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
  expect(grown).toBeLessThan(64 << 20);
}, 120_000);

test("a line longer than a chunk is read whole", async () => {
  const path = place();
  const long = "y".repeat(5 << 20);
  writeFileSync(path, `a\n${long}\nb\n`);
  expect((await follow(path).read()).map(({ length }) => length)).toEqual([1, long.length, 1]);
});

test("what is no text is counted, and the hole that a truncation leaves is none of it", async () => {
  const path = place();
  writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x02, 10]));
  appendFileSync(path, "a\n");
  appendFileSync(path, Buffer.concat([Buffer.alloc(5_000), Buffer.from("b\n")]));
  appendFileSync(path, "caf\xe9 au lait, and more\n", "latin1");
  const reader = follow(path, "text-lines");
  expect(await reader.read()).toEqual(["a", "b", "caf� au lait, and more"]);
  expect([...reader.skipped]).toEqual([["binary", 1]]);
});

test("pieces hold no more lines than asked for", async () => {
  const path = place();
  writeFileSync(path, Array.from({ length: 25 }, (_, n) => `${n}\n`).join(""));
  expect(await follow(path, "text-lines", 10).read()).toHaveLength(25);
});

test("a document is read whole when it changed, and not while it is half written", async () => {
  const path = place();
  writeFileSync(path, '{"a":');
  const reader = follow(path, "document");
  expect(await reader.read()).toEqual([]);
  writeFileSync(path, '{"a":1}');
  expect(await reader.read()).toEqual(['{"a":1}']);
  expect(await reader.read()).toEqual([]);
  writeFileSync(path, '{"a":2}');
  expect(await reader.read()).toEqual(['{"a":2}']);
});
