import type { Config } from "../config/load.ts";
import { publicAddress } from "../config/public-address.ts";

/** Where browsers come back to after a sign-in. */
export const CALLBACK_PATH = "/oauth/callback";

/** As authorization servers know it: it stays the same from run to run. */
export function callbackUrl({ http }: Pick<Config, "http">): string {
  const { publicUrl, port } = http;
  return publicAddress({ publicUrl, port }, CALLBACK_PATH);
}
