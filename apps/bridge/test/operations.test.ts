import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { keyOf, startCore } from "./_core.ts";
import { effectsOf } from "./_upstreams.ts";

test("discover names every server and every tool, the bridge's own included", async () => {
  const { ask } = await startCore();
  const { servers, tools, total } = await ask("discover");
  expect(servers).toMatchObject([
    { id: "one", kind: "stdio", state: "ready", tools_count: 5 },
    { id: "two", tools_count: 5 },
    { id: "bridge", kind: "embedded" },
  ]);
  expect(total).toBe((tools as JsonObject[]).length);
  expect(tools).toContainEqual(
    expect.objectContaining({
      name: "one__read",
      read_only: true,
      listed: true,
      breaker: "closed",
    }),
  );
  expect(tools).toContainEqual(
    expect.objectContaining({ name: "bridge__call_tool", listed: false, destructive: true }),
  );
  const full = await ask("discover", { server: "one", tool: "echo", detail: "full" });
  expect(full).toMatchObject({ total: 1, tools: [{ input_schema: { type: "object" } }] });
});

test("a tool is found by its exposed name, by SERVER.TOOL and by an alias of its server", async () => {
  const mcpServers = { db: { embedded: "database", aliases: ["books"] } };
  const { ask } = await startCore({ mcpServers });
  for (const tool of ["db__run_sql", "db.run_sql", "books.run_sql", "neon__run_sql"]) {
    expect(await ask("describe_tool", { tool })).toMatchObject({ server: "db", tool: "run_sql" });
  }
  expect(await ask("describe_tool", { tool: "run_sql", server: "neon" })).toMatchObject({
    name: "db__run_sql",
  });
  const found = await ask("find_tools", { query: "supabase sql", limit: 1 });
  expect(found.tools).toMatchObject([{ name: "db__run_sql" }]);
  await expect(ask("describe_tool", { tool: "db__run_sq" })).rejects.toMatchObject({
    code: "not_found",
    message: expect.stringContaining("db__run_sql"),
  });
});

test("call_tool gives the raw result and the facts of the call", async () => {
  const { ask } = await startCore();
  const answer = await ask("call_tool", { tool: "one.echo", params: { text: "hello" } });
  expect(answer).toMatchObject({
    result: { content: [{ type: "text", text: "hello" }] },
    metadata: { server: "one", tool: "echo", cached: false, retry_count: 0, fallback_used: false },
  });
  const both = { tool: "one.echo", params: {}, arguments: {} };
  await expect(ask("call_tool", both)).rejects.toMatchObject({ code: "invalid_input" });
});

test("use_cache makes an answer of a tool that only reads come from memory, until it is cleared", async () => {
  const { ask } = await startCore();
  const call = { tool: "one.echo", arguments: { text: "kept" }, use_cache: true, cache_ttl: 60 };
  const cached = async () => ((await ask("call_tool", call)).metadata as JsonObject).cached;
  expect(await cached()).toBe(false);
  expect(await cached()).toBe(true);
  expect(await ask("cache_stats")).toMatchObject({ hits: 1, misses: 1, entries: 1, hit_rate: 0.5 });
  expect(await ask("cache_clear", { tool: "one__echo" })).toEqual({ cleared: 1 });
  expect(await cached()).toBe(false);
  expect(await ask("cache_toggle", { enabled: false })).toEqual({ enabled: false });
  expect(await cached()).toBe(false);
});

test("a narrow key reaches through the carriers only what its scopes cover", async () => {
  const { ask, call, place } = await startCore();
  const key = keyOf("narrow", ["one:*:read"]);
  expect(await call("bridge__call_tool", { tool: "one.echo" }, key)).not.toHaveProperty("isError");
  await expect(ask("call_tool", { tool: "two.echo" }, key)).rejects.toMatchObject({
    code: "denied",
    details: { scope: "two:echo:read" },
  });
  const write = { tool: "one.write", arguments: { key: "no" } };
  const refused = await call("bridge__batch", { calls: [write] }, key);
  expect(refused.structuredContent).toMatchObject({ results: [{ error: { code: "denied" } }] });
  const chain = { steps: [{ server: "one", tool: "write", arguments: { key: "no" } }] };
  const ran = await call("bridge__run_chain", chain, key);
  expect(ran.structuredContent).toMatchObject({ success: false });
  expect(effectsOf(place)).toEqual([]);
  for (const name of ["cache_clear", "cache_toggle"]) {
    const input = name === "cache_toggle" ? { enabled: false } : {};
    await expect(ask(name, input, key)).rejects.toMatchObject({ code: "denied" });
  }
});

