import { expect, test } from "vitest";
import { server } from "../src/index.ts";
import { mountServer } from "./_call.ts";

const timeout = (ms: number) => ({
  name: "TimeoutError",
  message: `pool timed out after ${ms} ms`,
  stack: `TimeoutError: x\n    at acquire (/srv/pool.js:${ms}:1)`,
});

test("an error is met, mended, met again by another, and its fix gets better odds", async () => {
  const { call } = mountServer();
  const first = await call("diagnose_error", { ...timeout(10), context: "checkout api" });
  expect(first.structuredContent).toMatchObject({ known: false, similar: [] });
  expect(first.content[0]?.text).toMatch(/^Stored knowledge, .*data, never instructions/);
  const { id } = first.structuredContent;
  const fix = "Raise the pool size to 20";
  await call("update_diagnosis", { id: id ?? "", version: 1, fix, confidence: 0.7 });
  const second = await call("diagnose_error", { ...timeout(99), context: "billing" });
  expect(second.structuredContent).toMatchObject({ id, known: true, bestFix: { id, fix } });
  const told = await call("record_outcome", { id: id ?? "", success: true, evidence: "it runs" });
  expect(told.content[0]?.text).toMatch(/odds of 7\d %.*worked 1 of 1 times/);
  const { structuredContent } = await call("get_diagnosis", { id: id ?? "" });
  expect(structuredContent).toMatchObject({
    ...{ version: 2, occurrences: 2, confidence: { worked: 1, failed: 0 } },
    diagnosis: { fix, error: { name: "TimeoutError" } },
  });
});

test("asking may keep nothing, and a fix of another error is not offered", async () => {
  const { call } = mountServer();
  await call("store_diagnosis", {
    error: { message: "disk quota exceeded on volume" },
    fix: "Prune",
  });
  const { structuredContent } = await call("diagnose_error", { ...timeout(1), store: false });
  expect(structuredContent).not.toHaveProperty("id");
  expect(structuredContent).not.toHaveProperty("bestFix");
  expect((await call("list_diagnoses", {})).structuredContent.total).toBe(1);
});

test("search says why, pages, counts facets, and takes names of old", async () => {
  const { call } = mountServer();
  const many = Array.from({ length: 6 }, (_, n) => ({
    error: { message: `pool ${"abcdef"[n]} is exhausted` },
    context: n % 2 ? "api" : "web",
  }));
  expect((await call("store_diagnoses", { diagnoses: many })).content[0]?.text).toBe(
    "6 stored, 0 were known already, 0 failed.",
  );
  const page = await call("search_knowledge", { q: "pool exausted", timeframe: "24h", limit: 4 });
  expect(page.structuredContent).toMatchObject({
    ...{ total: 6, nextOffset: 4, facets: { context: { api: 3, web: 3 } } },
    results: [
      { why: [expect.stringMatching(/^text \d+ % × \d+ %: /), expect.any(String)] },
      {},
      {},
      {},
    ],
  });
  const rest = await call("search_knowledge", { query: "pool", limit: 4, offset: 4 });
  expect(rest.structuredContent.results).toHaveLength(2);
  const listed = await call("list_diagnoses", { limit: 4 });
  const next = String(listed.structuredContent.next);
  expect((await call("list_diagnoses", { after: next })).structuredContent).toMatchObject({
    diagnoses: [{}, {}],
  });
});

test("the names of an earlier system are callable, with their arguments, and not listed", async () => {
  const { call, ask } = mountServer({ profile: "all" });
  await call("StoreDiagnosis", { error: { message: "it broke" }, fix: "mend it" });
  await call("record_audit", { errorType: "OOM", errorMessage: "heap is full" });
  expect(
    (await call("AuditSearch", { query: "heap", timeframe: "24h" })).structuredContent.total,
  ).toBe(1);
  const metrics = await call("GetFactoryWagerMetrics", { metricType: "growth", timeframe: "7d" });
  expect(metrics.structuredContent).toMatchObject({ growth: { total: 1, inPeriod: 1 } });
  const { tools } = (await ask("tools/list", {})) as { tools: { name: string }[] };
  expect(tools.map(({ name }) => name)).toEqual(server.tools.map(({ name }) => name));
  expect(tools).toHaveLength(41);
});

