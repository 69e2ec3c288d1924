import { expect, test } from "vitest";
import type { ObjectStore } from "../object-store/object-store.ts";
import { openTestKnowledge, timeout } from "./_open.ts";

const DAY = 86_400_000;
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const read = async (store: ObjectStore, key: string) =>
  JSON.parse(new TextDecoder().decode((await store.get(key))?.body));

test("what is stored is a record in the bucket, found by words, by likeness and by id", async () => {
  const { knowledge, store } = await openTestKnowledge();
  const fix = "Raise the pool size and release clients in finally";
  const { id, status } = await knowledge.store({
    ...timeout(3000),
    fix,
    confidence: 0.8,
    context: "checkout api",
  });
  await knowledge.store({ error: { message: "ENOENT: no such file 'config.yml'" } });
  expect(status).toBe("stored");
  expect(await read(store, `mcp/diagnoses/${id}.json`)).toMatchObject({
    ...{ id, timestamp: "2026-06-01T00:00:00.000Z", fix, confidence: 0.8, context: "checkout api" },
    error: { name: "TimeoutError" },
  });
  const words = await knowledge.search({ text: "conection pool timeot" });
  expect(words).toMatchObject({
    total: 1,
    hits: [{ id, fix }],
    facets: { context: { "checkout api": 1 } },
  });
  expect(words.hits[0]?.highlights.join()).toContain("**pool**");
  const similar = await knowledge.findSimilar(timeout(17).error, { near: "checkout" });
  expect(similar.hits[0]).toMatchObject({ id, isSame: true });
  const { parts, score } = similar.hits[0]?.explanation ?? { parts: [], score: 0 };
  expect(parts.map(({ name }) => name)).toEqual(["text", "stack", "context", "confidence"]);
  expect(score).toBeCloseTo(parts.reduce((sum, part) => sum + part.value * part.weight, 0));
  expect(await knowledge.get(id)).toMatchObject({ record: { id, fix }, occurrences: 1 });
});

test("the same error with the same fix counts up, another fix stands beside it", async () => {
  const { knowledge } = await openTestKnowledge();
  const first = await knowledge.store({ ...timeout(1), fix: "Raise the pool size" });
  expect(await knowledge.store(timeout(2))).toEqual({
    ...{ status: "merged", id: first.id, fingerprint: first.fingerprint, seen: 2 },
  });
  expect(await knowledge.store({ ...timeout(3), fix: "raise the  POOL size" })).toMatchObject({
    seen: 3,
  });
  const other = await knowledge.store({ ...timeout(4), fix: "Add an index" });
  expect(other).toMatchObject({ status: "stored", related: [first.id] });
  expect(await knowledge.store(timeout(5), { dedupe: "off" })).toMatchObject({ status: "stored" });
  expect((await knowledge.get(first.id)).occurrences).toBe(3);
});

test("many at once: each has its own outcome, and their likes are found among themselves", async () => {
  const { knowledge } = await openTestKnowledge();
  const many = Array.from({ length: 40 }, (_, n) => ({
    error: { message: `unit ${"abcdefghij"[n % 10]} is on fire` },
  }));
  const told: number[] = [];
  const items = await knowledge.storeMany(
    [...many, { error: { message: "x" }, metadata: { a: "x".repeat(40_000) } }],
    { onProgress: (done) => told.push(done) },
  );
  const count = (status: string) => items.filter((item) => item.status === status).length;
  expect([count("stored"), count("merged"), count("failed")]).toEqual([10, 30, 1]);
  expect(items[40]).toMatchObject({
    index: 40,
    code: "invalid_input",
    message: expect.stringContaining("metadata has"),
  });
  expect(told.at(-1)).toBe(41);
  expect((await knowledge.list()).total).toBe(10);
});

test("an update needs the version that was read, and says what to do where it is another", async () => {
  const { knowledge, clock } = await openTestKnowledge();
  const { id } = await knowledge.store({ ...timeout(1), context: "api", severity: "high" });
  clock.advance(DAY);
  const { record } = await knowledge.update(
    id,
    { fix: "Raise it", severity: null },
    { version: 1 },
  );
  expect(record).toMatchObject({
    fix: "Raise it",
    version: 2,
    updatedAt: "2026-06-02T00:00:00.000Z",
  });
  expect(record).not.toHaveProperty("severity");
  await expect(knowledge.update(id, { fix: "No" }, { version: 1 })).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/version 2 since version 1.*get it again/),
  });
  // As after an answer that got lost.
  expect(await knowledge.update(id, { fix: "Raise it" }, { version: 1 })).toMatchObject({ record });
  expect((await knowledge.search({ text: "raise" })).total).toBe(1);
  expect((await knowledge.list({ hasFix: false })).total).toBe(0);
});

