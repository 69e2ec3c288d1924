import { expect, test } from "vitest";
import { classify, isFailure } from "./classify.ts";
import { commandHead } from "./command-head.ts";
import { errorLineOf } from "./error-line.ts";

test.each([
  ["rejected", "The user doesn't want to proceed with this tool use. The tool use was rejected."],
  ["rejected", "exec command rejected by user"],
  ["interrupted", "[Request interrupted by user for tool use]"],
  ["sibling", "<tool_use_error>Sibling tool call errored</tool_use_error>"],
  ["hook", "PreToolUse:Bash hook error: blocked"],
  ["hook", "Pre-commit checks failed: 2 files"],
  ["not-found", "<tool_use_error>File does not exist.</tool_use_error>"],
  ["not-found", "Exit code 127\nsh: fooo: command not found"],
  ["permission", "EACCES: permission denied, open '/etc/shadow'"],
  ["timeout", "Command timed out after 2m 0.0s"],
  ["network", "connect ECONNREFUSED 127.0.0.1:5432"],
  ["api", 'API Error: 529 {"type":"overloaded_error"}'],
  ["invalid-input", "InputValidationError: Read failed due to the following issue"],
  ["invalid-input", "File has not been read yet. Read it first before writing to it."],
  ["exception", "TypeError: x is not a function\n    at total (/srv/cart.js:1:2)"],
  ["exit-code", "Exit code 1\n 3 tests of 40 did not pass"],
  ["other", "Something went wrong"],
])("%s: %s", (kind, text) => {
  const { line, type } = errorLineOf(text);
  const exit = /^Exit code (\d+)/.exec(text)?.[1];
  const hasFrames = text.includes("    at ");
  const exitCode = exit === undefined ? undefined : Number(exit);
  expect(classify({ line, text, type, exitCode, hasFrames })).toBe(kind);
});

test.each([
  [130, "interrupted"],
  [124, "timeout"],
  [126, "permission"],
  [2, "exit-code"],
])("exit code %i without a word is %s", (exitCode, kind) => {
  expect(classify({ line: "", text: "", exitCode, hasFrames: false })).toBe(kind);
});

test("what a person or a sibling stopped is no failure", () => {
  expect(
    ["rejected", "interrupted", "sibling"].map((kind) => isFailure(kind as "sibling")),
  ).toEqual([false, false, false]);
  expect(isFailure("hook")).toBe(true);
});

test("words of a long output beside the error do not classify it", () => {
  const text = `Exit code 1\nAssertionError: expected 3 to be 4\n${"a request timed out, permission denied\n".repeat(3)}`;
  const { line, type } = errorLineOf(text);
  expect(classify({ line, text, type, exitCode: 1, hasFrames: false })).toBe("exception");
});

test.each([
  ["cd app && FOO=1 npm run test -- a.test.ts", "npm run test"],
  ["cd /srv/x; git push origin main", "git push origin"],
  ["timeout 60 sudo /usr/bin/systemctl restart web", "systemctl restart web"],
  ["python -m pytest tests/a.py", "python"],
  ["pytest tests/test_a.py::test_b -k x | tail -5", "pytest"],
  ["cat a.txt", "cat"],
  ["\\\n  make \\\n all", "make all"],
  ["for f in *; do echo $f; done", "for f in"],
  ["", ""],
])("the head of %s", (command, head) => {
  expect(commandHead(command)).toBe(head);
});

test.each([
  [
    "Exit code 2\n\u001b[31msrc/a.ts(1,2): error TS2345: Argument of type\u001b[0m",
    "src/a.ts(1,2): error TS2345: Argument of type",
    "TS2345",
  ],
  [
    "error[E0425]: cannot find value `x`\n --> src/main.rs:2:5",
    "error[E0425]: cannot find value `x`",
    "E0425",
  ],
  [
    'Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1\n\nDuring handling\n\nTraceback (most recent call last):\n  File "a.py", line 2, in g\nValueError: no',
    "ValueError: no",
    "ValueError",
  ],
  [
    "java.lang.IllegalStateException: closed\n\tat a.B.c(B.java:1)",
    "java.lang.IllegalStateException: closed",
    "IllegalStateException",
  ],
  [
    "Error: ENOENT: no such file or directory, open 'x'",
    "Error: ENOENT: no such file or directory, open 'x'",
    "ENOENT",
  ],
  ["panic: index out of range\n\ngoroutine 1 [running]:", "panic: index out of range", "panic"],
  ["compiling\n2 errors found\nld: cannot find -lfoo", "ld: cannot find -lfoo", undefined],
  ["checked\\nValueError: no\\n", "ValueError: no", "ValueError"],
  ["nothing to see", "nothing to see", undefined],
  ["", "", undefined],
])("the line that names the error of %s", (text, line, type) => {
  expect(errorLineOf(text)).toEqual({ line, ...(type === undefined ? {} : { type }) });
});

test("a text made to slow the reading down takes no longer than its length", () => {
  for (const piece of ["A.", "Error ", "error[E", "E", "cd a && ", "A=1 ", "'", "timeout -a "]) {
    const started = performance.now();
    errorLineOf(piece.repeat(50_000));
    commandHead(piece.repeat(50_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});
