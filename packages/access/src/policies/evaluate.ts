import { matchesGlob } from "@trestle/protocol";
import { isInRange, parseRange } from "./address-range.ts";
import type { Conditions, PolicyDocument, PolicyRequest, Statement } from "./document.ts";
import { isInTime } from "./time-window.ts";

export interface Decision {
  readonly allowed: boolean;
  /** The statement that decided; absent where none applied, which denies. */
  readonly statement?: { readonly document: string; readonly index: number; readonly id?: string };
  /** One sentence for a log or a person. */
  readonly explanation: string;
}

/**
 * Decides by all documents together: a deny that applies wins over any allow, in whatever order they
 * stand, and without an allow the answer is no. An address that is not known counts against the request:
 * an allow bound to addresses does not apply, and a deny does. An attribute that is not there is equal to
 * nothing: neither applies.
 */
export function evaluatePolicies(
  documents: readonly PolicyDocument[],
  request: PolicyRequest,
): Decision {
  const applying = documents.flatMap(({ id, statements }) =>
    statements.flatMap((statement, index) =>
      applies(statement, request) ? [{ document: id, index, statement }] : [],
    ),
  );
  const deciding = applying.find(({ statement }) => statement.effect === "deny") ?? applying[0];
  const asked = `${request.principal} to ${request.action} on ${request.resource}`;
  if (!deciding) {
    return { allowed: false, explanation: `No statement allows ${asked}.` };
  }
  const { document, index, statement } = deciding;
  const allowed = statement.effect === "allow";
  const id = statement.id === undefined ? {} : { id: statement.id };
  const name = statement.id === undefined ? `${index}` : `${index} (${statement.id})`;
  return {
    allowed,
    statement: { document, index, ...id },
    explanation: `Statement ${name} of ${document} ${allowed ? "allows" : "denies"} ${asked}.`,
  };
}

function applies(statement: Statement, request: PolicyRequest): boolean {
  return (
    fitsAny(statement.actions, request.action) &&
    fitsAny(statement.resources, request.resource) &&
    (statement.principals === undefined || fitsAny(statement.principals, request.principal)) &&
    (statement.conditions === undefined || meets(statement, statement.conditions, request))
  );
}

function fitsAny(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => matchesGlob(pattern, text));
}

function meets(
  { effect }: Statement,
  { ip, time, attributes = {} }: Conditions,
  request: PolicyRequest,
): boolean {
  if (ip !== undefined && !(isFromAny(ip, request.ip) ?? effect === "deny")) return false;
  if (time !== undefined && !isInTime(time, request.time)) return false;
  return Object.entries(attributes).every(([key, wanted]) => {
    const own = request.attributes ?? {};
    const found = Object.hasOwn(own, key) ? own[key] : undefined;
    if (found === undefined) return false;
    return Array.isArray(wanted) ? wanted.includes(found) : wanted === found;
  });
}

/** Undefined where the address is not known. */
function isFromAny(ranges: readonly string[], address: string | undefined): boolean | undefined {
  if (address === undefined) return undefined;
  return ranges.some((text) => {
    const range = parseRange(text);
    return range !== undefined && isInRange(range, address);
  });
}
