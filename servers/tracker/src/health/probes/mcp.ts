import { createUpstream, type UpstreamConfig, type UpstreamParts } from "@trestle/upstream";
import type { TargetOf } from "../config.ts";
import { type Finding, type ProbeContext, up } from "./probe.ts";

/** Connects as a client does, and asks nothing but who the server is. */
export async function probeMcp(
  target: TargetOf<"mcp">,
  { signal, timeoutMs }: ProbeContext,
  parts: UpstreamParts,
): Promise<Finding> {
  const upstream = createUpstream(toUpstream(target, timeoutMs), parts);
  try {
    const { info, era, protocolVersion } = await upstream.ready(signal);
    return up(`It speaks MCP ${protocolVersion}.`, { info, era, protocolVersion });
  } finally {
    await upstream.close();
  }
}

function toUpstream(target: TargetOf<"mcp">, timeoutMs: number): UpstreamConfig {
  const { url, command = "", args, headers } = target;
  const common = { id: "health", startTimeoutMs: timeoutMs, probeTimeoutMs: timeoutMs / 2 };
  return url === undefined
    ? { ...common, kind: "stdio", command, args }
    : { ...common, kind: "http", url, headers };
}
