import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { context, readBytes, sorted } from "./_lines.ts";
import { claudeCode } from "./claude-code/claude-code.ts";
import { detectFormat } from "./formats.ts";

/** Real sessions are no part of this repository: they may lie beside it, or where FIXTURES says. */
const BESIDE = fileURLToPath(new URL("../../../../../shared/fixtures", import.meta.url));
const folder = join(process.env.FIXTURES ?? BESIDE, "transcripts");
const files = existsSync(folder) ? globSync("**/*.jsonl", { cwd: folder }) : [];

test.skipIf(files.length === 0)("real sessions lose no record and say none twice", () => {
  const ids = new Set<string>();
  const expected = new Set<string>();
  const kinds = { call: 0, result: 0, failed: 0, usage: new Map<string, number>() };
  const counted = { call: 0, result: 0, failed: 0, usage: new Map<string, number>() };
  for (const name of files) {
    const path = join(folder, name);
    const bytes = readFileSync(path);
    expect(detectFormat(path, bytes.subarray(0, 4_096))).toBe(claudeCode);
    for (const { id, parts } of sorted(readBytes(claudeCode.open(context(path)), bytes)).records) {
      ids.add(id);
      for (const part of parts) {
        if (part.kind === "call") kinds.call += 1;
        if (part.kind === "result") kinds.result += 1;
        if (part.kind === "result" && !part.ok) kinds.failed += 1;
        if (part.kind === "usage") kinds.usage.set(part.responseId, part.outputTokens);
      }
    }
    countLines(name, bytes.toString("utf8"), expected, counted);
  }
  expect(ids.size).toBe(expected.size);
  expect(kinds).toEqual(counted);
});

type Counts = { call: number; result: number; failed: number; usage: Map<string, number> };

/** Counts by the letters of the lines, apart from all that the readers know. */
function countLines(name: string, text: string, expected: Set<string>, counts: Counts): void {
  for (const [index, line] of text.split("\n").entries()) {
    // The two lines that are no messages though they say so, and the strays between, are broken on purpose.
    if (!/"type": ?"/.test(line) || /"message": ?"error"|"contenst"/.test(line)) continue;
    const value = JSON.parse(line) as Record<string, never>;
    if (typeof value !== "object" || !("type" in value)) continue;
    expected.add(
      "uuid" in value ? `${value.sessionId} ${value.uuid}` : `${basename(name)} ${index}`,
    );
    const message = value.message as
      | { id?: string; content?: unknown; usage?: { output_tokens: number } }
      | undefined;
    if (value.type === "assistant" && message?.usage !== undefined) {
      counts.usage.set(String(message.id), message.usage.output_tokens);
    }
    const blocks = Array.isArray(message?.content) ? message.content : [];
    counts.call += blocks.filter(({ type }) => type === "tool_use").length;
    const results = blocks.filter(({ type }) => type === "tool_result");
    counts.result += results.length;
    const interrupted =
      (value.toolUseResult as { interrupted?: boolean } | undefined)?.interrupted === true;
    counts.failed += results.filter((each) => each.is_error === true || interrupted).length;
  }
}
