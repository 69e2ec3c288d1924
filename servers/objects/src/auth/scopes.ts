import { matchesGlob } from "@trestle/protocol/glob";
import { ObjectError } from "../object-error.ts";
import type { ObjectRef } from "../protocol.ts";

/** What somebody wants to do: call a method by its name, or one of these. */
export type Action =
  | { readonly kind: "read" | "initialize" | "delete" | "replicate" }
  | { readonly kind: "call"; readonly method: string; readonly isReadOnly: boolean };

/** Who asks, as the host knows them. */
export interface ObjectPrincipal {
  readonly name: string;
  /** Absent: everything is allowed. */
  readonly scopes?: readonly string[];
  /** Epoch milliseconds after which the token is worth nothing. */
  readonly expiresAt?: number;
}

/**
 * `CLASS/ID:WHAT`, `*` standing for any run of characters in its part. WHAT is a method's name, `@read` (state, events,
 * watching, and the methods that only read), `@initialize`, `@delete`, `@replicate` (hand it from host to host), or `*`
 * for all of it.
 */
interface Scope {
  readonly class: string;
  readonly id: string;
  readonly what: string;
}

const SCOPE =
  /^([a-z0-9*-]+)\/([A-Za-z0-9._~@:*-]+):(@read|@initialize|@delete|@replicate|[A-Za-z0-9*]+)$/;

/** @throws ObjectError `invalid_input` naming what is none. */
export function parseScope(text: string): Scope {
  const [, className, id, what] = SCOPE.exec(text) ?? [];
  if (className !== undefined && id !== undefined && what !== undefined) {
    return { class: className, id, what };
  }
  throw new ObjectError(
    "invalid_input",
    `The scope ${JSON.stringify(text.slice(0, 200))} cannot be read. Write CLASS/ID:METHOD, or @read, @initialize, ` +
      "@delete, @replicate instead of the method; * stands for any.",
  );
}

/** @throws ObjectError `denied` that names the scope that is missing. */
export function requireAllowed(principal: ObjectPrincipal, action: Action, ref: ObjectRef): void {
  const { scopes } = principal;
  if (scopes === undefined || scopes.some((scope) => covers(parseScope(scope), action, ref)))
    return;
  throw new ObjectError(
    "denied",
    `${principal.name} may not do this: a token with the scope ${ref.class}/${ref.id}:${wordOf(action)} may.`,
  );
}

/** Listing tells names: it takes a scope for all objects of the class, or of all classes. */
export function requireListing(principal: ObjectPrincipal, className: string | undefined): void {
  const { scopes } = principal;
  if (scopes === undefined) return;
  const lists = (scope: Scope) =>
    scope.id === "*" &&
    (scope.what === "*" || scope.what === "@read") &&
    (className === undefined ? scope.class === "*" : matchesGlob(scope.class, className));
  if (scopes.map(parseScope).some(lists)) return;
  throw new ObjectError(
    "denied",
    `${principal.name} may not list: a token with the scope ${className ?? "*"}/*:@read may.`,
  );
}

function covers(scope: Scope, action: Action, ref: ObjectRef): boolean {
  if (!matchesGlob(scope.class, ref.class) || !matchesGlob(scope.id, ref.id)) return false;
  if (scope.what === "*" || scope.what === wordOf(action)) return true;
  if (action.kind !== "call") return false;
  if (scope.what === "@read") return action.isReadOnly;
  return !scope.what.startsWith("@") && matchesGlob(scope.what, action.method);
}

function wordOf(action: Action): string {
  return action.kind === "call" ? action.method : `@${action.kind}`;
}
