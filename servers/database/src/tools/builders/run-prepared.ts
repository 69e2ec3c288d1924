import { confirmDeed, type ToolContext } from "@trestle-mcp/server-kit";
import type { PreparedWrite } from "../../builders/run.ts";
import type { State } from "../../state.ts";
import { whileRunning } from "../while-running.ts";
import { toWriteOutput } from "./parts.ts";

/** Runs the write; one about every row only once the user agreed. */
export function runPrepared(
  context: ToolContext<State>,
  prepared: PreparedWrite,
  { action, confirm }: { action: string; confirm: string | undefined },
) {
  const question = prepared.isForAll
    ? confirmDeed(context, { object: prepared.table, action }, confirm)
    : undefined;
  if (question) return question;
  return whileRunning(context, async () => toWriteOutput(await prepared.run()));
}
