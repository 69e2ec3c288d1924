import type { Clock } from "@trestle/protocol";
import { wait } from "../patience.ts";
import type { Repository } from "./repository.ts";

export interface Move {
  readonly from: string;
  /** A descendant of it. */
  readonly to: string;
}

/** What became of it; `moved` where others were quicker. */
export type Moved = "forwarded" | "moved" | { readonly kind: "held"; readonly checkout: string };

const POLL_MS = 500;

/**
 * Moves the target, in one step of git: where it is checked out, together with the files there. A checkout that has
 * changes is left as it is, and waited for.
 */
export async function forwardTarget(
  repository: Repository,
  move: Move,
  { holdMs, clock }: { readonly holdMs: number; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Moved> {
  const deadline = clock.now() + holdMs;
  for (;;) {
    const checkout = await checkoutOf(repository);
    const moved = await (checkout === undefined
      ? moveRef(repository, move)
      : moveCheckout(repository, checkout, move));
    if (typeof moved === "string" || clock.now() >= deadline) return moved;
    await wait(clock, POLL_MS, signal);
  }
}

async function moveRef({ git, path, target }: Repository, { from, to }: Move): Promise<Moved> {
  const reflog = ["-m", "trestle: merge"];
  const { code } = await git.ask(path, "update-ref", ...reflog, `refs/heads/${target}`, to, from);
  return code === 0 ? "forwarded" : "moved";
}

async function moveCheckout(
  { git, target, resolve }: Repository,
  checkout: string,
  { from, to }: Move,
): Promise<Moved> {
  const changes = await git.ask(checkout, "status", "--porcelain", "--untracked-files=no");
  if (changes.code !== 0 || changes.stdout !== "") return { kind: "held", checkout };
  const { code } = await git.ask(checkout, "merge", "--ff-only", "-q", to);
  if (code === 0) return "forwarded";
  const isSame = (await resolve(`refs/heads/${target}`)) === from;
  // A file in the way that git does not know, or another git that works there.
  return isSame ? { kind: "held", checkout } : "moved";
}

/** The folder in which the target is checked out, if there is one. */
async function checkoutOf({ git, path, target }: Repository): Promise<string | undefined> {
  const listed = await git(path, "worktree", "list", "--porcelain", "-z");
  const entries = listed.split("\0\0").map((entry) => entry.split("\0"));
  const found = entries.find((lines) => lines.includes(`branch refs/heads/${target}`));
  return found?.[0]?.replace(/^worktree /, "");
}
