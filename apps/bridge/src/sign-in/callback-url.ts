import type { Config } from "../config/load.ts";

/** Where browsers come back to after a sign-in. */
export const CALLBACK_PATH = "/oauth/callback";

/** As authorization servers know it: it stays the same from run to run. */
export function callbackUrl({ http }: Pick<Config, "http">): string {
  const base = http.publicUrl ?? `http://127.0.0.1:${http.port}`;
  return new URL(CALLBACK_PATH, base).href;
}
