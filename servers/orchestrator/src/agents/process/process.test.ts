import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { groupAlive } from "@trestle/upstream/processes";
import { expect, test } from "vitest";
import {
  makeRepository,
  open,
  order,
  parts,
  profile,
  SWARM,
  WRITES,
  worktreesOf,
} from "./_workshop.ts";

test("what a program changes becomes a commit on the target, and its checkout follows", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  const end = await workshop.doTask(
    order("t1"),
    profile(`${WRITES("b.txt", "new")} console.log("I wrote b")`),
    parts(),
  );
  expect(end).toMatchObject({
    kind: "done",
    result: { text: "I wrote b", changed: true, merged: "main" },
  });
  expect(repository.git("status", "--porcelain")).toBe("");
  expect(readFileSync(join(repository.path, "b.txt"), "utf8")).toBe("new");
  expect(repository.git("log", "--topo-order", "--format=%s", "main")).toBe(
    'Merge "Do t1"\nDo t1\nBegin',
  );
  expect(worktreesOf(repository)).toBe(1);
  await workshop.forget(order("t1"));
  expect(repository.git("branch", "--list", "trestle*")).toBe("");
});

test("a program is told its task, works beside the checkout, and sees no secret of ours", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  const script = `console.log(JSON.stringify({ said: fs.readFileSync(0, "utf8"), cwd: process.cwd(), env: process.env }))`;
  const end = await workshop.doTask(order("t1"), profile(script, { env: { MINE: "1" } }), parts());
  if (end.kind !== "done") throw new Error(JSON.stringify(end));
  const { said, cwd, env } = JSON.parse((end.result as { text: string }).text);
  expect(said).toBe("Please do t1.");
  expect(cwd).not.toBe(repository.path);
  expect(existsSync(cwd)).toBe(false);
  expect(env).toMatchObject({
    MINE: "1",
    TRESTLE_SWARM: SWARM,
    TRESTLE_TASK: "t1",
    TRESTLE_AGENT: "a1",
    TRESTLE_AGENT_TOKEN: "agent-token",
  });
  expect(JSON.stringify(env)).not.toContain("swordfish");
  expect(end.result).toMatchObject({ changed: false });
});

test("a program says what it cost in its report, or as the assistant prints it", async () => {
  const workshop = await open(makeRepository());
  const report = `fs.writeFileSync(process.env.TRESTLE_REPORT, JSON.stringify({ result: { ok: true }, spent: { tokens: 12, money: 0.5 } }))`;
  expect(await workshop.doTask(order("t1"), profile(report), parts())).toMatchObject({
    result: { text: { ok: true } },
    spent: { calls: 0, tokens: 12, money: 0.5 },
  });
  const printed = {
    type: "result",
    result: "All done",
    num_turns: 3,
    total_cost_usd: 0.25,
    usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 7 },
  };
  const prints = profile(`console.log(${JSON.stringify(JSON.stringify(printed))})`, {
    output: "claude-json",
  });
  expect(await workshop.doTask(order("t2"), prints, parts())).toMatchObject({
    result: { text: "All done" },
    spent: { calls: 3, tokens: 22, money: 0.25 },
  });
});

test("a program that fails leaves nothing", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  const end = await workshop.doTask(
    order("t1"),
    profile(`${WRITES("b.txt")} console.error("no luck"); process.exit(2)`),
    parts(),
  );
  expect(end).toMatchObject({
    kind: "failed",
    retry: true,
    reason: expect.stringMatching(/exit code 2: no luck/),
  });
  expect(repository.git("log", "--topo-order", "--format=%s", "--all")).toBe("Begin");
  expect(worktreesOf(repository)).toBe(1);
});

test("a program that is cancelled, or takes too long, ends with all that it started", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  const said = join(workshop.folder, "pid");
  const sleeps = `require("child_process").spawn("sleep", ["1000"]); ${WRITES(said, "")} fs.writeFileSync(${JSON.stringify(said)}, String(process.pid)); setInterval(() => {}, 1000)`;
  const stop = new AbortController();
  const ended = workshop.doTask(order("t1"), profile(sleeps), parts({ signal: stop.signal }));
  const refused = expect(ended).rejects.toThrow();
  await until("it runs", () => existsSync(said) && readFileSync(said, "utf8") !== "");
  stop.abort();
  await refused;
  expect(groupAlive(Number(readFileSync(said, "utf8")))).toBe(false);
  expect(worktreesOf(repository)).toBe(1);
  const late = await workshop.doTask(order("t2"), profile(sleeps, { timeoutMs: 300 }), parts());
  expect(late).toMatchObject({
    kind: "failed",
    reason: expect.stringMatching(/ended \(timeout\)/),
  });
});

test("a program that is not there is a fault of the configuration", async () => {
  const workshop = await open(makeRepository());
  await expect(
    workshop.doTask(order("t1"), profile("", { command: ["no-such-program-here"] }), parts()),
  ).rejects.toMatchObject({ code: "invalid_config" });
  await expect(open({ path: temporaryFolder() })).rejects.toThrow(/is no git repository/);
  await expect(open(makeRepository(), { target: "nowhere" })).rejects.toThrow(
    /has no branch nowhere/,
  );
});
