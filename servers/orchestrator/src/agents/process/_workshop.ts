import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { systemClock } from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createGit } from "./git.ts";
import type { ProcessProfile, WorkOrder } from "./process-task.ts";
import {
  openWorkshop,
  type Workshop,
  type WorkshopConfig,
  type WorkshopParts,
} from "./workshop.ts";

const identity = ["-c", "user.name=A Person", "-c", "user.email=person@example.com"];

/** Programs are known, and ended, by the task that they do: no other test may do the same. */
export const SWARM = `s${randomUUID()}`;

/** A repository with one commit, whose checkout is somebody's. */
export function makeRepository(files: Record<string, string> = { "a.txt": "one\ntwo\nthree\n" }) {
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

export async function open(
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

export const order = (task: string, more: Partial<WorkOrder> = {}): WorkOrder => ({
  swarm: SWARM,
  task,
  fence: 1,
  title: `Do ${task}`,
  prompt: `Please do ${task}.`,
  agent: { id: "a1", token: "agent-token" },
  ...more,
});
export const profile = (script: string, more: Partial<ProcessProfile> = {}): ProcessProfile => ({
  command: [process.execPath, "-e", `const fs = require("fs"); ${script}`],
  env: {},
  timeoutMs: 20_000,
  maxOutputBytes: 1_000_000,
  maxMemoryBytes: 2 ** 31,
  output: "text",
  ...more,
});
export const parts = (more: Partial<WorkshopParts> = {}): WorkshopParts => ({
  clock: systemClock,
  environment,
  signal: new AbortController().signal,
  isMine: async () => true,
  check: async () => undefined,
  ...more,
});
export const WRITES = (name: string, text = "x") =>
  `fs.writeFileSync(${JSON.stringify(name)}, ${JSON.stringify(text)});`;
export const worktreesOf = ({ git }: ReturnType<typeof makeRepository>) =>
  git("worktree", "list", "--porcelain").match(/^worktree /gm)?.length;
