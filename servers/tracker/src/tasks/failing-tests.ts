import { commandLineOf, isTestCommand, steadyCommand } from "../facts/command.ts";
import type { ResultPart } from "../model/record.ts";
import { createRecent } from "../transcripts/recent.ts";
import { type OpenTaskRule, remembered, type TaskBook } from "./task-rule.ts";
import { saysTestsFailed } from "./test-summary.ts";

const MOST_CALLS = 50;
const MOST_FAILING = 20;
const NOT_RUN =
  /^(?:<tool_use_error>|The user doesn't want|\[Request interrupted|Sibling tool call)/;

interface Failing {
  readonly recordId: string;
  readonly taskId?: string;
}

/** Tests that failed when they were last run, at the end of a turn; done when the same command, or a wider one, passes. */
export const failingTests: OpenTaskRule = (memory) => {
  const calls = createRecent<string>(MOST_CALLS, remembered(memory, "calls"));
  const failing = createRecent<Failing>(MOST_FAILING, remembered(memory, "failing"));

  function answer(result: ResultPart, recordId: string, tasks: TaskBook): void {
    const command = calls.get(result.callId);
    if (command === undefined) return;
    calls.delete(result.callId);
    if (NOT_RUN.test(result.text)) return;
    if (!result.ok || saysTestsFailed(result.text)) {
      failing.set(command, { ...failing.get(command), recordId });
      return;
    }
    for (const [failed, { taskId }] of failing.entries()) {
      if (!`${failed} `.startsWith(`${command} `)) continue;
      failing.delete(failed);
      if (taskId === undefined) continue;
      tasks.say(taskId, { source: "failing-test", status: "done", confidence: 0.9 });
    }
  }

  return {
    take: ({ record, endsTurn, tasks }) => {
      for (const part of record.parts) {
        if (part.kind === "call") {
          const line = commandLineOf(part);
          if (line !== undefined && isTestCommand(line))
            calls.set(part.callId, steadyCommand(line));
        } else if (part.kind === "result") answer(part, record.id, tasks);
      }
      if (!endsTurn) return;
      for (const [command, { recordId, taskId }] of failing.entries()) {
        if (taskId !== undefined) continue;
        const subject = `Make the tests pass: ${command}`;
        const id = tasks.identify(subject, { exact: true });
        failing.set(command, { recordId, taskId: id });
        tasks.say(id, {
          source: "failing-test",
          subject,
          status: "open",
          confidence: 0.85,
          shownBy: recordId,
        });
      }
    },
    memory: () =>
      calls.entries().length + failing.entries().length === 0
        ? undefined
        : { calls: calls.entries(), failing: failing.entries() },
  };
};
