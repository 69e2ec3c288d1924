import { systemClock } from "@trestle/protocol";
import { startModelServer } from "@trestle/testkit/model-server";
import { until } from "@trestle/testkit/surroundings";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBudget } from "../budget.ts";
import { dialects, KEY, read, run, start, tools } from "./_model-run.ts";
import { anthropic } from "./anthropic.ts";
import { runModel } from "./run-model.ts";
import { openToolbox } from "./toolbox.ts";

describe.each(dialects)("an agent over $name", (which) => {
  test("calls tools until it is done, and tells what that cost", async () => {
    const { outcome, called, server } = await run(which, {
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
    const { server, called } = await run(which, {
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
    const { server, outcome } = await run(which, {
      turns: [
        { calls: [read("a"), { name: "files__read", arguments: { fails: true } }, read("c")] },
        { text: "Done." },
      ],
    });
    expect(outcome.toolCalls).toBe(3);
    expect(server.seen[1]?.results).toEqual(["read a", "tool_error: no such file", "read c"]);
  });

  test("can mend arguments that are no JSON object", async () => {
    const { server, called, outcome } = await run(which, {
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
    const { server } = await run(which, {
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
    expect((await run(which, { turns: [turn] })).outcome.end).toEqual(end);
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

  test("never tells its key, not even where the provider does", async () => {
    const { ended } = await start(which, {
      turns: [{ status: 401, message: `bad key ${KEY}` }],
    });
    const error = await ended.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "denied", message: expect.stringContaining("[redacted]") });
    expect(JSON.stringify(error) + error.message).not.toContain(KEY);
  });
});

test("an address that is no such API is a fault of the configuration", async () => {
  const server = await startModelServer({ turns: [] });
  onTestFinished(server.close);
  const { host } = tools();
  const toolbox = await openToolbox(host, { allow: [], maxResultLength: 1, clock: systemClock });
  const runAt = (baseUrl: string) =>
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
  await expect(runAt(`${server.anthropicUrl}/wrong`)).rejects.toMatchObject({
    code: "invalid_config",
  });
  await expect(runAt("http://127.0.0.1:1")).rejects.toMatchObject({ code: "unavailable" });
});
