import type { CallHost } from "@trestle/protocol";
import { type ModelServer, type Recorded, startModelServer } from "@trestle/testkit/model-server";
import { describe, expect, onTestFinished, test } from "vitest";
import { openCrewWorld, owner } from "./_crew.ts";

const KEY = "sk-ant-secretsecretsecretsecret";
const crew = { kind: "model", profile: "worker" } as const;

async function play(
  turns: readonly Recorded[] | ((seen: ModelServer["seen"][number]) => Recorded),
): Promise<ModelServer> {
  const server = await startModelServer({ turns, key: KEY });
  onTestFinished(() => server.close());
  return server;
}

const profile = (server: ModelServer, provider: "anthropic" | "openai", more: object = {}) => ({
  profiles: {
    worker: {
      kind: "model",
      provider,
      model: "recorded",
      baseUrl: provider === "anthropic" ? server.anthropicUrl : server.openAiUrl,
      keyEnv: "MODEL_KEY",
      tools: ["store.put"],
      maxOutputTokens: 100,
      price: { input: 1, output: 5 },
      ...more,
    },
  },
});
const environment = { MODEL_KEY: KEY };

/** A tool that keeps what it is told. */
function shop() {
  const kept = new Map<string, unknown>();
  const host: CallHost = {
    listTools: async () => [{ name: "store__put", inputSchema: { type: "object" } }],
    async callTool(_server, _tool, { name, value }) {
      kept.set(String(name), value);
      return { content: [{ type: "text", text: `kept ${String(name)}` }] };
    },
  };
  return { host, kept };
}

/** Puts what the task is called, and says so. */
const puts = ({ results, prompt }: ModelServer["seen"][number]): Recorded => {
  const title = /^# (.+)$/m.exec(prompt)?.[1] ?? "";
  if (results.length > 0) return { text: `Put ${title}.`, usage: { input: 200, output: 10 } };
  const call = { name: "store__put", arguments: { name: title, value: 1 } };
  return { calls: [call], usage: { input: 100, output: 20 } };
};

describe.each(["anthropic", "openai"] as const)("a crew of models (%s)", (provider) => {
  test("does tasks with the tools of the host, beside one that does them alone", async () => {
    const server = await play(puts);
    const { host, kept } = shop();
    const world = await openCrewWorld({ agents: profile(server, provider), environment, host });
    const { swarm, baseline } = await world.create({
      crew,
      grant: "{}",
      target: 3,
      baseline: true,
      budget: { tokens: 100_000, money: 1 },
    });
    await world.submit(swarm, ...["a", "b", "c"].map((title) => ({ title })));
    const { tasks, cost } = await world.finished(swarm);
    expect(tasks.map(({ result }) => (result as { text: string }).text).toSorted()).toEqual([
      "Put a.",
      "Put b.",
      "Put c.",
    ]);
    expect([...kept.keys()].toSorted()).toEqual(["a", "b", "c"]);
    const each = { calls: 3, tokens: 330, money: (300 * 1 + 30 * 5) / 1e6 };
    expect(cost).toMatchObject({ calls: 9, tokens: 990 });
    expect(cost.money).toBeCloseTo(3 * each.money, 12);

    await world.finished(baseline ?? "");
    const both = await world.results(swarm);
    expect(both.baseline).toMatchObject({ swarm: baseline, counts: { succeeded: 3 } });
    expect(both.baseline?.cost).toMatchObject({ calls: 9, tokens: 990 });
    const alone = await world.swarms.get({ swarm: baseline ?? "" }, owner);
    expect(alone.members).toHaveLength(1);
  });
});

test("a crew never spends more than its swarm has, however many ask at once", async () => {
  const endless = (): Recorded => ({
    calls: [{ name: "store__put", arguments: { name: "x" } }],
    usage: { input: 900, output: 100 },
  });
  const server = await play(endless);
  const world = await openCrewWorld({
    agents: profile(server, "anthropic"),
    environment,
    host: shop().host,
  });
  const { swarm } = await world.create({
    crew,
    grant: "{}",
    target: 4,
    budget: { tokens: 20_000 },
  });
  // So long that even a first request may come to more than 1,000 tokens: whoever begins late does not use up exactly
  // what is left, after which nothing would fail any more, but wait for a higher budget.
  const description = "x".repeat(600);
  const one = (title: string) => ({ title, description, maxAttempts: 1 });
  await world.submit(swarm, ...["a", "b", "c", "d"].map(one));
  const { tasks, cost } = await world.finished(swarm);
  expect(tasks.map(({ status }) => status)).toEqual(["failed", "failed", "failed", "failed"]);
  expect(tasks[0]?.reason).toMatch(/bound of tokens/);
  expect(cost.tokens).toBeLessThanOrEqual(20_000);
  expect(cost.tokens).toBeGreaterThan(10_000);
});

test("what a task depends on stands in its prompt", async () => {
  const server = await play(({ prompt }) => ({
    text: prompt.includes("42") ? "It was 42." : "The number is 42.",
  }));
  const world = await openCrewWorld({ agents: profile(server, "openai"), environment });
  const { swarm } = await world.create({ crew, grant: "{}", target: 2 });
  const [first] = await world.submit(swarm, { title: "find a number" });
  await world.submit(swarm, { title: "repeat it", dependsOn: [first?.id ?? ""] });
  const { tasks } = await world.finished(swarm);
  expect(tasks.find(({ title }) => title === "repeat it")?.result).toMatchObject({
    text: "It was 42.",
  });
});

test.each([
  [[{ text: "No.", end: "refused" }], /model refused: No\./],
  [[{ status: 401, message: "bad key" }], /HTTP 401 .*bad key/],
] as const)("a task fails with the reason, and is not tried again: %j", async (turns, reason) => {
  const server = await play(turns);
  const world = await openCrewWorld({
    agents: profile(server, "anthropic", { tools: [] }),
    environment,
  });
  const { swarm } = await world.create({ crew, grant: "{}", target: 1 });
  await world.submit(swarm, { title: "a" });
  const { tasks } = await world.finished(swarm);
  expect(tasks[0]).toMatchObject({ status: "failed", attempts: 1 });
  expect(tasks[0]?.reason).toMatch(reason);
});

test("a key that is not set, and a budget without a price, are faults of the configuration", async () => {
  const server = await play([]);
  const world = await openCrewWorld({ agents: profile(server, "anthropic", { price: undefined }) });
  const { swarm } = await world.create({ crew, grant: "{}", target: 1 });
  await world.submit(swarm, { title: "a" });
  expect((await world.finished(swarm)).tasks[0]?.reason).toMatch(
    /key in MODEL_KEY, which is not set/,
  );
  const create = (facts: object) => world.create({ crew, grant: "{}", target: 1, ...facts });
  await expect(create({ budget: { money: 1 } })).rejects.toThrow(/say what a million tokens cost/);
  await expect(create({ crew: { kind: "model", profile: "wrker" } })).rejects.toThrow(
    /no profile "wrker"; did you mean "worker"/,
  );
  await expect(create({ crew: { kind: "process", profile: "worker" } })).rejects.toThrow(
    /of the kind model, not process/,
  );
});
