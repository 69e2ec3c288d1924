import {
  beginRun,
  createWorkflow,
  type Run,
  resumeRun,
  type Workflow,
  type WorkflowPlan,
} from "@trestle/flow";
import type { StoredRun } from "../runs/run-store.ts";

/** The run as its log tells it. */
export function foldRun(stored: StoredRun): Run {
  const { plan, input, metadata, createdAt, seed, snapshot, events } = stored;
  const workflow = workflowOf(plan);
  const run = snapshot
    ? resumeRun(workflow, snapshot.state)
    : beginRun(workflow, { values: { input, metadata }, at: createdAt, seed });
  for (const event of events) run.apply(event);
  return run;
}

const workflows = new WeakMap<WorkflowPlan, Workflow>();

/** Runs of one plan share what its references mean. */
export function workflowOf(plan: WorkflowPlan): Workflow {
  const known = workflows.get(plan);
  if (known !== undefined) return known;
  const workflow = createWorkflow(plan);
  workflows.set(plan, workflow);
  return workflow;
}
