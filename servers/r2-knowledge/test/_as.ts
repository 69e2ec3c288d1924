import type { JsonObject, Principal } from "@trestle/protocol";
import { type Mounted, mountServer, type Result } from "./_call.ts";

/** The server as one principal uses it. */
export interface Session {
  call(tool: string, args?: JsonObject): Promise<Result>;
  /** What the call gave. Throws where it was refused. */
  get(tool: string, args?: JsonObject): Promise<JsonObject>;
  /** The words of a refused call. */
  refusal(tool: string, args?: JsonObject): Promise<string>;
  ask(method: string, params: JsonObject): Promise<JsonObject>;
}

export interface Crowd extends Mounted {
  readonly local: Session;
  as(name: string): Session;
}

export const keyOf = (name: string): Principal => ({ id: `key:${name}`, kind: "key" });

export function mountCrowd(...parts: Parameters<typeof mountServer>): Crowd {
  const mounted = mountServer(...parts);
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} } as const;
  const { signal } = new AbortController();

  function session(principal: Principal): Session {
    const ask = (method: string, params: JsonObject) =>
      mounted.instance.request(method, params, { principal, signal, client });
    const call = async (name: string, args: JsonObject = {}) =>
      (await ask("tools/call", { name, arguments: args })) as unknown as Result;
    return {
      ask,
      call,
      async get(tool, args) {
        const { isError, content, structuredContent } = await call(tool, args);
        if (isError) throw new Error(`${tool}: ${content[0]?.text}`);
        return structuredContent;
      },
      async refusal(tool, args) {
        const { isError, content, structuredContent } = await call(tool, args);
        if (!isError) throw new Error(`${tool} gave ${JSON.stringify(structuredContent)}`);
        return content[0]?.text ?? "";
      },
    };
  }

  return {
    ...mounted,
    local: session({ id: "local", kind: "local" }),
    as: (name) => session(keyOf(name)),
  };
}

/** Sets the policy as the user of this machine, by whatever version there is. */
export async function setPolicy({ local }: Pick<Crowd, "local">, policy: JsonObject) {
  const { version } = await local.get("get_access_policy");
  const confirm = "access policy";
  return local.get("set_access_policy", { policy, version: version ?? 0, confirm });
}

export const LOCAL_OPERATOR = { role: "operator", principals: ["local"] };

export const diagnosis = (message: string, more: JsonObject = {}) => ({
  error: { name: "Error", message },
  ...more,
});
