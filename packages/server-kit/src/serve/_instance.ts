import {
  type JsonObject,
  type RequestContext,
  type ServerEvent,
  type ServerInstance,
  TrestleError,
} from "@trestle/protocol";

export type Answer = (
  params: JsonObject,
  context: RequestContext,
) => Promise<JsonObject> | JsonObject;

export interface TestInstance extends ServerInstance {
  emit(event: ServerEvent): void;
  /** Every request that came, in order. */
  readonly requests: { method: string; params: JsonObject; context: RequestContext }[];
}

/** An instance made of one function per method. */
export function createTestInstance(answers: Record<string, Answer>): TestInstance {
  const listeners = new Set<(event: ServerEvent) => void>();
  const requests: TestInstance["requests"] = [];
  return {
    info: { name: "test", version: "1.0.0" },
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      logging: {},
    },
    requests,
    async request(method, params, context) {
      requests.push({ method, params, context });
      const answer = answers[method];
      return answer ? answer(params, context) : {};
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    async close() {},
  };
}

/** Answers `resources/subscribe` where nobody may hear of `a://foreign`. */
export function refuseForeign({ uri }: JsonObject): JsonObject {
  if (uri !== "a://foreign") return {};
  throw new TrestleError("denied", "That is not yours.");
}
