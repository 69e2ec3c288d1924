import type { JsonObject } from "@trestle/protocol";

/** Registered, so that it is the same symbol in every copy of this package. */
const MARK: unique symbol = Symbol.for("trestle.inputRequired") as never;

export interface InputRequest {
  readonly method: "elicitation/create" | "sampling/createMessage" | "roots/list";
  readonly params?: JsonObject;
}

/** What `run()` returns to ask the user or the client something before it can go on. */
export interface InputRequired {
  readonly [MARK]: true;
  readonly requests: Readonly<Record<string, InputRequest>>;
  /** Given back to `run()` as `context.requestState`; sealed on the way, so the caller can read but not change it. */
  readonly state?: string;
}

/** Asks before going on: the call comes again with `context.inputResponses` under the same keys. */
export function inputRequired(asked: {
  requests: Record<string, InputRequest>;
  state?: string;
}): InputRequired {
  return { [MARK]: true, ...asked };
}

export function isInputRequired(value: unknown): value is InputRequired {
  return typeof value === "object" && value !== null && MARK in value;
}
