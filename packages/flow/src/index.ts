export type { ChainAnswer, StepAnswer } from "./answer.ts";
export type { CompiledStep } from "./compile.ts";
export { type ChainPlan, type DryRunOptions, dryRunChain, type PlannedCall } from "./dry-run.ts";
export { createFlow, type Flow, type Settled } from "./flow.ts";
export { toMermaid } from "./mermaid.ts";
export type { Roots } from "./references.ts";
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
