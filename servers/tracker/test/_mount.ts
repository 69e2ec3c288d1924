import { type JsonObject, LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { createStandaloneHost, type ServerInstance } from "@trestle-mcp/server-kit";
import { server } from "../src/index.ts";

export interface Mounted {
  readonly instance: ServerInstance;
  ask(method: string, params: JsonObject): Promise<JsonObject>;
  /** The structured answer; throws with the words of a refusal. */
  call(tool: string, args?: JsonObject): Promise<JsonObject>;
}

/** The server in this process, with the home of somebody who works with assistants. */
export function mountServer(home: string, settings: Record<string, string> = {}): Mounted {
  const host = createStandaloneHost({
    dataDir: `${home}/tracker`,
    clock: systemClock,
    log: silentLogger,
  });
  const instance = server.mount(host, { TRACKER_HOME_DIR: home, ...settings });
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  const { signal } = new AbortController();
  const ask = (method: string, params: JsonObject) =>
    instance.request(method, params, { principal: LOCAL_PRINCIPAL, signal, client });
  return {
    ...{ instance, ask },
    async call(name, args = {}) {
      const { structuredContent, isError, content } = await ask("tools/call", {
        ...{ name, arguments: args },
      });
      if (isError) throw new Error((content as { text: string }[])[0]?.text);
      return structuredContent as JsonObject;
    },
  };
}
