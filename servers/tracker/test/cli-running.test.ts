import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { run, runBin, writeShop } from "./_cli.ts";

let home: string;

beforeEach(() => {
  home = temporaryFolder("tracker");
  writeShop(home);
});

const json = async (...words: string[]) => JSON.parse((await run(home, [...words, "--json"])).out);

test("--help names every command, and each says what it takes", async () => {
  const [flag, word] = await Promise.all([run(home, ["--help"]), run(home, ["help"])]);
  expect(flag).toEqual(word);
  for (const name of "setup serve hook doctor ingest watch tasks errors search report".split(" "))
    expect(flag.out).toMatch(new RegExp(`^ {2}${name} +\\S`, "m"));
  expect((await run(home, ["tasks", "done", "--help"])).out).toContain("--note <text>");
  expect((await runBin(home, ["hook", "--help"])).out).toContain("--print-settings");
  expect((await runBin(home, ["serve", "--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("without a command and with serve the program is the MCP server", async () => {
  const call = { jsonrpc: "2.0", id: 1, method: "ping" };
  const input = `${JSON.stringify(call)}\n`;
  const answers = await Promise.all([[], ["serve"]].map((words) => runBin(home, words, { input })));
  for (const { code, out } of answers) {
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ id: 1 });
  }
});

test("setup tells what it found, and writes settings that hold from then on", async () => {
  const file = join(home, "own", "tracker", ".env");
  const dry = await run(home, ["setup", "--dry-run"]);
  expect([dry.code, existsSync(file)]).toEqual([0, false]);
  const done = await runBin(home, ["setup", "--tracker-keep-days", "90"]);
  expect(done.out).toMatch(/^source +files +size +path\nclaude-code +2 /);
  expect(done.out).toContain("claude mcp add tracker -- npx -y @trestle-mcp/tracker");
  const [, hooks = ""] = /settings\.json:\n(\{[\s\S]*?\n\})\n/.exec(done.out) ?? [];
  expect(JSON.parse(hooks).hooks.Stop[0].hooks[0]).toMatchObject({ async: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(parseEnv(readFileSync(file, "utf8"))).toMatchObject({ TRACKER_KEEP_DAYS: "90" });
  const again = await json("setup");
  expect(again.settings).toEqual({ path: file, isWritten: false });
  expect(again.sources[0]).toMatchObject({ kind: "claude-code", files: 2, problems: [] });
  writeFileSync(file, "TRACKER_KEEP_DAYS=many\n");
  const wrong = await runBin(home, ["stats"]);
  expect([wrong.code, wrong.error]).toEqual([78, expect.stringContaining("TRACKER_KEEP_DAYS")]);
});

test("doctor tries what is needed, and says what is missing", async () => {
  const good = await run(home, ["doctor"]);
  expect([good.code, good.error]).toEqual([0, ""]);
  expect(good.out).toMatch(/^ok {4}store .*SQLite[\s\S]*^ok {4}kept .* of 2 sessions/m);
  expect(good.out).toMatch(/^ok {4}reading +All is read\./m);
  expect(good.out).not.toContain("FAIL");
  const away = await run(home, ["test", "--json"], { REDIS_URL: "redis://:canary@127.0.0.1:1" });
  expect(away.code).toBe(1);
  expect(JSON.parse(away.out).checks).toContainEqual({
    ...{ name: "store", ok: false, message: expect.stringContaining("127.0.0.1:1") },
  });
  expect(away.out + away.error).not.toContain("canary");
  const broken = await run(home, ["doctor"], { TRACKER_PRICES_FILE: "none.json" });
  expect(broken.out).toMatch(/^FAIL {2}settings +none\.json can not be read/m);
}, 60_000);

test("health tells the states of targets, and fails where one is down", async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const target = { kind: "tcp", host: "127.0.0.1", fall: 1, rise: 1 };
  const file = join(home, "health.json");
  const targets = [
    { ...target, name: "till", port },
    { ...target, name: "door", port: 1 },
  ];
  const alerts = { webhooks: { ops: { url: "http://127.0.0.1:1/" } }, allowHosts: ["127.0.0.1"] };
  writeFileSync(file, JSON.stringify({ targets, alerts }));
  const env = { TRACKER_HEALTH_FILE: file };
  await run(home, ["silence", "add", "door", "--for", "2h", "--reason", "new hinges"]);
  const told = await runBin(home, ["health"], { env });
  expect(told.code).toBe(1);
  expect(told.out).toMatch(
    /^The system is unwell\.\ntarget +kind +state .*\ntill +tcp +up .*\ndoor +tcp +down /,
  );
  expect(told.out).toMatch(/\nAlerts are told to ops\.\nSilent until .*: door \(new hinges\)\.\n/);
  const one = await run(home, ["health", "till", "--json"], env);
  expect([one.code, JSON.parse(one.out).targets]).toEqual([
    0,
    [expect.objectContaining({ name: "till" })],
  ]);
  const last = await run(home, ["health", "--last"], env);
  expect(last.out).toMatch(/door +tcp +down /);
  expect((await run(home, ["health", "attic"], env)).error).toContain("no health target attic");
});

test("report tells a time as text, markdown, data and a page that stands alone", async () => {
  const told = await run(home, ["report"]);
  expect(told.out).toMatch(/Unfinished: 2 tasks; 3 were named and 1 finished/);
  expect(told.out).toMatch(/prio +status +task [\s\S]*times +status +what /);
  expect((await run(home, ["report", "--markdown"])).out).toMatch(/^# Report\n\n[\s\S]*## Errors/);
  expect(await json("report", "--since", "24h")).toMatchObject({ errors: [{ count: 2 }] });
  const page = await runBin(home, ["report", "--html", "report.html"]);
  expect([page.code, page.out]).toEqual([0, ""]);
  expect(page.error).toContain(join(home, "report.html"));
  const html = readFileSync(join(home, "report.html"), "utf8");
  expect(html).toMatch(/^<!doctype html>[\s\S]*default-src 'none'/);
  expect(html).toMatch(/Mend the till[\s\S]*TypeError: till is not a function/);
  expect(html).not.toMatch(/<script|\ssrc=|href=|url\(|@import|NaN|undefined/);
  const nowhere = await run(home, ["report", "--html", "no/folder/report.html"]);
  expect([nowhere.code, nowhere.error]).toEqual([2, expect.stringContaining("can not be written")]);
});

test("what is exported can be imported elsewhere, and all moves to another folder", async () => {
  const made = await runBin(home, ["export", "all.jsonl"]);
  await run(home, ["ingest"]);
  const exported = await json("export", "all.jsonl");
  expect([made.code, exported.path]).toEqual([0, join(home, "all.jsonl")]);
  const elsewhere = { TRACKER_DATA_DIR: join(home, "other"), TRACKER_READ: "false" };
  const { records } = await json("stats");
  const back = await run(home, ["import", "all.jsonl", "--json"], elsewhere);
  expect(JSON.parse(back.out)).toMatchObject({ records });
  const again = await run(home, ["import", "all.jsonl"], elsewhere);
  expect(again.out).toContain(" 0 records that were not there before");
  const moved = await run(home, ["migrate", "--to", "third"]);
  expect(moved).toMatchObject({ code: 0, out: expect.stringContaining("the same in both") });
  expect(await json("migrate", "--to", "third")).toMatchObject({ wasThere: true });
  const third = await run(home, ["stats", "--json"], {
    ...{ TRACKER_DATA_DIR: join(home, "third"), TRACKER_READ: "false" },
  });
  expect(JSON.parse(third.out)).toMatchObject({ records });
  const same = await run(home, ["migrate", "--to", join("own", "tracker", "store")]);
  expect([same.code, same.error]).toEqual([2, expect.stringContaining("kept already")]);
  mkdirSync(join(home, "empty"));
  const none = await run(home, ["import", "none.jsonl"]);
  expect([none.code, none.error]).toEqual([2, expect.stringContaining("none.jsonl")]);
}, 60_000);
