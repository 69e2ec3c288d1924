import type { Access } from "../access/access.ts";
import { METADATA_PATH, metadataUrl } from "../access/tokens.ts";
import type { Rest } from "./rest/rest.ts";

/** Tells clients, pages in browsers too, where tokens for this bridge come from (RFC 9728). It needs no key. */
export function createTokenMetadata({ tokenMetadata }: Pick<Access, "tokenMetadata">): Rest {
  return (request, response) => {
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    const metadata = path.startsWith(METADATA_PATH) ? tokenMetadata() : undefined;
    if (metadata === undefined || request.method !== "GET") return false;
    // Behind a proxy with a prefix its name stands behind ours, and is not taken off.
    const { pathname } = new URL(metadataUrl(String(metadata.resource)));
    if (![METADATA_PATH, `${METADATA_PATH}/mcp`, pathname].includes(path)) return false;
    const headers = { "content-type": "application/json", "access-control-allow-origin": "*" };
    response.writeHead(200, headers).end(JSON.stringify(metadata));
    return true;
  };
}
