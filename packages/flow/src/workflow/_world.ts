// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are written so
import type { JsonObject } from "@trestle/protocol";
import type { Random } from "../_random.ts";
import type { WorkflowPlan, WorkflowStep } from "./plan.ts";

export const RETRY = { attempts: 1, backoffMs: 100, factor: 2, maxBackoffMs: 1_000 };

/** A step with what the rest of a test does not care for. */
export function step(id: string, facts: Partial<WorkflowStep> = {}): WorkflowStep {
  return {
    id,
    dependsOn: [],
    onError: "fail",
    retry: RETRY,
    work: { kind: "task", server: "s", tool: "t", arguments: {} },
    ...facts,
  };
}

export function plan(
  steps: readonly WorkflowStep[],
  facts: Partial<WorkflowPlan> = {},
): WorkflowPlan {
  return { name: "test", input: {}, mode: "dag", steps, maxConcurrency: 4, ...facts };
}

/** Any graph that a person could write, of all kinds of steps. */
export function randomPlan(random: Random): WorkflowPlan {
  const count = 1 + random.below(10);
  const steps = Array.from({ length: count }, (_, index) => randomStep(random, index));
  return plan(steps, {
    maxConcurrency: 1 + random.below(4),
    ...(random.chance(0.2) ? { timeoutMs: 20_000 + random.below(100_000) } : {}),
    output: Object.fromEntries(steps.map(({ id }) => [id, `\${results.${id}}`])),
  });
}

function randomStep(random: Random, index: number): WorkflowStep {
  const earlier = Array.from({ length: index }, (_, each) => `n${each}`);
  const some = () => earlier.filter(() => random.chance(0.25));
  const refers = some().map((id) => `\${results.${id}}`);
  const works = [
    () => ({ kind: "task", server: "s", tool: "t", arguments: { refers } }) as const,
    () => ({ kind: "task", server: "s", tool: "t", arguments: { refers } }) as const,
    () => ({ kind: "workflow", workflow: "child", input: { refers } }) as const,
    () => ({ kind: "condition", condition: random.pick(["true", "1 > 2"]) }) as const,
    () => ({ kind: "approval", message: "May it go on?" }) as const,
    () => ({ kind: "wait", for: random.below(5_000) }) as const,
    () => ({ kind: "signal", signal: random.pick(["a", "b"]) }) as const,
  ];
  const work = random.pick(works)();
  const isTask = work.kind === "task";
  return step(`n${index}`, {
    work,
    dependsOn: some(),
    onError: random.pick(["fail", "continue", "skip", "compensate"]),
    retry: { ...RETRY, attempts: 1 + random.below(3) },
    ...(random.chance(0.4) || work.kind === "signal" || work.kind === "approval"
      ? { timeoutMs: 1_000 + random.below(9_000) }
      : {}),
    ...(isTask && random.chance(0.3) ? { forEach: items(random) } : {}),
    ...(isTask && random.chance(0.3)
      ? { until: { condition: "${result} > 3", intervalMs: 500, timeoutMs: 5_000 } }
      : {}),
    ...(isTask && random.chance(0.4) ? { compensate: undo() } : {}),
    ...(random.chance(0.1) ? { when: "2 < 1" } : {}),
  });
}

function items(random: Random): number[] {
  return Array.from({ length: random.below(5) }, (_, each) => each);
}

function undo(): { server: string; tool: string; arguments: JsonObject } {
  return { server: "s", tool: "undo", arguments: { of: "${result}" } };
}
