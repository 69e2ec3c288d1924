import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@trestle/protocol";
import { takeFolderLock } from "@trestle/store";
import { wait } from "../patience.ts";
import { forwardTarget } from "./forward-target.ts";
import type { Repository } from "./repository.ts";

export interface MergeRequest {
  /** A branch that nobody changes any more. */
  readonly branch: string;
  /** Of the commit that joins both; the first line and what follows. */
  readonly message: string;
  /** A name for the worktree. */
  readonly name: string;
  /** Runs what has to pass in a folder that holds the merged work; undefined where it passes, else what it said. */
  readonly check: (folder: string, signal: AbortSignal) => Promise<string | undefined>;
  /** Asked right before the target moves: whoever lost the task merges nothing. */
  readonly isMine: () => Promise<boolean>;
}

export type MergeOutcome =
  | { readonly kind: "merged"; readonly commit: string }
  | { readonly kind: "conflict"; readonly files: readonly string[] }
  | { readonly kind: "checkFailed"; readonly output: string }
  /** The target is checked out with changes that are not committed. */
  | { readonly kind: "held"; readonly checkout: string }
  | { readonly kind: "lost" };

export interface MergeQueue {
  /** Merges one branch after the other. The target moves once, at the end, or not at all. */
  merge(request: MergeRequest, signal: AbortSignal): Promise<MergeOutcome>;
}

export interface MergeQueueOptions {
  readonly mode: "merge" | "rebase";
  /** How long to wait for a target that is checked out with changes. */
  readonly holdMs: number;
  readonly clock: Clock;
}

const POLL_MS = 500;
/** How often a target that others moved meanwhile is merged into anew. */
const TRIES = 10;

export function createMergeQueue(repository: Repository, options: MergeQueueOptions): MergeQueue {
  const { clock } = options;
  let last: Promise<unknown> = Promise.resolve();
  async function merge(request: MergeRequest, signal: AbortSignal): Promise<MergeOutcome> {
    const release = await lockRepository(repository, clock, signal);
    try {
      for (let tries = 1; ; tries += 1) {
        const outcome = await mergeOnce(repository, request, options, signal);
        if (outcome !== "moved") return outcome;
        if (tries === TRIES) throw new Error(`${repository.target} moves too fast to merge into`);
      }
    } finally {
      release();
    }
  }
  return {
    merge(request, signal) {
      const turn = last.then(() => {
        signal.throwIfAborted();
        return merge(request, signal);
      });
      last = turn.catch(() => {});
      return turn;
    },
  };
}

/** Also against other processes; the kernel frees it when this one dies. */
async function lockRepository(
  { commonDir }: Repository,
  clock: Clock,
  signal: AbortSignal,
): Promise<() => void> {
  const folder = join(commonDir, "trestle");
  mkdirSync(folder, { recursive: true });
  for (;;) {
    const lock = takeFolderLock(folder, 0);
    if (lock !== undefined) return lock.release;
    await wait(clock, POLL_MS, signal);
  }
}

async function mergeOnce(
  repository: Repository,
  request: MergeRequest,
  options: MergeQueueOptions,
  signal: AbortSignal,
): Promise<MergeOutcome | "moved"> {
  const { git, path } = repository;
  const head = await headOf(repository);
  const tip = (await git(path, "rev-parse", "--verify", `refs/heads/${request.branch}`)).trim();
  const known = await git.ask(path, "merge-base", "--is-ancestor", tip, head);
  // A process that was killed had done it already.
  if (known.code === 0) return { kind: "merged", commit: head };
  const folder = await repository.addWorktree(`merge-${request.name}`, head);
  try {
    const files = await integrate(repository, folder, { tip, head, request, mode: options.mode });
    if (files.length > 0) return { kind: "conflict", files };
    const commit = (await git(folder, "rev-parse", "HEAD")).trim();
    const output = await request.check(folder, signal);
    if (output !== undefined) return { kind: "checkFailed", output };
    signal.throwIfAborted();
    if (!(await request.isMine())) return { kind: "lost" };
    const moved = await forwardTarget(repository, { from: head, to: commit }, options, signal);
    return moved === "forwarded" ? { kind: "merged", commit } : moved;
  } finally {
    await repository.removeWorktree(folder);
  }
}

async function headOf({ resolve, target, path }: Repository): Promise<string> {
  const found = await resolve(`refs/heads/${target}`);
  if (found === undefined) throw new Error(`${path} has no branch ${target} any more`);
  return found;
}

interface Joining {
  readonly head: string;
  readonly tip: string;
  readonly mode: "merge" | "rebase";
  readonly request: MergeRequest;
}

/** Joins both in the folder, which stands at the head; returns the files of a conflict. */
async function integrate(
  { git }: Repository,
  folder: string,
  { head, tip, mode, request }: Joining,
): Promise<string[]> {
  const unhooked = ["-c", "core.hooksPath=/dev/null"];
  if (mode === "rebase") await git(folder, ...unhooked, "checkout", "-q", "--detach", tip);
  const { code, stdout, stderr } =
    mode === "merge"
      ? await git.ask(folder, ...unhooked, "merge", "-q", "--no-ff", "-m", request.message, tip)
      : await git.ask(folder, ...unhooked, "rebase", "-q", head);
  if (code === 0) return [];
  const unmerged = await git(folder, "diff", "--name-only", "--diff-filter=U", "-z");
  const files = unmerged.split("\0").filter((name) => name !== "");
  if (files.length === 0) throw new Error(`${mode} failed: ${(stderr || stdout).slice(-2_000)}`);
  return files;
}
