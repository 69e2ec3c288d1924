import { createHmac, timingSafeEqual } from "node:crypto";
import { verifyDelivery } from "@trestle/events/signature";
import { TrestleError } from "@trestle/protocol";
import type { SIGNATURES } from "./trigger.ts";

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Incoming {
  readonly headers: Headers;
  readonly body: string;
}

/** How old a delivery may be that says when it was sent. */
const TOLERANCE_SECONDS = 300;

/** The delivery's id where its signature is right and fresh. Throws `denied` otherwise. */
export function verify(
  incoming: Incoming,
  {
    signature,
    secret,
    now,
  }: { signature: (typeof SIGNATURES)[number]; secret: string; now: number },
): string {
  if (signature === "trestle") return verifyDelivery(incoming, { secrets: [secret], now });
  return signature === "github"
    ? verifyGithub(incoming, secret)
    : verifyStandard(incoming, secret, now);
}

/** `X-Hub-Signature-256` over the body; it says no time, so a delivery counts once by its id and its body. */
function verifyGithub({ headers, body }: Incoming, secret: string): string {
  const expected = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  if (!isEqual(textOf(headers["x-hub-signature-256"]), expected)) throw denied();
  return createHmac("sha256", "delivery").update(body).digest("hex");
}

/** Standard Webhooks: `v1,` and base64 over id, seconds and body, by a key that may be written `whsec_…`. */
function verifyStandard({ headers, body }: Incoming, secret: string, now: number): string {
  const id = textOf(headers["webhook-id"]);
  const timestamp = textOf(headers["webhook-timestamp"]);
  const age = Math.abs(now / 1_000 - Number(timestamp));
  if (id === "" || timestamp === "" || !(age <= TOLERANCE_SECONDS)) throw denied();
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : secret;
  const expected = `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  const given = textOf(headers["webhook-signature"]).split(" ");
  if (!given.some((each) => isEqual(each, expected))) throw denied();
  return id;
}

function isEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === "string" ? header : "";
}

function denied(): TrestleError {
  return new TrestleError(
    "denied",
    "This delivery is not signed with the trigger's secret, or is too old.",
  );
}
