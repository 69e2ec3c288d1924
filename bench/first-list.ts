const params = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1.0.0" },
};

/** What a host asks over stdio when it starts a server: the handshake, and then its tools, as the message with the id 1. */
export const FIRST_LIST = [
  { id: 0, method: "initialize", params },
  { method: "notifications/initialized" },
  { id: 1, method: "tools/list", params: {} },
]
  .map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  .join("");
