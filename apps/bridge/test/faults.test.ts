import { WAIT_S } from "@trestle/testkit";
import { expect, test } from "vitest";
import { unpackStages } from "../src/state/history/stages.ts";
import {
  ATTEMPT_MS,
  type FaultBench,
  openFaultBench,
  type Subject,
  subjectOf,
  TOOLS,
} from "./_fault-bench.ts";
import {
  CELL_KINDS,
  type Cell,
  type CellKind,
  FAULT_TABLE,
  type FaultRow,
} from "./_fault-table.ts";
import { report } from "./_measure.ts";
import type { Answer } from "./_peer.ts";
import { until } from "./_processes.ts";
import { createRandom, seedOf } from "./_random.ts";
import { type Execution, executionsOf } from "./_upstreams.ts";

/** How often the whole table is gone through, each time in another order. */
const ROUNDS = Math.ceil(Number(process.env.ROUNDS ?? 1) / 10);
/** Servers that fail at the same time. */
const TOGETHER = 12;
/** Clocks of two processes, and timers that fire a little early. */
const TOLERANCE_MS = 30;

interface Case {
  readonly row: FaultRow;
  readonly kind: CellKind;
  readonly subject: Subject;
  readonly key: string;
}

const cases: readonly Case[] = FAULT_TABLE.flatMap((row, index) =>
  row.transports.flatMap((transport) =>
    CELL_KINDS.map((kind) => {
      const key = `${index}-${transport}-${kind}`;
      return { row, kind, key, subject: subjectOf(row, transport, [index, kind]) };
    }),
  ),
);

test("every fault has the outcome that the table states", {
  timeout: 120_000 + ROUNDS * 60_000,
}, async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const seed = seedOf(process.env) + round;
    const random = createRandom(seed);
    const shuffled = cases.toSorted(() => random() - 0.5);
    const began = performance.now();
    const wrong = await runAll(shuffled);
    // A second try would hide them.
    for (const each of wrong) report(each);
    expect(wrong, `SEED=${seed}`).toEqual([]);
    report(`${cases.length} faults in ${Math.round(performance.now() - began)} ms, SEED=${seed}`);
  }
});

/** Servers side by side, the calls of one server in turn; resolves to what was not as stated. */
async function runAll(all: readonly Case[]): Promise<string[]> {
  const byServer = Map.groupBy(all, ({ subject }) => subject.id);
  const queue = [...byServer.values()];
  const bench = await openFaultBench(queue.flatMap(([first]) => (first ? [first.subject] : [])));
  const wrong: string[] = [];
  const healed: number[] = [];
  async function work(): Promise<void> {
    for (let own = queue.shift(); own; own = queue.shift()) {
      for (const each of own) {
        const took = await runCase(bench, each).catch((error: Error) => {
          wrong.push(
            `${each.subject.transport} server ${each.row.fault}, ${each.kind}: ${error.message}`,
          );
          return undefined;
        });
        const { faults = [], isSilent } = each.row;
        if (
          took !== undefined &&
          each.kind === "read" &&
          !isSilent &&
          /^die/.test(faults[0] ?? "") &&
          each.subject.transport === "stdio"
        )
          healed.push(took);
      }
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, work));
  report(
    `a read whose server was killed is answered after ${healed.map(Math.round).join(", ")} ms`,
  );
  return wrong;
}

async function runCase(bench: FaultBench, { row, kind, subject, key }: Case): Promise<number> {
  const expected = row.cells[kind];
  const restore = row.before ? await bench.disturb(subject, row.before) : async () => {};
  const began = performance.now();
  const { answer } = await bench.call(subject, TOOLS[kind], {
    key,
    faults: [...(row.faults ?? [])],
    slowMs: ATTEMPT_MS + 500,
  });
  const tookMs = performance.now() - began;
  checkAnswer(answer, expected, { key, subject });
  await restore();
  await bench.revive(subject);
  await checkAfterwards(bench, subject);
  await checkHistory(bench, expected, key);
  checkEffects(bench.effectsOf(subject, key), expected);
  if (row.isHeeded && expected.attempts > 1) {
    const [first, second] = bench.attemptsOf(subject, key);
    const waitedMs = (second?.at ?? 0) - (first?.at ?? 0);
    expect(waitedMs, "the wait that was asked for").toBeGreaterThan(WAIT_S * 1_000 - TOLERANCE_MS);
  }
  return tookMs;
}

function checkAnswer(
  answer: Answer,
  { gets }: Cell,
  { key, subject }: Pick<Case, "key" | "subject">,
): void {
  const code = answer.error === undefined ? "answer" : answer.error.data?.code;
  expect(code, JSON.stringify(answer.error ?? "")).toBe(gets);
  if (answer.result)
    expect(answer.result.structuredContent).toMatchObject({ key, server: subject.id });
  const details = answer.error?.data?.details;
  if (answer.error)
    expect(details, "the error names the server").toMatchObject({ upstream: subject.id });
  if (gets === "outcome_unknown") {
    expect(answer.error?.data).toMatchObject({
      retryable: false,
      details: { outcomeUnknown: true },
    });
    expect(answer.error?.message).toMatch(/may or may not have taken effect.* Check with /);
  }
}

function checkEffects(effects: number, { effects: stated }: Cell): void {
  const [least, most] = typeof stated === "number" ? [stated, stated] : stated;
  expect(effects, "effects at the server").toBeGreaterThanOrEqual(least);
  expect(effects, "effects at the server").toBeLessThanOrEqual(most);
}

async function checkHistory(
  { place }: FaultBench,
  { attempts, history }: Cell,
  key: string,
): Promise<void> {
  const rowsOf = (): Execution[] => executionsOf(place).filter((row) => row.key === key);
  await until("the history has it", () => rowsOf().some(({ outcome }) => outcome !== "started"));
  const rows = rowsOf();
  expect(rows, "rows of the call").toHaveLength(1);
  const [row] = rows;
  expect(row?.outcome, "outcome in the history").toBe(history);
  expect(row?.attempts, `attempts: ${row?.stages}`).toBe(attempts);
  const stages = unpackStages(row?.stages ?? "[]");
  const requests = stages.filter(({ policy }) => policy === "upstream");
  expect(requests, "requests among the stages").toHaveLength(attempts);
}

/** The server works again, and nothing that was kept of it is old. */
async function checkAfterwards(bench: FaultBench, subject: Subject): Promise<void> {
  const works = async (tool: string): Promise<void> => {
    let said = "";
    await until(`${tool} works again`, async () => {
      const { answer } = await bench.call(subject, tool, { key: "afterwards" });
      said = JSON.stringify(answer.error);
      return answer.error === undefined;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; it says ${said}`);
    });
  };
  for (const tool of ["read", "write", "write_once"]) await works(tool);
  for (let again = 0; again < 2; again += 1) {
    const { answer } = await bench.call(subject, "read_state", { key: "state" });
    expect(answer.result?.structuredContent, "what is read afterwards").toMatchObject({
      effects: bench.effectsOf(subject),
    });
  }
}
