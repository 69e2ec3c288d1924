import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { ChainRun, ChainStep } from "../state/chains/chains.ts";
import { chainPage, chainRun } from "./answers/calls.ts";
import { limitField, NO_EFFECT, timeField } from "./fields.ts";
import { given } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { isVisible, visiblePrincipal } from "./sight.ts";

export const chains = defineOperation({
  name: "chains",
  title: "Chains that ran",
  description: "The runs of chains, the newest first.",
  input: z.object({
    name: z.string().optional().describe("Only chains of this name."),
    from: timeField.optional(),
    to: timeField.optional(),
    outcome: z
      .enum(["running", "succeeded", "failed", "cancelled", "timed_out", "interrupted"])
      .optional()
      .describe("Only those that ended so, or still run."),
    principal: z.string().optional().describe("The id of who ran it."),
    limit: limitField.default(50),
    before: z.int().positive().optional().describe("The `next` of the page before."),
  }),
  output: chainPage,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ principal, ...filter }, context, core) {
    const { chains, next } = await core.chains.list({
      ...given(filter),
      ...visiblePrincipal(context.principal, principal),
    });
    const shown = chains.map((chain) => {
      const { steps: _steps, definition: _definition, ...rest } = presentChain(chain);
      return rest;
    });
    return { chains: shown, ...(next === undefined ? {} : { next }) };
  },
});

export const chainGet = defineOperation({
  name: "chain_get",
  title: "One run of a chain",
  description: "How each step of a chain ended, and its definition.",
  input: z.object({ id: z.string().min(1).describe("The execution id of its answer.") }),
  output: chainRun,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ id }, { principal }, core) {
    const chain = await core.chains.get(id);
    if (isVisible(chain, principal)) return presentChain(chain);
    throw new TrestleError(
      "not_found",
      `No run ${id} of a chain is kept. chains lists those that are.`,
    );
  },
});

export function presentChain(chain: ChainRun): JsonObject {
  return given({
    execution_id: chain.id,
    chain_name: chain.name,
    principal: chain.principal,
    success: chain.success,
    outcome: chain.outcome,
    started_at: new Date(chain.startedAt).toISOString(),
    total_duration_ms: chain.durationMs,
    completed_steps: chain.completedSteps,
    total_steps: chain.totalSteps,
    error: chain.error && { ...chain.error },
    steps: chain.steps.map(presentStep),
    definition: chain.definition,
  }) as JsonObject;
}

function presentStep({ durationMs, executionId, error, ...step }: ChainStep): JsonObject {
  return given({
    ...step,
    error: error && { ...error },
    duration_ms: durationMs,
    execution_id: executionId,
  }) as JsonObject;
}
