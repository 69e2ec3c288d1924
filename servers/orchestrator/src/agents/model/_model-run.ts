import type { CallHost, JsonObject } from "@trestle/protocol";
import { systemClock } from "@trestle/protocol";
import { type ModelServer, type Recorded, startModelServer } from "@trestle/testkit/model-server";
import { onTestFinished } from "vitest";
import { type BudgetLimits, createBudget } from "../budget.ts";
import { anthropic } from "./anthropic.ts";
import { openAi } from "./openai.ts";
import { type ModelRun, runModel } from "./run-model.ts";
import { openToolbox } from "./toolbox.ts";

export const KEY = "sk-ant-secretsecretsecretsecret";
export const dialects = [
  {
    name: "Anthropic's Messages",
    dialect: anthropic,
    url: (server: ModelServer) => server.anthropicUrl,
  },
  {
    name: "OpenAI's chat completions",
    dialect: openAi("max_tokens"),
    url: (server: ModelServer) => server.openAiUrl,
  },
] as const;

interface Called {
  readonly server: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly key: string | undefined;
}

/** Tools of two servers, of which each says what it was called with. */
export function tools() {
  const called: Called[] = [];
  const listed = ["files__read", "files__delete", "docs__search"];
  const host: CallHost = {
    listTools: async () =>
      listed.map((name) => ({
        name,
        description: `It is ${name}`,
        inputSchema: { type: "object" },
      })),
    async callTool(server, tool, args, options) {
      called.push({ server, tool, args, key: options?.idempotencyKey });
      if (args.fails) return { content: [{ type: "text", text: "no such file" }], isError: true };
      const text = args.long ? "x".repeat(5_000) : `read ${String(args.path)}`;
      return { content: [{ type: "text", text }] };
    },
  };
  return { host, called };
}

export interface Settings {
  readonly turns: readonly Recorded[] | ((seen: { results: readonly string[] }) => Recorded);
  readonly limits?: BudgetLimits;
  readonly run?: Partial<ModelRun>;
  readonly retries?: number;
  readonly timeoutMs?: number;
  readonly clock?: typeof systemClock;
}

export async function start(which: (typeof dialects)[number], settings: Settings) {
  const server = await startModelServer({ turns: settings.turns, key: KEY });
  onTestFinished(server.close);
  const { host, called } = tools();
  const clock = settings.clock ?? systemClock;
  const toolbox = await openToolbox(host, {
    allow: ["files.read", "docs.*"],
    maxResultLength: 100,
    clock,
  });
  const { retries = 3, timeoutMs = 10_000 } = settings;
  const run: ModelRun = {
    address: {
      dialect: which.dialect,
      baseUrl: which.url(server),
      model: "m",
      key: KEY,
      retries,
      timeoutMs,
    },
    price: { input: 10, output: 100 },
    system: "Work.",
    prompt: "Read a.txt",
    toolbox,
    budget: createBudget(settings.limits ?? {}, clock),
    maxOutputTokens: 1_000,
    key: "s/t/1",
    signal: new AbortController().signal,
    ...settings.run,
  };
  return { server, called, ended: runModel(run, { clock, random: () => 0 }) };
}

export const read = (path: string) => ({ name: "files__read", arguments: { path } });

/** To its end. */
export async function run(which: (typeof dialects)[number], settings: Settings) {
  const started = await start(which, settings);
  return { ...started, outcome: await started.ended };
}
