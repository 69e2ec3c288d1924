import { TrestleError } from "@trestle/protocol";

export interface BridgeAddress {
  /** Of the MCP endpoint. */
  readonly mcp: string;
  /** Of the REST API, without a slash at its end. */
  readonly rest: string;
}

/** What MCP_BRIDGE_URL names: the bridge, its MCP endpoint or its REST API. */
export function readBridgeAddress(text: string): BridgeAddress {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new TrestleError(
      "invalid_config",
      `MCP_BRIDGE_URL must be a URL such as http://127.0.0.1:4100, not "${text}".`,
    );
  }
  const url = new URL(text);
  const path = url.pathname.replace(/\/+$/, "").replace(/\/(?:api\/)?mcp$/, "");
  return { mcp: `${url.origin}${path}/mcp`, rest: `${url.origin}${path}/api/mcp` };
}
