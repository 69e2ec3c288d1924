import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { writeSession } from "./_home.ts";
import { type Mounted, mountServer } from "./_mount.ts";

const HOUR_MS = 3_600_000;
const FAILURE = "Exit code 1\nTypeError: till is not a function\n    at /srv/shop/till.js:3:1";

function open(home: string, settings: Record<string, string> = {}): Mounted {
  const mounted = mountServer(home, settings);
  onTestFinished(() => mounted.instance.close());
  return mounted;
}

/** Two sessions of one project. */
function writeHome() {
  const home = temporaryFolder("tracker");
  const first = writeSession(home, "one", { at: Date.now() - 5 * HOUR_MS });
  first.ask("Please mend the till");
  first.plan([
    { content: "Mend the till", status: "in_progress" },
    { content: "Write tests for the till", status: "pending" },
    { content: "Read the code", status: "completed" },
  ]);
  first.edit("/srv/shop/till.js");
  first.run("npm test", FAILURE, true);
  const second = writeSession(home, "two", { at: Date.now() - 2 * HOUR_MS });
  second.ask("Go on with the till");
  second.edit("/srv/shop/till.js");
  second.run("npm test", FAILURE, true);
  return { home, first, second };
}

/** The line that evidence points to. */
function lineAt({ path, offset }: JsonObject): JsonObject {
  const rest = readFileSync(String(path)).subarray(Number(offset)).toString();
  return JSON.parse(rest.slice(0, rest.indexOf("\n")));
}

const list = (value: unknown) => value as JsonObject[];

test("the first call already knows what sessions left, with the line that shows it", async () => {
  const { home } = writeHome();
  const { call } = open(home);
  const { tasks, total } = await call("getUnfinishedTasks", { projectId: "shop" });
  expect(total).toBe(2);
  expect(list(tasks).map(({ subject, status }) => [subject, status])).toEqual([
    ["Mend the till", "in_progress"],
    ["Write tests for the till", "open"],
  ]);
  const [task] = list(tasks);
  expect(task).toMatchObject({ priority: expect.any(Number), why: { begun: 6 } });
  const [evidence = {}] = list(task?.evidence);
  expect(lineAt(evidence)).toMatchObject({ uuid: evidence.uuid, sessionId: "one" });
});

test("a person's word wins over what sessions say", async () => {
  const { home, first } = writeHome();
  const { call } = open(home);
  const { tasks } = await call("get_unfinished_tasks");
  const [mend, tests] = list(tasks);
  const { task } = await call("update_task", { taskId: mend?.id ?? "", status: "done", by: "Ada" });
  expect(task).toMatchObject({ status: "done" });
  first.plan([{ content: "Mend the till", status: "in_progress" }]);
  first.ask("What about the zebra?");
  await expect
    .poll(async () => list((await call("search_history", { query: "zebra" })).hits).length, {
      timeout: 40_000,
    })
    .toBe(1);
  const left = await call("get_unfinished_tasks");
  expect(list(left.tasks).map(({ id }) => id)).not.toContain(mend?.id);
  await call("update_task", { id: tests?.id ?? "", mergeInto: mend?.id ?? "" });
  await expect(call("update_task", { id: mend?.id ?? "" })).rejects.toThrow(/Nothing is said/);
  await expect(call("update_task", { id: "nobody", priority: 3 })).rejects.toThrow(/nobody/);
}, 60_000);

test("an error is found, resolved, and judged by what happened afterwards", async () => {
  const { home } = writeHome();
  const { call } = open(home);
  const { errors } = await call("generate_system_report", { timeframe: "24h" });
  const [error] = list(errors);
  expect(error).toMatchObject({ count: 2, status: "open", command: "npm test" });
  expect(lineAt(list(error?.evidence)[0] ?? {})).toMatchObject({ type: "user" });
  const group = error?.group ?? "";
  const { notes } = await call("validate_fixes");
  expect(notes).toEqual([expect.stringContaining("resolve_error")]);
  await expect(call("validate_fixes", { group })).rejects.toThrow(/Nobody resolved/);
  const before = await call("validate_fixes", { group, fixedAt: "3h" });
  expect(list(before.fixes)[0]).toMatchObject({ verdict: "regressed" });
  await call("resolve_error", { group, note: "It is exported now" });
  const after = await call("validate_fixes");
  expect(after.counts).toEqual({ validated: 0, regressed: 0, unverified: 1 });
  const { error: open_ } = await call("resolve_error", { group, reopen: true });
  expect(open_).toMatchObject({ status: "open" });
});

test("conversations that wrote the same file and met the same error are related", async () => {
  const { home } = writeHome();
  writeSession(home, "other", { cwd: "/srv/garden", at: Date.now() - HOUR_MS }).ask("Water it");
  const { call } = open(home);
  const { related } = await call("correlate_conversations", { session: "claude-code:two" });
  expect(list(related)).toHaveLength(1);
  expect(list(related)[0]).toMatchObject({ session: "claude-code:one" });
  expect(list(list(related)[0]?.shares).map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["file", "error"]),
  );
  await expect(call("correlate_conversations", { session: "none" })).rejects.toThrow(/no session/);
});

