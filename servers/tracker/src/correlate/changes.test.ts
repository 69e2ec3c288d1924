import { expect, test } from "vitest";
import type { ErrorFact } from "../model/facts.ts";
import { changesOf } from "./changes.ts";
import { eventOfError } from "./event.ts";

const MINUTE = 60_000;
const edit = (ref: string, minute: number, path: string, session = "s") => ({
  ...{ ref, path, session },
  at: minute * MINUTE,
});

test("edits without a long pause are one change, of each session for itself", () => {
  const edits = [
    edit("e3", 20, "c.ts"),
    edit("e1", 0, "a.ts"),
    edit("e2", 4, "b.ts"),
    edit("e4", 5, "d.ts", "other"),
  ];
  expect(changesOf(edits, [])).toEqual([
    { ref: "e1", at: 0, label: "edits of 2 files", files: ["a.ts", "b.ts"] },
    { ref: "e4", at: 5 * MINUTE, label: "edit of d.ts", files: ["d.ts"] },
    { ref: "e3", at: 20 * MINUTE, label: "edit of c.ts", files: ["c.ts"] },
  ]);
});

test("commands that succeeded and change a system are changes; tests and failures are none", () => {
  const run = (command: string, ok = true) => ({ ref: command, at: 1, command, ok });
  const runs = [
    run("git push origin"),
    run("npm run deploy"),
    run("npm test"),
    run("git status"),
    run("git commit", false),
  ];
  expect(changesOf([], runs).map(({ label }) => label)).toEqual([
    "git push origin",
    "npm run deploy",
  ]);
});

test("an error is an event with what it shares with others", () => {
  const fact: ErrorFact = {
    ...{ id: "r#0", recordId: "r", sessionId: "s", project: "p", at: 1, class: "other" },
    ...{
      component: "Bash",
      message: "m",
      group: "1:g",
      family: "1:f",
      template: "t",
      files: ["a.ts"],
    },
  };
  expect(eventOfError(fact)).toEqual({
    ...{ recordId: "r", component: "Bash", group: "1:g", at: 1 },
    keys: { session: ["s"], file: ["a.ts"] },
  });
  expect(eventOfError(fact, "web1").keys).toMatchObject({ host: ["web1"] });
});
