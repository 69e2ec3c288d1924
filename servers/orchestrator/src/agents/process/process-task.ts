import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandParts, type CommandResult, runCommand } from "@trestle/process";
import { isJsonObject, type JsonObject, type JsonValue, TrestleError } from "@trestle/protocol";
import { NOTHING, type Spending } from "../budget.ts";
import { readSaid } from "./read-said.ts";
import type { Repository } from "./repository.ts";

/** What the operator configured for a program that does tasks. */
export interface ProcessProfile {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  readonly maxMemoryBytes: number;
  /** How its output is read: as a text, or as what `claude -p --output-format json` prints. */
  readonly output: "text" | "claude-json";
}

/** A task as a program is told of it. */
export interface WorkOrder {
  readonly swarm: string;
  readonly task: string;
  readonly fence: number;
  readonly title: string;
  /** All that an agent has to know. */
  readonly prompt: string;
  /** In its environment, so that it can act as the agent that it is. */
  readonly agent: { readonly id: string; readonly token: string };
}

export type WorkEnd =
  | {
      readonly kind: "done";
      readonly text: JsonValue;
      readonly spent: Spending;
      readonly commit?: string;
    }
  | { readonly kind: "failed"; readonly reason: string; readonly spent: Spending };

export interface ProcessTaskParts extends Omit<CommandParts, "id"> {
  readonly signal: AbortSignal;
  /** Asked right before the work gets its branch: whoever lost the task leaves nothing. */
  readonly isMine: () => Promise<boolean>;
}

/** Where a program may leave `{ result?, spent?: { calls?, tokens?, money? } }`. */
const REPORT = "TRESTLE_REPORT";
const MAX_REPORT_BYTES = 256 * 1024;
const TAIL_BYTES = 64 * 1024;

/**
 * Runs the program for a task in a worktree of its own, and commits what it changed. Nothing it left behind runs on
 * when this resolves.
 *
 * @throws TrestleError `cancelled` when the signal ends it, `invalid_config` for a program that does not start
 */
export async function runProcessTask(
  order: WorkOrder,
  profile: ProcessProfile,
  repository: Repository | undefined,
  { signal, isMine, ...parts }: ProcessTaskParts,
): Promise<WorkEnd> {
  const place = mkdtempSync(join(tmpdir(), "trestle-task-"));
  const name = `${order.swarm}-${order.task}-${order.fence}`;
  const base = await repository?.resolve(`refs/heads/${repository.target}`);
  let worktree: string | undefined;
  try {
    if (repository && base) worktree = await repository.addWorktree(name, base);
    const report = join(place, "report.json");
    const result = await run(
      order,
      profile,
      { ...parts, id: name },
      {
        cwd: worktree ?? place,
        report,
        signal,
      },
    );
    signal.throwIfAborted();
    const { spent = NOTHING, ...said } = readSaid(result, profile.output, readReport(report));
    if (!result.passed) return { kind: "failed", reason: reasonOf(result), spent };
    const done = { kind: "done", text: said.text, spent } as const;
    if (!repository || !worktree || !base) return done;
    const refused = await commitAll(repository, worktree, order);
    if (refused !== undefined) return { kind: "failed", reason: refused, spent };
    const commit = (await repository.git(worktree, "rev-parse", "HEAD")).trim();
    if (commit === base) return done;
    if (!(await isMine())) throw new TrestleError("cancelled", "Another agent has the task now.");
    return { ...done, commit };
  } finally {
    if (worktree !== undefined) await repository?.removeWorktree(worktree);
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function run(
  { swarm, task, fence, prompt, agent }: WorkOrder,
  profile: ProcessProfile,
  parts: CommandParts,
  at: { readonly cwd: string; readonly report: string; readonly signal: AbortSignal },
): Promise<CommandResult> {
  const { command, env, timeoutMs, maxOutputBytes, maxMemoryBytes } = profile;
  const told = {
    TRESTLE_SWARM: swarm,
    TRESTLE_TASK: task,
    TRESTLE_FENCE: String(fence),
    TRESTLE_AGENT: agent.id,
    TRESTLE_AGENT_TOKEN: agent.token,
    [REPORT]: at.report,
  };
  const limits = { timeoutMs, maxOutputBytes, maxMemoryBytes, tailBytes: TAIL_BYTES };
  try {
    return await runCommand(
      { ...limits, command, cwd: at.cwd, env: { ...env, ...told }, input: prompt },
      parts,
      at.signal,
    );
  } catch (error) {
    throw new TrestleError(
      "invalid_config",
      `${command[0]} does not start: ${error instanceof Error ? error.message : error}. Check the command of this profile.`,
    );
  }
}

/**
 * Everything that differs from the start is one more commit, unless the program made it one itself. Returns why it
 * was refused.
 */
async function commitAll(
  { git }: Repository,
  worktree: string,
  order: WorkOrder,
): Promise<string | undefined> {
  await git(worktree, "add", "--all");
  const staged = await git.ask(worktree, "diff", "--cached", "--quiet");
  if (staged.code === 0) return undefined;
  const message = `${order.title}\n\nTask ${order.task} of swarm ${order.swarm}.`;
  // Hooks run: they are the rules of this repository.
  const { code, stdout, stderr } = await git.ask(worktree, "commit", "-q", "-m", message);
  return code === 0 ? undefined : `The commit was refused: ${(stderr + stdout).slice(-2_000)}`;
}

function readReport(file: string): JsonObject | undefined {
  if (!existsSync(file) || statSync(file).size > MAX_REPORT_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf({ stopped, exitCode, endedBy, output, durationMs }: CommandResult): string {
  const how =
    stopped === undefined
      ? `It ended with ${exitCode === undefined ? endedBy : `exit code ${exitCode}`}`
      : `It was ended (${stopped}) after ${durationMs} ms`;
  const said = output.slice(-2_000).trim();
  return said === "" ? `${how}, and said nothing` : `${how}: ${said}`;
}
