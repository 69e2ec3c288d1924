import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { createFactCollector } from "../facts/extractor.ts";
import type { Part, TrackedRecord } from "../model/record.ts";
import { withPhase } from "./phase.ts";

const HOUR_MS = 3_600_000;

/** An extractor that makes a task of each prompt. */
const prompts = withPhase({
  name: "prompts",
  open: () => ({
    take(record, add) {
      for (const part of record.parts) {
        if (part.kind !== "prompt") continue;
        add("tasks", { taskId: part.text, source: "plan", confidence: 1 });
        add("edits", { path: "/x" });
      }
    },
    memory: () => "",
  }),
});

let number = 0;
function record(parts: readonly Part[], more: Partial<TrackedRecord> = {}): TrackedRecord {
  number += 1;
  const origin = { source: "s", path: "/p", offset: number };
  return { id: `r${number}`, sessionId: "a", at: number, type: "x", origin, parts, ...more };
}

const call = (tool: string, input: JsonObject) =>
  [{ kind: "call", callId: `c${number}`, tool, input }] as const;
const run = (command: string) => call("Bash", { command });

/** The phase that a task is met in, behind these records. */
function phaseBehind(records: readonly TrackedRecord[], asked: Partial<TrackedRecord> = {}) {
  const { facts, of } = createFactCollector();
  let memory = "";
  // Each record in a process of its own.
  for (const each of [...records, record([{ kind: "prompt", text: "t" }], asked)]) {
    const extractor = prompts.open(memory);
    extractor.take(each, of(each, "p"));
    memory = extractor.memory();
  }
  expect(facts.edits[0]).not.toHaveProperty("phase");
  return facts.tasks[0]?.phase;
}

test.each([
  ["planning", call("ExitPlanMode", { plan: "x" })],
  ["implementation", call("Write", { file_path: "/srv/shop/till.ts", content: "x" })],
  ["testing", run("cd /srv && npm test")],
  ["testing", run("pytest -q tests")],
  ["review", run("gh pr create --fill")],
  ["release", run("pnpm publish --access public")],
  ["release", run("git tag v1.2.0 && git push --tags")],
])("%s is told by what is called", (name, parts) => {
  const sign = record(parts);
  expect(phaseBehind([sign])).toMatchObject({ name, recordId: sign.id, at: sign.at });
});

test("what tells nothing leaves the phase unknown", () => {
  const said = record([{ kind: "reply", text: "Now we release, after the review and all tests" }]);
  expect(
    phaseBehind([said, record(run("git tag --list")), record(run("ls test"))]),
  ).toBeUndefined();
});

test("a phase holds until another sign, for its own lane, and not for ever", () => {
  const edit = record(call("Write", { file_path: "/a.ts", content: "" }));
  const tested = record(run("npx vitest run"), { laneId: "helper" });
  expect(phaseBehind([edit, tested])).toMatchObject({ name: "implementation" });
  expect(phaseBehind([edit, tested], { laneId: "helper" })).toMatchObject({ name: "testing" });
  expect(phaseBehind([edit], { at: edit.at + 3 * HOUR_MS })).toBeUndefined();
});

test("a branch for releases tells as long as nothing else does", () => {
  const begun = record([], { session: { branch: "release/2.0" } });
  expect(phaseBehind([begun])).toMatchObject({ name: "release", why: "branch release/2.0" });
  expect(phaseBehind([begun, record(run("npm test"))])).toMatchObject({ name: "testing" });
});
