import { type Principal, TrestleError } from "@trestle/protocol";
import { type Call, nameOf, note, type Policy } from "./call.ts";

export interface AuthorizeParts {
  /** May this principal make this call? */
  allows(principal: Principal, call: Call): boolean | Promise<boolean>;
}

/** Refuses what the caller's scopes do not cover, naming the scope it takes. */
export function authorize({ allows }: AuthorizeParts): Policy {
  return async function authorize(call, next) {
    const { principal } = call.context;
    const verdict = allows(principal, call);
    // Nearly always told at once: waiting for what is known would cost every call a turn.
    if (!(typeof verdict === "boolean" ? verdict : await verdict)) {
      note(call, "authorize", "denied");
      throw denied(call, principal);
    }
    note(call, "authorize", "allowed");
    return next(call);
  };
}

/** The narrowest scope that covers a call. */
export function scopeOf(call: Pick<Call, "server" | "tool" | "hints">): string {
  return `${call.server}:${call.tool}:${call.hints.readOnly ? "read" : "write"}`;
}

function denied(call: Call, principal: Principal): TrestleError {
  const scope = scopeOf(call);
  return new TrestleError(
    "denied",
    `"${principal.id}" may not call ${nameOf(call)}: that takes the scope "${scope}". Ask whoever runs the bridge to grant it.`,
    { details: { scope, principal: principal.id, sent: false, refusedBy: "authorize" } },
  );
}
