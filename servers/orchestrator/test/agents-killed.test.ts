import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { makeRepository, script } from "./_crew.ts";
import { startServer } from "./_server.ts";

interface Results {
  readonly tasks: { id: string; status: string }[];
  readonly counts: Record<string, number>;
}

test("an orchestrator that is killed goes on with its crew, and merges every task once", async () => {
  const random = seededRandom();
  const home = temporaryFolder("trestle-home");
  const { git, path } = makeRepository(home, { "a.txt": "a\n" });
  const program = `setTimeout(() => fs.writeFileSync(process.env.TRESTLE_TASK + ".txt", "x"), 100)`;
  const file = join(home, "agents.json");
  const agents = {
    profiles: { writer: { kind: "process", command: script(program), repository: "app" } },
    repositories: { app: { path } },
  };
  writeFileSync(file, JSON.stringify(agents));
  const start = async () => {
    const server = await startServer(home, { ORCHESTRATOR_AGENTS: file });
    onTestFinished(() => server.end("SIGKILL"));
    return server;
  };

  let server = await start();
  const { swarm } = await server.tool<{ swarm: string }>("create_swarm", {
    crew: { kind: "process", profile: "writer" },
    agents: 2,
    leaseSeconds: 2,
  });
  for (let task = 0; task < 5; task += 1) {
    await server.tool("submit_task", { swarm, title: `Task ${task}`, maxAttempts: 20 });
  }
  for (let round = random.rounds(2); round > 0; round -= 1) {
    await pause(random.below(2_000));
    await server.end("SIGKILL");
    server = await start();
  }
  // Nobody asks it for anything: it goes on by itself.
  const merged = () => git("log", "--no-merges", "--format=%s", "main").split("\n").length - 1;
  await until("all is merged", () => merged() === 5, 50_000);
  let results: Results;
  do {
    await pause(50);
    results = await server.tool<Results>("get_results", { swarm });
  } while ((results.counts.succeeded ?? 0) + (results.counts.failed ?? 0) < 5);

  expect(results.counts).toMatchObject({ succeeded: 5 });
  const subjects = git("log", "--no-merges", "--format=%s", "main").split("\n");
  const titles = [0, 1, 2, 3, 4].map((task) => `Task ${task}`);
  expect(subjects.toSorted()).toEqual(["Begin", ...titles]);
  expect(git("ls-files").split("\n")).toHaveLength(6);
  expect(git("status", "--porcelain")).toBe("");
  await server.end("SIGTERM");
  expect(git("worktree", "list").split("\n")).toHaveLength(1);
  git("fsck", "--strict", "--no-dangling");
});
