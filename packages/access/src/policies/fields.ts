import { TrestleError } from "@trestle/protocol";

/** The refusal of a policy for one of its fields. */
export function badField(path: string, what: string): TrestleError {
  return new TrestleError("invalid_input", `The policy's field ${path} ${what}. Correct it.`, {
    details: { field: path },
  });
}
