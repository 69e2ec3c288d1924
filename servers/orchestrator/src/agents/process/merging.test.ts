import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { makeRepository, open, order, parts, profile, SWARM, WRITES } from "./_workshop.ts";

test("works of several at once are merged one after the other", async () => {
  const repository = makeRepository();
  const workshop = await open(repository);
  const names = ["t1", "t2", "t3", "t4"];
  const ends = await Promise.all(
    names.map((name) => workshop.doTask(order(name), profile(WRITES(`${name}.txt`)), parts())),
  );
  expect(ends).toEqual(names.map(() => expect.objectContaining({ kind: "done" })));
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
        /conflicts with main in a\.txt\. The work is on trestle-unmerged\/s[\w-]+\/t\d-\d\./,
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
  const locks = join(repository.path, ".git", "refs", "heads", "trestle", SWARM);
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
