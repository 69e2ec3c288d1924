import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isJsonObject, LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { createLocalDatabase, hasLocalPostgres } from "@trestle/testkit/local-postgres";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { createStandaloneHost, type JsonObject } from "@trestle-mcp/server-kit";
import { describe, expect, onTestFinished, test } from "vitest";
import { server } from "../src/server.ts";
import { startOwnRedis } from "./_own-redis.ts";

/** Programs start slowly on a machine that does much else. */
const BUSY_MS = 60_000;

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Starts a program and waits for the line that says it is ready. */
async function start(args: readonly string[], env: object, ready: RegExp): Promise<string> {
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
  const said: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      said.push(line);
      if (ready.test(line)) resolve(line);
    });
  }
  child.on("exit", () => reject(new Error(`It ended: ${said.join("\n")}`)));
  return promise;
}

async function startUpstream() {
  const home = temporaryFolder();
  const ledger = join(home, "ledger");
  writeFileSync(ledger, "");
  const env = { LEDGER: ledger, TRESTLE_HOME: home, TRESTLE_KEY: "" };
  const line = await start([here("_upstream.ts"), "--http", "127.0.0.1:0"], env, /listening/);
  const url = /http:\/\/[^"\s]+/.exec(line)?.[0] ?? "";
  const has = (what: string) => () => readFileSync(ledger, "utf8").includes(what);
  return { url, has };
}

/** The server as it runs alone, with its tools called here. */
function openServer(url: string, settings: Record<string, string>) {
  const parts = { dataDir: temporaryFolder(), clock: systemClock, log: silentLogger };
  const host = createStandaloneHost({ ...parts, bridge: { url } });
  const instance = server.mount(host, settings);
  onTestFinished(async () => {
    await instance.close();
    await host.close();
  });
  return async (name: string, args: JsonObject): Promise<JsonObject> => {
    const context = {
      principal: LOCAL_PRINCIPAL,
      signal: new AbortController().signal,
      client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
    } as const;
    const params = { name, arguments: args };
    const result = await instance.request("tools/call", params, context);
    if (!isJsonObject(result.structuredContent)) throw new Error(JSON.stringify(result));
    return result.structuredContent;
  };
}

const workflow = (tool: string) => ({
  definition: { id: tool, steps: [{ id: "a", server: "s", tool }] },
});

test("cancelling an execution reaches the server that is being called", {
  timeout: 3 * BUSY_MS,
}, async () => {
  const upstream = await startUpstream();
  const call = openServer(upstream.url, {});
  await call("register_workflow", workflow("slow"));
  const { executionId = "" } = await call("execute_workflow", {
    workflow: "slow",
    wait_seconds: 0,
  });
  await until("it is called", upstream.has("called"), BUSY_MS);
  await call("cancel_execution", { executionId });
  await until("it hears of it", upstream.has("cancelled"), BUSY_MS);
  const ended = await call("get_execution", { executionId, wait_seconds: 60 });
  expect(ended).toMatchObject({ status: "cancelled" });
});

describe.skipIf(!(await hasLocalPostgres()))("trestle-orchestrator worker", () => {
  test("does the steps of another machine's workflows, and hears of a cancellation there", {
    timeout: 4 * BUSY_MS,
  }, async () => {
    const database = await createLocalDatabase({ prefix: "trestle_worker" });
    onTestFinished(() => database.drop());
    const [redis, upstream] = await Promise.all([startOwnRedis(), startUpstream()]);
    const settings = {
      ORCHESTRATOR_DATABASE_URL: database.url,
      ORCHESTRATOR_REDIS_URL: redis.url,
    };
    const call = openServer(upstream.url, { ...settings, ORCHESTRATOR_CONCURRENCY: "0" });
    await call("register_workflow", workflow("quick"));
    await call("register_workflow", workflow("slow"));
    const first = await call("execute_workflow", { workflow: "quick", wait_seconds: 0 });
    expect(first).toMatchObject({ status: "running" });
    const env = { ...settings, MCP_BRIDGE_URL: upstream.url, TRESTLE_HOME: temporaryFolder() };
    await start([here("../src/bin.ts"), "worker"], env, /working/);
    const { executionId = "" } = first;
    expect(await call("get_execution", { executionId, wait_seconds: 60 })).toMatchObject({
      status: "succeeded",
      results: { a: { done: true } },
    });
    const second = await call("execute_workflow", { workflow: "slow", wait_seconds: 0 });
    await until("the worker calls", upstream.has("called"), BUSY_MS);
    await call("cancel_execution", { executionId: second.executionId ?? "" });
    await until("it hears of it", upstream.has("cancelled"), BUSY_MS);
  });

  test("says what it lacks", async () => {
    const env = { ORCHESTRATOR_DATABASE_URL: "", TRESTLE_HOME: temporaryFolder() };
    const problem = await start(
      [here("../src/bin.ts"), "worker"],
      env,
      /ORCHESTRATOR_DATABASE_URL/,
    );
    expect(problem).toContain("set ORCHESTRATOR_DATABASE_URL to a Postgres");
  });
});
