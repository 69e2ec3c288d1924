import { errors, importSPKI, jwtVerify, SignJWT } from "jose";
import { ObjectError } from "../object-error.ts";
import { type ObjectPrincipal, parseScope } from "./scopes.ts";

/** How tokens are checked: by a secret that both sides know, or by the public half of an Ed25519 key. */
export interface TokenSettings {
  /** HS256; at least 32 bytes. */
  readonly secret?: string;
  /** Ed25519, PEM (`-----BEGIN PUBLIC KEY-----`). */
  readonly publicKey?: string;
  readonly issuer?: string;
  readonly audience?: string;
}

/** @throws ObjectError `unauthenticated` where the token is missing, false, or has ended. */
export type CheckToken = (token: string | undefined) => Promise<ObjectPrincipal>;

const LEAST_SECRET_BYTES = 32;
/** Clocks differ by so much, in seconds. */
const TOLERANCE_S = 5;

/**
 * Undefined where neither a secret nor a key is set: then the host must decide what that means.
 * @throws ObjectError `invalid_input` where both are set, or one cannot be a key.
 */
export async function createTokenCheck(
  settings: TokenSettings,
  now: () => number,
): Promise<CheckToken | undefined> {
  const key = await keyOf(settings);
  if (key === undefined) return undefined;
  const { issuer, audience } = settings;
  const rules = {
    algorithms: settings.secret === undefined ? ["EdDSA", "Ed25519"] : ["HS256"],
    clockTolerance: TOLERANCE_S,
    requiredClaims: ["sub", "exp"],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  return async (token) => {
    if (token === undefined || token === "") throw unauthenticated("A token is needed");
    try {
      const { payload } = await jwtVerify(token, key, { ...rules, currentDate: new Date(now()) });
      return toPrincipal(payload);
    } catch (error) {
      throw unauthenticated(reasonOf(error));
    }
  };
}

/** A token for the holder of the secret to give away. */
export async function signToken(
  secret: string,
  { name, scopes, expiresAt }: ObjectPrincipal & { readonly expiresAt: number },
): Promise<string> {
  return await new SignJWT({ scopes: (scopes ?? ["*/*:*"]).map(checked) })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(name)
    .setExpirationTime(Math.floor(expiresAt / 1_000))
    .sign(secretKey(secret));
}

async function keyOf({ secret, publicKey }: TokenSettings) {
  if (secret !== undefined && publicKey !== undefined) {
    throw new ObjectError("invalid_input", "Set a secret or a public key for tokens, not both.");
  }
  if (secret !== undefined) return secretKey(secret);
  if (publicKey === undefined) return undefined;
  return await importSPKI(publicKey, "EdDSA").catch(() => {
    throw new ObjectError("invalid_input", "The public key is no Ed25519 key in PEM.");
  });
}

function secretKey(secret: string): Uint8Array {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length >= LEAST_SECRET_BYTES) return bytes;
  throw new ObjectError(
    "invalid_input",
    `The secret for tokens needs at least ${LEAST_SECRET_BYTES} bytes; make one with: openssl rand -base64 48`,
  );
}

function toPrincipal(payload: { sub?: string; exp?: number; [claim: string]: unknown }) {
  const { sub: name = "", exp = 0, scopes = [] } = payload;
  // A token without scopes may do nothing; everything is said with "*/*:*".
  if (name === "" || !Array.isArray(scopes)) throw new Error("its claims are not those of a token");
  return { name, scopes: scopes.map(checked), expiresAt: exp * 1_000 };
}

function checked(scope: unknown): string {
  if (typeof scope !== "string") throw new Error("a scope is no text");
  parseScope(scope);
  return scope;
}

/** Of our own words only: what a library says of a token may quote it. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "The token has ended";
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return "The token is not signed by this host's key";
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The claim ${error.claim} is not what it must be`;
  return "The token cannot be read";
}

function unauthenticated(why: string): ObjectError {
  return new ObjectError("unauthenticated", `${why}. Send one as Authorization: Bearer TOKEN.`);
}
