import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { programOf } from "@trestle/testkit/run";
import { startS3Server } from "@trestle/testkit/s3-server";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";

const bin = await programOf(new URL("../src/bin.ts", import.meta.url));
const run = promisify(execFile);

interface Ended {
  readonly code?: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real program, as its user starts it. */
async function cli(settings: Record<string, string>, ...words: string[]): Promise<Ended> {
  const env = { ...nodeEnvironment(), TRESTLE_HOME: temporaryFolder("home"), ...settings };
  return run(process.execPath, [bin, ...words], { env }).catch((error: Ended) => error);
}

async function bucketSettings(clock?: { now(): number }) {
  const { systemClock } = await import("@trestle/protocol");
  const bucket = await startS3Server(clock ? { clock: { ...systemClock, ...clock } } : {});
  onTestFinished(() => bucket.close());
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  const settings = {
    ...{ R2_ENDPOINT: bucket.endpoint, R2_AUDIT_BUCKET: "knowledge" },
    ...{ R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey },
  };
  return { bucket, settings };
}

test("wrong credentials and a missing bucket: which setting to check, and no secret", async () => {
  const { settings } = await bucketSettings();
  const cases = [
    [{ R2_SECRET_ACCESS_KEY: "canary-secret" }, /R2_SECRET_ACCESS_KEY/],
    [{ R2_ACCESS_KEY_ID: "nobody" }, /R2_ACCESS_KEY_ID/],
    [{ R2_AUDIT_BUCKET: "elsewhere" }, /no such bucket.*R2_AUDIT_BUCKET/],
  ] as const;
  for (const [wrong, words] of cases) {
    const { code, stdout, stderr } = await cli({ ...settings, ...wrong }, "search", "pool");
    expect(code).toBeGreaterThan(0);
    expect(stdout + stderr).toMatch(words);
    expect(stdout + stderr).not.toContain("canary-secret");
  }
}, 120_000);

test("a clock that is wrong by hours and a store that throttles are got over", async () => {
  const { bucket, settings } = await bucketSettings({ now: () => Date.now() + 5 * 3_600_000 });
  const fault = { kind: "status", status: 429, code: "SlowDown" } as const;
  bucket.inject({ fault, times: 4 });
  const { code, stdout } = await cli(settings, "stats");
  expect(code ?? 0).toBe(0);
  expect(stdout).not.toBe("");
}, 120_000);

test("a place that takes no folder is refused in words", async (context) => {
  context.skip(!existsSync("/proc/self"), "there is no /proc");
  const { code, stdout, stderr } = await cli({ KNOWLEDGE_DATA_DIR: "/proc/x" }, "search", "pool");
  expect(code).toBeGreaterThan(0);
  expect(stdout + stderr).toMatch(/No folder can be made at \/proc\/x\. Choose another place/);
}, 60_000);

test("of a damaged record and index the rest is found, and a rebuild heals the index", async () => {
  const path = temporaryFolder("knowledge");
  const place = { KNOWLEDGE_DATA_DIR: path };
  for (const word of ["zanzibar", "quagmire"]) {
    const { code = 0 } = await cli(place, "put", `${word} failed`, "--fix", "wait");
    expect(code).toBe(0);
  }
  const files = readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) =>
    join(path, name),
  );
  for (const file of files) if (file.endsWith(".ndjson.gz")) writeFileSync(file, "garbage");
  const records = files.filter((file) => file.includes("diagnoses") && file.endsWith(".json"));
  const damaged = records.find((file) => readFileSync(file, "utf8").includes("zanzibar"));
  writeFileSync(damaged ?? "", "{");
  const checked = await cli(place, "index", "check");
  expect(checked.stdout + checked.stderr).toMatch(/index rebuild|rebuild the index/);
  await cli(place, "index", "rebuild");
  const { stdout } = await cli(place, "search", "quagmire");
  expect(stdout).toContain("quagmire");
}, 180_000);
