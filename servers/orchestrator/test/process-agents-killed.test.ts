import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  nodeEnvironment,
  seededRandom,
  temporaryFolder,
  until,
} from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("_workshop-process.ts", import.meta.url));

function start(folder: string, mode: string, count: number): ChildProcess & { said: string } {
  const child = spawn(process.execPath, [program, folder, String(count)], {
    env: { ...nodeEnvironment(), HOME: folder, MODE: mode },
    stdio: ["ignore", "pipe", "inherit"],
  }) as ChildProcess & { said: string };
  child.said = "";
  child.stdout?.on("data", (chunk) => {
    child.said += chunk;
  });
  return child;
}

/** Processes that were told of this folder, besides ourselves. */
function left(folder: string): number {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`OF=${folder}\0`);
    } catch {
      return false;
    }
  }).length;
}

test.runIf(process.platform === "linux").each(["merge", "rebase"])(
  "killed at any moment, every task is merged once and the repository is sound (%s)",
  async (mode) => {
    const random = seededRandom();
    const folder = temporaryFolder("trestle-killed");
    const repository = join(folder, "repository");
    mkdirSync(repository);
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@example.com", ...args], {
        cwd: repository,
        encoding: "utf8",
      }).trim();
    git("init", "-q", "-b", "main");
    writeFileSync(join(repository, "a.txt"), "a\n");
    git("add", "-A");
    git("commit", "-q", "-m", "Begin");

    const rounds = random.rounds(3);
    for (let round = rounds; round > 0; round -= 1) {
      const child = start(folder, mode, 2 * rounds);
      const exit = once(child, "exit");
      await until("it is open", () => child.said.includes("open") || child.exitCode !== null);
      await pause(random.below(1_500));
      child.kill("SIGKILL");
      await exit;
      // A git that was begun goes on to its end; whatever is there now is whole.
      git("rev-parse", "--verify", "main");
    }
    const child = start(folder, mode, 2 * rounds);
    const [code] = await once(child, "exit");
    expect([code, child.said]).toEqual([0, "open\ndone\n"]);

    git("fsck", "--strict", "--no-dangling");
    expect(git("status", "--porcelain")).toBe("");
    const subjects = git("log", "--topo-order", "--format=%s", "--no-merges", "main").split("\n");
    const tasks = Array.from({ length: 2 * rounds }, (_, index) => `t${index}`);
    expect(subjects.toSorted()).toEqual(["Begin", ...tasks.map((task) => `Do ${task}`)].toSorted());
    expect(git("ls-files").split("\n").toSorted()).toEqual(
      ["a.txt", ...tasks.map((task) => `${task}.txt`)].toSorted(),
    );
    expect(git("worktree", "list").split("\n")).toHaveLength(1);
    await until("nothing runs on", () => left(folder) === 0);
  },
);