test("of many who update the same version at once, one does", async () => {
  const { knowledge } = await openTestKnowledge();
  const { id } = await knowledge.store(timeout(1));
  const tries = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => knowledge.update(id, { fix: `fix ${n}` }, { version: 1 })),
  );
  const lost = tries.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  expect(lost.map(({ reason }) => reason.code)).toEqual(new Array(7).fill("conflict"));
});

test("what is deleted is found by nobody, and its outcomes go with it", async () => {
  const { knowledge, store } = await openTestKnowledge();
  const { id } = await knowledge.store({ ...timeout(1), fix: "x" });
  await knowledge.recordOutcome(id, { worked: true });
  await expect(knowledge.delete(id, { version: 7 })).rejects.toMatchObject({ code: "conflict" });
  await knowledge.delete(id);
  expect((await knowledge.list()).total).toBe(0);
  await expect(knowledge.get(id)).rejects.toMatchObject({ code: "not_found" });
  await expect(knowledge.delete(id)).rejects.toMatchObject({ code: "not_found" });
  expect((await store.list("mcp/outcomes/")).objects).toEqual([]);
  expect(await knowledge.index.check()).toMatchObject({ ok: true });
});

test("outcomes move the odds, and the ranking with them", async () => {
  const { knowledge } = await openTestKnowledge();
  const a = await knowledge.store({ ...timeout(1), fix: "Restart the server" });
  const b = await knowledge.store({ ...timeout(1), fix: "Raise the pool size" });
  for (const worked of [true, true, true]) await knowledge.recordOutcome(b.id, { worked });
  const told = await knowledge.recordOutcome(a.id, { worked: false, evidence: "it came again" });
  expect(told.confidence.value).toBeLessThan(0.5);
  const { hits } = await knowledge.findSimilar(timeout(9).error);
  expect(hits.map(({ id }) => id)).toEqual([b.id, a.id]);
  expect(hits[0]?.confidence.evidence).toContain("worked 3 of 3 times");
  expect(
    (await knowledge.search({ text: "pool", minConfidence: 0.6 })).hits.map(({ id }) => id),
  ).toEqual([b.id]);
  await expect(knowledge.recordOutcome("nobody", { worked: true })).rejects.toMatchObject({
    code: "not_found",
  });
});

test("two who look at one bucket see what the other did, and compaction folds it into the records", async () => {
  const one = await openTestKnowledge();
  const { path, clock } = one;
  const two = await openTestKnowledge({ path, clock });
  const { id } = await one.knowledge.store({ ...timeout(1), fix: "x" });
  await two.knowledge.recordOutcome(id, { worked: true });
  await two.knowledge.recordOutcome(id, { worked: false });
  await one.knowledge.store(timeout(2));
  expect((await one.knowledge.get(id)).confidence).toMatchObject({ worked: 1, failed: 1 });
  await two.knowledge.index.compact();
  const record = await read(one.store, `mcp/diagnoses/${id}.json`);
  expect(record).toMatchObject({ version: 1, outcomes: { worked: 1, failed: 1 }, occurrences: 2 });
  expect(await read(one.store, "mcp/indexes/diagnoses.json")).toMatchObject({
    total: 1,
    entries: [{ id }],
  });
  const three = await openTestKnowledge({ path, clock });
  expect((await three.knowledge.get(id)).confidence).toMatchObject({ worked: 1, failed: 1 });
  expect((await three.knowledge.search({ text: "pool" })).total).toBe(1);
});

test("pages of a list follow each other without gaps, whatever has the same time", async () => {
  const { knowledge, clock } = await openTestKnowledge();
  for (let n = 0; n < 7; n += 1) {
    if (n === 4) clock.advance(DAY);
    await knowledge.store({
      error: { message: `error ${"abcdefg"[n]}` },
      metadata: { team: n < 5 ? "pay" : "web" },
    });
  }
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await knowledge.list({ limit: 2, after });
    expect(page.total).toBe(7);
    seen.push(...page.items.map(({ message }) => message.slice(-1)));
    after = page.next;
  } while (after !== undefined);
  expect(seen.join("")).toBe("gfedcba");
  expect((await knowledge.list({ metadata: { team: "pay" } })).total).toBe(5);
  expect((await knowledge.list({ since: clock.now() })).total).toBe(3);
  await expect(knowledge.list({ after: "x" })).rejects.toThrow(/no place in a list/);
});

test("secrets do not reach the bucket", async () => {
  const { knowledge, store } = await openTestKnowledge({ redactFields: ["tenant"] });
  const { id } = await knowledge.store({
    error: { message: "connect postgres://app:hunter22@db/x" },
    metadata: { tenant: "acme", password: "hunter22" },
  });
  await knowledge.update(id, { fix: "use postgres://app:hunter22@db2/x" }, { version: 1 });
  await knowledge.recordOutcome(id, { worked: true, evidence: "Bearer abcdefghijklmnop" });
  for (const { key } of (await store.list("mcp/")).objects) {
    const body = new TextDecoder().decode((await store.get(key))?.body);
    expect(body).not.toMatch(/hunter22|acme|abcdefghijklmnop/);
  }
});

