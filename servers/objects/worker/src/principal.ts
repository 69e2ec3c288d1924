import type { ObjectPrincipal } from "../../src/auth/scopes.ts";
import { createTokenCheck, type TokenSettings } from "../../src/auth/tokens.ts";
import { ObjectError } from "../../src/object-error.ts";
import { TOKEN_PROTOCOL } from "../../src/protocol.ts";

/** Secrets and variables of the worker. */
export interface TokenEnv {
  readonly OBJECTS_TOKEN_SECRET?: string;
  readonly OBJECTS_TOKEN_PUBLIC_KEY?: string;
  readonly OBJECTS_TOKEN_ISSUER?: string;
  readonly OBJECTS_TOKEN_AUDIENCE?: string;
  /** `anonymous` lets everyone do everything: for a machine of one's own. */
  readonly OBJECTS_ACCESS?: string;
}

/**
 * @throws ObjectError `unauthenticated`, also where the worker was deployed without a key: whoever forgets it has
 * published nothing.
 */
export async function principalOf(request: Request, env: TokenEnv): Promise<ObjectPrincipal> {
  const check = await createTokenCheck(settingsOf(env), () => Date.now());
  if (check !== undefined) return await check(tokenOf(request));
  if (env.OBJECTS_ACCESS === "anonymous") return { name: "anonymous" };
  throw new ObjectError(
    "unauthenticated",
    "This worker has no key to check tokens by: set OBJECTS_TOKEN_SECRET with `wrangler secret put`.",
  );
}

function settingsOf(env: TokenEnv): TokenSettings {
  const given = {
    secret: env.OBJECTS_TOKEN_SECRET,
    publicKey: env.OBJECTS_TOKEN_PUBLIC_KEY,
    issuer: env.OBJECTS_TOKEN_ISSUER,
    audience: env.OBJECTS_TOKEN_AUDIENCE,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value));
}

function tokenOf({ headers }: Request): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const offered = headers.get("sec-websocket-protocol")?.split(/\s*,\s*/) ?? [];
  return offered.find((each) => each.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
}
