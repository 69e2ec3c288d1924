import { commandLineOf } from "../facts/command.ts";
import { createRecent } from "../transcripts/recent.ts";
import { type OpenTaskRule, remembered, type TaskBook } from "./task-rule.ts";

const MOST = 50;
const ADDRESS = /https?:\/\/[^\s/]+\/([\w.-]+\/[\w.-]+)\/(?:pull|-\/merge_requests)\/(\d+)/;
const CREATE = /\b(?:gh pr create|glab mr create)\b/;
const MERGE = /\b(?:gh pr merge|glab mr merge)\b(?:\s+(?:https?:\S+\/)?(\d+))?/;
const VIEW = /\b(?:gh pr (?:view|list|status|checks)|glab mr view)\b/;
const MERGED = /"state":\s*"MERGED"|^state:\s*MERGED/m;

/** Pull requests that were opened and not merged. */
export const pullRequests: OpenTaskRule = (memory) => {
  const calls = createRecent<string>(MOST, remembered(memory, "calls"));
  /** Names of pull requests and their tasks, the last opened last. */
  const opened = createRecent<string>(MOST, remembered(memory, "opened"));

  function open(text: string, tasks: TaskBook): void {
    const [address, repository, number] = ADDRESS.exec(text) ?? [];
    const name = `${repository}#${number}`;
    if (address === undefined || opened.get(name) !== undefined) return;
    const subject = `Merge the pull request ${name}`;
    const taskId = tasks.identify(subject, { exact: true });
    opened.set(name, taskId);
    tasks.say(taskId, {
      source: "pull-request",
      subject,
      status: "open",
      note: address,
      confidence: 0.9,
    });
  }

  function close(number: string | undefined, tasks: TaskBook): void {
    const entries = opened.entries();
    const merged =
      number === undefined ? entries.at(-1) : entries.find(([name]) => name.endsWith(`#${number}`));
    if (merged === undefined) return;
    opened.delete(merged[0]);
    tasks.say(merged[1], { source: "pull-request", status: "done", confidence: 0.9 });
  }

  function answer(command: string, text: string, tasks: TaskBook): void {
    if (CREATE.test(command)) open(text, tasks);
    const merge = MERGE.exec(command);
    if (merge !== null) close(merge[1], tasks);
    else if (VIEW.test(command) && MERGED.test(text)) close(ADDRESS.exec(text)?.[2], tasks);
  }

  return {
    take: ({ record, tasks }) => {
      for (const part of record.parts) {
        if (part.kind === "notice" && part.notice === "pull_request") open(part.text, tasks);
        if (part.kind === "call") {
          const line = commandLineOf(part) ?? "";
          if (CREATE.test(line) || MERGE.test(line) || VIEW.test(line))
            calls.set(part.callId, line.slice(0, 500));
        }
        if (part.kind !== "result") continue;
        const command = calls.get(part.callId);
        calls.delete(part.callId);
        if (part.ok && command !== undefined) answer(command, part.text, tasks);
      }
    },
    memory: () =>
      calls.entries().length + opened.entries().length === 0
        ? undefined
        : { calls: calls.entries(), opened: opened.entries() },
  };
};
