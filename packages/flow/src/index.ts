export type { ChainAnswer, StepAnswer } from "./answer.ts";
export type { CompiledStep } from "./compile.ts";
export { toDocument } from "./document.ts";
export { type ChainPlan, type DryRunOptions, dryRunChain, type PlannedCall } from "./dry-run.ts";
export { createFlow, type Flow, type Settled } from "./flow.ts";
export { escapeLabel, escapeTitle, toMermaid } from "./mermaid.ts";
export { type NeverRuns, neverRuns } from "./never-runs.ts";
export { DEFAULT_ROOTS, type ReferenceNames, type Roots } from "./references.ts";
export { measureResult } from "./result-limit.ts";
export { type ChainLimits, type RunChainOptions, runChain } from "./run-chain.ts";
export {
  type ChainDefinition,
  type OnError,
  type Plan,
  type PlanLimits,
  type PlannedStep,
  parsePlan,
  type StepDefinition,
} from "./schema.ts";
export type {
  FlowCommand,
  FlowEvent,
  FlowOutcome,
  FlowState,
  SkipCause,
  StepError,
  StepState,
} from "./state.ts";
export { type CallTool, type CallToolOptions, callStep, type StepEnd } from "./step-call.ts";
export { escapeText } from "./template.ts";
export { inFlight } from "./workflow/in-flight.ts";
export type {
  Retry,
  ToolCall,
  Until,
  Work,
  WorkflowPlan,
  WorkflowStep,
} from "./workflow/plan.ts";
export { beginRun, type Run, resumeRun } from "./workflow/run.ts";
export type { OfUnit, RunCommand, RunEvent, RunState, Unit } from "./workflow/state.ts";
export { attemptKey } from "./workflow/units.ts";
export { createWorkflow, type Workflow } from "./workflow/workflow.ts";
