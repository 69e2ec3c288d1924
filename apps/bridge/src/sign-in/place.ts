import { LOCAL_PRINCIPAL } from "@trestle/protocol";
import { ADMIN_ID } from "../access/rules.ts";

/** Whose credentials at which server: they are good for this address only. */
export interface SignInPlace {
  /** Server id. */
  readonly server: string;
  readonly url: string;
  /** The id of a principal, or `OPERATOR` where all callers share what one person signed in for. */
  readonly holder: string;
}

export const OPERATOR = "operator";

const OPERATORS = [LOCAL_PRINCIPAL.id, ADMIN_ID];

/** Whose sign-in a connection for this principal uses: whoever runs the bridge has one for all that is not somebody's. */
export function holderOf(principal: string | undefined): string {
  const isOperator = principal === undefined || OPERATORS.includes(principal);
  return isOperator ? OPERATOR : principal;
}
