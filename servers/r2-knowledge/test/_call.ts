import {
  type Clock,
  type JsonObject,
  LOCAL_PRINCIPAL,
  type ServerInstance,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { createStandaloneHost } from "@trestle-mcp/server-kit";
import { onTestFinished } from "vitest";
import { server } from "../src/index.ts";

export interface Result {
  readonly content: { readonly text: string }[];
  readonly structuredContent: JsonObject;
  readonly isError?: boolean;
}

export interface Mounted {
  readonly instance: ServerInstance;
  readonly dataDir: string;
  ask(method: string, params: JsonObject): Promise<JsonObject>;
  call(tool: string, args: JsonObject): Promise<Result>;
  /** The words of a refused call. */
  refusal(tool: string, args: JsonObject): Promise<string>;
}

/** The server in this process, with a home of its own. */
export function mountServer(
  settings: Record<string, string> = {},
  { dataDir = temporaryFolder("knowledge"), clock = systemClock as Clock } = {},
): Mounted {
  const instance = server.mount(
    createStandaloneHost({ dataDir, clock, log: silentLogger }),
    settings,
  );
  onTestFinished(() => instance.close());
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  const { signal } = new AbortController();
  const ask = (method: string, params: JsonObject) =>
    instance.request(method, params, { principal: LOCAL_PRINCIPAL, signal, client });
  const call = async (name: string, args: JsonObject) =>
    (await ask("tools/call", { name, arguments: args })) as unknown as Result;
  return {
    ...{ instance, dataDir, ask, call },
    async refusal(tool, args) {
      const { isError, content } = await call(tool, args);
      if (!isError) throw new Error(`${tool} was not refused.`);
      return content[0]?.text ?? "";
    },
  };
}
