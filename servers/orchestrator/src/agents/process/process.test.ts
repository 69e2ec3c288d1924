import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { systemClock } from "@trestle/protocol";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { groupAlive } from "@trestle/upstream/processes";
import { expect, test } from "vitest";
import { createGit } from "./git.ts";
import type { ProcessProfile, WorkOrder } from "./process-task.ts";
import {
  openWorkshop,
  type Workshop,
  type WorkshopConfig,
  type WorkshopParts,
} from "./workshop.ts";

const identity = ["-c", "user.name=A Person", "-c", "user.email=person@example.com"];

/** A repository with one commit, whose checkout is somebody's. */
function makeRepository(files: Record<string, string> = { "a.txt": "one\ntwo\nthree\n" }) {
  const path = temporaryFolder("trestle-repository");
  const git = (...args: string[]) =>
    execFileSync("git", [...identity, ...args], { cwd: path, encoding: "utf8" }).trim();
  const write = (name: string, text: string) => writeFileSync(join(path, name), text);
  git("init", "-q", "-b", "main");
  for (const [name, text] of Object.entries(files)) write(name, text);
  git("add", "-A");
  git("commit", "-q", "-m", "Begin");
  return { path, git, write };
}

const environment = { PATH: process.env.PATH, HOME: "/nonexistent", API_TOKEN: "swordfish" };

async function open(
  repository: { path: string },
  config: Partial<WorkshopConfig> = {},
): Promise<Workshop & { folder: string }> {
  const folder = temporaryFolder("trestle-workshop");
  const workshop = await openWorkshop(
    {
      path: repository.path,
      target: "main",
      mode: "merge",
      holdMs: 0,
      onConflict: "retry",
      ...config,
    },
    folder,
    { git: createGit(environment), clock: systemClock },
  );
  return { ...workshop, folder };
}

const order = (task: string, more: Partial<WorkOrder> = {}): WorkOrder => ({
  swarm: "s1",
  task,
  fence: 1,
  title: `Do ${task}`,
  prompt: `Please do ${task}.`,
  agent: { id: "a1", token: "agent-token" },
  ...more,
});
const profile = (script: string, more: Partial<ProcessProfile> = {}): ProcessProfile => ({
  command: [process.execPath, "-e", `const fs = require("fs"); ${script}`],
  env: {},
  timeoutMs: 20_000,
  maxOutputBytes: 1_000_000,
  maxMemoryBytes: 2 ** 31,
  output: "text",
  ...more,
});
const parts = (more: Partial<WorkshopParts> = {}): WorkshopParts => ({
  clock: systemClock,
  environment,
  signal: new AbortController().signal,
  isMine: async () => true,
  check: async () => undefined,
  ...more,
});
const WRITES = (name: string, text = "x") =>
  `fs.writeFileSync(${JSON.stringify(name)}, ${JSON.stringify(text)});`;
const worktreesOf = ({ git }: ReturnType<typeof makeRepository>) =>
  git("worktree", "list", "--porcelain").match(/^worktree /gm)?.length;

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
    TRESTLE_SWARM: "s1",
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

test("works of several at once are merged one after the other", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  const names = ["t1", "t2", "t3", "t4"];
  const ends = await Promise.all(
    names.map((name) => workshop.doTask(order(name), profile(WRITES(`${name}.txt`)), parts())),
  );
  expect(ends.map(({ kind }) => kind)).toEqual(names.map(() => "done"));
  expect(repository.git("ls-files").split("\n")).toEqual([
    "a.txt",
    ...names.map((name) => `${name}.txt`),
  ]);
  expect(repository.git("status", "--porcelain")).toBe("");
});

test.each(["merge", "rebase"] as const)(
  "a conflict names its files, and changes nothing (%s)",
  async (mode) => {
    const repository = makeRepository();
    const workshop = await open(repository, { mode });
    const change = (text: string) => `setTimeout(() => { ${WRITES("a.txt", text)} }, 50)`;
    const ends = await Promise.all([
      workshop.doTask(order("t1"), profile(change("mine\n")), parts()),
      workshop.doTask(order("t2", { fence: 2 }), profile(change("yours\n")), parts()),
    ]);
    const failed = ends.find(({ kind }) => kind === "failed");
    expect(ends.filter(({ kind }) => kind === "done")).toHaveLength(1);
    expect(failed).toMatchObject({
      retry: true,
      reason: expect.stringMatching(
        /conflicts with main in a\.txt\. The work is on trestle-unmerged\/s1\/t\d-\d\./,
      ),
    });
    expect(repository.git("status", "--porcelain")).toBe("");
    expect(readFileSync(join(repository.path, "a.txt"), "utf8")).toMatch(/^(mine|yours)\n$/);
    expect(repository.git("branch", "--list", "trestle-unmerged/*")).toMatch(/trestle-unmerged/);
  },
);

