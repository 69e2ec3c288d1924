import { messageOf, TrestleError } from "@trestle/protocol";
import { inParallel } from "../ledger/in-parallel.ts";
import { type Aging, holdOn, type LifecyclePlan, type LifecycleStep } from "./plan-lifecycle.ts";
import type { LifecyclePolicy } from "./policy.ts";

/** How records are looked at and taken away; each of them may be asked for again after a failure. */
export interface LifecycleWork {
  /** As it is now; undefined where it is gone. */
  look(of: Aging["of"], id: string): Promise<Aging | undefined>;
  remove(of: Aging["of"], id: string): Promise<void>;
  /** Keeps a copy where search does not look, and then removes it. */
  archive(step: LifecycleStep): Promise<void>;
}

export interface LifecycleResult {
  deleted: number;
  archived: number;
  /** Changed, met again, put on hold or gone since the plan was made: left alone. */
  skipped: number;
  failed: { readonly id: string; readonly message: string }[];
}

export interface ApplyOptions {
  /** Of the plan that a person or caller looked at. */
  readonly digest: string;
  readonly policy: LifecyclePolicy;
  readonly now: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

const WIDTH = 8;

/**
 * Does exactly what was planned, and to no record that is not as it was then. One that fails does not
 * end the others.
 *
 * @throws TrestleError `conflict` where the plan is no longer the one that was looked at
 */
export async function applyLifecycle(
  plan: LifecyclePlan,
  work: LifecycleWork,
  { digest, policy, now, signal, onProgress }: ApplyOptions,
): Promise<LifecycleResult> {
  if (plan.digest !== digest) {
    throw new TrestleError(
      "conflict",
      `The plan ${digest} is no longer what would happen: it is ${plan.digest} now, with ${plan.steps.length} records. Nothing was done; look at the new plan and apply that.`,
    );
  }
  const result: LifecycleResult = { deleted: 0, archived: 0, skipped: 0, failed: [] };
  let done = 0;
  await inParallel(plan.steps, WIDTH, async (step) => {
    signal?.throwIfAborted();
    try {
      result[await applyStep(step, work, policy, now)] += 1;
    } catch (error) {
      result.failed.push({ id: step.id, message: messageOf(error) });
    }
    done += 1;
    onProgress?.({ done, total: plan.steps.length });
  });
  return result;
}

async function applyStep(
  step: LifecycleStep,
  work: LifecycleWork,
  policy: LifecyclePolicy,
  now: number,
): Promise<"deleted" | "archived" | "skipped"> {
  const record = await work.look(step.of, step.id);
  if (record?.touched !== step.touched || holdOn(record, policy.holds, now)) return "skipped";
  if (step.action === "archive") {
    await work.archive(step);
    return "archived";
  }
  await work.remove(step.of, step.id);
  return "deleted";
}