test("metrics and costs are counted from what was done", async () => {
  const { call } = mountServer();
  await call("store_diagnosis", { error: { message: "a" }, fix: "b" });
  await call("search_knowledge", { query: "a" });
  await call("search_knowledge", { query: "zebra" });
  const { structuredContent } = await call("get_metrics", { type: "all" });
  expect(structuredContent).toMatchObject({
    "r2-storage": { folders: { diagnoses: { objects: 1 } }, truncated: false },
    usage: { operations: { store: { count: 1, failed: 0 }, search: { count: 2 } } },
    search: { searches: 2, empty: 1, indexed: 1 },
    errors: { stored: 1, withoutFix: 0 },
    learning: { outcomes: 0, successRate: null, fixesNeverTried: 1 },
  });
  const cost = await call("get_cost_report", {});
  expect(cost.structuredContent).toMatchObject({
    perThousand: { stores: expect.any(Number) },
    recommendations: [expect.stringContaining("folder"), ...[]],
  });
});

test("an answer survives the end of the server, in the folder below its home", async () => {
  const { call, dataDir, instance } = mountServer();
  const { structuredContent } = await call("store_diagnosis", { error: { message: "kept" } });
  await instance.close();
  const again = mountServer({}, { dataDir });
  const found = await again.call("find_similar_errors", { message: "kept" });
  expect(found.structuredContent).toMatchObject({ results: [{ id: structuredContent.id }] });
});

test("every refusal names the field or the thing, and the next step", async () => {
  const { call, refusal } = mountServer();
  const { structuredContent } = await call("store_diagnosis", { error: { message: "x" } });
  const id = String(structuredContent.id);
  const refusals: [string, Record<string, never> | object, RegExp][] = [
    ["get_diagnosis", { id: "nobody" }, /no diagnosis nobody.*search for it/],
    ["get_diagnosis", { id: "../secrets" }, /is no id.*Take it from a search/],
    ["update_diagnosis", { id, version: 3, fix: "y" }, /version 1 since version 3.*get it again/],
    ["update_diagnosis", { id, fix: "y" }, /version: /],
    ["delete_diagnosis", { id: "nobody" }, /no diagnosis nobody/],
    ["search_knowledge", { query: "x", since: "yesterday" }, /since must be .*24h.*"yesterday"/],
    ["list_diagnoses", { after: "x" }, /after: "x" is no place/],
    ["store_diagnosis", { error: { message: "" } }, /error\.message/],
    ["store_diagnosis", { error: { message: "x" }, confidence: 80 }, /confidence/],
    ["define_pattern", { id: "Pool", match: { name: "x" } }, /lower-case letters/],
    ["define_pattern", { id: "pool", match: {} }, /at least one of name, message, context/],
    ["get_metrics", { type: "everything" }, /type: must be all, or one or several of r2-storage/],
    ["store_diagnosis", { error: { message: "x", kind: 1 } }, /error\.kind: Unknown field/],
    [
      "store_diagnosis",
      { error: { message: "x" }, metadata: { a: "x".repeat(33_000) } },
      /metadata has/,
    ],
    ["record_outcome", { id: "nobody", worked: true }, /no diagnosis nobody/],
  ];
  for (const [tool, args, words] of refusals)
    expect(await refusal(tool, args as never), tool).toMatch(words);
});

test("half a configuration of a bucket is refused and names what is missing, never a folder instead", async () => {
  const { refusal } = mountServer({ R2_ACCESS_KEY_ID: "key-canary", R2_AUDIT_BUCKET: "knowledge" });
  const words = await refusal("list_diagnoses", {});
  expect(words).toMatch(/R2_SECRET_ACCESS_KEY.*R2_ACCOUNT_ID/);
  expect(words).not.toContain("key-canary");
});

test("a folder that can not be used is refused in words", async () => {
  const { refusal } = mountServer({ KNOWLEDGE_DATA_DIR: "/dev/null/x" });
  expect(await refusal("list_diagnoses", {})).toMatch(/\/dev\/null/);
});

test("the core profile stays within its budget of tokens", () => {
  const core = new Set(
    server.tools.filter(({ profile }) => profile === "core").map(({ name }) => name),
  );
  const listed = server.describeTools().filter(({ name }) => core.has(String(name)));
  expect(listed.length).toBeLessThanOrEqual(12);
  // Four characters are about a token: at most 7,000.
  expect(JSON.stringify(listed).length).toBeLessThan(28_000);
});
