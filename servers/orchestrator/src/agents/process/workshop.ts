import { join } from "node:path";
import type { Clock, JsonObject } from "@trestle/protocol";
import { NOTHING, type Spending } from "../budget.ts";
import type { TaskEnd } from "../task-end.ts";
import { createFinishedWork, type FinishedWork } from "./finished-work.ts";
import type { Git } from "./git.ts";
import { createMergeQueue, type MergeOutcome, type MergeQueue } from "./merge-queue.ts";
import {
  type ProcessProfile,
  type ProcessTaskParts,
  runProcessTask,
  type WorkOrder,
} from "./process-task.ts";
import { openRepository, type Repository, type RepositoryConfig } from "./repository.ts";

export interface WorkshopConfig extends RepositoryConfig {
  readonly mode: "merge" | "rebase";
  readonly holdMs: number;
  /** Whether a task whose work conflicts is done again on what the target is then, or waits for a person. */
  readonly onConflict: "retry" | "review";
}

export interface WorkshopParts extends ProcessTaskParts {
  /** Runs what has to pass before a merge, in a folder with the merged work; undefined where it passes. */
  readonly check: (folder: string, signal: AbortSignal) => Promise<string | undefined>;
}

/** A repository in which programs do tasks, one worktree each, and what they did is merged one after the other. */
export interface Workshop {
  readonly repository: Repository;
  doTask(order: WorkOrder, profile: ProcessProfile, parts: WorkshopParts): Promise<TaskEnd>;
  /** Once everybody knows that it is done. */
  forget(order: WorkOrder): Promise<void>;
}

/** Opens the repository, and clears away what a process left in it that was killed. */
export async function openWorkshop(
  config: WorkshopConfig,
  folder: string,
  parts: { readonly git: Git; readonly clock: Clock },
): Promise<Workshop> {
  const repository = await openRepository(config, join(folder, "worktrees"), parts);
  await repository.recover();
  const queue = createMergeQueue(repository, { ...config, clock: parts.clock });
  const finished = createFinishedWork(repository, join(folder, "finished"));
  return {
    repository,
    doTask: (order, profile, taskParts) =>
      doTask(order, profile, { ...taskParts, config, repository, queue, finished }),
    forget: (order) => finished.forget(order),
  };
}

interface Doing extends WorkshopParts {
  readonly config: WorkshopConfig;
  readonly repository: Repository;
  readonly queue: MergeQueue;
  readonly finished: FinishedWork;
}

async function doTask(order: WorkOrder, profile: ProcessProfile, parts: Doing): Promise<TaskEnd> {
  const { repository, finished, queue, check, isMine, signal } = parts;
  let spent = NOTHING;
  let work = await finished.find(order);
  if (work === undefined) {
    const end = await runProcessTask(order, profile, repository, parts);
    spent = end.spent;
    if (end.kind === "failed") return { ...end, retry: true };
    if (end.commit === undefined) {
      return { kind: "done", result: { text: end.text, changed: false }, spent };
    }
    if (!(await finished.keep(order, end.commit, end.text))) return { kind: "lost" };
    work = await finished.find(order);
    if (work === undefined) return { kind: "lost" };
  }
  const outcome = await queue.merge(
    {
      branch: work.branch,
      message: `Merge "${order.title}"\n\nTask ${order.task} of swarm ${order.swarm}.`,
      name: `${order.swarm}-${order.task}-${order.fence}`,
      check,
      isMine,
    },
    signal,
  );
  if (outcome.kind === "lost") return outcome;
  if (outcome.kind !== "merged") return await refuse(order, outcome, spent, parts);
  const result: JsonObject = {
    text: work.text,
    changed: true,
    commit: outcome.commit,
    merged: repository.target,
  };
  return { kind: "done", result, spent };
}

/** The work stays under a branch; the task goes back, or to a person. */
async function refuse(
  order: WorkOrder,
  outcome: Exclude<MergeOutcome, { kind: "merged" | "lost" }>,
  spent: Spending,
  { finished, config }: Doing,
): Promise<TaskEnd> {
  if (outcome.kind === "held") {
    const reason = `${outcome.checkout} has ${config.target} checked out with changes, or with a file in the way: commit or put them aside; the work waits on its branch.`;
    return { kind: "failed", reason, retry: true, spent };
  }
  const branch = await finished.setAside(order, order.fence);
  const why =
    outcome.kind === "conflict"
      ? `It conflicts with ${config.target} in ${outcome.files.join(", ")}`
      : `Its check failed: ${outcome.output.slice(-2_000)}`;
  const retry = outcome.kind === "checkFailed" || config.onConflict === "retry";
  const next = retry ? "" : " A person has to merge it.";
  return { kind: "failed", reason: `${why}. The work is on ${branch}.${next}`, retry, spent };
}
