import { appendFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, fuzz, readFindings } from "@trestle/testkit/fuzz";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import type { Cursor } from "../../src/store/tracker-store.ts";
import { isBinary } from "../../src/tail/cut-lines.ts";
import { readPiece } from "../../src/tail/read-piece.ts";
import { type Cut, fileKey } from "../../src/tail/source-file.ts";
import { createWindow } from "../../src/tail/window.ts";

interface Finding {
  /** What went wrong with it, or might. */
  readonly why: string;
  /** What is written, one after the other; each character is a byte. */
  readonly writes: readonly string[];
}

const findings = readFindings<Finding>(new URL("lines/", import.meta.url));

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  fc.constantFrom(
    "\n",
    "\r\n",
    "\n\n",
    "{}\n",
    '{"a":1}\n',
    '{"a":',
    "1}",
    "\0\0\0",
    "word ",
    "\n{}",
  ),
);
const writes = fc.array(piece, { maxLength: 12 });

describe.each(["json-lines", "text-lines"] as const)("a file of %s", (cut) => {
  test("gives each full line once, however it was written and whatever stands between", async () => {
    const path = join(temporaryFolder("lines"), "file.jsonl");
    const corpus = findings.map((finding) => [...finding.writes]);
    await fuzz(writes, { corpus, runs: 60 }, async (all) => {
      const [end, ...parts] = [...all, "\n"].toReversed();
      const reader = follow(path, cut);
      const lines: string[] = [];
      for (const part of [...parts.toReversed(), end ?? ""])
        lines.push(...(await reader.after(part)));
      expect(lines).toEqual(linesOf([...all, "\n"].join(""), cut));
    });
  });
});

/** One reader of a file that grows, with a cursor as a store keeps it. */
function follow(path: string, cut: Cut) {
  writeFileSync(path, "");
  const window = createWindow();
  let cursor: Cursor | undefined;
  let scanned = 0;

  async function next(): Promise<{ lines: readonly string[]; hasMore: boolean }> {
    const stats = statSync(path, { bigint: true });
    const seen = { size: Number(stats.size), mtimeMs: Number(stats.mtimeMs) };
    const file = { source: "s", path, key: fileKey("host", stats), cut, ...seen };
    const times = { isSettled: false, isQuiet: false, isSilent: false, now: 1 };
    const options = { host: "host", cursor, scanned, most: 2, window, ...times };
    const reading = await readPiece(file, options);
    if (reading.kind !== "read") throw new Error(reading.kind);
    scanned = reading.scanned;
    cursor = reading.piece?.cursor ?? cursor;
    const lines = (reading.piece?.lines ?? []).map(({ bytes }) => bytes.toString("latin1"));
    return { lines, hasMore: reading.hasMore };
  }

  return {
    /** What is new in the file once this was written. */
    async after(text: string): Promise<string[]> {
      appendFileSync(path, text, "latin1");
      const lines: string[] = [];
      for (;;) {
        const read = await next();
        lines.push(...read.lines);
        if (!read.hasMore) return lines;
      }
    },
  };
}

/** The same by the plainest of ways: all of it at once. */
function linesOf(text: string, cut: Cut): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^\0+/, "").replace(/[\0-\x20]+$/, ""))
    .filter((line) => line !== "")
    .filter((line) => cut === "json-lines" || !isBinary(Buffer.from(line, "latin1")));
}
