import { type JsonObject, parseJson, TrestleError } from "@trestle/protocol";
import * as z from "zod";
import type { Core } from "../core.ts";
import { promote as promoteCalls } from "../learning/promote/promote.ts";
import type { RecordedCall } from "../learning/promote/recorded.ts";
import { readFixture, replay } from "../learning/promote/replay.ts";
import { MOST_CALLS, readWanted, selectSteps, type Wanted } from "../learning/promote/select.ts";
import type { Execution } from "../state/history/history.ts";
import { OWN_SERVER } from "../tools/names.ts";
import { promotedChain, testedChain } from "./answers/learning.ts";
import { jsonObjectField, NO_EFFECT } from "./fields.ts";
import { defineOperation } from "./operation.ts";
import { isVisible } from "./sight.ts";

export const chainPromote = defineOperation({
  name: "chain_promote",
  title: "Make a chain of calls",
  description:
    "Makes a chain of calls that were made: results that came back as arguments become references, other values inputs. Stores nothing.",
  input: z.object({
    calls: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(MOST_CALLS)
      .describe("Numbers of the history (`41`, `41..43`), or execution ids."),
    name: z.string().min(1).max(64).optional().describe("Of the chain."),
  }),
  output: promotedChain,
  hints: NO_EFFECT,
  needs: "caller",
  async run({ calls, name }, { principal }, core) {
    const wanted = calls.map(readWanted);
    const found = (await Promise.all(wanted.map((each) => findCalls(each, core)))).flat();
    const visible = found.filter((execution) => isVisible(execution, principal));
    const { steps, leftOut } = selectSteps(visible, OWN_SERVER);
    refuseNone(steps, { leftOut: leftOut.map(({ call, why }) => `${call} ${why}`), calls });
    const recorded = steps.map((execution) => recordedOf(execution, core));
    const made = promoteCalls(name ?? `calls_${nameOf(calls)}`, recorded);
    const { passed, steps: replayed } = await replay(made.chain, made.fixture);
    return {
      chain: made.chain,
      fixture: made.fixture,
      inputs: made.inputs.map(({ name: input, isRequired }) => ({
        name: input,
        required: isRequired,
      })),
      references: made.links.map((link) => ({ ...link })),
      choices: made.choices.map((choice) => ({ ...choice, others: [...choice.others] })),
      left_out: [...leftOut],
      notes: notesOn(recorded, core),
      test: { passed, steps: replayed.length },
    };
  },
});

export const chainTest = defineOperation({
  name: "chain_test",
  title: "Test a chain on its record",
  description:
    "Runs a chain on the results of its fixture, and compares the calls that it would make with those of the record. Calls nothing.",
  input: z.object({
    chain: jsonObjectField.describe("The chain, as run_chain takes it."),
    fixture: jsonObjectField.describe("What chain_promote made beside it."),
  }),
  output: testedChain,
  untouched: ["chain", "fixture"],
  hints: NO_EFFECT,
  needs: "caller",
  async run({ chain, fixture }) {
    const read = readFixture(fixture as JsonObject);
    if (typeof read === "string") throw new TrestleError("invalid_input", `fixture: ${read}`);
    const { passed, steps } = await replay(chain as JsonObject, read);
    return { passed, steps: [...steps] };
  },
});

/** What only carried calls is followed by what it called. */
async function findCalls(wanted: Wanted, core: Core): Promise<readonly Execution[]> {
  if (wanted.kind === "range") {
    return core.learned.between(wanted.first, wanted.last, MOST_CALLS * 10);
  }
  const family = await core.executions.get(wanted.id);
  if (family === undefined) return [];
  const { execution, children } = family;
  return execution.server === OWN_SERVER ? [execution, ...children] : [execution];
}

function refuseNone(
  steps: readonly Execution[],
  { leftOut, calls }: { readonly leftOut: readonly string[]; readonly calls: readonly string[] },
): void {
  if (steps.length > MOST_CALLS) {
    throw new TrestleError(
      "invalid_input",
      `calls: ${steps.length} calls are more than the ${MOST_CALLS} steps of a chain. Name fewer.`,
    );
  }
  if (steps.length > 0) return;
  const why = leftOut.length > 0 ? `: ${leftOut.join("; ")}` : "";
  const code = leftOut.length > 0 ? "invalid_input" : "not_found";
  throw new TrestleError(
    code,
    `None of the calls ${calls.join(", ")} can be a step${why}. history lists those that are kept, with their numbers.`,
  );
}

function recordedOf(execution: Execution, { catalog }: Core): RecordedCall {
  const { seq, executionId, server, tool, startedAt, durationMs = 0, document } = execution;
  const known = catalog.upstreamTool(server, tool);
  const forced = Object.keys(known?.preset?.force ?? {});
  // What the operator forces on a tool comes to every call by itself.
  const args = Object.entries(execution.arguments).filter(([name]) => !forced.includes(name));
  return {
    ...{ number: seq, executionId, server, tool },
    arguments: Object.fromEntries(args),
    startedAt,
    endedAt: startedAt + durationMs,
    ...(document === undefined ? {} : { result: { document: parseJson(document) } }),
    inputSchema: known?.definition.inputSchema as JsonObject | undefined,
  };
}

function notesOn(calls: readonly RecordedCall[], { live, catalog }: Core): string[] {
  const { keep, maxBytes } = live.current().history.results;
  const without = calls.filter(({ result }) => result === undefined);
  const gone = calls.filter(({ server, tool }) => !catalog.upstreamTool(server, tool));
  const list = (some: readonly RecordedCall[]): string =>
    [...new Set(some.map(({ server, tool }) => `${server}.${tool}`))].join(", ");
  const advice = keep
    ? `Only results of at most ${maxBytes} bytes are kept (history.results.maxBytes), and those of calls made since history.results.keep is true: make the calls again.`
    : "Set history.results.keep to true, start the bridge again, make the calls again, and promote those.";
  return [
    ...(without.length > 0
      ? [`The results of ${list(without)} were not kept, so nothing could refer to them. ${advice}`]
      : []),
    ...(gone.length > 0
      ? [`There is no ${list(gone)} any more: the chain cannot run as it is.`]
      : []),
  ];
}

function nameOf(calls: readonly string[]): string {
  return calls
    .join("_")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .slice(0, 40);
}
