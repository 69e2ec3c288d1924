import type { Host, JsonObject, RequestContext } from "@trestle/protocol";
import { createUpstream, type Upstream, type UpstreamParts } from "@trestle/upstream";
import type { Core } from "../core.ts";
import { OWN_SERVER } from "./names.ts";
import type { OwnCallHost } from "./own-tool.ts";
import ownTools from "./own-tools.json" with { type: "json" };

/** The bridge's own tools, as a server of its own that nobody configures. */
export interface OwnServer {
  readonly upstream: Upstream;
  readonly definitions: readonly JsonObject[];
}

export interface OwnServerParts extends UpstreamParts {
  readonly version: string;
  readonly host: Host;
  /** Asked for with the first call: nothing of the bridge is needed before. */
  readonly core: () => Core;
}

export function createOwnServer(parts: OwnServerParts): OwnServer {
  const { version, host, core } = parts;
  const forCall = (request: RequestContext): OwnCallHost => ({ ...host.forCall(request), request });
  const open = async () => {
    const { defineOwnServer } = await import("./own-definition.ts");
    return defineOwnServer(version, core).mount({ ...host, forCall }, {});
  };
  return {
    upstream: createUpstream({ id: OWN_SERVER, kind: "embedded", open }, parts),
    definitions: ownTools.map(({ definition }) => definition as JsonObject),
  };
}
