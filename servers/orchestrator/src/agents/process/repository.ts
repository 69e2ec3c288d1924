import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { endMarked } from "@trestle/process";
import { type Clock, TrestleError } from "@trestle/protocol";
import type { Git } from "./git.ts";

export interface RepositoryConfig {
  readonly path: string;
  /** The branch that work starts from and is merged into. */
  readonly target: string;
}

/** A git repository that agents work in; its own checkout is nobody's. */
export interface Repository {
  readonly path: string;
  readonly target: string;
  /** What all its worktrees share; one and the same for each way to the repository. */
  readonly commonDir: string;
  readonly git: Git;
  /** The commit that a name stands for; undefined where there is none. */
  resolve(name: string): Promise<string | undefined>;
  /** A folder with what the commit holds, on no branch. The program that works in it is known by the same name. */
  addWorktree(name: string, commit: string): Promise<string>;
  removeWorktree(path: string): Promise<void>;
  /**
   * Ends programs and takes away the worktrees and locks that a process left which was killed. Only the owner of the
   * data folder may.
   */
  recover(): Promise<number>;
}

/** Where what we keep in a repository has its place, below `refs/heads`. */
export const BRANCHES = "trestle";
/** No git holds the lock of one of our branches, or takes to make a worktree's records, for so long. */
const STALE_MS = 10_000;

/**
 * Opens the repository; its worktrees are made below `folder`, which nobody else uses.
 *
 * @throws TrestleError `invalid_config` where it is none, or has no such branch
 */
export async function openRepository(
  { path, target }: RepositoryConfig,
  folder: string,
  { git, clock }: { readonly git: Git; readonly clock: Clock },
): Promise<Repository> {
  const found = await git.ask(path, "rev-parse", "--path-format=absolute", "--git-common-dir");
  if (found.code !== 0) throw new TrestleError("invalid_config", `${path} is no git repository.`);
  const commonDir = realpathSync(found.stdout.trim());
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const place = realpathSync(folder);

  /** Git stumbles over a worktree that is half made or half gone. */
  let last: Promise<void> = Promise.resolve();
  function oneAtATime(work: () => Promise<void>): Promise<void> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  async function resolve(name: string): Promise<string | undefined> {
    const { code, stdout } = await git.ask(path, "rev-parse", "--verify", "-q", `${name}^{commit}`);
    return code === 0 ? stdout.trim() : undefined;
  }
  if ((await resolve(`refs/heads/${target}`)) === undefined) {
    throw new TrestleError("invalid_config", `${path} has no branch ${target}.`);
  }

  return {
    path,
    target,
    commonDir,
    git,
    resolve,
    async addWorktree(name, commit) {
      const worktree = join(place, name);
      const bare = ["--quiet", "--no-checkout", "--detach"];
      await oneAtATime(async () => {
        forgetWorktree(commonDir, worktree);
        await git(path, "worktree", "add", ...bare, worktree, commit);
      });
      await git(worktree, "reset", "--quiet", "--hard");
      return worktree;
    },
    removeWorktree: (worktree) => oneAtATime(async () => forgetWorktree(commonDir, worktree)),
    async recover() {
      const left = readdirSync(place);
      for (const name of left) {
        endMarked(name);
        forgetWorktree(commonDir, join(place, name));
      }
      // Those that were begun, and have no folder yet; of the ones that say not even where, git makes no sense either.
      for (const { admin, worktree } of worktreesIn(commonDir)) {
        const isOurs = worktree.startsWith(place + sep);
        const isBroken = worktree === "" && isStale(admin, clock.now());
        if (isOurs || isBroken) rmSync(admin, { recursive: true, force: true });
      }
      removeStaleLocks(join(commonDir, "refs", "heads", BRANCHES), clock.now());
      return left.length;
    },
  };
}

/** By hand: git refuses to remove one whose making was cut short. */
function forgetWorktree(commonDir: string, path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  for (const { admin, worktree } of worktreesIn(commonDir)) {
    if (worktree === path) rmSync(admin, { recursive: true, force: true, maxRetries: 5 });
  }
}

function worktreesIn(commonDir: string): { admin: string; worktree: string }[] {
  const all = join(commonDir, "worktrees");
  return namesIn(all).map((name) => {
    const admin = join(all, name);
    try {
      const gitfile = readFileSync(join(admin, "gitdir"), "utf8").trim();
      return { admin, worktree: gitfile.slice(0, -`${sep}.git`.length) };
    } catch {
      return { admin, worktree: "" };
    }
  });
}

function isStale(path: string, now: number): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts !== undefined && now - facts.mtimeMs > STALE_MS;
}

function removeStaleLocks(folder: string, now: number): void {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts?.isDirectory()) removeStaleLocks(path, now);
    else if (name.endsWith(".lock") && isStale(path, now)) rmSync(path, { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
