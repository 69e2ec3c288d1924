import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { programOf } from "@trestle/testkit/run";
import { type S3Server, startS3Server } from "@trestle/testkit/s3-server";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { test as base, expect, onTestFinished } from "vitest";
import { mountServer } from "./_call.ts";

const bin = await programOf(new URL("../src/bin.ts", import.meta.url));

const test = base.extend<{ bucket: S3Server }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads what a fixture needs from its first argument.
  bucket: async ({}, use) => {
    const bucket = await startS3Server({ writesPerSecondAndKey: 1 });
    await use(bucket);
    await bucket.close();
  },
});

const settingsFor = ({ endpoint, credentials }: S3Server) => ({
  R2_ENDPOINT: endpoint,
  R2_ACCESS_KEY_ID: credentials.accessKeyId,
  R2_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  R2_AUDIT_BUCKET: "knowledge",
});

async function runCli(bucket: S3Server, ...words: string[]) {
  const env = { ...nodeEnvironment(), TRESTLE_HOME: temporaryFolder(), ...settingsFor(bucket) };
  const run = promisify(execFile)(process.execPath, [bin, ...words], { env });
  return run.catch((error: { stdout: string; stderr: string }) => error);
}

test("in a bucket it is as in a folder, and another who looks there finds the same", async ({
  bucket,
}) => {
  const one = mountServer(settingsFor(bucket));
  const two = mountServer({ ...settingsFor(bucket), KNOWLEDGE_REFRESH_MS: "0" });
  const stored = await one.call("store_diagnosis", {
    error: { message: "pool timed out" },
    fix: "Raise it",
  });
  const id = String(stored.structuredContent.id);
  expect(bucket.keys()).toContain(`mcp/diagnoses/${id}.json`);
  const found = await two.call("find_similar_errors", { message: "pool timed out" });
  expect(found.structuredContent.results).toMatchObject([{ id }]);
  await two.call("record_outcome", { id, worked: true });
  await two.call("update_diagnosis", { id, version: 1, fix: "Raise it to 20" });
  expect(await one.refusal("update_diagnosis", { id, version: 1, fix: "No" })).toContain(
    "get it again",
  );
  const { stdout } = await runCli(bucket, "get", id);
  expect(JSON.parse(stdout)).toMatchObject({ fix: "Raise it to 20", odds: { worked: 1 } });
});

test("a store costs a write each for record, index and log, and a search out of memory one list a while", async ({
  bucket,
}) => {
  const { call } = mountServer({ ...settingsFor(bucket), KNOWLEDGE_REFRESH_MS: "600000" });
  // The first entry of the log costs a look for its anchors, too.
  await call("store_diagnosis", { error: { message: "disk is full" }, fix: "Prune it" });
  const before = bucket.billed();
  await call("store_diagnosis", { error: { message: "pool timed out" }, fix: "Raise it" });
  const after = bucket.billed();
  expect(after.A - before.A).toBe(3);
  for (let n = 0; n < 5; n += 1) await call("search_knowledge", { query: "pool" });
  expect(bucket.billed().A).toBe(after.A);
});

test("answers that get lost lose nothing and store nothing twice", async ({ bucket }) => {
  const { call } = mountServer(settingsFor(bucket));
  bucket.inject({ fault: { kind: "lose_response" }, operations: ["PutObject"], times: 2 });
  await call("store_diagnosis", { error: { message: "pool timed out" } });
  expect(bucket.keys().filter((key) => key.startsWith("mcp/diagnoses/"))).toHaveLength(1);
  expect((await call("list_diagnoses", {})).structuredContent.total).toBe(1);
});

test("bad credentials and a missing bucket are said in words, and so is what to do", async ({
  bucket,
}) => {
  const wrong = mountServer({ ...settingsFor(bucket), R2_SECRET_ACCESS_KEY: "canary-secret" });
  const denied = await wrong.refusal("list_diagnoses", {});
  expect(denied).toMatch(/R2_SECRET_ACCESS_KEY|trestle-knowledge test/);
  expect(denied).not.toContain("canary-secret");
  const nowhere = mountServer({ ...settingsFor(bucket), R2_AUDIT_BUCKET: "elsewhere" });
  expect(await nowhere.refusal("list_diagnoses", {})).toMatch(/no such bucket.*R2_AUDIT_BUCKET/);
});

test("trestle-knowledge test tells which permission is missing, and leaves nothing behind", async ({
  bucket,
}) => {
  expect((await runCli(bucket, "test")).stdout.match(/^ok /gm)).toHaveLength(7);
  const fault = { kind: "status", status: 403, code: "AccessDenied" } as const;
  onTestFinished(bucket.inject({ fault, operations: ["ListObjectsV2"] }));
  const { checks } = JSON.parse((await runCli(bucket, "test", "--json")).stdout);
  expect(checks.filter(({ ok }: { ok: boolean }) => !ok)).toMatchObject([{ name: "list objects" }]);
  expect(bucket.keys()).toEqual([]);
});

test("the cost report counts the requests that were sent, those of retries too", async ({
  bucket,
}) => {
  const { call } = mountServer(settingsFor(bucket));
  bucket.inject({ fault: { kind: "status", status: 503 }, operations: ["PutObject"], times: 2 });
  await call("store_diagnosis", { error: { message: "pool timed out" }, fix: "Raise it" });
  const { A, B } = bucket.billed();
  const { structuredContent } = await call("get_cost_report", {});
  const { classA, classB } = structuredContent.requests as { classA: number; classB: number };
  // What the report itself asks for is counted as far as it was sent by then.
  expect(classA).toBeGreaterThanOrEqual(A);
  expect(classB).toBeGreaterThanOrEqual(B);
  expect(classA + classB).toBeLessThanOrEqual(bucket.billed().A + bucket.billed().B);
});
