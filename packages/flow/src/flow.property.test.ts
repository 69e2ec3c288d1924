import { expect, test } from "vitest";
import { createRandom, type Random, rounds, seed } from "./_random.ts";
import { createFlow, type Flow } from "./flow.ts";
import { parsePlan } from "./schema.ts";
import { type FlowCommand, type FlowEvent, type FlowState, hasEnded } from "./state.ts";

test(`every flow keeps its promises (SEED=${seed}, ROUNDS=${rounds})`, () => {
  for (let round = 0; round < rounds; round += 1) {
    const random = createRandom(seed + round);
    const definition = randomChain(random);
    try {
      const flow = createFlow(parsePlan(definition, { concurrency: 1 + random.below(4) }));
      const { events, state } = drive(flow, random);
      checkEnd(flow, state);
      checkReplay(flow, events, state);
    } catch (error) {
      throw new Error(`SEED=${seed + round} ROUNDS=1: ${JSON.stringify(definition)}`, {
        cause: error,
      });
    }
  }
});

function randomChain(random: Random): object {
  const count = 1 + random.below(12);
  const isDag = random.chance(0.6);
  // A step of a DAG may depend on one that is listed after it: the order of the graph is not that of the list.
  const order = shuffle(
    Array.from({ length: count }, (_, index) => index),
    random,
  );
  const steps = Array.from({ length: count }, (_, index) => {
    const earlier = isDag
      ? order.slice(0, order.indexOf(index))
      : Array.from({ length: index }, (_, each) => each);
    return randomStep(random, { index, earlier, isDag });
  });
  return {
    name: "random",
    steps,
    // Without any dependsOn, parallel: false is an ordered chain.
    ...(isDag ? { parallel: random.chance(0.9) || !steps.some(hasDependencies) } : {}),
    fail_fast: random.chance(0.5),
  };
}

function hasDependencies(step: object): boolean {
  return "dependsOn" in step && (step.dependsOn as readonly string[]).length > 0;
}

interface Place {
  readonly index: number;
  readonly earlier: readonly number[];
  readonly isDag: boolean;
}

function randomStep(random: Random, { index, earlier, isDag }: Place): object {
  const some = () => earlier.filter(() => random.chance(0.25)).map((each) => `n${each}`);
  const path = () => (random.chance(0.9) ? ".value" : ".missing");
  const last = !isDag && index > 0 && random.chance(0.5) ? ["$last_result.value"] : [];
  const asked = some();
  const conditions = [
    ...asked.map((id) => `${random.pick(["", "not "])}exists(\${results.${id}})`),
    ...some().map((id) => `\${results.${id}${path()}} ${random.pick(["<", ">="])} 5`),
  ];
  return {
    id: `n${index}`,
    server: "s",
    tool: "t",
    arguments: { values: [...some().map((id) => `\${results.${id}${path()}}`), ...last] },
    ...(isDag ? { dependsOn: some() } : {}),
    ...(conditions.length > 0 && random.chance(0.6)
      ? { when: conditions.join(random.pick([" and ", " or "])) }
      : {}),
    onError: random.pick(["fail", "fail", "continue", "skip"]),
  };
}

function shuffle<T>(items: readonly T[], random: Random): T[] {
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T);
}

/** Plays the world: calls end in any order and any way, events come twice, someone cancels. */
function drive(flow: Flow, random: Random) {
  const events: FlowEvent[] = [];
  let state = flow.begin();
  let at = 0;

  function record(event: FlowEvent): void {
    const before = state;
    state = flow.reduce(state, event);
    events.push(event);
    for (const [id, step] of Object.entries(before.steps)) {
      if (hasEnded(step)) expect(state.steps[id]).toBe(step);
    }
    if (random.chance(0.1)) {
      const again = flow.reduce(state, event);
      if (event.kind !== "stepStarted") expect(again).toBe(state);
    }
  }

  for (let turn = 0; turn < 1_000; turn += 1) {
    at += 1;
    const settled = flow.settle(state, at);
    for (const event of settled.events) record(event);
    expect(state).toEqual(settled.state);
    const commands = flow.next(state);
    expect(commands).toEqual(settled.commands);
    expect(flow.next(JSON.parse(JSON.stringify(state)))).toEqual(commands);
    if (commands[0]?.kind === "finish") return { events, state };

    const starts = commands.filter((command) => command.kind === "start");
    checkStarts(flow, state, starts);
    // A driver may be slower than its commands: some starts wait for the next turn.
    for (const { step } of starts) {
      if (random.chance(0.8)) record({ kind: "stepStarted", step, at });
    }
    const running = runningOf(state);
    expect(running.length + starts.length).toBeGreaterThan(0);
    if (random.chance(0.02)) record({ kind: random.pick(["cancelled", "timedOut"]), at });
    if (running.length > 0) record(randomEnd(random, random.pick(running), at));
  }
  throw new Error("the flow never ended");
}

function checkStarts(
  flow: Flow,
  state: FlowState,
  starts: readonly (FlowCommand & { kind: "start" })[],
): void {
  expect(runningOf(state).length + starts.length).toBeLessThanOrEqual(
    Math.max(flow.plan.concurrency, runningOf(state).length),
  );
  if (state.stopping !== undefined) expect(starts).toEqual([]);
  for (const { step } of starts) {
    expect(state.steps[step]).toEqual({ status: "pending" });
    for (const id of flow.steps.get(step)?.waitsFor ?? []) {
      expect(hasEnded(state.steps[id])).toBe(true);
    }
    for (const id of flow.steps.get(step)?.needsResultOf ?? []) {
      expect(state.steps[id]?.status).toBe("succeeded");
    }
  }
}

function randomEnd(random: Random, step: string, at: number): FlowEvent {
  if (random.chance(0.8)) {
    return { kind: "stepSucceeded", step, at, result: { value: random.below(10) } };
  }
  const code = random.pick(["tool_error", "cancelled", "timeout", "outcome_unknown"]);
  return { kind: "stepFailed", step, at, error: { code, message: code } };
}

function checkEnd(flow: Flow, state: FlowState): void {
  const steps = Object.entries(state.steps);
  expect(steps.map(([id]) => id)).toEqual(flow.plan.steps.map(({ id }) => id));
  expect(steps.filter(([, step]) => !hasEnded(step))).toEqual([]);
  const hasFailed = flow.plan.steps.some(
    ({ id, onError }) => onError === "fail" && state.steps[id]?.status === "failed",
  );
  const outcome = flow.outcome(state);
  if (outcome === "succeeded") expect(hasFailed).toBe(false);
  if (outcome === "failed") expect(hasFailed).toBe(true);
  if (state.stopping === undefined) {
    expect(steps.some(([, step]) => step.status === "cancelled")).toBe(false);
  }
}

/** The state is the fold of its events, whether kept in memory or read back as text at any point. */
function checkReplay(flow: Flow, events: readonly FlowEvent[], state: FlowState): void {
  const replayed = events.reduce((before, event) => flow.reduce(before, event), flow.begin());
  expect(replayed).toEqual(state);
  const fromText = events.reduce(
    (before, event) =>
      flow.reduce(JSON.parse(JSON.stringify(before)), JSON.parse(JSON.stringify(event))),
    JSON.parse(JSON.stringify(flow.begin())) as FlowState,
  );
  expect(fromText).toEqual(state);
}

function runningOf(state: FlowState): string[] {
  return Object.keys(state.steps).filter((id) => state.steps[id]?.status === "running");
}
