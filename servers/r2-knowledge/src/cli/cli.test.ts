import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { programOf } from "@trestle/testkit/run";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { beforeEach, expect, test } from "vitest";
import { runCli } from "./main.ts";

const bin = await programOf(new URL("../bin.ts", import.meta.url));
let home: string;

beforeEach(() => {
  home = temporaryFolder();
});

/** In this process: the same words, streams and exit code, without the start of a program. */
async function run(words: readonly string[], { input = "", env = {} } = {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const argv = [process.execPath, bin, ...words];
  stdin.end(input);
  const code = runCli(words, {
    ...{ argv, env: { TRESTLE_HOME: home, ...env }, stdin, stdout, stderr, cwd: () => home },
    ...{ on: () => {}, off: () => {} },
  });
  const ended = Promise.resolve(code).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, error] = await Promise.all([text(stdout), text(stderr), ended]);
  return { code: (await ended) ?? null, out, error };
}

test("--help shows the server's settings and the commands, and so does the word", async () => {
  const [flag, word] = await Promise.all([run(["--help"]), run(["help"])]);
  expect(flag).toEqual(word);
  for (const words of ["Usage: trestle-knowledge ", "--r2-audit-bucket", "  setup ", "  index "])
    expect(flag.out).toContain(words);
  expect((await run(["index", "check", "--help"])).out).toContain("--repair");
});

test("what is put is found, listed, learned, counted and got; the program does as the test", async () => {
  const put = await run([
    "put",
    "pool timed out",
    "--name",
    "TimeoutError",
    "--fix",
    "Raise it",
    "--severity",
    "high",
    "--confidence",
    "0.9",
    "--json",
  ]);
  const [{ id }] = JSON.parse(put.out);
  expect((await run(["search", "pol", "timeot"])).out).toMatch(
    new RegExp(`1\\. ${id}.*\\n.*pool timed out\\n.*Raise it`),
  );
  const stack = "TimeoutError: pool timed out\n    at acquire (/x/pool.js:3:1)";
  expect(JSON.parse((await run(["diagnose", "--json"], { input: stack })).out)).toMatchObject({
    results: [{ id }],
  });
  expect((await run(["list"])).out).toMatch(new RegExp(`^id +when .*\\n${id} `));
  expect((await run(["learn", "pool"])).out).toContain("never tried");
  expect((await run(["stats"])).out).toMatch(/diagnoses +1, 1 since 30d/);
  expect(JSON.parse((await run(["get", id])).out)).toMatchObject({
    ...{ id, occurrences: 1, severity: "high", confidence: 0.9 },
  });
  const env = { ...nodeEnvironment(), TRESTLE_HOME: home };
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "get", id], {
    cwd: home,
    env,
  });
  expect(JSON.parse(stdout)).toMatchObject({ id });
});

test("what is exported can be put elsewhere, as lines or as one list", async () => {
  await run(["put", "--file", "-"], {
    input: '{"error":{"message":"a"}}\n{"error":{"message":"b"},"fix":"x"}\n',
  });
  expect((await run(["export", "--format", "json", "--out", "k.json"])).code).toBe(0);
  expect(JSON.parse(readFileSync(join(home, "k.json"), "utf8"))).toHaveLength(2);
  const elsewhere = { KNOWLEDGE_DATA_DIR: join(home, "other") };
  const back = await run(["put", "--file", "k.json"], { env: elsewhere });
  expect(back.out.match(/ {2}stored$/gm)).toHaveLength(2);
  const lines = await run(["export"], { env: elsewhere });
  expect(
    lines.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).error.message)
      .toSorted(),
  ).toEqual(["a", "b"]);
});

test("index check finds what a crash left, --repair and rebuild heal it", async () => {
  await run(["put", "known"]);
  expect(await run(["index", "check"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("1 records, all in order"),
  });
  const folder = join(home, "r2-knowledge", "knowledge", "mcp", "diagnoses");
  writeFileSync(
    join(folder, "left.json"),
    JSON.stringify({ id: "left", error: { message: "left behind" } }),
  );
  expect((await run(["index", "check", "--repair"])).out).toContain("diagnoses: 1 lines written");
  expect((await run(["search", "behind"])).out).toContain("left");
  expect((await run(["index", "rebuild"])).out).toContain("made anew of 2 records");
  expect((await run(["index", "compact"])).code).toBe(0);
});

test("test tries all that is needed, and says what is missing", async () => {
  const good = await run(["test"]);
  expect(good.code).toBe(0);
  expect(good.out.match(/^ok /gm)).toHaveLength(7);
  const env = {
    ...{ R2_ACCESS_KEY_ID: "id-canary", R2_SECRET_ACCESS_KEY: "secret-canary" },
    ...{ R2_AUDIT_BUCKET: "knowledge", R2_ENDPOINT: "http://127.0.0.1:1" },
  };
  const away = await run(["test", "--json"], { env });
  expect(away.code).toBe(1);
  expect(JSON.parse(away.out).checks[0]).toMatchObject({
    ok: false,
    message: expect.stringContaining("ECONNREFUSED"),
  });
  expect(away.out + away.error).not.toContain("canary");
}, 120_000);

test("refusals name what was wrong, with exit codes for scripts", async () => {
  const refusals: [string[], number, RegExp][] = [
    [["serach", "x"], 2, /Did you mean search\?/],
    [["search", "x", "--limit", "0"], 2, /--limit must be a whole number from 1 to 200/],
    [["search", "x", "--since", "soon"], 2, /--since must be a span/],
    [["list", "--min-confidence", "80"], 2, /number from 0 to 1/],
    [["search", "x", "--severity", "worst"], 2, /--severity must be one of info, .*not "worst"/],
    [["put"], 2, /Say what happened/],
    [["put", "x", "--confidence", "3"], 2, /--confidence must be a number from 0 to 1/],
    [["keys", "rotate"], 1, /KNOWLEDGE_SEAL is not set/],
    [["restore", "--dry-run"], 1, /There is no backup yet/],
    [["put", "--file", "nowhere.json"], 2, /nowhere\.json can not be read/],
    [["export", "--format", "csv"], 2, /ndjson, json or markdown/],
    [["get", "nobody"], 1, /no diagnosis nobody/],
    [["list", "--r2-audit-bucket", "only-this"], 78, /R2_ACCESS_KEY_ID/],
    [["list", "--knowledge-refresh-ms", "x"], 78, /KNOWLEDGE_REFRESH_MS/],
  ];
  for (const [words, code, said] of refusals) {
    const ended = await run(words);
    expect([words, ended.code]).toEqual([words, code]);
    expect(ended.error).toMatch(said);
  }
  const bad = await run(["put", "--file", "-"], {
    input: '{"error":{"message":"a"}}\n{"fix":1}\n',
  });
  expect(bad.error).toMatch(/Diagnosis 2 of - is no diagnosis: .*Nothing was stored/);
  expect((await run(["list"])).out).toContain("Nothing is known yet");
});

test("a stored text does nothing to the terminal", async () => {
  await run(["put", "evil \u001b]0;owned\u0007 text"]);
  expect((await run(["list"])).out).toContain("\\u{1b}]0;owned\\u{7}");
});
