import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { beforeEach, expect, test } from "vitest";
import { runCli } from "./main.ts";

let home: string;

beforeEach(() => {
  home = temporaryFolder();
});

async function run(words: readonly string[], input = "") {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const code = runCli(words, {
    ...{ argv: ["node", "trestle-knowledge", ...words], env: { TRESTLE_HOME: home } },
    ...{ stdin, stdout, stderr, cwd: () => home, on: () => {}, off: () => {} },
  });
  const ended = Promise.resolve(code).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, error] = await Promise.all([text(stdout), text(stderr), ended]);
  return { code: (await ended) ?? null, out, error };
}

const put = (...words: string[]) => run(["put", "--name", "TimeoutError", ...words]);

test("report tells figures, gives them as JSON, and writes a page", async () => {
  await put("pool timed out", "--fix", "Raise it");
  await run(["search", "zebra"]);
  const told = await run(["report"]);
  expect(told.out).toMatch(/diagnoses +1, 1 since 30d/);
  expect(told.out).toMatch(/zebra +1 +1 +0/);
  const json = JSON.parse((await run(["report", "--json", "--since", "7d"])).out);
  expect(json.metrics).toMatchObject({ growth: { total: 1 }, search: { searches: 1 } });
  const page = await run(["report", "--html", "report.html"]);
  expect([page.code, page.out]).toEqual([0, ""]);
  expect(page.error).toContain(join(home, "report.html"));
  expect(readFileSync(join(home, "report.html"), "utf8")).toMatch(/^<!doctype html>[\s\S]*zebra/);
  const refused = await run(["report", "--since", "soon"]);
  expect([refused.code, refused.error]).toEqual([2, expect.stringContaining("--since must be")]);
  const nowhere = await run(["report", "--html", "no/folder/report.html"]);
  expect([nowhere.code, nowhere.error]).toEqual([2, expect.stringContaining("can not be written")]);
});

test("transform takes all that is known, a file or stdin, by the names of the files", async () => {
  await put("pool timed out", "--fix", "Raise it");
  await put("disk full");
  const steps = [{ filter: [{ field: "fix", is: "exists" }] }, { pick: ["error.message", "fix"] }];
  writeFileSync(join(home, "steps.json"), JSON.stringify(steps));
  const made = await run(["transform", "--steps", "steps.json", "--out", "fixes.csv"]);
  expect([made.code, made.error]).toEqual([0, expect.stringContaining("1 of 2 records")]);
  expect(readFileSync(join(home, "fixes.csv"), "utf8")).toBe(
    "error.message,fix\npool timed out,Raise it\n",
  );
  const back = await run(["transform", "fixes.csv", "--to", "json"]);
  expect(JSON.parse(back.out)).toMatchObject([{ fix: "Raise it" }]);
  const piped = await run(
    ["transform", "-", "--from", "csv", "--steps", '[{"set": {"team": "é"}}]'],
    "a,b\n1,2\n",
  );
  expect(JSON.parse(piped.out)).toMatchObject({ a: "1", team: "é" });
});

test("what transform can not do is said, and leaves no file", async () => {
  const refusals: [string[], RegExp, string?][] = [
    [["transform", "gone.csv"], /gone\.csv can not be read/],
    [["transform", "--from", "xml"], /--from must be json, ndjson, csv/],
    [["transform", "--to", "xls"], /--to must be .*markdown/],
    [["transform", "--steps", "gone.json"], /--steps: gone\.json is no JSON/],
    [["transform", "--steps", '[{"explode": 1}]'], /--steps: /],
    [["transform", "-", "--out", "out.json"], /line 2/i, '{"a":1}\nnot json\n'],
  ];
  for (const [words, message, input] of refusals) {
    const { code, error } = await run(words, input);
    expect([code, error]).toEqual([2, expect.stringMatching(message)]);
  }
  await expect(async () => readFileSync(join(home, "out.json"))).rejects.toThrow("ENOENT");
  await expect(async () => readFileSync(join(home, "out.json.part"))).rejects.toThrow("ENOENT");
});
