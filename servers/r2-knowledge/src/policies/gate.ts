import {
  type Clock,
  isTrestleError,
  messageOf,
  type Principal,
  TrestleError,
} from "@trestle/protocol";
import type { AuditLog } from "../audit-log/audit-log.ts";
import type { LogEntry, Logged } from "../audit-log/entry.ts";
import { toKnown } from "../knowledge/failures.ts";
import type { Redact } from "../records/redact.ts";
import { type Action, isChange } from "./actions.ts";
import { createDecider, type Decider } from "./decide.ts";
import type { PolicyObject } from "./policy-object.ts";
import { principalName } from "./principals.ts";
import { createRights, type Rights, type Trail } from "./rights.ts";

/** Who asks, and through which tool, resource or prompt. */
export interface Caller {
  readonly principal: Principal;
  readonly via: string;
}

/** What everything that is asked for goes through. */
export interface Gate {
  readonly caller: Caller;
  /** Decides by the rules as they are now, does the work, and notes who it was and how it ended. */
  pass<Result>(
    deed: Deed<Result>,
    work: (rights: Rights) => Promise<Result> | Result,
  ): Promise<Result>;
}

export interface Deed<Result> {
  readonly action: Action;
  /** The records that it is done to, as far as they are known before. */
  readonly ids?: readonly string[];
  /** Did it change anything? Where it did not, nobody is told that it was done. Left out, a change always did. */
  readonly changed?: (result: Result) => boolean;
  /** What is known afterwards. */
  readonly told?: (result: Result) => Pick<LogEntry, "ids" | "facts">;
}

export interface GateParts {
  readonly rules: Pick<PolicyObject, "rules">;
  readonly log: Pick<AuditLog, "ready" | "note">;
  readonly logged: Logged;
  readonly clock: Pick<Clock, "now">;
  readonly redact: Redact;
}

export function createGate(parts: GateParts, caller: Caller): Gate {
  const { rules, clock } = parts;
  return createGateBy(parts, caller, async () =>
    createDecider(await rules.rules(), caller.principal, clock.now()),
  );
}

/** For whoever holds the keys of the store, whom no rule can bind; what they do is noted all the same. */
export function createOwnersGate(parts: GateParts, caller: Caller): Gate {
  const allowed = { allowed: true, why: "The owner may do everything." } as const;
  const decider: Decider = {
    onRecord: () => allowed,
    allows: () => true,
    onStore: () => allowed,
    reach: () => "all",
    looksAt: { ids: [], metadata: [] },
  };
  return createGateBy(parts, caller, async () => decider);
}

function createGateBy(parts: GateParts, caller: Caller, decider: () => Promise<Decider>): Gate {
  const { log, logged, redact } = parts;
  const principal = principalName(caller.principal);

  async function note(entry: Omit<LogEntry, "principal" | "via">, when: "now" | "soon") {
    const isKept =
      logged === "all" || entry.outcome === "denied" || isChange(entry.action as Action);
    if (isKept) await log.note(redact({ principal, via: caller.via, ...entry }), when);
  }

  async function refused(
    error: unknown,
    { action, ids }: Pick<Deed<never>, "action" | "ids">,
    trail: Trail,
  ) {
    const code = isTrestleError(error) ? error.code : "internal";
    const isDenied = trail.denied !== undefined || code === "denied";
    const why = trail.denied ?? code;
    const entry = { action, ...(ids && { ids: [...ids] }), ...facts(trail), why };
    const outcome = isDenied ? ("denied" as const) : ("failed" as const);
    // What is refused is refused, whether or not that could be noted.
    await note({ ...entry, outcome }, "soon").catch(() => {});
  }

  async function attempt<Result>(
    deed: Deed<Result>,
    work: (rights: Rights) => Promise<Result> | Result,
    trail: Trail,
  ): Promise<Result> {
    try {
      if (isChange(deed.action)) await log.ready();
      return await work(createRights(await decider(), principal, trail));
    } catch (failure) {
      // The store may have refused the rules themselves.
      const error = toKnown(failure);
      await refused(error, deed, trail);
      throw error;
    }
  }

  return {
    caller,
    async pass(deed, work) {
      const { action, ids, told, changed } = deed;
      const trail: Trail = {};
      const result = await attempt(deed, work, trail);
      const known = { action, ...(ids && { ids: [...ids] }), ...facts(trail), ...told?.(result) };
      if (changed?.(result) === false) {
        // Its own answer says what failed; a log that cannot be written has nothing to hide there.
        await note({ ...known, outcome: "failed" }, "soon").catch(() => {});
        return result;
      }
      const entry = { ...known, outcome: "allowed" as const };
      await note(entry, isChange(action) ? "now" : "soon").catch(notNoted);
      return result;
    },
  };
}

const facts = ({ resource }: Trail) => (resource === undefined ? {} : { resource });

function notNoted(error: unknown): never {
  throw new TrestleError(
    "outcome_unknown",
    `It was done, but who did it could not be noted. Do not repeat it. ${messageOf(error)}`,
    { cause: error },
  );
}
