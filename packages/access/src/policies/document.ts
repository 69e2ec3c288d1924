import type { JsonPrimitive } from "@trestle/protocol";

/** A set of statements with a name to tell it by. */
export interface PolicyDocument {
  readonly id: string;
  readonly statements: readonly Statement[];
}

/**
 * One rule. It applies to a request that fits one of the actions, one of the resources, one of the
 * principals (absent: anybody) and every condition. In all three `*` stands for any run of characters.
 */
export interface Statement {
  readonly id?: string;
  readonly effect: "allow" | "deny";
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principals?: readonly string[];
  readonly conditions?: Conditions;
}

export interface Conditions {
  /** Addresses or CIDR ranges, of which the caller's is one. */
  readonly ip?: readonly string[];
  readonly time?: TimeCondition;
  /** Attributes of the request, each equal to the value or to one of the values. */
  readonly attributes?: Readonly<Record<string, JsonPrimitive | readonly JsonPrimitive[]>>;
}

export interface TimeCondition {
  /** ISO 8601 instants; the first is included, the second is not. */
  readonly from?: string;
  readonly until?: string;
  /** A daily window in UTC, `HH:MM`; the end is not included, and may be before the start. */
  readonly daily?: { readonly from: string; readonly until: string };
}

/** What is asked of the policies. */
export interface PolicyRequest {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** Epoch milliseconds. */
  readonly time: number;
  /** Absent where the caller has none, as over stdio. */
  readonly ip?: string;
  readonly attributes?: Readonly<Record<string, JsonPrimitive>>;
}
