import { type JsonObject, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import { explanation } from "./answers/history.ts";
import { presentChain } from "./chains.ts";
import { NO_EFFECT } from "./fields.ts";
import { presenting } from "./history.ts";
import { defineOperation } from "./operation.ts";
import { isVisible } from "./sight.ts";

/** No chain has more steps, and none makes more than one call for each. */
const MOST_CALLS = 1_000;

export const why = defineOperation({
  name: "why",
  title: "Why",
  description:
    "What every policy decided of one call, how long each took, and what the call caused; of a chain, its steps.",
  input: z.object({
    execution_id: z.string().min(1).describe("From an answer, a failure or the history."),
  }),
  output: explanation,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ execution_id }, { principal }, core) {
    const [family, chain] = await Promise.all([
      core.executions.get(execution_id),
      findChain(execution_id, core),
    ]);
    const present = presenting(principal, core);
    const steps = isVisible(chain, principal) ? { chain: presentChain(chain) } : undefined;
    if (family && isVisible(family.execution, principal)) {
      const { execution, children } = family;
      return {
        ...present(execution),
        stages: execution.stages.map((stage): JsonObject => ({ ...stage })),
        ...steps,
        children: children.map(present),
      };
    }
    // A chain that came in by itself is no call, and its calls are those of its steps.
    if (steps)
      return { execution_id, ...steps, children: await callsOf(execution_id, core, present) };
    throw new TrestleError(
      "not_found",
      `No execution ${execution_id} is kept. The operations history and chains list those that are.`,
    );
  },
});

async function findChain(id: string, { chains, elsewhere }: Core) {
  return (await chains.get(id)) ?? (await elsewhere?.chain(id));
}

/** The oldest first. */
async function callsOf(
  chain: string,
  { executions: all }: Core,
  present: ReturnType<typeof presenting>,
): Promise<JsonObject[]> {
  const { executions } = await all.list({ parent: chain, limit: MOST_CALLS });
  return executions.toReversed().map(present);
}
