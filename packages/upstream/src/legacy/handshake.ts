import type { JsonObject } from "@trestle/protocol";
import {
  isJsonObject,
  LATEST_LEGACY_VERSION,
  LEGACY_VERSIONS,
  TrestleError,
} from "@trestle/protocol";
import type { UpstreamFacts } from "../config.ts";
import type { Link } from "../json-rpc/link.ts";

export interface HandshakeOptions {
  readonly upstream: string;
  readonly clientInfo: JsonObject;
  readonly clientCapabilities: JsonObject;
  readonly signal?: AbortSignal | undefined;
}

/** Opens the legacy era on a link. */
export async function handshake(link: Link, options: HandshakeOptions): Promise<UpstreamFacts> {
  link.agree("legacy");
  const result = await link.request({
    method: "initialize",
    params: {
      protocolVersion: LATEST_LEGACY_VERSION,
      capabilities: options.clientCapabilities,
      clientInfo: options.clientInfo,
    },
    signal: options.signal,
  });
  const version = result.protocolVersion;
  if (typeof version !== "string" || !(LEGACY_VERSIONS as readonly string[]).includes(version))
    throw new TrestleError(
      "unsupported",
      `Upstream "${options.upstream}" speaks protocol version ${JSON.stringify(version)}, which is not known here. Known are ${LEGACY_VERSIONS.join(", ")}.`,
    );
  link.agree("legacy", version);
  await link.notify("notifications/initialized");
  link.openStream?.();
  return {
    era: "legacy",
    protocolVersion: version,
    info: isJsonObject(result.serverInfo) ? result.serverInfo : {},
    capabilities: isJsonObject(result.capabilities) ? result.capabilities : {},
    ...(typeof result.instructions === "string" && { instructions: result.instructions }),
  };
}