test("rebased work is a straight line", async () => {
  const repository = makeRepository();
  const workshop = await open(repository, { mode: "rebase" });
  await Promise.all(
    ["t1", "t2"].map((name) => workshop.doTask(order(name), profile(WRITES(name)), parts())),
  );
  expect(repository.git("log", "--merges", "--format=%s")).toBe("");
  expect(repository.git("log", "--topo-order", "--format=%s").split("\n").toSorted()).toEqual([
    "Begin",
    "Do t1",
    "Do t2",
  ]);
});

test("what the check refuses is not merged", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  let saw: string[] = [];
  const check = async (folder: string) => {
    saw = readdirSync(folder).filter((name) => name !== ".git");
    return "1 test failed";
  };
  const end = await workshop.doTask(order("t1"), profile(WRITES("b.txt")), parts({ check }));
  expect(end).toMatchObject({
    kind: "failed",
    retry: true,
    reason: expect.stringMatching(/check failed: 1 test failed/),
  });
  expect(saw).toEqual(["a.txt", "b.txt"]);
  expect(repository.git("log", "--topo-order", "--format=%s")).toBe("Begin");
});

test("a checkout with changes is left alone, and merged into once they are gone", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  repository.write("a.txt", "half a sentence");
  const first = await workshop.doTask(order("t1"), profile(WRITES("b.txt")), parts());
  expect(first).toMatchObject({
    kind: "failed",
    retry: true,
    reason: expect.stringMatching(/main checked out with changes/),
  });
  expect(readFileSync(join(repository.path, "a.txt"), "utf8")).toBe("half a sentence");
  repository.git("checkout", "-q", "a.txt");
  const again = await workshop.doTask(
    order("t1", { fence: 2 }),
    profile("process.exit(9)"),
    parts(),
  );
  expect(again).toMatchObject({ kind: "done", result: { changed: true } });
});

test("a file in the way that git does not know is not overwritten", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  repository.write("b.txt", "mine");
  expect(await workshop.doTask(order("t1"), profile(WRITES("b.txt")), parts())).toMatchObject({
    kind: "failed",
    reason: expect.stringMatching(/a file in the way/),
  });
  expect(readFileSync(join(repository.path, "b.txt"), "utf8")).toBe("mine");
});

test("records and locks that a crash left broken are taken away, and others' are not", async () => {
  const repository = makeRepository();
  const theirs = join(temporaryFolder(), "theirs");
  repository.git("worktree", "add", "-q", "--detach", theirs);
  const records = join(repository.path, ".git", "worktrees");
  const locks = join(repository.path, ".git", "refs", "heads", "trestle", "s1");
  mkdirSync(join(records, "half"));
  writeFileSync(join(records, "half", "commondir"), "");
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, "t1.lock"), "");
  for (const path of [join(records, "half"), join(locks, "t1.lock")]) utimesSync(path, 1, 1);
  const workshop = await open(repository);
  expect(readdirSync(records)).toEqual(["theirs"]);
  expect(await workshop.doTask(order("t1"), profile(WRITES("b.txt")), parts())).toMatchObject({
    kind: "done",
  });
  expect(existsSync(join(theirs, "a.txt"))).toBe(true);
});

test("whoever lost the task merges nothing", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  const lost = workshop.doTask(
    order("t1"),
    profile(WRITES("b.txt")),
    parts({ isMine: async () => false }),
  );
  await expect(lost).rejects.toMatchObject({ code: "cancelled" });
  let asked = 0;
  const later = parts({ isMine: async () => ++asked === 1 });
  expect(await workshop.doTask(order("t2"), profile(WRITES("b.txt")), later)).toEqual({
    kind: "lost",
  });
  expect(repository.git("log", "--topo-order", "--format=%s", "main")).toBe("Begin");
});

test("a hook of the repository may refuse the work", async () => {
  const repository = makeRepository();
  writeFileSync(
    join(repository.path, ".git", "hooks", "pre-commit"),
    "#!/bin/sh\necho held by somebody >&2\nexit 1\n",
    { mode: 0o755 },
  );
  const workshop = await open(repository);
  expect(await workshop.doTask(order("t1"), profile(WRITES("b.txt")), parts())).toMatchObject({
    kind: "failed",
    reason: expect.stringMatching(/commit was refused: held by somebody/),
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
