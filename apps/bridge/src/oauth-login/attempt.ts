import { isSameSecret, type Sealer } from "@trestle/access";
import { isJsonObject, type JsonValue } from "@trestle/protocol";

/** A login that a browser went off with. It carries it itself, sealed: any bridge that has our keys can go on with it. */
export interface Attempt {
  /** What the issuer's answer has to bring back. */
  readonly state: string;
  /** Of PKCE. */
  readonly verifier: string;
  readonly issuer: string;
  /** Where in the dashboard the person was. */
  readonly to: string;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** How long a person may take at the issuer. */
export const ATTEMPT_MS = 10 * 60_000;
const SEAL = { context: "oauth login" };

export function sealAttempt(attempt: Attempt, sealer: Sealer): string {
  return sealer.seal(attempt as unknown as JsonValue, SEAL);
}

/** The attempt of a cookie, where the answer that came with it is to that one. */
export function openAttempt(
  cookie: string | undefined,
  state: string | null,
  sealer: Sealer,
): Attempt | undefined {
  if (cookie === undefined || state === null) return undefined;
  try {
    const opened = sealer.open(cookie, SEAL);
    if (!isJsonObject(opened)) return undefined;
    // Whoever could seal it wrote it right.
    const attempt = opened as unknown as Attempt;
    return isSameSecret(state, attempt.state) ? attempt : undefined;
  } catch {
    return undefined;
  }
}
