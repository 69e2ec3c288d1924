import { type JsonObject, TrestleError } from "@trestle/protocol";
import type { Execution } from "../../state/history/history.ts";
import { isWithoutArguments } from "./recorded.ts";

/** What people write to name calls: `41`, `41..43`, or the id of an execution. */
export type Wanted =
  | { readonly kind: "range"; readonly first: number; readonly last: number }
  | { readonly kind: "id"; readonly id: string };

/** No chain has more steps. */
export const MOST_CALLS = 100;

export function readWanted(word: string): Wanted {
  const [, first, last = first] = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(word) ?? [];
  if (first === undefined) return { kind: "id", id: word };
  const range = { kind: "range" as const, first: Number(first), last: Number(last) };
  if (range.first <= range.last) return range;
  throw new TrestleError("invalid_input", `calls: "${word}" ends before it begins.`);
}

export interface LeftOut extends JsonObject {
  readonly execution_id: string;
  readonly call: string;
  readonly why: string;
}

export interface Selected {
  /** What becomes steps, in the order in which it was called. */
  readonly steps: readonly Execution[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Sorts out what can be a step: calls that succeeded, each once. What a chosen call made itself it will make
 * again; a tool of the bridge that only carried calls gives way to those.
 */
export function selectSteps(chosen: readonly Execution[], ownServer: string): Selected {
  const byId = new Map(chosen.map((execution) => [execution.executionId, execution]));
  const steps: Execution[] = [];
  const leftOut: LeftOut[] = [];
  for (const execution of [...byId.values()].sort(byStart)) {
    const why = reasonAgainst(execution, byId, ownServer);
    if (why === undefined) steps.push(execution);
    else {
      const { executionId, server, tool } = execution;
      leftOut.push({ execution_id: executionId, call: `${server}.${tool}`, why });
    }
  }
  return { steps, leftOut };
}

function reasonAgainst(
  execution: Execution,
  chosen: ReadonlyMap<string, Execution>,
  ownServer: string,
): string | undefined {
  const { server, outcome, errorCode, arguments: args } = execution;
  if (server === ownServer)
    return "is a tool of the bridge: the calls that it made are taken instead";
  const maker = makerOf(execution, chosen, ownServer);
  if (maker) return `was made by ${maker.server}.${maker.tool}, which makes it again`;
  if (outcome === "started") return "still runs";
  if (outcome !== "success") return `did not succeed (${errorCode ?? outcome})`;
  if (isWithoutArguments(args)) return "its arguments were too long to be kept";
  return undefined;
}

/** The chosen call that made this one, however far up. */
function makerOf(
  execution: Execution,
  chosen: ReadonlyMap<string, Execution>,
  ownServer: string,
): Execution | undefined {
  let at: Execution | undefined = execution;
  for (let depth = 0; depth < 20; depth += 1) {
    at = chosen.get(at?.parentExecutionId ?? "");
    if (at === undefined || at.server !== ownServer) return at;
  }
  return undefined;
}

function byStart(a: Execution, b: Execution): number {
  return a.startedAt - b.startedAt || a.seq - b.seq;
}
