import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder, until } from "@trestle/testkit/surroundings";
import { groupAlive } from "@trestle/upstream/processes";
import { expect, test } from "vitest";
import { makeRepository, openCrewWorld, owner, script } from "./_crew.ts";

const crew = { kind: "process", profile: "writer" } as const;
/** Says in a file that it began, and goes on until a file lets it. */
const waitsFor = (gate: string) =>
  `while (!fs.existsSync(${JSON.stringify(gate)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);`;
const says = (file: string) => `fs.appendFileSync(${JSON.stringify(file)}, process.pid + "\\n");`;
const linesOf = (file: string) =>
  existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];

test("programs are started as tasks come, and end with them", async () => {
  const folder = temporaryFolder("trestle-crew");
  const { git, path } = makeRepository(folder, { "a.txt": "a\n" });
  const [pids, gate] = [join(folder, "pids"), join(folder, "gate")];
  const world = await openCrewWorld({
    folder,
    agents: {
      profiles: {
        writer: {
          kind: "process",
          command: script(
            `${says(pids)} ${waitsFor(gate)} fs.writeFileSync(process.env.TRESTLE_TASK + ".txt", "x"); console.log("wrote")`,
          ),
          repository: "app",
        },
      },
      repositories: { app: { path } },
    },
  });
  const { swarm } = await world.create({
    crew,
    autoScale: { min: 0, max: 3, tasksPerAgent: 1, cooldownMs: 100 },
  });
  expect(linesOf(pids)).toEqual([]);
  await world.submit(swarm, ...["1", "2", "3", "4", "5"].map((title) => ({ title })));
  await until("three of them run", () => linesOf(pids).length === 3);
  expect((await world.swarms.get({ swarm }, owner)).wanted).toBe(3);
  expect(linesOf(pids).every((pid) => groupAlive(Number(pid)))).toBe(true);

  writeFileSync(gate, "");
  const { tasks, counts } = await world.finished(swarm);
  expect(counts).toMatchObject({ succeeded: 5 });
  expect(tasks.every(({ result }) => (result as { merged: string }).merged === "main")).toBe(true);
  expect(git("ls-files").split("\n")).toHaveLength(6);
  expect(git("status", "--porcelain")).toBe("");

  await until("none runs", () => linesOf(pids).every((pid) => !groupAlive(Number(pid))));
  let active = 1;
  while (active > 0) {
    const { members } = await world.swarms.get({ swarm }, owner);
    active = members.filter(({ status }) => status === "active").length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test("work that conflicts is done again on what others did", async () => {
  const folder = temporaryFolder("trestle-crew");
  const { git, path } = makeRepository(folder, { "list.txt": "" });
  const began = join(folder, "began");
  // Nobody goes on before both have read the same list.
  const append = `
    const list = fs.readFileSync("list.txt", "utf8");
    ${says(began)}
    while (fs.readFileSync(${JSON.stringify(began)}, "utf8").split("\\n").length < 3) {}
    fs.writeFileSync("list.txt", list + process.env.TRESTLE_TASK + "\\n");
  `;
  const world = await openCrewWorld({
    folder,
    agents: {
      profiles: { writer: { kind: "process", command: script(append), repository: "app" } },
      repositories: { app: { path, mode: "rebase" } },
    },
  });
  const { swarm } = await world.create({ crew, target: 2 });
  await world.submit(swarm, { title: "one" }, { title: "two" });
  const { tasks, counts } = await world.finished(swarm);
  expect(counts).toMatchObject({ succeeded: 2 });
  expect(tasks.map(({ attempts }) => attempts).toSorted()).toEqual([1, 2]);
  expect(git("show", "main:list.txt").split("\n").toSorted()).toEqual(
    tasks.map(({ id }) => id).toSorted(),
  );
  expect(git("branch", "--list", "trestle-unmerged/*")).toContain("trestle-unmerged/");
});

test("what a check refuses comes back with what the check said", async () => {
  const folder = temporaryFolder("trestle-crew");
  const { git, path } = makeRepository(folder, { "a.txt": "a\n" });
  const program = `
    const prompt = fs.readFileSync(0, "utf8");
    fs.writeFileSync("b.txt", prompt.includes("b.txt must say good") ? "good" : "bad");
  `;
  const check = `
    if (fs.readFileSync("b.txt", "utf8") === "good") process.exit(0);
    console.log("b.txt must say good"); process.exit(1);
  `;
  const world = await openCrewWorld({
    folder,
    agents: {
      profiles: { writer: { kind: "process", command: script(program), repository: "app" } },
      repositories: { app: { path } },
      checks: { tests: { command: script(check), repository: "app" } },
    },
  });
  const { swarm } = await world.create({ crew, target: 1 });
  await world.submit(swarm, { title: "write b", check: { command: "tests" } });
  const { tasks } = await world.finished(swarm);
  expect(tasks[0]).toMatchObject({ status: "succeeded", attempts: 2 });
  expect(git("show", "main:b.txt")).toBe("good");
  expect(git("log", "--topo-order", "--no-merges", "--format=%s", "main")).toBe("write b\nBegin");
});

test.each(["cancel_task", "destroy_swarm"])("a program ends with its task (%s)", async (how) => {
  const folder = temporaryFolder("trestle-crew");
  const pids = join(folder, "pids");
  const command = script(`${says(pids)} ${waitsFor(join(folder, "never"))}`);
  const world = await openCrewWorld({
    folder,
    agents: { profiles: { writer: { kind: "process", command } } },
  });
  const { swarm } = await world.create({ crew, target: 1 });
  const [task] = await world.submit(swarm, { title: "for ever" });
  await until("it runs", () => linesOf(pids).length === 1);
  if (how === "destroy_swarm") await world.swarms.destroy({ swarm }, owner);
  else await world.swarms.cancelTask({ swarm, task: task?.id ?? "" }, owner);
  await until("it ends", () => !groupAlive(Number(linesOf(pids)[0])));
});

test("a judging command chooses among several that do the same", async () => {
  const folder = temporaryFolder("trestle-crew");
  const [first, judged] = [join(folder, "first"), join(folder, "judged")];
  const judge = script(`
    const { result } = JSON.parse(fs.readFileSync(0, "utf8"));
    if (result.text !== "b") {
      fs.writeFileSync(${JSON.stringify(judged)}, "");
      console.log("it is " + result.text);
      process.exit(1);
    }
  `);
  // Whoever makes the folder is the first. The other waits: what is done after a good result is not judged.
  const program = `let says = "b"; try { fs.mkdirSync(${JSON.stringify(first)}); says = "a"; } catch { ${waitsFor(judged)} } console.log(says);`;
  const world = await openCrewWorld({
    folder,
    agents: {
      profiles: { writer: { kind: "process", command: script(program) } },
      checks: { judge: { command: judge } },
    },
  });
  const { swarm } = await world.create({ crew, target: 2 });
  const [whole] = await world.submit(swarm, {
    title: "say b",
    copies: 2,
    aggregate: "judge",
    check: { command: "judge" },
    maxAttempts: 1,
  });
  const { tasks } = await world.finished(swarm);
  const one = (id: string | undefined) => tasks.find((task) => task.id === id);
  expect(one(whole?.id)).toMatchObject({ status: "succeeded", result: { text: "b" } });
  const refused = tasks.find(({ status }) => status === "failed");
  expect(refused?.reason).toMatch(/The check "judge" refused the result: it is a/);
});

test("an orchestrator that ends gives back what was in work, and its successor goes on", async () => {
  const folder = temporaryFolder("trestle-crew");
  const [pids, gate] = [join(folder, "pids"), join(folder, "gate")];
  const command = script(`${says(pids)} ${waitsFor(gate)} console.log("done")`);
  const agents = { profiles: { writer: { kind: "process", command } } };
  const first = await openCrewWorld({ folder, agents });
  const { swarm } = await first.create({ crew, target: 1 });
  await first.submit(swarm, { title: "long" });
  await until("it runs", () => linesOf(pids).length === 1);
  await first.close();
  // Killed by then; what it had started goes with it, as soon as the system has reaped it.
  await until("it is gone", () => !groupAlive(Number(linesOf(pids)[0])));

  writeFileSync(gate, "");
  const second = await openCrewWorld({ folder, agents });
  const { tasks } = await second.finished(swarm);
  expect(tasks[0]).toMatchObject({ status: "succeeded", attempts: 1, result: { text: "done" } });
});

test("what a program says that it cost is the cost of the swarm, and its budget ends it", async () => {
  const report = `fs.writeFileSync(process.env.TRESTLE_REPORT, JSON.stringify({ result: "ok", spent: { tokens: 60 } }))`;
  const world = await openCrewWorld({
    agents: { profiles: { writer: { kind: "process", command: script(report) } } },
  });
  const { swarm } = await world.create({ crew, target: 1, budget: { tokens: 100 } });
  await world.submit(swarm, ...["1", "2", "3", "4"].map((title) => ({ title })));
  for (;;) {
    const { status, cost, counts } = await world.swarms.get({ swarm }, owner);
    if (status === "exhausted") {
      expect(cost.tokens).toBe(120);
      expect(counts).toMatchObject({ succeeded: 2, ready: 2 });
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