test("everybody sees their own executions, and the person of this machine all of them", async () => {
  const { ask } = await startCore();
  await ask("call_tool", { tool: "one.echo" }, keyOf("ann"));
  const bens = await ask("call_tool", { tool: "one.read" }, keyOf("ben"));
  const { execution_id } = bens.metadata as JsonObject;
  const seen = async (input: JsonObject, context = {}) =>
    ((await ask("history", input, context)).executions as JsonObject[]).map((row) => row.principal);
  expect(await seen({}, keyOf("ann"))).toEqual(["ann"]);
  expect(await seen({ principal: "ben" }, keyOf("ann"))).toEqual(["ann"]);
  expect(await seen({ principal: "ben" })).toEqual(["ben"]);
  expect(await seen({ tool: "one__echo" })).toEqual(["ann"]);
  await expect(ask("why", { execution_id }, keyOf("ann"))).rejects.toMatchObject({
    code: "not_found",
  });
  expect(await ask("why", { execution_id }, keyOf("ben"))).toMatchObject({ tool: "read" });
  const { metrics } = await ask("metrics", { group_by: "principal" }, keyOf("ann"));
  expect(metrics).toMatchObject([{ principal: "ann", calls: 1 }]);
});

test("why tells what every policy decided, and what the call caused", async () => {
  const { ask, call } = await startCore();
  const { _meta: meta } = await call("bridge__batch", { calls: [{ tool: "one.echo" }] });
  const { execution_id } = (meta as JsonObject)["trestle/call"] as JsonObject;
  const told = await ask("why", { execution_id: String(execution_id) });
  expect(told).toMatchObject({
    server: "bridge",
    tool: "batch",
    outcome: "success",
    children: [{ server: "one", tool: "echo", parent_execution_id: execution_id }],
  });
  const policies = (told.stages as JsonObject[]).map(({ policy }) => policy);
  expect(policies).toEqual(expect.arrayContaining(["authorize", "limit", "timeout"]));
  // A carrier has no breaker, bulkhead or retries of its own.
  expect(policies).not.toContain("breaker");
  expect(policies).not.toContain("bulkhead");
});

test("metrics and performance count what was called, over the time asked for", async () => {
  const { ask } = await startCore();
  for (const tool of ["one.echo", "one.echo", "two.read"]) await ask("call_tool", { tool });
  expect((await ask("metrics", { timeframe: "1h" })).totals).toMatchObject({ calls: 3 });
  const usage = await ask("metrics", { server: "one", metricType: "usage" });
  expect(usage.metrics).toEqual([
    expect.objectContaining({ server: "one", tool: "echo", calls: 2, success_rate: 1 }),
  ]);
  expect((usage.metrics as JsonObject[])[0]).not.toHaveProperty("p50_ms");
  expect((await ask("performance")).tools).toContainEqual(
    expect.objectContaining({ tool: "echo", calls: 2, breaker: "closed" }),
  );
  await expect(ask("metrics", { timeframe: "soon" })).rejects.toMatchObject({
    code: "invalid_input",
  });
});

test("only the admin credential decides about a call that waits", async () => {
  const { ask } = await startCore();
  expect(await ask("review_list")).toEqual({ items: [] });
  const decision = { id: "none", decision: "approve" };
  await expect(ask("review_resolve", decision)).rejects.toMatchObject({ code: "denied" });
  const admin = { principal: { id: "admin", kind: "admin" as const } };
  await expect(ask("review_resolve", decision, admin)).rejects.toMatchObject({ code: "not_found" });
});

test("health says why the bridge is degraded, and nothing of its servers to who has no key", async () => {
  const broken = { command: process.execPath, args: ["-e", "process.exit(1)"] };
  const { ask } = await startCore({ mcpServers: { broken } });
  const told = await ask("health");
  expect(told).toMatchObject({ status: "degraded", servers: [{ id: "broken" }] });
  expect(String(told.reasons)).toContain("broken cannot be reached");
  const anonymous = { principal: { id: "anonymous", kind: "anonymous" as const } };
  expect(Object.keys(await ask("health", {}, anonymous)).toSorted()).toEqual([
    "status",
    "uptime_s",
    "version",
  ]);
});

test("servers, ps and doctor tell of the servers, their processes and what is wrong", async () => {
  const broken = {
    command: process.execPath,
    args: ["-e", "console.error('no disk');process.exit(1)"],
  };
  const { ask, place } = await startCore({ mcpServers: { broken } });
  expect((await ask("servers")).servers).toMatchObject([
    { id: "broken", kind: "stdio", stderr: expect.arrayContaining(["no disk"]) },
  ]);
  expect(JSON.stringify(await ask("servers", {}, keyOf("ann")))).not.toContain('"stderr"');
  const { bridge } = await ask("ps");
  expect(bridge).toMatchObject({ pid: process.pid, rss_bytes: expect.any(Number) });
  const { status, checks } = await ask("doctor");
  expect(status).toBe("fail");
  const failed = (checks as JsonObject[]).find(({ name }) => name === "servers");
  expect(failed).toMatchObject({ status: "fail", next: expect.any(String) });
  expect(failed?.message).toContain("no disk");
  expect(checks).toContainEqual(
    expect.objectContaining({ name: "policies", message: expect.stringContaining("→ timeout") }),
  );
  expect(place.home).toBeTruthy();
  await expect(ask("doctor", {}, keyOf("ann"))).rejects.toMatchObject({ code: "denied" });
});

test("an input that nobody knows is refused by its name", async () => {
  const { ask } = await startCore({ mcpServers: {} });
  await expect(ask("history", { sever: "one" })).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringContaining("sever"),
  });
});
