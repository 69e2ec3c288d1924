import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";
import {
  askPostgres,
  createLocalDatabase,
  findPrograms,
  hasLocalPostgres,
  startPostgres,
} from "@trestle/testkit/local-postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { type RunningBridge, startBridge, temporaryFolder } from "./_bridge.ts";
import { until } from "./_processes.ts";

const UPSTREAM = fileURLToPath(new URL("./fixtures/upstream.ts", import.meta.url));
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const programs = findPrograms();
const isThere = await hasLocalPostgres();
const ROUNDS = 3;

interface Rest {
  ask(method: string, path: string, body?: JsonObject): Promise<JsonObject>;
}

async function startAt(home: string, url: string): Promise<RunningBridge & Rest> {
  const config = {
    store: { postgres: url },
    mcpServers: {
      one: { command: process.execPath, args: [UPSTREAM, `--root=${home}`, "--name=one"] },
    },
  };
  const bridge = await startBridge({ config, home });
  const admin = readFileSync(join(home, "admin.key"), "utf8").trim();
  return {
    ...bridge,
    async ask(method, path, body) {
      const response = await fetch(bridge.url.replace(/\/mcp$/, `/api/mcp/${path}`), {
        method,
        headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
      const { data } = parseJson(await response.text()) as JsonObject;
      return isJsonObject(data) ? data : {};
    },
  };
}

function call({ ask }: Rest, index: number): Promise<JsonObject> {
  const tool = index % 2 === 0 ? "one.echo" : "one.write";
  return ask("POST", "tool/call", { tool, arguments: { text: `${index}` } });
}

const healthOf = async ({ ask }: Rest) => (await ask("GET", "health")) as JsonObject;
const copyOf = async (bridge: Rest) => (await healthOf(bridge)).postgres as JsonObject;

async function untilCopied(bridge: Rest): Promise<void> {
  await until("all is copied", async () => {
    const { state, lag_rows, audit_behind } = await copyOf(bridge);
    return state === "up" && lag_rows === 0 && audit_behind === 0;
  });
}

function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), "trestle-archive-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 10 }));
  return home;
}

async function idsOf({ ask }: Rest): Promise<string[]> {
  const { executions } = await ask("GET", "history?limit=1000&server=one");
  return (executions as JsonObject[]).map(({ execution_id }) => String(execution_id));
}

describe.runIf(isThere)("a bridge that copies its history", { timeout: 120_000 }, () => {
  test("loses nothing and has nothing twice, however often it is killed meanwhile", async () => {
    const { url, drop } = await createLocalDatabase({ prefix: "trestle_archive" });
    onTestFinished(drop);
    const home = temporaryHome();
    const answered = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const bridge = await startAt(home, url);
      let killed = false;
      const caller = async (first: number): Promise<void> => {
        for (let index = first; !killed; index += 1) {
          const answer = await call(bridge, index).catch(() => ({}) as JsonObject);
          if (typeof answer.execution_id === "string") answered.add(answer.execution_id);
        }
      };
      const callers = [0, 1, 2, 3].map((first) => caller(first * 1_000));
      await until("some of it is copied, and more comes", async () => {
        const { state, lag_rows } = await copyOf(bridge);
        const rows = await countIn(url);
        return state === "up" && rows > round * 20 + 20 && Number(lag_rows) > 0;
      });
      killed = true;
      bridge.child.kill("SIGKILL");
      await Promise.all([bridge.exited, ...callers]);
    }
    const last = await startAt(home, url);
    await untilCopied(last);
    const local = await idsOf(last);
    const kept = await askPostgres<{ id: string; outcome: string }>(
      url,
      "SELECT execution_id AS id, outcome FROM trestle_bridge.execution WHERE server = 'one'",
    );
    await last.stop();
    expect(kept.map(({ id }) => id).toSorted()).toEqual(local.toSorted());
    expect(kept.filter(({ outcome }) => outcome === "started")).toEqual([]);
    expect(kept.length).toBeGreaterThan(ROUNDS * 20);
  });

  test.runIf(programs)("goes on without Postgres, says so, and catches up by itself", async () => {
    const postgres = await startPostgres({ programs: String(programs) });
    onTestFinished(() => postgres.stop());
    await askPostgres(`${postgres.url}/postgres`, "CREATE DATABASE history");
    const url = `${postgres.url}/history`;
    const bridge = await startAt(temporaryHome(), url);
    onTestFinished(() => void bridge.stop());
    await call(bridge, 0);
    await untilCopied(bridge);
    postgres.kill();
    for (let index = 0; index < 10; index += 1) await call(bridge, index);
    await bridge.ask("POST", "keys", { name: "made meanwhile" });
    await until("it is told", async () => (await healthOf(bridge)).status === "degraded");
    const { reasons } = await healthOf(bridge);
    expect(String(reasons)).toMatch(/Postgres at 127\.0\.0\.1:\d+\/history .*1\d calls .* behind/);
    expect(await idsOf(bridge)).toHaveLength(11);
    postgres.start();
    await untilCopied(bridge);
    expect((await healthOf(bridge)).status).toBe("ok");
    expect(await countIn(url)).toBeGreaterThanOrEqual(11);
  });

  test("verifies its copies from the command line, while it runs and while it does not", async () => {
    const { url, drop } = await createLocalDatabase({ prefix: "trestle_archive" });
    onTestFinished(drop);
    const home = temporaryHome();
    const bridge = await startAt(home, url);
    await bridge.ask("POST", "keys", { name: "one" });
    await bridge.ask("POST", "keys", { name: "two" });
    await untilCopied(bridge);
    const good = await trestle(home, "audit", "verify", "--postgres");
    expect([good.code, good.stdout]).toEqual([
      0,
      expect.stringMatching(/copy of .*: \d+ entries, all/),
    ]);
    await askPostgres(url, "DELETE FROM trestle_bridge.audit_entry WHERE seq = 2");
    const bad = await trestle(home, "audit", "verify", "--postgres");
    expect(bad.code).not.toBe(0);
    expect(bad.stdout).toMatch(/Entry 2 is missing/);
    const verdict = await bridge.ask("GET", "security/audit-logs/verify?postgres=true");
    expect(verdict).toMatchObject({ ok: false, reason: "copy", seq: 2 });
    await bridge.child.kill("SIGTERM");
    await bridge.exited;
    expect((await trestle(home, "audit", "verify", "--postgres")).stdout).toBe(bad.stdout);
  });
});

async function countIn(url: string): Promise<number> {
  const sql = "SELECT count(*)::int AS count FROM trestle_bridge.execution WHERE server = 'one'";
  const rows = await askPostgres<{ count: number }>(url, sql).catch(() => []);
  return rows[0]?.count ?? 0;
}

async function trestle(
  home: string,
  ...args: string[]
): Promise<{ code: number | null; stdout: string }> {
  const command = [MAIN, "--config", join(home, "trestle.json"), ...args];
  const env = { PATH: process.env.PATH, HOME: home, TRESTLE_HOME: home };
  const child = spawn(process.execPath, command, { cwd: temporaryFolder(), env });
  let stdout = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout };
}
