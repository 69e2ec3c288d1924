import { TrestleError } from "@trestle/protocol";
import type { Permits, RecordFacts } from "../records/record-facts.ts";
import type { RecordAction, StoreAction } from "./actions.ts";
import type { Decider } from "./decide.ts";
import { resourceOf, STORE } from "./resources.ts";

/** What one principal may do in one call. */
export interface Rights {
  /** For what is looked for; undefined where everything is permitted. Throws `denied` where nothing can be. */
  permits(action: RecordAction): Permits | undefined;
  /** The same, where nothing can be permitted too. */
  filter(action: RecordAction): Permits | undefined;
  /** Throws `denied`, telling which rule says so. */
  need(action: RecordAction, record: RecordFacts): void;
  needStore(action: StoreAction): void;
  canStore(action: StoreAction): boolean;
  /** Whether it may be known at all that there is such a record. */
  canSee(record: RecordFacts): boolean;
}

/** What the log tells of a call besides its end. */
export interface Trail {
  resource?: string;
  /** Why something was denied, also where the caller is told that there is nothing. */
  denied?: string;
}

export function createRights(decider: Decider, name: string, trail: Trail): Rights {
  function deny(action: string, resource: string, why: string): never {
    trail.resource = resource;
    trail.denied = why;
    throw new TrestleError(
      "denied",
      `${name} may not do ${action} to ${resource}. ${why} Who looks after the knowledge can allow it in the access policy; check_access explains a decision.`,
      { details: { principal: name, action, resource } },
    );
  }

  function filter(action: RecordAction): Permits | undefined {
    if (decider.reach(action) === "all") return undefined;
    const permits = (record: RecordFacts) => decider.allows(action, record);
    return Object.assign(permits, { looksAt: decider.looksAt });
  }

  return {
    permits(action) {
      if (decider.reach(action) === "none")
        deny(action, "any record", "No statement or share allows it anywhere.");
      return filter(action);
    },
    filter,
    need(action, record) {
      const resource = resourceOf(record);
      trail.resource ??= resource;
      const { allowed, why } = decider.onRecord(action, record);
      if (!allowed) deny(action, resource, why);
    },
    needStore(action) {
      trail.resource = STORE;
      const { allowed, why } = decider.onStore(action);
      if (!allowed) deny(action, STORE, why);
    },
    canStore: (action) => decider.onStore(action).allowed,
    canSee(record) {
      trail.resource ??= resourceOf(record);
      const looked = (["knowledge:read", "knowledge:search"] as const).map((action) =>
        decider.onRecord(action, record),
      );
      if (looked.some(({ allowed }) => allowed)) return true;
      trail.denied = looked[0]?.why ?? "";
      return false;
    },
  };
}
