import type { CallPart, ResultPart, TrackedRecord } from "../model/record.ts";
import { createRecent, parseMemory } from "../transcripts/recent.ts";
import { commandLineOf, isTestCommand, steadyCommand } from "./command.ts";
import type { AddFact, ExtractorKind } from "./extractor.ts";
import { writtenFiles } from "./written-files.ts";

/** A call that was not answered yet. */
interface Open {
  readonly tool: string;
  readonly command: string;
  readonly test: boolean;
  readonly files: readonly string[];
  readonly at: number;
}

/** Of those that are never answered, only the last are remembered. */
const MOST_OPEN = 200;
/** What a tool that was never run answers. */
const NOT_RUN =
  /^(?:<tool_use_error>)?(?:The user doesn't want to (?:proceed|take this action)|\[Request interrupted|Sibling tool call errored|Cancelled: parallel tool call)/;

/** Commands and tools that ran to their end, and the files they wrote. */
export const runsAndEdits: ExtractorKind = {
  name: "runs-and-edits",
  open(memory) {
    const remembered = parseMemory<{ calls: [string, Open][] }>(memory, { calls: [] });
    const calls = createRecent<Open>(MOST_OPEN, remembered.calls);
    return {
      take(record, add) {
        for (const part of record.parts) {
          if (part.kind === "call") calls.set(part.callId, toOpen(part, record));
          if (part.kind !== "result") continue;
          const call = calls.get(part.callId);
          if (call === undefined) continue;
          calls.delete(part.callId);
          addFacts(call, part, record, add);
        }
      },
      memory: () =>
        calls.entries().length === 0 ? "" : JSON.stringify({ calls: calls.entries() }),
    };
  },
};

function toOpen(call: CallPart, { at }: TrackedRecord): Open {
  const line = commandLineOf(call);
  return {
    tool: call.tool,
    command: line === undefined ? call.tool : steadyCommand(line),
    test: line !== undefined && isTestCommand(line),
    files: writtenFiles(call),
    at,
  };
}

function addFacts(call: Open, result: ResultPart, { at }: TrackedRecord, add: AddFact): void {
  const { tool, command, test, files } = call;
  if (!result.ok && NOT_RUN.test(result.text)) return;
  const durationMs = result.durationMs ?? Math.max(0, at - call.at);
  add("runs", { command, tool, ok: result.ok, durationMs, test });
  if (result.ok) for (const path of files) add("edits", { path });
}