test("the history is searched, pasted chats too, and nothing is stored twice", async () => {
  const { home } = writeHome();
  const { call } = open(home);
  const text = "User: The lantern is broken\n\nAssistant: I will look at it.";
  const first = await call("ingestChat", { content: text });
  const again = await call("ingest_chat", { text });
  expect([first.records, again.records, again.known]).toEqual([2, 0, 2]);
  const { hits } = await call("search_history", { q: "lantern", kinds: ["prompt"] });
  expect(list(hits)[0]).toMatchObject({ snippet: expect.stringContaining("«lantern»") });
  const none = await call("search_history", {
    query: "till",
    session: "claude-code:two",
    since: "1s",
  });
  expect(none.hits).toEqual([]);
  await expect(call("search_history", { query: "x", since: "soon" })).rejects.toThrow(/since must/);
  await expect(call("search_history", { query: "x", project: "attic" })).rejects.toThrow(
    /no project attic; there are: .*shop/,
  );
});

test("tokens and dollars are summed, by list prices or by the operator's", async () => {
  const { home } = writeHome();
  const { call } = open(home);
  const { rows, total, unpriced } = await call("get_usage", { groupBy: "session" });
  expect(list(rows)).toHaveLength(2);
  expect(total).toMatchObject({ responses: 5, inputTokens: 5_000, dollars: 0.0225 });
  expect(unpriced).toEqual([]);
  const file = join(home, "prices.json");
  writeFileSync(file, '{"claude-sonnet-4-5":{"input":1,"output":2,"cacheRead":0}}');
  const own = open(home, { TRACKER_PRICES_FILE: file, TRACKER_DATA_DIR: join(home, "other") });
  expect((await own.call("get_usage")).total).toMatchObject({ dollars: 0.006 });
});

test("a log is watched where that is allowed, and its errors are known", async () => {
  const { home } = writeHome();
  const { call } = open(home);
  mkdirSync(join(home, "logs"));
  mkdirSync(join(home, ".ssh"));
  const log = join(home, "logs", "shop.log");
  writeFileSync(log, "");
  for (const path of ["~/.ssh/id", "/etc/passwd", "~/logs/../.ssh/id"]) {
    await expect(call("watch", { action: "add", path })).rejects.toThrow(/may not be watched/);
  }
  const { sources } = await call("watch", { action: "add", path: "~/logs/shop.log" });
  expect(list(sources)).toContainEqual({ name: "shop.log", kind: "log", path: log });
  appendFileSync(log, `${new Date().toISOString()} ERROR [till] the drawer is stuck\n`);
  await expect
    .poll(async () => list((await call("search_history", { query: "drawer" })).hits).length, {
      timeout: 40_000,
    })
    .toBe(1);
  await call("watch", { action: "remove", name: "shop.log" });
  await expect(call("watch", { action: "remove", name: "shop.log" })).rejects.toThrow(/Nothing/);
}, 60_000);

test("tasks and errors are filtered by the phase that signs tell", async () => {
  const home = temporaryFolder("tracker");
  const session = writeSession(home, "one", { at: Date.now() - HOUR_MS });
  session.ask("Mend the till");
  session.edit("/srv/shop/till.ts");
  session.plan([{ content: "Mend the till", status: "pending" }]);
  session.run("npm test", "Exit code 1\nTypeError: till is not a function", true);
  const { call } = open(home);
  const tasks = async (phase: string) =>
    list((await call("get_unfinished_tasks", { phase })).tasks);
  expect(await tasks("implementation")).toMatchObject([
    { subject: "Mend the till", phase: { name: "implementation", why: "Write /srv/shop/till.ts" } },
  ]);
  expect(await tasks("release")).toEqual([]);
  expect(await call("get_error_correlations", { phase: "testing" })).toMatchObject({ events: 1 });
  expect(await call("get_error_correlations", { phase: "review" })).toMatchObject({ events: 0 });
});

test("health tells of targets that are down, and what could not be understood", async () => {
  const { home, first } = writeHome();
  appendFileSync(first.path, '{"type":"user", broken\n');
  const file = join(home, "health.json");
  const target = { kind: "tcp", name: "till", host: "127.0.0.1", port: 1, fall: 1 };
  writeFileSync(file, JSON.stringify({ targets: [target] }));
  const { call } = open(home, { TRACKER_HEALTH_FILE: file });
  const health = await call("system_health_check", { checkNow: true });
  expect(health).toMatchObject({
    status: "unwell",
    targets: [{ name: "till", status: "down" }],
    store: { kind: "sqlite", sessions: 2 },
  });
  expect(await call("system_health_check", { targets: ["till"] })).toMatchObject({
    targets: [{ history: { upPercent: 0, changes: [{ status: "down" }] } }],
  });
  expect(list((health.reading as JsonObject).skipped)[0]).toMatchObject({ count: 1 });
  await expect(call("system_health_check", { checkNow: true, targets: ["door"] })).rejects.toThrow(
    /no health target door; there is: till/,
  );
  await expect(call("system_health_check", { targets: ["door"] })).rejects.toThrow(
    /no health target door/,
  );
});

test("a file of settings that is not valid is refused with what is wrong", async () => {
  const home = temporaryFolder("tracker");
  const file = join(home, "health.json");
  writeFileSync(file, '{"targets":[{"kind":"ftp"}]}');
  await expect(open(home, { TRACKER_HEALTH_FILE: file }).call("get_insights")).rejects.toThrow(
    /health.json is not valid/,
  );
  await expect(open(home, { TRACKER_REDACT_PATTERNS: "(" }).call("get_insights")).rejects.toThrow(
    /no regular expression/,
  );
});
