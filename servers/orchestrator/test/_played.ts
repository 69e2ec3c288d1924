import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RunState } from "@trestle/flow";
import { type JsonObject, systemClock, TrestleError } from "@trestle/protocol";
import { expect } from "vitest";
import { readDefinition } from "../src/definitions/read.ts";
import { toPlan } from "../src/definitions/to-plan.ts";
import { openEngine, says, temporaryFolder } from "../src/engine/_engine.ts";
import { fails } from "./_world.ts";

export interface Committed {
  /** A step whose end is in the log. */
  readonly step: string;
  /** Calls that had been made when that was seen. */
  readonly calls: number;
}

/** Keys of all calls, in the order in which they were made. */
export function readCalls(folder: string): string[] {
  const lines = readFileSync(join(folder, "calls.jsonl"), "utf8").split("\n").filter(Boolean);
  return lines.map((line) => (JSON.parse(line) as { key: string }).key);
}

/** `calls`: those that had been made when the states were seen, or later. */
export function committedOf(states: ReadonlyMap<string, RunState>, calls: number): Committed[] {
  return [...states].flatMap(([runId, { steps }]) =>
    Object.entries(steps).flatMap(([id, { status }]) =>
      status === "succeeded" ? [{ step: `${runId}/${id}`, calls }] : [],
    ),
  );
}

export function statusesOf(states: ReadonlyMap<string, RunState>) {
  const statuses = [...states].map(([runId, { steps, ended }]) => [
    runId,
    ended?.outcome,
    Object.entries(steps).map(([id, step]) => [
      id,
      step.status,
      step.status === "succeeded" ? withoutTimes(step.result) : undefined,
    ]),
  ]);
  return statuses.sort(([a], [b]) => String(a).localeCompare(String(b)));
}

/** How long a wait took in truth differs from one play to the next. */
function withoutTimes(result: unknown): unknown {
  return JSON.stringify(result).includes("waited_ms") ? "waited" : result;
}

export async function playUndisturbed(
  workflows: readonly JsonObject[],
): Promise<Map<string, RunState>> {
  const folder = temporaryFolder();
  const answer = ({ key }: { key: string }) => {
    if (fails(key)) throw new TrestleError("unavailable", "it always fails");
    return says({ key });
  };
  const { engine, close } = await openEngine(folder.path, { clock: systemClock, answer });
  const states = await Promise.all(
    workflows.map(async (given) => {
      const definition = readDefinition(given);
      const { id } = definition;
      const plan = toPlan(definition);
      const runId = `run-${id}`;
      await engine.submit({ workflow: id, version: "1", plan, grant: "me", owner: "me", runId });
      return [runId, (await engine.waitFor(runId, 60_000)).state] as const;
    }),
  );
  await close();
  folder.remove();
  return new Map(states);
}

/** No step is called once its end is in the log. */
export function checkCalls(calls: readonly string[], committed: readonly Committed[]): void {
  const again = committed.filter(({ step, calls: then }) =>
    calls.slice(then).some((key) => key.startsWith(`${step}/`)),
  );
  expect(again).toEqual([]);
  expect(committed.length).toBeGreaterThan(0);
}
