import { readdirSync, readFileSync, writeFileSync } from "node:fs";
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

async function run(...words: readonly string[]) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const code = runCli(words, {
    ...{ argv: words, env: { TRESTLE_HOME: home }, stdin, stdout, stderr, cwd: () => home },
    ...{ on: () => {}, off: () => {} },
  });
  const ended = Promise.resolve(code).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, error] = await Promise.all([text(stdout), text(stderr), ended]);
  return { code: (await ended) ?? null, out, error };
}

const file = (name: string, value: unknown) =>
  writeFileSync(join(home, name), JSON.stringify(value));
const bucket = () => join(home, "r2-knowledge", "knowledge", "mcp");

test("a policy is checked, set, explained, and written anew where it can not be read", async () => {
  file("good.json", { bindings: [{ role: "reader", principals: ["key:ana"] }] });
  file("bad.json", { bindings: [{ role: "raeder", principals: ["key:ana"] }] });
  expect((await run("policy", "test", "local", "knowledge:delete", "diagnosis/x/y")).code).toBe(0);
  expect((await run("policy", "check", "bad.json")).error).toMatch(
    /"raeder" is no role; roles are reader, contributor, curator, operator/,
  );
  expect((await run("policy", "set", "bad.json", "--yes")).code).not.toBe(0);
  expect((await run("policy", "set", "good.json", "--yes")).out).toMatch(/^Version 1 .*1 bindings/);
  expect(await run("policy", "test", "key:ana", "knowledge:read", "diagnosis/x/y")).toMatchObject({
    ...{
      code: 0,
      out: expect.stringMatching(/^allowed\. .*role reader.*\nNames: key:ana, role:r/),
    },
  });
  const denied = await run("policy", "test", "key:ana", "knowledge:delete", "diagnosis/x/y");
  expect(denied).toMatchObject({ code: 1, out: expect.stringMatching(/^denied\. No statement/) });
  expect((await run("policy", "test", "ana", "knowledge:read", "store")).error).toContain(
    '"ana" is no principal',
  );
  writeFileSync(join(bucket(), "policies", "access.json"), "{ half");
  expect((await run("policy", "show")).error).toContain("can not be read, and nothing is allowed");
  expect((await run("policy", "set", "good.json", "--yes")).code).toBe(0);
  expect(JSON.parse((await run("policy", "show")).out)).toMatchObject({ version: 1, shares: [] });
});

test("what was done is listed and verified, and a change of the log is found", async () => {
  const { out } = await run("put", "pool timed out", "--json");
  const [{ id }] = JSON.parse(out);
  const listed = await run("policy", "audit", "--id", id, "--json");
  expect(JSON.parse(listed.out)).toMatchObject([
    { principal: "local", via: "command line", action: "knowledge:store", outcome: "allowed" },
  ]);
  expect((await run("policy", "audit", "--outcome", "failed")).out).toContain("Nothing of that");
  expect((await run("policy", "audit", "--outcome", "odd")).error).toContain("--outcome must be");
  const kept = await run("policy", "verify", "--json");
  writeFileSync(join(home, "heads.json"), kept.out);
  expect((await run("policy", "verify", "--heads", "heads.json")).code).toBe(0);
  const root = join(bucket(), "audit-log");
  const name = readdirSync(root, { recursive: true })
    .map(String)
    .find((each) => {
      return each.endsWith(".ndjson") && readFileSync(join(root, each), "utf8").includes(id);
    });
  const path = join(root, String(name));
  writeFileSync(path, readFileSync(path, "utf8").replace("knowledge:store", "knowledge:stole"));
  const found = await run("policy", "verify");
  expect(found).toMatchObject({ code: 1, out: expect.stringContaining("does not fit its hash") });
});
