import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  type RequestContext,
  systemClock,
} from "@trestle/protocol";
import { createProcessRegistry, createUpstream } from "@trestle/upstream";
import type { Config } from "../config/load.ts";
import { enterHome } from "../home.ts";
import { askOwner } from "../inbound/control.ts";
import { readBridgeAddress } from "./bridge-address.ts";
import type { Terminal } from "./terminal.ts";

/** One MCP request to the bridge. */
export interface Question {
  readonly method: string;
  readonly params: JsonObject;
}

/**
 * Puts a request to the bridge: the one that MCP_BRIDGE_URL names, else the one that runs in this home,
 * else one of our own that lives as long as the answer takes.
 */
export async function ask(
  { method, params }: Question,
  config: Config,
  terminal: Terminal,
): Promise<JsonObject> {
  const url = config.env.MCP_BRIDGE_URL;
  if (url) return askByHttp(readBridgeAddress(url).mcp, { method, params }, config, terminal);
  const entered = await enterHome({ config, ...terminal });
  if (entered.role === "joined") {
    try {
      return await askOwner(entered.socket, { do: "request", method, params });
    } finally {
      await entered.close();
    }
  }
  try {
    return await entered.bridge.instance.request(method, params, localContext());
  } finally {
    await entered.close();
  }
}

async function askByHttp(
  url: string,
  { method, params }: Question,
  { env }: Config,
  { log, version }: Terminal,
): Promise<JsonObject> {
  const key = env.MCP_API_KEY;
  const upstream = createUpstream(
    {
      id: "bridge",
      kind: "http",
      url,
      ...(key ? { headers: { authorization: `Bearer ${key}` } } : {}),
    },
    {
      log,
      clock: systemClock,
      processes: createProcessRegistry({ log }),
      clientInfo: { name: "trestle-cli", version },
    },
  );
  try {
    return await upstream.request(method, params, localContext());
  } finally {
    await upstream.close();
  }
}

function localContext(): RequestContext {
  return {
    principal: LOCAL_PRINCIPAL,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
  };
}
