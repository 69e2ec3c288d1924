import { join } from "node:path";
import {
  type Host,
  type JsonObject,
  LOCAL_PRINCIPAL,
  type RequestContext,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { server } from "../src/index.ts";

export const CONTEXT: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: "2026-07-28", capabilities: {} },
};

/** The server in this process, as a host mounts it. */
export function mountServer(
  home: string,
  settings: Readonly<Record<string, string>>,
  parts: Partial<Host> = {},
) {
  const standalone = createStandaloneHost({
    ...{ dataDir: join(home, "host"), clock: systemClock, log: silentLogger },
  });
  const instance = server.mount({ ...standalone, ...parts }, settings);
  const ask = (name: string, args: JsonObject, context = CONTEXT) =>
    instance.request("tools/call", { name, arguments: args }, context);
  return {
    instance,
    ask,
    /** The structured answer; throws what the tool refused. */
    async call(name: string, args: JsonObject, context = CONTEXT): Promise<JsonObject> {
      const answer = await ask(name, args, context);
      if (answer.isError) throw new Error(JSON.stringify(answer.content));
      return answer.structuredContent as JsonObject;
    },
    async close() {
      await instance.close();
      await standalone.close();
    },
  };
}
