import { isJsonObject, type JsonObject, RPC, RpcError } from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import type { ServerConfig } from "./config/servers.ts";

/** What a server may ask of clients, by the capability that allows it. */
const QUESTIONS = {
  elicitation: "elicitation/create",
  sampling: "sampling/createMessage",
  roots: "roots/list",
} as const;

type Capability = keyof typeof QUESTIONS;

/** What an entry wants no client to be asked for by its server. */
export function deniedCapabilities({ entry }: ServerConfig): readonly Capability[] {
  const { capabilities = {} } = entry;
  return (Object.keys(QUESTIONS) as Capability[]).filter((name) => capabilities[name] === false);
}

export function withoutCapabilities(all: JsonObject, denied: readonly string[]): JsonObject {
  if (denied.length === 0) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => !denied.includes(name)));
}

/**
 * An upstream to which no client seems to have these capabilities. A server of the modern era that asks all
 * the same is refused here; one of the legacy era is where its question arrives, as it was told of none.
 */
export function withFewerCapabilities(upstream: Upstream, denied: readonly Capability[]): Upstream {
  if (denied.length === 0) return upstream;
  return {
    ...upstream,
    async request(method, params, context) {
      const { client } = context;
      const capabilities = withoutCapabilities(client.capabilities, denied);
      const result = await upstream.request(method, params, {
        ...context,
        client: { ...client, capabilities },
      });
      refuseQuestions(result, upstream.id, denied);
      return result;
    },
  };
}

function refuseQuestions(result: JsonObject, id: string, denied: readonly Capability[]): void {
  if (result.resultType !== "input_required" || !isJsonObject(result.inputRequests)) return;
  const asked = Object.values(result.inputRequests).map(
    (each) => isJsonObject(each) && each.method,
  );
  const found = denied.find((name) => asked.includes(QUESTIONS[name]));
  if (found === undefined) return;
  const message = `The server "${id}" asks for ${found}, which its entry does not allow (capabilities.${found}).`;
  throw new RpcError(RPC.missingClientCapability, message, {
    requiredCapabilities: { [found]: {} },
  });
}
