import type { Operation } from "@neon/sdk";
import type { ProjectRecord, World } from "./world.ts";

/** How many looks an operation takes from scheduling to its end, and which ends badly. */
export interface OperationSteps {
  looks: number;
  /** The next operation of this action fails. */
  failing: Operation["action"] | undefined;
}

const UNFINISHED: readonly Operation["status"][] = ["scheduling", "running", "cancelling"];

/** The API refuses changes to a project while another is on its way. */
export function isBusy(record: ProjectRecord): boolean {
  return record.operations.some(({ status }) => UNFINISHED.includes(status));
}

/** One look at an operation moves it on: scheduling, running, finished. */
export function look(
  world: World,
  record: ProjectRecord,
  id: string,
  steps: OperationSteps,
  looked: Map<string, number>,
): Operation | undefined {
  const index = record.operations.findIndex((it) => it.id === id);
  const operation = record.operations[index];
  if (operation === undefined || !UNFINISHED.includes(operation.status)) return operation;
  const times = (looked.get(id) ?? 0) + 1;
  looked.set(id, times);
  const next = { ...operation, ...outcome(operation, times, steps), updated_at: world.now() };
  record.operations[index] = next;
  if (next.status === "finished" && next.branch_id !== undefined) settle(record, next.branch_id);
  return next;
}

function outcome(operation: Operation, times: number, steps: OperationSteps): Partial<Operation> {
  if (times < steps.looks) return { status: "running" };
  if (steps.failing !== operation.action) return { status: "finished", total_duration_ms: 120 };
  steps.failing = undefined;
  return { status: "failed", failures_count: 3, error: "the compute did not start" };
}

function settle(record: ProjectRecord, branchId: string): void {
  const held = record.branches.get(branchId);
  if (held === undefined) return;
  const { pending_state: _pending, ...branch } = held.branch;
  held.branch = { ...branch, current_state: "ready" };
}
