import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { beforeEach, expect, test } from "vitest";
import { run, runBin, startBin, writeShop } from "./_cli.ts";
import { writeSession } from "./_home.ts";

const INITIALIZE = {
  ...{ protocolVersion: "2025-11-25", capabilities: {} },
  clientInfo: { name: "test", version: "1" },
};
let home: string;

beforeEach(() => {
  home = temporaryFolder("tracker");
});

const json = async (...words: string[]) => JSON.parse((await run(home, [...words, "--json"])).out);

test("what a person says of a task wins, and each word for it does what it says", async () => {
  writeShop(home);
  const { tasks } = await json("tasks");
  const [{ id }, { id: other }] = tasks;
  const said = await runBin(home, ["tasks", "priority", id, "90"]);
  expect(said.out).toBe(`${id}  in_progress, priority 90: Mend the till\n`);
  await run(home, ["tasks", "assign", id, "Ada", "Lovelace"]);
  await run(home, ["tasks", "note", id, "the drawer first"]);
  await run(home, ["tasks", "rename", id, "Mend the drawer of the till"]);
  const shown = await run(home, ["tasks", "show", id]);
  expect(shown.out).toMatch(/^task-\w+ {2}Mend the drawer of the till\n/);
  expect(shown.out).toMatch(/owner +Ada Lovelace\n +note +the drawer first\n/);
  expect(shown.out).toMatch(/Said at:\n.*one\.jsonl at byte \d+/);
  expect(await json("tasks", "status", id, "blocked")).toMatchObject({
    task: { status: "blocked" },
  });
  expect(await json("tasks", "priority", id, "none")).toMatchObject({
    task: { priority: expect.not.closeTo(90) },
  });
  const done = await json("tasks", "done", id, "--note", "it opens again", "--by", "Grace");
  expect(done).toMatchObject({ task: { id, status: "done", note: "it opens again" } });
  expect(await json("tasks", "merge", other, id)).toMatchObject({ task: { id } });
  expect((await run(home, ["tasks"])).out).toBe("Nothing is unfinished.\n");
});

test("an error that is resolved is judged, and may be opened again", async () => {
  writeShop(home);
  const [{ group }] = (await json("errors")).errors;
  const said = await run(home, ["errors", "resolve", group, "--note", "it is exported"]);
  expect(said.out).toMatch(/ {2}resolved: TypeError: till is not a function\n$/);
  const fixes = await run(home, ["fixes"]);
  expect(fixes.out).toMatch(/^verdict .*\nunverified /);
  expect(fixes.error).toBe("0 validated, 0 regressed, 1 unverified.\n");
  expect(await json("errors", "resolve", group, "--reopen")).toMatchObject({
    error: { status: "open" },
  });
});

test("ingest reads files and folders, tells what they are, and reads nothing twice", async () => {
  const elsewhere = join(home, "elsewhere");
  mkdirSync(elsewhere);
  const session = writeSession(elsewhere, "far", { at: Date.now() - 3_600_000 });
  session.ask("Paint the fence");
  session.plan([{ content: "Paint the fence", status: "pending" }]);
  writeFileSync(join(home, "notes.md"), "User: The gate squeaks\n\nAssistant: I will oil it.\n");
  const log = join(home, "fence.log");
  writeFileSync(log, "2026-03-01 10:00:00 ERROR [gate] the hinge broke");
  const paths = [elsewhere, "notes.md", "fence.log"];
  const first = await runBin(home, ["ingest", ...paths]);
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/of 3 files: 7 new records/) });
  expect(first.error).toContain(`${elsewhere}: read as claude-code.`);
  expect(first.error).toContain("notes.md: read as chat.");
  expect(first.error).toContain("fence.log: read as log.");
  expect(await json("ingest", ...paths)).toMatchObject({ files: 3, records: 0, problems: [] });
  expect((await json("search", "hinge")).hits).toMatchObject([
    { evidence: { path: log, offset: 0 } },
  ]);
  expect((await json("tasks")).tasks).toMatchObject([{ subject: "Paint the fence" }]);
  const wrong = await run(home, ["ingest", "notes.md", "--kind", "codex"]);
  expect([wrong.code, wrong.error]).toEqual([1, expect.stringContaining("--kind says what it is")]);
}, 60_000);

test("ingest without paths reads all that is watched", async () => {
  writeShop(home);
  const done = await json("ingest");
  expect(done).toMatchObject({ files: 2, skipped: 0, problems: [], newErrors: 1, tasks: 3 });
  expect(await json("ingest")).toMatchObject({ files: 2, records: 0 });
  const off = await run(home, ["ingest"], { TRACKER_READ: "false" });
  expect([off.code, off.error]).toEqual([1, "Nothing is read: TRACKER_READ is off.\n"]);
  const gone = await run(home, ["ingest", "nowhere"]);
  expect([gone.code, gone.error]).toEqual([2, expect.stringContaining("nowhere can not be read")]);
});

test("a server that reads already is left to it, and other files are read beside it", async () => {
  writeShop(home);
  writeFileSync(join(home, "notes.md"), "User: The gate squeaks\n\nAssistant: I will oil it.\n");
  const server = startBin(home, []);
  server.ask({ jsonrpc: "2.0", id: 1, method: "initialize", params: INITIALIZE });
  server.ask({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "get_insights" } });
  await expect.poll(server.out, { timeout: 30_000 }).toContain('"id":2');
  const done = await run(home, ["ingest"]);
  expect([done.code, done.out]).toEqual([0, expect.stringContaining("Another process reads")]);
  expect(await json("ingest", "notes.md")).toMatchObject({ files: 1, problems: [] });
  expect((await json("search", "squeaks")).hits).toHaveLength(1);
  expect((await run(home, ["doctor"])).out).toMatch(/^ok {4}reading +Another process reads\./m);
}, 60_000);

test("watch adds a log whose errors are known from then on, and lets go of it", async () => {
  writeFileSync(join(home, "shop.log"), "");
  const added = await run(home, ["watch", "add", "shop.log"]);
  expect(added.out).toMatch(
    /^name +kind +path\nclaude-code [\s\S]*\nshop\.log +log +.*shop\.log\n$/,
  );
  appendFileSync(join(home, "shop.log"), "2026-03-01 10:00:00 ERROR [till] the drawer is stuck\n");
  await run(home, ["ingest"]);
  expect((await run(home, ["search", "drawer"])).out).toContain("«drawer»");
  const { sources } = await json("watch", "remove", "shop.log");
  expect(sources.map(({ name }: { name: string }) => name)).toEqual([
    ...["claude-code", "codex", "gemini", "hooks"],
  ]);
  expect((await json("watch", "list")).isReading).toBe(true);
  const denied = await run(home, ["watch", "add", "/etc/passwd"]);
  expect([denied.code, denied.error]).toEqual([77, expect.stringContaining("TRACKER_WATCH_DIRS")]);
  expect((await run(home, ["watch", "remove", "none"])).code).toBe(1);
}, 60_000);
