import * as z from "zod";

export const executionId = z
  .string()
  .min(1)
  .max(200)
  .describe("As execute_workflow and list_executions give it");

export const workflowId = z.string().min(1).max(64).describe("Id of a registered workflow");

export const stepId = z.string().min(1).max(64).describe("Id of a step of the workflow");

const STATUSES = [
  "running",
  "waiting",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
] as const;

export const status = z.enum(STATUSES);

const error = z.object({ code: z.string(), message: z.string() });

/** A run as its callers read it. */
export const execution = z.object({
  executionId: z.string(),
  workflow: z.string(),
  version: z.string(),
  status,
  startedAt: z.string(),
  endedAt: z.string().optional(),
  completedSteps: z.array(z.string()),
  failedSteps: z.array(z.string()),
  errors: z.array(error.extend({ step: z.string() })),
  results: z.record(z.string(), z.json()).describe("Of steps that succeeded, by id"),
  steps: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      attempts: z.int().optional(),
      durationMs: z.number().optional(),
      startedAt: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
  waitingFor: z.array(
    z.object({
      step: z.string(),
      for: z.enum(["approval", "signal", "time"]),
      message: z.string().optional(),
      signal: z.string().optional(),
      until: z.string().optional(),
    }),
  ),
  undone: z.array(z.object({ step: z.string(), error: z.string().optional() })).optional(),
  output: z.json().optional(),
});

export const workflowSummary = z.object({
  id: z.string(),
  version: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  steps: z.int(),
  registeredAt: z.string(),
});
