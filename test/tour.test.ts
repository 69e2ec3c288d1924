import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { codeBlocks } from "./_markdown.ts";
import { runTour, type Stop } from "./_tour.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trestle-tour-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("blocks run in order, in the same folder, and only those of the tour", async () => {
  const stops = await tour("sh tour", "echo one > a", "sh", "exit 9", "sh tour", "cat a");
  expect(stops.map(({ code, output }) => [code, output])).toEqual([
    [0, ""],
    [0, "one\n"],
  ]);
});

test("the first block that fails ends the tour", async () => {
  const stops = await tour("sh tour", "false | true", "sh tour", "echo never");
  expect(stops.map(({ code }) => code)).toEqual([1]);
});

test("a block left running serves the next ones and ends with the tour", async () => {
  const serve = "echo $$ > pid; echo at http://127.0.0.1:1/; exec sleep 600";
  const stops = await tour("sh tour running", serve, "sh tour", "kill -0 $(cat pid); cat pid");
  expect(stops.map(({ code }) => code)).toEqual([null, 0]);
  expect(() => process.kill(Number(stops[1]?.output), 0)).toThrow("ESRCH");
});

test("a block left running that ends too early is seen", async () => {
  const stops = await tour("sh tour running", "exit 3", "sh tour", "echo never");
  expect(stops.map(({ code }) => code)).toEqual([3]);
});

test("a block that hangs is named by its line, and ended", async () => {
  await expect(tour("sh tour", "sleep 600")).rejects.toThrow("The block in line 1 took longer");
});

/** Pairs of info string and text. */
function tour(...parts: string[]): Promise<Stop[]> {
  const page: string[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    page.push(`\`\`\`${parts[at]}`, parts[at + 1] ?? "", "```");
  }
  return runTour(codeBlocks(page.join("\n")), { cwd: folder, env: process.env, limitMs: 2_000 });
}
