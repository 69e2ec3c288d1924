import { TrestleError } from "@trestle/protocol";

/** The scheme of a kept result's address. */
export const RESULT_SCHEME = "result://";
/** Whose refusal it is where a handle is nobody's, or another caller's. */
export const RESULTS = "results";
const ADDRESS = /^result:\/\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:#(.*))?$/s;

export function isAddress(text: string): boolean {
  return text.startsWith(RESULT_SCHEME) && ADDRESS.test(text);
}

/** The handle and the path in an address of a kept result. */
export function readAddress(text: string): { handle: string; path?: string } | undefined {
  const [, handle, path] = ADDRESS.exec(text) ?? [];
  if (handle === undefined) return undefined;
  return { handle, ...(path ? { path: decoded(path) } : {}) };
}

export function notKept(field: string): TrestleError {
  return new TrestleError(
    "not_found",
    `${field}: no result is kept under this handle: it was another caller's, or is more than an hour old. Call the tool that gave it again.`,
    { details: { fields: [field], sent: false, refusedBy: RESULTS } },
  );
}

/** Addresses are URIs: a path may have been written as in one. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
