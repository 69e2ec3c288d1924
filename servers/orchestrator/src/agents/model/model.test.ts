import type { CallHost, JsonObject } from "@trestle/protocol";
import { systemClock } from "@trestle/protocol";
import { type ModelServer, type Recorded, startModelServer } from "@trestle/testkit/model-server";
import { manualClock, until } from "@trestle/testkit/surroundings";
import { afterEach, describe, expect, test } from "vitest";
import { type BudgetLimits, createBudget } from "../budget.ts";
import { anthropic } from "./anthropic.ts";
import { openAi } from "./openai.ts";
import { type ModelRun, runModel } from "./run-model.ts";
import { openToolbox } from "./toolbox.ts";

const KEY = "sk-ant-secretsecretsecretsecret";
const dialects = [
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

const open: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

interface Called {
  readonly server: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly key: string | undefined;
}

/** Tools of two servers, of which each says what it was called with. */
function tools() {
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

interface Settings {
  readonly turns: readonly Recorded[] | ((seen: { results: readonly string[] }) => Recorded);
  readonly limits?: BudgetLimits;
  readonly run?: Partial<ModelRun>;
  readonly retries?: number;
  readonly timeoutMs?: number;
  readonly clock?: typeof systemClock;
}

async function start(which: (typeof dialects)[number], settings: Settings) {
  const server = await startModelServer({ turns: settings.turns, key: KEY });
  open.push(server);
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

const read = (path: string) => ({ name: "files__read", arguments: { path } });
const endless = () => ({ calls: [read("again")], usage: { input: 1_000, output: 100 } });

describe.each(dialects)("an agent over $name", (which) => {
  const run = async (settings: Settings) => {
    const started = await start(which, settings);
    return { ...started, outcome: await started.ended };
  };

  test("calls tools until it is done, and tells what that cost", async () => {
    const { outcome, called, server } = await run({
      turns: [
        { text: "I look.", calls: [read("a.txt")], usage: { input: 100, output: 20 } },
        { text: "It says a.", usage: { input: 150, output: 10 } },
      ],
    });
    expect(outcome).toMatchObject({
      end: { kind: "done", text: "It says a." },
      turns: 2,
      toolCalls: 1,
      spent: { calls: 3, tokens: 280 },
    });
    expect(outcome.spent.money).toBeCloseTo((250 * 10 + 30 * 100) / 1e6, 12);
    expect(called).toEqual([
      { server: "files", tool: "read", args: { path: "a.txt" }, key: "s/t/1/1/0" },
    ]);
    expect(server.seen[1]?.results).toEqual(["read a.txt"]);
  });

  test("is offered only what the operator lists, and told of what it calls beside", async () => {
    const { server, called } = await run({
      turns: [
        {
          calls: [
            { name: "files__delete", arguments: {} },
            { name: "files_read", arguments: {} },
          ],
        },
        { text: "Then not." },
      ],
    });
    expect(JSON.stringify(server.seen[0]?.body.tools)).not.toContain("files__delete");
    expect(server.seen[0]?.body.tools).toHaveLength(2);
    expect(called).toEqual([]);
    expect(server.seen[1]?.results).toEqual([
      "There is no tool files__delete",
      "There is no tool files_read; did you mean files__read?",
    ]);
  });

  test("may call several tools at once, one of which fails", async () => {
    const { server, outcome } = await run({
      turns: [
        { calls: [read("a"), { name: "files__read", arguments: { fails: true } }, read("c")] },
        { text: "Done." },
      ],
    });
    expect(outcome.toolCalls).toBe(3);
    expect(server.seen[1]?.results).toEqual(["read a", "tool_error: no such file", "read c"]);
  });

  test("can mend arguments that are no JSON object", async () => {
    const { server, called, outcome } = await run({
      turns: [
        { calls: [{ name: "files__read", arguments: '{"path": "a.t' }] },
        { calls: [read("a.txt")] },
        { text: "Done." },
      ],
    });
    expect(outcome.end.kind).toBe("done");
    expect(called).toHaveLength(1);
    expect(server.seen[1]?.results[0]).toMatch(/arguments of files__read are no JSON object/);
  });

  test("sees no more of a result than the bound", async () => {
    const { server } = await run({
      turns: [{ calls: [{ name: "docs__search", arguments: { long: true } }] }, { text: "Done." }],
    });
    expect(server.seen[1]?.results[0]).toBe(
      `${"x".repeat(100)}… (4900 more characters are left out)`,
    );
  });

  test.each([
    [
      { text: "I will not.", end: "refused" },
      { kind: "refused", text: "I will not." },
    ],
    [
      { text: "It goes on and", end: "length" },
      { kind: "length", text: "It goes on and" },
    ],
  ] as const)("that does not finish says why: %j", async (turn, end) => {
    expect((await run({ turns: [turn] })).outcome.end).toEqual(end);
  });

  test.each<[BudgetLimits, string]>([
    [{ calls: 7 }, "calls"],
    [{ tokens: 8_000 }, "tokens"],
    [{ money: 0.09 }, "money"],
  ])("in an endless loop is stopped before it passes %j", async (limits, bound) => {
    const { outcome } = await run({ turns: endless, limits });
    expect(outcome.end).toEqual({ kind: "budget", bound });
    expect(outcome.turns).toBeGreaterThan(1);
    const { calls, tokens, money } = outcome.spent;
    expect(calls).toBeLessThanOrEqual(limits.calls ?? Infinity);
    expect(tokens).toBeLessThanOrEqual(limits.tokens ?? Infinity);
    expect(money).toBeLessThanOrEqual(limits.money ?? Infinity);
  });

  test("asks nothing at all where not even the first request fits", async () => {
    const { outcome, server } = await run({ turns: endless, limits: { tokens: 100 } });
    expect(outcome).toMatchObject({ end: { kind: "budget", bound: "tokens" }, turns: 0 });
    expect(server.seen).toEqual([]);
  });

  test("asks for no longer an answer than the budget has left", async () => {
    const { server } = await run({ turns: [{ text: "Done." }], limits: { tokens: 1_000 } });
    expect(server.seen[0]?.body.max_tokens).toBeLessThan(500);
  });

  test("is stopped when its time is up, whatever it waits for", async () => {
    const clock = manualClock();
    const { ended, server } = await start(which, {
      turns: [{ status: "silence" }],
      limits: { wallMs: 5_000 },
      clock,
    });
    await until("it asks", () => server.seen.length === 1);
    clock.advance(5_000);
    expect((await ended).end).toEqual({ kind: "budget", bound: "wallMs" });
  });

  test("asks again when it was turned away, after as long as it is told", async () => {
    const clock = manualClock();
    const { ended, server } = await start(which, {
      turns: [
        { status: 429, retryAfter: "7" },
        { status: 529 },
        { text: "Done.", usage: { input: 10, output: 10 } },
      ],
      clock,
    });
    await until("it waits as told", () => clock.next() === 7_000);
    clock.advance(7_000);
    await until("it waits", () => server.seen.length === 2 && clock.next() === 1_000);
    clock.advance(1_000);
    expect(await ended).toMatchObject({ end: { kind: "done" }, spent: { calls: 1, tokens: 20 } });
  });

  test("does not wait for longer than a minute", async () => {
    const { ended } = await start(which, { turns: [{ status: 429, retryAfter: "3600" }] });
    await expect(ended).rejects.toMatchObject({ code: "rate_limited" });
  });

  test("takes an answer that never came for as dear as one may be", async () => {
    const { outcome } = await run({
      turns: [{ status: "reset" }, { text: "Done.", usage: { input: 10, output: 10 } }],
    });
    expect(outcome.end.kind).toBe("done");
    expect(outcome.spent.tokens).toBeGreaterThan(1_000);
    const { ended } = await start(which, { turns: [{ status: "reset" }], limits: { calls: 1 } });
    expect((await ended).end).toEqual({ kind: "budget", bound: "calls" });
  });

  test("counts itself where the provider does not", async () => {
    const { outcome } = await run({ turns: [{ text: "Done.", usage: null }] });
    expect(outcome.spent.tokens).toBeGreaterThan(100);
  });

  test("never tells its key, not even where the provider does", async () => {
    const { ended } = await start(which, {
      turns: [{ status: 401, message: `bad key ${KEY}` }],
    });
    const error = await ended.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "denied", message: expect.stringContaining("[redacted]") });
    expect(JSON.stringify(error) + error.message).not.toContain(KEY);
  });

  test("that is cancelled ends at once", async () => {
    const stop = new AbortController();
    const { ended, server } = await start(which, {
      turns: [{ status: "silence" }],
      run: { signal: stop.signal },
    });
    await until("it asks", () => server.seen.length === 1);
    stop.abort();
    await expect(ended).rejects.toMatchObject({ code: "cancelled" });
  });
});

test("an address that is no such API is a fault of the configuration", async () => {
  const server = await startModelServer({ turns: [] });
  open.push(server);
  const { host } = tools();
  const toolbox = await openToolbox(host, { allow: [], maxResultLength: 1, clock: systemClock });
  const run = (baseUrl: string) =>
    runModel(
      {
        address: {
          dialect: anthropic,
          baseUrl,
          model: "m",
          key: undefined,
          retries: 0,
          timeoutMs: 5_000,
        },
        price: undefined,
        system: "",
        prompt: "hi",
        toolbox,
        budget: createBudget({}, systemClock),
        maxOutputTokens: 10,
        key: "k",
        signal: new AbortController().signal,
      },
      { clock: systemClock, random: Math.random },
    );
  await expect(run(`${server.anthropicUrl}/wrong`)).rejects.toMatchObject({
    code: "invalid_config",
  });
  await expect(run("http://127.0.0.1:1")).rejects.toMatchObject({ code: "unavailable" });
});
