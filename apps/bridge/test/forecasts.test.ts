import { expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { rowOf } from "../src/state/_rows.ts";
import { trestle } from "./_cli.ts";
import { type CoreUnderTest, keyOf, startCore } from "./_core.ts";
import { serve } from "./_place.ts";

/** Calls of one tool that fail in rows: 40 are well, then 10 fail, and so on. */
function lead({ bridge }: CoreUnderTest, tool: string, count: number, errorCode?: string): void {
  const { history, metrics, clock } = bridge.core;
  for (let index = 0; index < count; index += 1) {
    const isBad = index % 50 >= 40;
    const row = rowOf({
      ...{ executionId: `${tool}-${index}`, server: "one", tool, principal: "local" },
      startedAt: clock.now() - (count - index) * 60_000,
      outcome: isBad ? "error" : "success",
      ...(isBad ? { errorCode: errorCode ?? "unavailable" } : {}),
    });
    history.finished(row);
    metrics.observe(row);
  }
}

test("how likely a tool fails next is told where it can be foretold, and only there", async () => {
  const core = await startCore();
  lead(core, "read", 500);
  lead(core, "echo", 190);
  lead(core, "write", 500, "invalid_input");
  const { tools } = await core.ask("performance");
  const forecastOf = (tool: string) =>
    objectOf(objectsOf(tools).find((row) => row.tool === tool)?.forecast);
  expect(forecastOf("read")).toMatchObject({ base_rate: 0.2, outcomes: 500 });
  // Ten have failed in a row, and the last row was no longer than that.
  expect(forecastOf("read").failure_probability).toBeGreaterThan(0.5);
  expect(forecastOf("echo")).toEqual({ outcomes: 190, hidden: "190 of 200 outcomes" });
  // Failures by the doing of callers are no outcomes of the tool.
  expect(forecastOf("write")).toMatchObject({ outcomes: 400, hidden: expect.any(String) });

  const stats = await core.ask("stats");
  expect(objectsOf(stats.forecasts).map(({ name }) => name)).toEqual(["one.read"]);
  const others = await core.ask("stats", {}, keyOf("ann"));
  expect(others.forecasts).toEqual([]);
});

test("trestle stats and trestle performance show it", async () => {
  const core = await startCore();
  lead(core, "read", 500);
  // The command asks a bridge of its own, in the same home.
  const { home } = core.place;
  await core.bridge.close();
  const { root, configFile } = core.place;
  const bridge = await serve(core.place, ["--config", configFile]);
  const run = (...args: string[]) => trestle(args, { home: root, env: { TRESTLE_HOME: home } });
  const stats = await run("stats");
  expect(stats.stdout).toMatch(/TOOL +NEXT FAILS +USUALLY +BY\none\.read +[\d.]+ % +20 %/);
  const performance = await run("performance");
  expect(performance.stdout).toMatch(/one\.read +500 +80 %.* [\d.]+ % +closed/);
  bridge.process.kill("SIGTERM");
  await bridge.ended;
});
