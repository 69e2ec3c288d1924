import { setTimeout as pause } from "node:timers/promises";
import {
  type CallHost,
  type Host,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  LOCAL_PRINCIPAL,
  type ServerInstance,
  silentLogger,
} from "@trestle/protocol";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import {
  createStandaloneHost,
  defineRawTool,
  defineServer,
  TrestleError,
} from "@trestle-mcp/server-kit";
import { Ajv2020 } from "ajv/dist/2020.js";
import { server } from "../server.ts";
import { answerAs, type Called, listPublished, PUBLISHED } from "./_servers.ts";

/** By `server.tool`: what it answers, or throws. */
export type Answers = Readonly<Record<string, (args: JsonObject, earlier: Called[]) => JsonValue>>;

const context = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
} as const;
const HINTS = { readOnly: false, destructive: false, idempotent: false, openWorld: true };

/** The orchestrator beside servers of others: all of them mounted, time moved as it is needed. */
export function openWorld(answers: Answers, names: Readonly<Record<string, string>> = {}) {
  const clock = manualClock();
  const host = createStandaloneHost({ dataDir: temporaryFolder(), clock, log: silentLogger });
  const calls: Called[] = [];
  const servers = new Map<string, ServerInstance>(
    Object.keys(PUBLISHED).map((name) => {
      const made = fixture(name, answers, calls).mount(host, { profile: "all" });
      return [names[name] ?? name, made];
    }),
  );
  const port: CallHost = {
    listTools: async () => listPublished(),
    async callTool(name, tool, args) {
      const found = servers.get(name);
      if (found === undefined) throw new TrestleError("not_found", `There is no server ${name}`);
      return found.request("tools/call", { name: tool, arguments: args }, context);
    },
  };
  const mounted: Host = { ...host, forCall: () => port, forGrant: () => port };
  const instance = server.mount(mounted, {});

  async function call(name: string, args: JsonObject): Promise<JsonObject> {
    const result = await instance.request("tools/call", { name, arguments: args }, context);
    const { structuredContent } = result;
    if (result.isError || !isJsonObject(structuredContent)) throw new Error(JSON.stringify(result));
    return structuredContent;
  }

  /** Until it has ended or waits for a person. */
  async function run(workflow: string, input: JsonObject): Promise<JsonObject> {
    const begun = await call("execute_workflow", { workflow, input, wait_seconds: 0 });
    return settle(begun.executionId ?? null);
  }

  async function settle(executionId: JsonValue): Promise<JsonObject> {
    for (;;) {
      const seen = await call("get_execution", { executionId });
      if (seen.status !== "running") return seen;
      // A little at a time: what is being written must not find itself hours later.
      for (let moves = 0; moves < 8; moves += 1) {
        clock.advance(Math.min(clock.next() ?? 0, 5_000));
        await pause(1);
      }
    }
  }

  return {
    calls,
    call,
    run,
    settle,
    async close() {
      await instance.close();
      for (const each of servers.values()) await each.close();
      await host.close();
    },
  };
}

function fixture(name: string, answers: Answers, calls: Called[]) {
  const ajv = new Ajv2020({ strict: false });
  const tools = Object.entries(PUBLISHED[name] ?? {}).map(([tool, { inputSchema }]) => {
    const isValid = ajv.compile(inputSchema);
    return defineRawTool({
      name: tool,
      inputSchema,
      hints: HINTS,
      run(args) {
        calls.push({ server: name, tool, args });
        if (!isValid(args)) throw new TrestleError("invalid_input", ajv.errorsText(isValid.errors));
        const answer = answers[`${name}.${tool}`];
        if (answer === undefined) throw new TrestleError("unavailable", `${tool} is down`);
        return answerAs(name, tool, answer(args, calls));
      },
    });
  });
  return defineServer({ name, title: name, version: "1.0.0", description: name, tools });
}
