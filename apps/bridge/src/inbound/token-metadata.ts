import type { Access } from "../access/access.ts";
import { METADATA_PATH } from "../access/tokens.ts";
import type { Rest } from "./rest/rest.ts";

const PATHS: readonly (string | undefined)[] = [METADATA_PATH, `${METADATA_PATH}/mcp`];

/** Tells clients, pages in browsers too, where tokens for this bridge come from (RFC 9728). It needs no key. */
export function createTokenMetadata({ tokenMetadata }: Pick<Access, "tokenMetadata">): Rest {
  return (request, response) => {
    const [path] = (request.url ?? "/").split("?", 1);
    const metadata = PATHS.includes(path) ? tokenMetadata() : undefined;
    if (metadata === undefined || request.method !== "GET") return false;
    const headers = { "content-type": "application/json", "access-control-allow-origin": "*" };
    response.writeHead(200, headers).end(JSON.stringify(metadata));
    return true;
  };
}
