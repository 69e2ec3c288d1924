import { expect, test } from "vitest";
import type { Part, TrackedRecord } from "../model/record.ts";
import { commandLineOf, isTestCommand, steadyCommand } from "./command.ts";
import { createFactCollector } from "./extractor.ts";
import { runsAndEdits } from "./runs-and-edits.ts";
import { usage } from "./usage.ts";
import { writtenFiles } from "./written-files.ts";

function record(id: string, at: number, ...parts: Part[]): TrackedRecord {
  const origin = { source: "s", path: "p", offset: 0 };
  return { id, sessionId: "session", at, type: "x", origin, parts };
}

const call = (callId: string, tool: string, input: Record<string, string>): Part => ({
  kind: "call",
  callId,
  tool,
  input,
});
const result = (callId: string, ok: boolean, text = ""): Part => ({
  kind: "result",
  callId,
  ok,
  text,
});

test("a run is told by the call and its result, also where its reader was started anew between them", () => {
  const collector = createFactCollector();
  const first = runsAndEdits.open("");
  const asked = record(
    "1",
    100,
    call("a", "Bash", { command: "cd /x && CI=1 pnpm test --run 2>&1 | tail -5" }),
    call("b", "Edit", { file_path: "/x/y.ts" }),
  );
  first.take(asked, collector.of(asked, "p"));
  const second = runsAndEdits.open(first.memory());
  const answered = record("2", 350, result("a", false, "Exit code 1"), result("b", true));
  second.take(answered, collector.of(answered, "p"));
  expect(second.memory()).toBe("");
  expect(collector.facts.runs).toEqual([
    {
      id: "2#0",
      recordId: "2",
      sessionId: "session",
      project: "p",
      at: 350,
      command: "pnpm test --run",
      tool: "Bash",
      ok: false,
      durationMs: 250,
      test: true,
    },
    expect.objectContaining({ id: "2#1", command: "Edit", tool: "Edit", ok: true, test: false }),
  ]);
  expect(collector.facts.edits).toMatchObject([{ id: "2#2", path: "/x/y.ts" }]);
});

test("what a person refused was no run", () => {
  const collector = createFactCollector();
  const extractor = runsAndEdits.open("");
  const both = record(
    "1",
    1,
    call("a", "Write", { file_path: "f" }),
    result("a", false, "The user doesn't want to proceed with this tool use."),
  );
  extractor.take(both, collector.of(both, ""));
  expect(collector.facts.runs).toEqual([]);
});

test("tokens are told as they stand", () => {
  const collector = createFactCollector();
  const told = record("1", 1, {
    kind: "usage",
    responseId: "r",
    model: "m",
    inputTokens: 1,
    outputTokens: 2,
    cacheReadTokens: 3,
    cacheWriteTokens: 4,
  });
  usage.open("").take(told, collector.of(told, "p"));
  expect(collector.facts.usage).toMatchObject([{ responseId: "r", cacheWriteHourTokens: 0 }]);
});

test.each([
  ["cd /a/b && timeout 60 npm test > out.txt 2>&1", "npm test"],
  ["FOO=1 BAR='x y' go test ./... | grep FAIL", "go test ./..."],
  ["git show 0a1b2c3d4e5f", "git show <hash>"],
  ["cat /tmp/x-123/y", "cat <temporary>"],
  ["curl localhost:8080/x", "curl localhost:<number>/x"],
  ["  make   build ", "make build"],
  [
    "git add -A && git commit -m \"$(cat <<'EOF'\nSay (more)\nEOF\n)\"",
    "git add -A && git commit -m <text>",
  ],
  [`git commit -m "${"why ".repeat(20)}" -q`, "git commit -m <text> -q"],
  ["cd here", "cd here"],
])("%s is the command %s", (line, command) => {
  expect(steadyCommand(line)).toBe(command);
});

test("a shell's own argument is the command line", () => {
  const input = { command: ["bash", "-lc", "cargo test"] };
  expect(commandLineOf({ tool: "shell", input })).toBe("cargo test");
  expect(commandLineOf({ tool: "Read", input })).toBeUndefined();
});

test.each([
  ["pnpm vitest run a", true],
  ["npm run test:unit", true],
  ["python -m pytest -q", true],
  ["go test ./...", true],
  ["cat vitest.config.ts", false],
  ["git commit -m 'test'", false],
  ["npm install --save-dev jest", false],
  ["npm install && npm test", true],
])("is %s a run of tests? %s", (line, isTest) => {
  expect(isTestCommand(line)).toBe(isTest);
});

test("a patch names its files", () => {
  const input = "*** Begin Patch\n*** Update File: a/b.ts\n@@\n*** Add File: c.ts\n*** End Patch";
  expect(writtenFiles({ tool: "apply_patch", input: { input } })).toEqual(["a/b.ts", "c.ts"]);
});
