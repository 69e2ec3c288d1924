import { createWorkflow, type Work, type WorkflowPlan } from "@trestle/flow";
import type { Execution, ExecutionStep } from "../workflows/execution.ts";

/** What is drawn of a workflow or of one of its executions, before it has a form. */
export interface Picture {
  readonly title: string;
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
  /** Steps of the workflow, drawn or not. */
  readonly steps: number;
  /** What was left out, in a sentence. */
  readonly notice?: string;
}

export interface PictureNode {
  /** Safe in any form: made here. */
  readonly key: string;
  readonly id: string;
  /** What it does, then when; anybody's text. */
  readonly lines: readonly string[];
  readonly state: StepColour;
}

export interface PictureEdge {
  readonly from: string;
  readonly to: string;
  /** It reads the other's result, and does not wait for it. */
  readonly reads: boolean;
}

export const STEP_COLOURS = [
  "plain",
  "pending",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "skipped",
  "cancelled",
  "undone",
] as const;
export type StepColour = (typeof STEP_COLOURS)[number];

export interface PictureBounds {
  readonly nodes: number;
  readonly edges: number;
}

/** More than this nobody reads, and hosts cut off. */
const BOUNDS: PictureBounds = { nodes: 200, edges: 600 };

/** Of a plan, and of an execution of it where one is given. */
export function toPicture(
  plan: WorkflowPlan,
  execution?: Execution,
  bounds: PictureBounds = BOUNDS,
): Picture {
  const { flow } = createWorkflow(plan);
  const states = new Map(execution?.steps.map((step) => [step.id, step]));
  const chosen = choose(plan, states, bounds.nodes);
  const keys = new Map(chosen.map(({ id }, index) => [id, `s${index + 1}`]));
  const coloured = execution === undefined ? undefined : coloursOf(execution);
  const nodes = chosen.map((step): PictureNode => {
    const { id, work, when, forEach } = step;
    const state = coloured?.get(id) ?? (execution === undefined ? "plain" : "pending");
    const lines = [
      describeWork(work),
      ...(forEach === undefined ? [] : ["for each item"]),
      ...(when === undefined ? [] : [`when ${when}`]),
      ...describeState(states.get(id), state),
    ];
    return { key: keys.get(id) ?? "", id, lines, state };
  });
  const all = chosen.flatMap(({ id }) => edgesOf(id, flow.steps.get(id), keys));
  const edges = all.slice(0, bounds.edges);
  const notice = noticeOf(plan.steps.length - nodes.length, all.length - edges.length);
  const title = execution === undefined ? plan.name : `${plan.name}: ${execution.status}`;
  return {
    title,
    nodes,
    edges,
    steps: plan.steps.length,
    ...(notice === undefined ? {} : { notice }),
  };
}

/** Where not all fit, whoever looks at an execution wants to see what is wrong or under way. */
function choose(
  { steps }: WorkflowPlan,
  states: ReadonlyMap<string, ExecutionStep>,
  most: number,
): WorkflowPlan["steps"] {
  if (steps.length <= most) return steps;
  const isOpen = (id: string) => /failed|running|cancelled/.test(states.get(id)?.status ?? "");
  const first = steps.filter(({ id }) => isOpen(id)).slice(0, most);
  const taken = new Set(first.map(({ id }) => id));
  for (const { id } of steps) {
    if (taken.size >= most) break;
    taken.add(id);
  }
  return steps.filter(({ id }) => taken.has(id));
}

function edgesOf(
  id: string,
  step: { waitsFor: readonly string[]; needsResultOf: readonly string[] } | undefined,
  keys: ReadonlyMap<string, string>,
): PictureEdge[] {
  if (step === undefined) return [];
  const to = keys.get(id) ?? "";
  const others = [...new Set([...step.waitsFor, ...step.needsResultOf])];
  return others.flatMap((other) => {
    const from = keys.get(other);
    return from === undefined ? [] : [{ from, to, reads: !step.waitsFor.includes(other) }];
  });
}

function describeWork(work: Work): string {
  switch (work.kind) {
    case "task":
      return `${work.server}.${work.tool}`;
    case "workflow":
      return `workflow ${work.workflow}`;
    case "condition":
      return `is ${work.condition}`;
    case "approval":
      return "approval";
    case "wait":
      return "wait";
    case "signal":
      return `signal ${work.signal}`;
  }
}

function coloursOf({ steps, waitingFor, undone = [] }: Execution): Map<string, StepColour> {
  const waiting = new Set(waitingFor.map(({ step }) => step));
  const back = new Set(undone.flatMap(({ step, error }) => (error === undefined ? [step] : [])));
  const known: readonly string[] = STEP_COLOURS;
  return new Map(
    steps.map(({ id, status }) => {
      if (back.has(id)) return [id, "undone"];
      if (waiting.has(id)) return [id, "waiting"];
      return [id, known.includes(status) ? (status as StepColour) : "pending"];
    }),
  );
}

function describeState(step: ExecutionStep | undefined, state: StepColour): string[] {
  if (step === undefined || state === "pending" || state === "plain") return [];
  const { durationMs, attempts = 1, reason } = step;
  const took = durationMs === undefined ? "" : ` in ${describeMs(durationMs)}`;
  const often = attempts > 1 ? `, ${attempts} attempts` : "";
  return [`${state}${took}${often}`, ...(reason === undefined ? [] : [reason])];
}

/** As people read a duration. */
export function describeMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function noticeOf(nodes: number, edges: number): string | undefined {
  if (nodes === 0 && edges === 0) return undefined;
  const parts = [
    ...(nodes > 0 ? [`${nodes} more steps`] : []),
    ...(edges > 0 ? [`${edges} more arrows`] : []),
  ];
  return `Not drawn: ${parts.join(" and ")}`;
}
