import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, test } from "vitest";
import { makeHome, startSample } from "./_sample.ts";

const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "t", version: "1" },
  },
};
const addTea = {
  jsonrpc: "2.0",
  id: 2,
  method: "tools/call",
  params: { name: "add_note", arguments: { text: "tea" } },
};

test("answers what a pipe brought before its end", async () => {
  const sample = startSample([]);
  let stdout = "";
  sample.child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  sample.child.stdin?.end(`${JSON.stringify(initialize)}\n${JSON.stringify(addTea)}\n`);
  expect(await sample.exited).toBe(0);
  expect(stdout).toContain('"structuredContent":{"count":1}');
});

test("a write whose process was killed has an unknown outcome, and is not done again", async () => {
  const home = makeHome();
  const meta = { "trestle/idempotencyKey": "run/step/1" };
  const call = { name: "slow_note", arguments: {}, _meta: meta };
  const first = startSample([], { home });
  const line = { ...addTea, params: { ...call, _meta: { ...meta, progressToken: "p" } } };
  first.child.stdin?.write(`${JSON.stringify(initialize)}\n${JSON.stringify(line)}\n`);
  await new Promise<void>((resolve) => {
    first.child.stdout?.on("data", (chunk) => {
      if (String(chunk).includes("notifications/progress")) resolve();
    });
  });
  first.child.kill("SIGKILL");
  await first.exited;

  const client = await connect(home);
  const result = await client.callTool(call);
  expect(result.isError).toBe(true);
  expect(result._meta).toMatchObject({ "trestle/error": { code: "outcome_unknown" } });
  await client.close();
});

test("the end of stdin ends the process, also when a tool hangs", async () => {
  const sample = startSample([]);
  const line = {
    ...addTea,
    params: { name: "hang", arguments: {}, _meta: { progressToken: "p" } },
  };
  sample.child.stdin?.write(`${JSON.stringify(initialize)}\n${JSON.stringify(line)}\n`);
  await new Promise<void>((resolve) => {
    sample.child.stdout?.on("data", (chunk) => {
      if (String(chunk).includes("notifications/progress")) resolve();
    });
  });
  sample.child.stdin?.end();
  expect(await sample.exited).toBe(0);
});

test("flags win over the environment, the environment over .env", async () => {
  const home = makeHome();
  writeFileSync(join(home, ".env"), "SAMPLE_LIMIT=zero-from-file\nSAMPLE_GREETING=hi\n");
  const fromFile = startSample([], { home });
  expect(await fromFile.exited).toBe(78);
  expect(fromFile.stderr()).toContain("SAMPLE_LIMIT (--sample-limit)");
  const fromEnvironment = startSample([], { home, env: { SAMPLE_LIMIT: "3" } });
  fromEnvironment.child.stdin?.end();
  expect(await fromEnvironment.exited).toBe(0);
  const fromFlag = startSample(["--sample-limit", "none"], { home, env: { SAMPLE_LIMIT: "3" } });
  expect(await fromFlag.exited).toBe(78);
});

test("what stands in the server's own folder holds wherever it is started, and gives way to all else", async () => {
  const home = makeHome();
  mkdirSync(join(home, "data", "sample"), { recursive: true });
  writeFileSync(join(home, "data", "sample", ".env"), "SAMPLE_LIMIT=zero-from-home\n");
  const alone = startSample([], { home });
  expect(await alone.exited).toBe(78);
  expect(alone.stderr()).toContain("SAMPLE_LIMIT");
  writeFileSync(join(home, ".env"), "SAMPLE_LIMIT=3\n");
  const here = startSample([], { home });
  here.child.stdin?.end();
  expect(await here.exited).toBe(0);
});

test("a named env file is read instead of .env, and must be there", async () => {
  const home = makeHome();
  writeFileSync(join(home, "other.env"), "SAMPLE_LIMIT=zero-from-file\n");
  const wrong = startSample(["--env-file", "other.env"], { home });
  expect(await wrong.exited).toBe(78);
  expect(wrong.stderr()).toContain("SAMPLE_LIMIT");
  // Node looks for this flag too, wherever it stands, and may be the one that complains.
  const missing = startSample(["--env-file", "nowhere.env"]);
  expect(await missing.exited).not.toBe(0);
  expect(missing.stderr()).toContain("nowhere.env");
});

async function connect(home: string): Promise<Client> {
  const client = new Client({ name: "t", version: "1" });
  const bin = new URL("./fixtures/sample/bin.ts", import.meta.url).pathname;
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [bin],
      env: { TRESTLE_HOME: join(home, "data") },
      cwd: home,
    }),
  );
  return client;
}
