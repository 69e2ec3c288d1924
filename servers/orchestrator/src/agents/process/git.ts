import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { TrestleError } from "@trestle/protocol";
import { childEnvironment, type Environment } from "@trestle/upstream/processes";

export interface GitAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Git {
  /** Runs git in a folder; throws `unavailable` with what git said where it fails. */
  (cwd: string, ...args: string[]): Promise<string>;
  /** The same for what may well fail. */
  ask(cwd: string, ...args: string[]): Promise<GitAnswer>;
}

/** Nobody is asked anything, nothing is signed or collected on the way, and no editor opens. */
const SETTINGS = [
  "gc.auto=0",
  "maintenance.auto=false",
  "commit.gpgsign=false",
  "core.editor=true",
];
/** A worktree that another git is just making, or was when it was killed: git begins nothing beside one. */
const HALF_MADE = /failed to read \S*worktrees\/\S+/;
const TRIES = 20;
const PAUSE_MS = 50;
const AUTHOR = "Trestle";
const ADDRESS = "trestle@localhost";
const MAX_OUTPUT = 32 * 1024 * 1024;

/**
 * Git as a program. Each runs in a group of its own and is never ended by us: should we be killed, what it has begun
 * it finishes, so that a repository is never left in the middle of a step.
 */
export function createGit(environment: Environment): Git {
  const settings = SETTINGS.flatMap((setting) => ["-c", setting]);
  async function ask(cwd: string, ...args: string[]): Promise<GitAnswer> {
    for (let tries = 1; ; tries += 1) {
      const answer = await run(environment, cwd, [...settings, ...args]);
      if (answer.code === 0 || tries === TRIES || !HALF_MADE.test(answer.stderr)) return answer;
      await pause(PAUSE_MS);
    }
  }
  async function git(cwd: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await ask(cwd, ...args);
    if (code === 0) return stdout;
    throw new TrestleError(
      "unavailable",
      `git ${args.find((word) => !word.startsWith("-"))} failed: ${(stderr || stdout).trim().slice(-2_000)}`,
    );
  }
  return Object.assign(git, { ask });
}

function run(environment: Environment, cwd: string, args: string[]): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, {
      cwd,
      env: childEnvironment(environment, {
        LC_ALL: "C",
        GIT_TERMINAL_PROMPT: "0",
        GIT_AUTHOR_NAME: AUTHOR,
        GIT_AUTHOR_EMAIL: ADDRESS,
        GIT_COMMITTER_NAME: AUTHOR,
        GIT_COMMITTER_EMAIL: ADDRESS,
      }),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        if (said[name].length < MAX_OUTPUT) said[name] += text;
      });
    }
    child.once("error", (error) => {
      const message = `git does not start: ${error.message}. Install git, or check its place in PATH and the folder ${cwd}.`;
      reject(new TrestleError("unavailable", message, { retryable: false }));
    });
    child.once("close", (code) => resolve({ code: code ?? 1, ...said }));
  });
}
