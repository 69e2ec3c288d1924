import { expect, test } from "vitest";
import { courseOf, triesOf } from "../store/plain-traces.ts";
import { type FixFacts, tryOf, validateFix } from "./validate-fix.ts";

const HOUR = 3_600_000;
const error = (at: number, recordId = `e${at}`) => ({
  recordId,
  at: at * HOUR,
  command: "npm test",
  component: "Bash",
});
const run = (at: number, ok: boolean, command = "npm test") => ({
  recordId: `r${at}`,
  at: at * HOUR,
  command,
  tool: "Bash",
  ok,
});

interface Given {
  readonly errors?: readonly (
    | ReturnType<typeof error>
    | { recordId: string; at: number; component: string }
  )[];
  readonly runs?: readonly ReturnType<typeof run>[];
  readonly edits?: FixFacts["edits"];
  readonly now?: number;
}

/** As a store tells them. */
function facts({ errors = [error(90)], runs = [], edits = [], now = 101 * HOUR }: Given): FixFacts {
  const fixedAt = 100 * HOUR;
  const by = tryOf(errors[0] ?? error(90));
  return {
    ...{ fixedAt, edits, now },
    course: courseOf(errors, fixedAt),
    tries: triesOf(runs, { by, after: fixedAt }),
  };
}

test("seen again after the fix: regressed, with the record that shows it, whatever succeeded", () => {
  const runs = [run(101, true), run(102, true), run(103, true)];
  const judged = validateFix(facts({ errors: [error(90), error(104)], runs, now: 200 * HOUR }));
  expect(judged).toMatchObject({ verdict: "regressed", reason: "It was seen once after the fix." });
  expect(judged.evidence).toContainEqual({
    recordId: "e104",
    at: 104 * HOUR,
    shows: "failed after",
  });
});

test("what had failed succeeded often enough: validated", () => {
  const runs = [run(99, false), run(101, true), run(102, true), run(103, true)];
  const edits = [{ recordId: "w", at: 99.5 * HOUR, path: "src/a.ts" }];
  const judged = validateFix(facts({ runs, edits }));
  expect(judged).toMatchObject({ verdict: "validated", succeeded: 3, failedBefore: 1 });
  expect(judged.evidence.map(({ shows }) => shows)).toEqual([
    "failed before",
    "edited",
    ...Array.from({ length: 3 }, () => "succeeded after"),
  ]);
});

test("one success is enough only after a quiet time", () => {
  const runs = [run(101, true)];
  expect(validateFix(facts({ runs, now: 102 * HOUR })).verdict).toBe("unverified");
  expect(validateFix(facts({ runs, now: 125 * HOUR })).verdict).toBe("validated");
  expect(validateFix(facts({ runs, now: 102 * HOUR }), { leastRuns: 1 }).verdict).toBe("validated");
});

test("silence where nobody tried proves nothing", () => {
  const judged = validateFix(facts({ now: 10_000 * HOUR }));
  expect(judged).toMatchObject({
    verdict: "unverified",
    reason: "What had failed was not tried since: run it to know.",
  });
});

test("runs of other commands are no tries; the same with more words are", () => {
  const others = [101, 102, 103].map((at) => run(at, true, "npm run build"));
  expect(validateFix(facts({ runs: others })).succeeded).toBe(0);
  const more = [101, 102, 103].map((at) => run(at, true, "npm test -- cart"));
  expect(validateFix(facts({ runs: more })).verdict).toBe("validated");
  const failing = [run(101, false)];
  expect(validateFix(facts({ runs: failing })).reason).toMatch(/failed in another way/);
});

test("an error without a command is tried by its tool", () => {
  const errors = [{ recordId: "e", at: 90 * HOUR, component: "Edit" }];
  const runs = [1, 2, 3].map((at) => ({
    recordId: `r${at}`,
    at: (100 + at) * HOUR,
    command: "",
    tool: "Edit",
    ok: true,
  }));
  expect(validateFix(facts({ errors, runs })).verdict).toBe("validated");
});
