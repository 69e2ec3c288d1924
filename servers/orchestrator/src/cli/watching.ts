import { EXIT } from "@trestle/protocol";
import type { Execution } from "../workflows/execution.ts";
import { type Place, printJson } from "./place.ts";
import { openScreen, pause, rowsOf } from "./screen.ts";
import { lineOf, stateOf, treeOf } from "./tree.ts";

const EVERY_MS = 250;

/**
 * Shows an execution until it has ended: a tree that changes on a terminal, elsewhere a line for each change. With
 * `json` each state of it that is new, one a line.
 */
export async function watchExecution(
  place: Place,
  id: string,
  { json = false }: { readonly json?: boolean } = {},
): Promise<number> {
  const { workflows, caller, clock, signal, terminal } = place;
  const screen = json ? undefined : openScreen(place);
  const tell = json ? tellJson(place) : tellLines(place);
  for (;;) {
    const seen = await workflows.execution(id, caller, 0);
    if (screen) screen.show(treeOf(seen, clock.now(), rowsOf(place)));
    else tell(seen);
    if (seen.endedAt !== undefined) return end(place, seen, json);
    if (signal.aborted) {
      if (!json) terminal.warn(`It goes on; watch it again with: watch ${id}`);
      return EXIT.ok;
    }
    await pause(clock, EVERY_MS, signal);
  }
}

function tellLines({ terminal, clock }: Place): (execution: Execution) => void {
  const told = new Map<string, string>();
  return (execution) => {
    for (const step of execution.steps) {
      const state = stateOf(step, execution);
      if (told.get(step.id) === state || state === "pending") continue;
      told.set(step.id, state);
      terminal.print(lineOf(step, execution, clock.now()));
    }
  };
}

function tellJson({ terminal }: Place): (execution: Execution) => void {
  let told = "";
  return (execution) => {
    const line = JSON.stringify(execution);
    if (line !== told) terminal.print(line);
    told = line;
  };
}

function end(place: Place, execution: Execution, json: boolean): number {
  const { status, workflow, output, errors } = execution;
  if (!json) {
    place.terminal.print(`${workflow} ${status}`);
    for (const { step, message } of errors) place.terminal.warn(`${step}: ${message}`);
    if (status === "succeeded" && output !== undefined) printJson(place, output);
  }
  return status === "succeeded" ? EXIT.ok : EXIT.failed;
}
