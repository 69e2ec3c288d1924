import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { run, runBin, writeShop } from "./_cli.ts";

/** One home for all that only ask. */
const home = mkdtempSync(join(tmpdir(), "trestle-tracker-"));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
writeShop(home);

const json = async (...words: string[]) => JSON.parse((await run(home, [...words, "--json"])).out);

test("tasks tells what is left, by filters, as the program does", async () => {
  // One after the other: what is compared is what they print, not how two share what they read.
  const told = await run(home, ["tasks"]);
  expect(told).toEqual({ code: 0, out: expect.any(String), error: "" });
  expect(await runBin(home, ["tasks"])).toEqual(told);
  const lines = told.out.split("\n");
  expect(lines[0]).toMatch(/^prio +status +task +updated +id$/);
  expect(lines[1]).toMatch(/^ *\d+ +in_progress +Mend the till +\d{4}-.* task-[0-9a-f]{12}$/);
  expect(lines[2]).toMatch(/ open +Write tests for the till /);
  const some = await json("tasks", "--status", "open", "--project", "shop", "--limit", "1");
  expect(some).toMatchObject({ total: 2, tasks: [{ subject: "Write tests for the till" }] });
  expect((await run(home, ["tasks", "--text", "zebra"])).out).toBe(
    "No unfinished task is like that.\n",
  );
  const page = await run(home, ["tasks", "--limit", "1"]);
  const [, after = ""] = /1 of 2; more: --after (\S+)/.exec(page.error) ?? [];
  const next = await json("tasks", "--limit", "1", "--after", after);
  expect(next.tasks).toMatchObject([{ subject: "Write tests for the till" }]);
});

test("errors tells the groups, and show where they were seen", async () => {
  const told = await run(home, ["errors"]);
  expect(told.out).toMatch(
    /^times +status +what +message .*\n +2 +open +npm test +TypeError: till/,
  );
  const { errors } = await json("errors", "--status", "open,regressed", "--order", "count");
  expect(errors).toHaveLength(1);
  const { group } = errors[0];
  const shown = await run(home, ["errors", "show", group]);
  expect(shown.out).toMatch(/seen +2 times/);
  expect(shown.out).toMatch(/Seen at:\n {2}.*two\.jsonl at byte \d+\n {2}.*one\.jsonl at byte \d+/);
  expect((await json("errors", "show", group)).error).toMatchObject({ group, count: 2 });
  expect(await json("errors", "--status", "resolved")).toEqual({ errors: [] });
});

test("search finds what was said, and what strangers wrote does nothing to the terminal", async () => {
  const told = await run(home, ["search", "Go", "on with"]);
  expect(told.out).toMatch(/shop {2}claude-code:two\n.*«Go».*«on with».*\n.*two\.jsonl at byte 0/);
  expect(told.out).toContain("\\u{1b}]0;owned\\u{7}");
  expect(told.out).not.toContain("\u001b]");
  const { hits } = await json(
    "search",
    "till",
    "--kinds",
    "prompt",
    "--session",
    "claude-code:one",
  );
  expect(hits).toMatchObject([{ evidence: { session: "claude-code:one" } }]);
  expect((await run(home, ["search", "zebra"])).out).toBe("Nothing was found.\n");
});

test("conversations tells the sessions, and which deal with the same", async () => {
  expect((await run(home, ["conversations"])).out).toMatch(
    /^last .*session\n.*shop .*claude-code:two\n.*claude-code:one\n$/,
  );
  const { conversations } = await json("conversations", "--limit", "1");
  expect(conversations).toMatchObject([{ session: "claude-code:two", project: "/srv/shop" }]);
  const related = await run(home, ["conversations", "related", "claude-code:one"]);
  expect(related.out).toMatch(/claude-code:two\n {4}.*\n?.*file: \/srv\/shop\/till\.js/);
  expect((await json("conversations", "related")).related).toHaveLength(1);
});

test("insights, fixes and correlations say what there is, and when there is nothing", async () => {
  expect((await json("insights")).insights).toEqual(expect.any(Array));
  expect((await run(home, ["insights", "--kinds", "hot-file"])).out).toBe("Nothing stands out.\n");
  expect(await json("fixes")).toEqual({
    ...{ fixes: [], counts: { validated: 0, regressed: 0, unverified: 0 } },
    notes: [expect.stringContaining("No error was resolved yet")],
  });
  expect((await run(home, ["fixes"])).out).toContain("trestle-tracker errors resolve");
  expect((await run(home, ["correlations"])).out).toBe(
    "Of 2 errors none go together more often than by chance.\n",
  );
  expect(await json("correlations")).toMatchObject({ events: 2, findings: [], changes: [] });
});

test("usage sums tokens and dollars by what is asked for", async () => {
  const told = await run(home, ["usage", "--by", "session"]);
  expect(told.out).toMatch(/^session +answers +input +output +cache read +cache write +cost\n/);
  expect(told.out).toMatch(/\nclaude-code:one +3 +3000 +300 +0 +0 +\$0\.01\n/);
  expect(told.out).toMatch(/\nall +5 +5000 +500 +0 +0 +\$0\.02\n$/);
  const byModel = await json("usage", "--by", "model", "--since", "2d");
  expect(byModel).toMatchObject({ rows: [{ key: "claude-sonnet-4-5" }], unpriced: [] });
  expect((await run(home, ["usage", "--model", "none"])).out).toContain("No model answered");
});

test("analytics and stats tell figures", async () => {
  const told = await run(home, ["analytics"]);
  expect(told.out).toMatch(/^status +tasks\n/);
  expect(told.out).toMatch(/3 named and 1 finished in the time/);
  expect(await json("analytics")).toMatchObject({ created: 3, finished: 1 });
  expect((await run(home, ["stats"])).out).toMatch(/kept in +sqlite\n.*\nsessions +2\ntasks +3\n/);
  expect(await json("stats")).toMatchObject({ kind: "sqlite", sessions: 2, errorGroups: 1 });
});

test("what is wrong is said before anything is done, with exit codes for scripts", async () => {
  const refusals: [string[], number, RegExp][] = [
    [["taks"], 2, /Did you mean tasks\?/],
    [["tasks", "--since", "soon"], 2, /--since must be a span/],
    [["tasks", "--limit", "0"], 2, /--limit must be a whole number from 1 to 100/],
    [["tasks", "--status", "lost"], 2, /--status must be one of open, in_progress, blocked/],
    [["tasks", "--project", "attic"], 1, /no project attic/],
    [["tasks", "show", "task-none"], 1, /no task task-none/],
    [["tasks", "priority", "x", "101"], 2, /The priority must be a number from 0 to 100/],
    [["tasks", "--min-confidence", "80"], 2, /number from 0 to 1/],
    [["errors", "show", "none"], 1, /no error group none/],
    [["search"], 2, /missing required argument/],
    [["usage", "--by", "moon"], 2, /--by must be one of day, model, session, project/],
    [["migrate", "--to", "http://x"], 2, /--to must be redis/],
    [["migrate", "--to", "redis+cluster://127.0.0.1:1"], 69, /Redis Cluster .* does not answer/],
    [["stats", "--tracker-keep-days", "x"], 78, /TRACKER_KEEP_DAYS/],
    [["stats", "--tracker-health-file", "none.json"], 78, /none\.json can not be read/],
  ];
  for (const [words, code, said] of refusals) {
    const ended = await run(home, words);
    expect([words, ended.code]).toEqual([words, code]);
    expect(ended.error).toMatch(said);
    expect(ended.out).toBe("");
  }
});
