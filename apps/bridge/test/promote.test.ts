import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { describe, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { keyOf, startCore } from "./_core.ts";
import { startRest } from "./_rest.ts";

const KEEPING = { history: { results: { keep: true } } };

describe("calls of the history become a chain", () => {
  test("that refers to results, asks for secrets, runs, and passes its test", async () => {
    const { ask, call } = await startCore(KEEPING);
    const first = await call("one__echo", { text: "who", password: "hunter2-canary" });
    const { pid } = objectOf(first.structuredContent);
    await call("two__read", { pid, key: "again", text: `of ${"x".repeat(10)}` });
    const { executions } = await ask("history");
    expect(objectsOf(executions).map(({ number }) => number)).toEqual([2, 1]);

    const made = await ask("chain_promote", { calls: ["1..2"], name: "greet" });
    expect(made).toMatchObject({
      references: [{ step: "step_2", argument: "pid", reference: "${results.step_1.pid}" }],
      left_out: [],
      notes: [],
      test: { passed: true, steps: 2 },
    });
    expect(JSON.stringify(made)).not.toContain("canary");
    const chain = objectOf(made.chain);
    expect(chain.inputSchema).toMatchObject({
      properties: { text: { default: "who" }, password: {}, key: { default: "again" } },
      required: ["password"],
    });

    await expect(ask("run_chain", chain)).rejects.toThrow('input "password" has no value');
    const ran = await ask("run_chain", { ...chain, values: { password: "other" } });
    expect(ran).toMatchObject({ success: true, completed_steps: 2 });
    const { fixture } = made;
    expect(await ask("chain_test", { chain, fixture })).toMatchObject({ passed: true });
    const [step, ...rest] = objectsOf(chain.steps);
    const changed = { ...chain, steps: [{ ...step, tool: "read" }, ...rest] };
    expect(await ask("chain_test", { chain: changed as JsonObject, fixture })).toMatchObject({
      passed: false,
      steps: [{ same: false, recorded: { tool: "echo" } }, { same: true }],
    });
  });

  test("without what failed, and with what a carrier called in its place", async () => {
    const { ask, call } = await startCore(KEEPING);
    await call("bridge__batch", {
      calls: [
        { tool: "one__echo", arguments: { text: "a" } },
        { tool: "one__echo", arguments: { text: "b", fail: true } },
      ],
    });
    const { executions } = await ask("history");
    const carrier = objectsOf(executions).find(({ server }) => server === "bridge");
    const made = await ask("chain_promote", { calls: [String(carrier?.execution_id)] });
    expect(objectsOf(objectOf(made.chain).steps)).toMatchObject([{ server: "one", tool: "echo" }]);
    expect(objectsOf(made.left_out).map(({ why }) => why)).toEqual([
      "is a tool of the bridge: the calls that it made are taken instead",
      "did not succeed (tool_error)",
    ]);
  });

  test("and say so where results were not kept, or where there is nothing to promote", async () => {
    const { ask, call } = await startCore();
    const first = await call("one__echo", { text: "who" });
    await call("two__read", { pid: objectOf(first.structuredContent).pid ?? 0 });
    const made = await ask("chain_promote", { calls: ["1", "2"] });
    expect(made.references).toEqual([]);
    expect(made.notes).toEqual([
      expect.stringMatching(/one\.echo, two\.read were not kept.*history\.results\.keep to true/),
    ]);
    await expect(ask("chain_promote", { calls: ["7..9"] })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(ask("chain_promote", { calls: ["9..7"] })).rejects.toMatchObject({
      code: "invalid_input",
    });
    // What others called is nobody else's to know.
    await expect(ask("chain_promote", { calls: ["1..2"] }, keyOf("ann"))).rejects.toMatchObject({
      code: "not_found",
    });
    const wrong = { chain: {}, fixture: { calls: [{}] } };
    await expect(ask("chain_test", wrong)).rejects.toThrow("fixture: calls[0] needs server");
  });
});

test("trestle promote writes a chain and its test, and never over what is there", async () => {
  const bridge = await startRest({ history: { results: { keep: true } } });
  try {
    const run = (...args: string[]) => trestle(args, { home: bridge.home });
    const body = (await bridge.post("tool/call", { tool: "one.echo", arguments: { text: "a" } }))
      .body;
    const { pid } = objectOf(objectOf(objectOf(body.data).result).structuredContent);
    await bridge.post("tool/call", { tool: "one.read", arguments: { pid } });

    const planned = await run("promote", "1..2", "--name", "daily", "--dry-run");
    expect(planned).toMatchObject({ code: 0, stderr: "" });
    expect(planned.stdout).toContain('{"pid":"${results.step_1.pid}"}');
    expect(planned.stdout).toContain("Nothing was written.");
    const written = await run("promote", "1..2", "--name", "daily");
    expect(written.stdout).toContain("trestle chain");
    expect(await run("promote", "1..2", "--name", "daily")).toMatchObject({ code: 2 });

    const file = join(bridge.home, "daily.chain.json");
    const passed = await run("chain", file, "--test");
    expect(passed).toMatchObject({ code: 0, stdout: expect.stringContaining("All 2 steps") });
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("results.step_1.pid", "input.text"));
    const failed = await run("chain", file, "--test");
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining("would be") });
  } finally {
    await bridge.stop();
  }
});
