import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectOf } from "../src/cli/data.ts";
import { type Answered, type RestBridge, startRest } from "./_rest.ts";

/** What goes through the tools of our own servers. */

let bridge: RestBridge;
beforeAll(async () => {
  const settings = { TRESTLE_PROFILE: "all", DATABASE_MODE: "admin" };
  bridge = await startRest(
    {},
    {},
    {},
    {
      orchestrator: { embedded: "orchestrator" },
      database: { embedded: "database", env: settings },
    },
  );
}, 60_000);
afterAll(async () => {
  await bridge?.stop();
});

const query = (body: JsonObject) => bridge.post("database/query", body);
const codeOf = ({ status, body }: Answered) => [status, objectOf(body.error).code];

test("the database takes a query, a transaction and migrations, and keeps the facts of the call", async () => {
  const statements = ["create table t (n int)", { sql: "insert into t values ($1)", params: [7] }];
  const written = await query({ type: "transaction", statements });
  expect(written.body).toMatchObject({ success: true, data: { committed: true } });
  const read = await query({ sql: "select n from t where n = $1", params: [7] });
  expect(read.body).toMatchObject({
    ...{ success: true, data: { rows: [{ n: 7 }] } },
    metadata: { server: "database", tool: "run_sql", execution_id: expect.any(String) },
  });
  const none = await query({ type: "migration", dryRun: true });
  expect(objectOf(none.body.metadata).tool).toBe("run_migrations");
});

test("what is wrong with a statement is the tool's error; what does not belong together is named", async () => {
  const failed = await query({ sql: "selec 1" });
  expect(failed.body).toMatchObject({ success: false, error: { code: "tool_error" } });
  for (const [body, field] of [
    [{ type: "query" }, "sql"],
    [{ type: "transaction", sql: "select 1" }, "sql"],
    [{ type: "migration", statements: ["select 1"] }, "statements"],
  ] as const) {
    const refused = await query(body as unknown as JsonObject);
    expect([codeOf(refused), refused.text]).toEqual([
      [400, "invalid_input"],
      expect.stringContaining(`"${field}: `),
    ]);
  }
});

test("a workflow is started, followed and cancelled; the same key starts it once", async () => {
  const definition = { id: "wait", steps: [{ id: "ask", type: "approval", message: "Go on?" }] };
  const tool = "orchestrator.register_workflow";
  await bridge.post("tool/call", { tool, arguments: { definition } });
  const execute = async () => {
    const asked = { workflow: "wait", wait_seconds: 10, idempotency_key: "monday" };
    return objectOf((await bridge.post("workflow/execute", asked)).body.data);
  };
  const begun = await execute();
  expect(begun.status).toBe("waiting");
  expect((await execute()).executionId).toBe(begun.executionId);
  const path = `workflow/executions/${begun.executionId}`;
  expect(objectOf((await bridge.get(path)).body.data).status).toBe("waiting");
  await bridge.post(`${path}/cancel`, {});
  expect(objectOf((await bridge.get(`${path}?wait_seconds=10`)).body.data).status).toBe(
    "cancelled",
  );
  expect((await bridge.get("workflow/executions/nothing")).body.success).toBe(false);
});

test("what is not there is said, with what to do about it", async () => {
  const unlisted = await bridge.get("swarm/some");
  expect([codeOf(unlisted), unlisted.text]).toEqual([
    [501, "unsupported"],
    expect.stringContaining("TRESTLE_PROFILE"),
  ]);
  const other = await bridge.post("database/query", { sql: "select 1", server: "one" });
  expect([codeOf(other), other.text]).toEqual([
    [501, "unsupported"],
    expect.stringContaining("is no database that is mounted here"),
  ]);
  const narrowed = await bridge.get("workflows", { "x-server": "orchestrator" });
  expect(narrowed.body.success).toBe(true);
});

test("stats tells the state, the counters and the memory of the parts", async () => {
  await bridge.post("tool/call", { tool: "one.echo" });
  const { data } = (await bridge.get("stats")).body;
  expect(data).toMatchObject({
    calls: { total: expect.any(Number) },
    bridge: { process: { rss_bytes: expect.any(Number) }, review: {}, webhooks: { dead: 0 } },
  });
  const { servers } = objectOf(data);
  expect(servers).toContainEqual(
    expect.objectContaining({ id: "one", state: "ready", rss_bytes: expect.any(Number) }),
  );
});
