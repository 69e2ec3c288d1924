import { attemptKey } from "@trestle/flow";
import { readKey } from "../engine/awaited.ts";
import { childId } from "../engine/engine.ts";
import { statusOf } from "../engine/status.ts";
import type { ToEvents } from "../engine/turn.ts";
import type { Turned } from "./store-turns.ts";

/** Runs of steps that nobody waits for any more: their step is to be cancelled, or was given up. */
export function childrenToCancel({ id, run, turn }: Turned): string[] {
  const ended = turn.events.flatMap((event) => (event.kind === "attemptFailed" ? [event] : []));
  return [...turn.cancels, ...ended].flatMap(({ step, unit, undo }) => {
    const isChild = run.workflow.steps.get(step)?.work.kind === "workflow";
    const poll = run.state.units[step]?.[unit]?.poll;
    if (!isChild || undo || poll === undefined) return [];
    return [childId(id, attemptKey({ step, unit, poll }))];
  });
}

/** What a run that has ended tells the run whose step it is. Told twice, it changes nothing. */
export function reportOf({ id, run, stored }: Turned, key: string): ToEvents {
  const { ended } = run.state;
  const status = statusOf(run);
  const { step, unit, poll } = readKey(key);
  return (state, at) => {
    if (ended === undefined || state.units[step]?.[unit]?.poll !== poll) return [];
    const of = { step, unit, at };
    if (status === "succeeded") return [{ kind: "attemptSucceeded", ...of, result: run.output() }];
    const message = `The run ${id} of "${stored.workflow}" is ${status}; get_execution says why`;
    return [{ kind: "attemptFailed", ...of, error: { code: status, message } }];
  };
}
