import { type Finding, fail, ok, skipped, warn } from "./check.ts";
import { type Callable, NOTHING_TO_CALL, type Subject } from "./conformance.ts";
import type { Between, Fault } from "./exchange.ts";
import { CHANGED } from "./meddler.ts";
import type { Seen } from "./view.ts";

const DELAY_MS = 300;
/** Until a change of the lists is announced. */
const CHANGE_MS = 20_000;

export interface FaultCheck {
  readonly name: string;
  run(subject: Subject, between: Between): Promise<Finding>;
}

export const FAULT_CHECKS: readonly FaultCheck[] = [
  { name: "killed while idle", run: killedIdle },
  { name: "killed, or reset, in a call", run: inCall({ kind: "kill" }) },
  { name: "never answers one call", run: inCall({ kind: "hang" }) },
  { name: `answers ${DELAY_MS} ms late`, run: inCall({ kind: "delay", ms: DELAY_MS }) },
  { name: "garbage in place of an answer", run: inCall({ kind: "garbage" }) },
  { name: "another definition of a tool", run: changedTool },
];

async function killedIdle(subject: Subject, { kill }: Between): Promise<Finding> {
  if (!kill) return skipped("a server that is reached over HTTP is not ours to kill");
  const [called] = subject.callable;
  if (!called) return skipped(NOTHING_TO_CALL);
  kill();
  return judged(await call(subject, called), called);
}

function inCall(fault: Fault): FaultCheck["run"] {
  return async (subject, between) => {
    const [called] = subject.callable;
    if (!called) return skipped(NOTHING_TO_CALL);
    between.arm(fault);
    return judged(await call(subject, called), called);
  };
}

/**
 * A read is repeated, so its client gets an answer all the same; a write is not, and its client is told that
 * nobody knows whether it was done.
 */
function judged({ result, code, text }: Seen, { tool }: Callable): Finding {
  if (result) return ok(text);
  return !tool.hints.readOnly && code === "outcome_unknown" ? ok(text) : fail(text);
}

async function changedTool({ opened }: Subject, between: Between): Promise<Finding> {
  const { catalog, clock } = opened.bridge.core;
  const announced = Promise.withResolvers<boolean>();
  const cancel = clock.after(CHANGE_MS, () => announced.resolve(false));
  const isThere = (): boolean =>
    [...catalog.allTools().values()].some(({ definition }) =>
      String(definition.description).endsWith(CHANGED),
    );
  const end = opened.bridge.instance.subscribe(({ kind }) => {
    if (kind === "toolsChanged") announced.resolve(true);
  });
  try {
    if (catalog.allTools().size === 0) return skipped("it offers no tools");
    between.changeTools();
    const told = await announced.promise;
    if (!told) return fail("clients are not told that the tools changed");
    return isThere()
      ? ok("list_changed, then the new definition")
      : warn("list_changed; the new definition is withheld");
  } finally {
    end();
    cancel();
  }
}

function call({ view }: Subject, { exposedName, arguments: args }: Callable): Promise<Seen> {
  return view.request("tools/call", { name: exposedName, arguments: args });
}