test("records of older tools are found after a check, and a damaged one stops no other", async () => {
  const { knowledge, store, clock } = await openTestKnowledge();
  const old = {
    id: "old-1",
    timestamp: 1_700_000_000_000,
    error: { message: "legacy queue stalled" },
    fix: "Drain it",
  };
  await store.put("mcp/diagnoses/old-1.json", bytes(old));
  await store.put("mcp/diagnoses/broken.json", bytes("no record"));
  clock.set(Date.now() + DAY);
  const check = await knowledge.index.check();
  expect(check.ok).toBe(false);
  expect(check.lines.join("\n")).toMatch(/old-1 is stored, and no search finds it/);
  expect(check.lines.join("\n")).toMatch(/broken\.json.*no readable record/);
  await knowledge.index.check({ repair: true });
  expect((await knowledge.search({ text: "legacy queue" })).hits[0]).toMatchObject({ id: "old-1" });
  await expect(knowledge.get("broken")).rejects.toThrow(/no readable record/);
  const damaged: string[] = [];
  const pieces: string[] = [];
  for await (const piece of knowledge.export({
    format: "json",
    onDamaged: (id) => damaged.push(id),
  }))
    pieces.push(piece);
  expect(JSON.parse(pieces.join(""))).toEqual([old]);
  expect(damaged).toEqual(["broken"]);
  await knowledge.delete("broken");
  expect(await knowledge.index.rebuild()).toMatchObject({ ok: true });
});

test("exports are complete in every form, and no text ends its own fence", async () => {
  const { knowledge } = await openTestKnowledge();
  const fix = "```\nevil\n```\n# title";
  const many = Array.from({ length: 40 }, (_, n) => ({ error: { message: `e${n}` }, fix }));
  await knowledge.storeMany(many, { dedupe: "off" });
  const text = async (format: "ndjson" | "markdown") => {
    let all = "";
    for await (const piece of knowledge.export({ format })) all += piece;
    return all;
  };
  expect(
    (await text("ndjson"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).error.message),
  ).toHaveLength(40);
  const markdown = await text("markdown");
  expect(markdown.match(/^## /gm)).toHaveLength(40);
  expect(markdown).toContain("````\n```\nevil");
});

test("patterns are defined and counted, and what comes again and again is learned", async () => {
  const { knowledge } = await openTestKnowledge();
  await knowledge.definePattern({
    id: "pool",
    match: { message: "*pool*timed out*" },
    advice: "See the wiki",
  });
  await knowledge.definePattern({ id: "pool", match: { message: "*POOL timed out*" } });
  await knowledge.store({ ...timeout(1), fix: "x", context: "api" });
  await knowledge.store(timeout(2));
  await knowledge.store({ error: { message: "alone" } });
  expect(await knowledge.listPatterns()).toMatchObject({
    defined: [{ id: "pool", version: 2, matching: 1 }],
    learned: [{ name: "TimeoutError", diagnoses: 1, occurrences: 2, contexts: ["api"] }],
  });
});

test("a topic shows the best, where it contradicts itself, and what is missing", async () => {
  const { knowledge } = await openTestKnowledge();
  const a = await knowledge.store({ ...timeout(1), fix: "Restart everything every night" });
  const b = await knowledge.store({ ...timeout(1), fix: "Raise the pool size to twenty" });
  await knowledge.recordOutcome(b.id, { worked: true });
  await knowledge.store({ error: { name: "PoolError", message: "pool connection refused" } });
  const topic = await knowledge.learnTopic("connection pool");
  expect(topic.total).toBe(3);
  expect(topic.conflicts).toMatchObject([
    { kind: "different_fixes", ids: expect.arrayContaining([a.id, b.id]) },
  ]);
  expect(topic.gaps.map(({ kind }) => kind)).toEqual(["no_fix", "never_tried"]);
});

test("audits are recorded, and searched by words and filters", async () => {
  const { knowledge, clock } = await openTestKnowledge();
  const one = await knowledge.recordAudit({
    errorType: "OOM",
    errorMessage: "heap is full",
    severity: "critical",
    successfulFix: true,
  });
  clock.advance(DAY);
  await knowledge.recordAudit({
    errorType: "OOM",
    errorMessage: "heap is full again",
    context: "api",
  });
  expect((await knowledge.searchAudits({ text: "heap" })).total).toBe(2);
  expect(await knowledge.searchAudits({ text: "", severity: "critical" })).toMatchObject({
    hits: [{ audit: { id: one.id, successfulFix: true } }],
    facets: { severity: { critical: 1 } },
  });
  expect((await knowledge.searchAudits({ text: "heap", since: clock.now() })).total).toBe(1);
});
