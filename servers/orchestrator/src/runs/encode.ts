import { createHash } from "node:crypto";
import type { WorkflowPlan } from "@trestle/flow";
import type { NewRun } from "./run-store.ts";

/** A plan as it is stored: once for all its runs. */
export interface EncodedPlan {
  readonly hash: string;
  readonly body: string;
}

const encoded = new WeakMap<WorkflowPlan, EncodedPlan>();

/** Plans are never changed: one that many runs share is written and hashed once. */
export function encodePlan(plan: WorkflowPlan): EncodedPlan {
  const known = encoded.get(plan);
  if (known !== undefined) return known;
  const body = JSON.stringify(plan);
  const hash = createHash("sha256").update(body).digest("base64url");
  const fresh = { hash, body };
  encoded.set(plan, fresh);
  return fresh;
}

const KEPT_PLANS = 200;

/** Runs of one plan share it in memory too, and with it what is derived from it. */
export function createPlanReader(): (stored: EncodedPlan) => WorkflowPlan {
  const plans = new Map<string, WorkflowPlan>();
  return ({ hash, body }) => {
    const plan = plans.get(hash) ?? (JSON.parse(body) as WorkflowPlan);
    plans.delete(hash);
    plans.set(hash, plan);
    const [oldest] = plans.keys();
    if (plans.size > KEPT_PLANS && oldest !== undefined) plans.delete(oldest);
    return plan;
  };
}

type Facts = Pick<NewRun, "input" | "metadata" | "grant" | "seed" | "parent">;

/** What is never searched for. */
export function encodeFacts({ input, metadata, grant, seed, parent }: NewRun): string {
  return JSON.stringify({ input, metadata, grant, seed, ...(parent ? { parent } : {}) });
}

export function decodeFacts(text: string): Facts {
  return JSON.parse(text) as Facts;
}
