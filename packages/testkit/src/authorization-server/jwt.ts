import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";

export interface SigningKey {
  readonly kid: string;
  readonly secret: KeyObject;
  /** As a JWK set holds it. */
  readonly jwk: Record<string, unknown>;
}

export function createSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomUUID();
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" };
  return { kid, secret: privateKey, jwk };
}

/** A JWT, signed with ES256; `header` may say otherwise, as an attacker would. */
export function signJwt(
  claims: Readonly<Record<string, unknown>>,
  { kid, secret }: SigningKey,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const head = { alg: "ES256", typ: "at+jwt", kid, ...header };
  const signed = `${encode(head)}.${encode(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), { key: secret, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}
