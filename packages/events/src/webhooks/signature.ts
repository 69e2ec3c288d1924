import { createHmac, timingSafeEqual } from "node:crypto";
import { TrestleError } from "@trestle/protocol";

export const HEADERS = {
  delivery: "trestle-delivery",
  timestamp: "trestle-timestamp",
  signature: "trestle-signature",
} as const;

export interface Delivered {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it came, before any parsing. */
  readonly body: string;
}

export interface VerifyOptions {
  /** One secret, or the old and the new one while it is being changed. */
  readonly secrets: readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** How old or how far ahead a delivery may be; 300 by default. */
  readonly toleranceSeconds?: number;
}

const TOLERANCE_SECONDS = 300;

/** HMAC-SHA256 over the id, the time of sending and the body, so that none can be replaced. */
export function signHeaders(
  delivery: { readonly id: string; readonly body: string },
  secret: string,
  now: number,
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000));
  return {
    [HEADERS.delivery]: delivery.id,
    [HEADERS.timestamp]: timestamp,
    [HEADERS.signature]: `v1=${sign({ ...delivery, timestamp }, secret)}`,
  };
}

/**
 * For receivers: the delivery's id, which is the same at each attempt, where a signature is ours and
 * fresh. Throws `denied` otherwise. Deliver at least once means: remember the ids you have done.
 */
export function verifyDelivery({ headers, body }: Delivered, options: VerifyOptions): string {
  const [id, timestamp, signature] = Object.values(HEADERS).map((name) => headers[name]);
  if (typeof id !== "string" || typeof timestamp !== "string" || typeof signature !== "string") {
    throw denied("has no signature");
  }
  const age = Math.abs(options.now / 1_000 - Number(timestamp));
  if (!(age <= (options.toleranceSeconds ?? TOLERANCE_SECONDS))) throw denied("is too old");
  const given = Buffer.from(signature);
  const isOurs = options.secrets.some((secret) => {
    const expected = Buffer.from(`v1=${sign({ id, timestamp, body }, secret)}`);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isOurs) throw denied("is not signed with our secret");
  return id;
}

function sign(parts: { id: string; timestamp: string; body: string }, secret: string): string {
  return createHmac("sha256", secret)
    .update(`${parts.id}.${parts.timestamp}.${parts.body}`)
    .digest("hex");
}

function denied(what: string): TrestleError {
  return new TrestleError("denied", `This delivery ${what}. Do not act on it.`);
}
