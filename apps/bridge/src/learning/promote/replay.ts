import { runChain } from "@trestle/flow";
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from "@trestle/protocol";

/** What was recorded of the calls that a chain was made of: its test. */
export interface Fixture extends JsonObject {
  readonly chain: string;
  /** As they were then; of a secret, only that it was there. */
  readonly input: JsonObject;
  readonly calls: FixtureCall[];
}

export interface FixtureCall extends JsonObject {
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  /** Absent where the result was not kept. */
  readonly result?: JsonValue;
}

export interface ReplayedStep extends JsonObject {
  readonly step: string;
  readonly server: string;
  readonly tool: string;
  readonly same: boolean;
}

export interface Replay {
  /** Did every step call what was recorded, with the same arguments? */
  readonly passed: boolean;
  readonly steps: readonly ReplayedStep[];
}

/**
 * Runs a chain on recorded results, and compares what it would call with what was called then: server, tool
 * and arguments, call by call. No server is asked anything. Throws `invalid_input` for a chain that cannot run.
 */
export async function replay(definition: JsonObject, fixture: Fixture): Promise<Replay> {
  const calls = fixture.calls;
  const steps: ReplayedStep[] = [];
  // In the order of the record: steps that run at once would come in any.
  const answer = await runChain(
    { ...definition, parallel: false },
    {
      input: fixture.input,
      callTool: async (server, tool, args) => {
        const recorded = calls[steps.length];
        const step = `step_${steps.length + 1}`;
        steps.push(compare({ step, server, tool, arguments: args }, recorded));
        return resultOf(recorded);
      },
    },
  );
  const failed = answer.steps.filter(({ error }) => error !== undefined);
  for (const { id, server, tool, error } of failed) {
    steps.push({ step: id, server, tool, same: false, error: error?.message ?? "" });
  }
  for (const recorded of calls.slice(steps.length)) {
    const { server, tool } = recorded;
    steps.push({
      step: `step_${steps.length + 1}`,
      server,
      tool,
      same: false,
      error: "not called",
    });
  }
  return { passed: steps.every(({ same }) => same), steps };
}

interface Called {
  readonly step: string;
  readonly server: string;
  readonly tool: string;
  readonly arguments: JsonObject;
}

function compare(called: Called, recorded: FixtureCall | undefined): ReplayedStep {
  const { step, server, tool } = called;
  const facts = { step, server, tool };
  if (recorded === undefined) return { ...facts, same: false, error: "not recorded" };
  const isSame =
    server === recorded.server &&
    tool === recorded.tool &&
    canonicalJson(called.arguments) === canonicalJson(recorded.arguments);
  if (isSame) return { ...facts, same: true };
  const { server: wasServer, tool: wasTool, arguments: expected } = recorded;
  const was = { server: wasServer, tool: wasTool, arguments: expected };
  return { ...facts, same: false, arguments: called.arguments, recorded: was };
}

/** As a tool would have answered, so that steps see the very document that was kept. */
function resultOf(recorded: FixtureCall | undefined): JsonObject {
  const document = recorded?.result;
  if (document === undefined) return { content: [] };
  return { content: [], structuredContent: document };
}

/** Reads what stands in a file of a fixture; says what is wrong about it. */
export function readFixture(value: JsonObject): Fixture | string {
  const { chain, input = {}, calls } = value;
  if (!isJsonObject(input)) return "input must be an object";
  if (!Array.isArray(calls)) return "calls must be a list";
  const read: FixtureCall[] = [];
  for (const [index, call] of calls.entries()) {
    if (!isJsonObject(call)) return `calls[${index}] must be an object`;
    const { server, tool, arguments: args = {} } = call;
    if (typeof server !== "string" || typeof tool !== "string" || !isJsonObject(args)) {
      return `calls[${index}] needs server, tool and arguments`;
    }
    read.push({ ...call, server, tool, arguments: args });
  }
  return { chain: String(chain ?? "chain"), input, calls: read };
}
