import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createMcpHandler,
  InMemoryServerEventBus,
  type ServerEventBus,
} from "@modelcontextprotocol/server";
import {
  isJsonObject,
  type JsonObject,
  type Logger,
  messageOf,
  type ResourceUpdated,
  RPC,
  type ServerInstance,
} from "@trestle/protocol";
import { clientFromMeta } from "./client-facts.ts";
import type { HttpEndpoint, RequestFacts } from "./http.ts";
import { createListens, type Listens } from "./listens.ts";
import { methodsOf } from "./methods.ts";
import { createParamHeaders } from "./param-headers.ts";
import { createSdkServer } from "./sdk-server.ts";
import { sendRpcError, sendWebResponse, toWebRequest, whenGone } from "./web.ts";

/** The stateless era over HTTP: one SDK server per request, made from what is known of that request. */
export function createModernLeg(
  instance: ServerInstance,
  { log, keepAliveMs }: { log: Logger; keepAliveMs: number | undefined },
): Pick<HttpEndpoint, "handle" | "close"> {
  const known = new WeakMap<Request, RequestFacts>();
  const paramHeaders = createParamHeaders(instance);
  const listening = new AsyncLocalStorage<Listens>();
  const bus = createBus(listening);
  const handler = createMcpHandler(
    ({ requestInfo }) => {
      const facts = requestInfo && known.get(requestInfo);
      if (!facts) throw new Error("a request without its facts");
      const { principal, body } = facts;
      const peer = createSdkServer(instance, { era: "modern", principal, log, deaf: true });
      // Without a fallback the SDK refuses an unknown method at once, which makes the status 404.
      if (!methodsOf(instance.capabilities).has(methodOf(body)))
        delete peer.server.fallbackRequestHandler;
      return peer.server;
    },
    {
      legacy: "reject",
      bus,
      onerror: (error) => log.debug("modern http", { error: messageOf(error) }),
      ...(keepAliveMs !== undefined && { keepAliveMs }),
    },
  );
  const unsubscribe = instance.subscribe((event) => {
    if (event.kind === "resourceUpdated") bus.publish(toUpdated(event));
    else handler.notify[event.kind]();
  });

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    facts: RequestFacts,
  ): Promise<void> {
    const { body, principal } = facts;
    if (body === undefined)
      return sendRpcError(response, 400, { code: RPC.parseError, message: "Send a JSON body" });
    const signal = whenGone(response);
    if (await refuseParamHeaders(request, response, facts, signal)) return;
    const web = toWebRequest(request, signal);
    known.set(web, facts);
    const listens = createListens(instance, principal);
    const answer = () => handler.fetch(web, { parsedBody: body });
    const isListen = methodOf(body) === "subscriptions/listen";
    if (isListen) listens.open("listen", paramsOf(body));
    try {
      await sendWebResponse(await (isListen ? listening.run(listens, answer) : answer()), response);
    } finally {
      listens.closeAll();
    }
  }

  async function refuseParamHeaders(
    request: IncomingMessage,
    response: ServerResponse,
    { body, principal }: RequestFacts,
    signal: AbortSignal,
  ): Promise<boolean> {
    const params = paramsOf(body);
    const client = clientFromMeta(params?._meta as JsonObject | undefined);
    if (methodOf(body) !== "tools/call" || !params || !client) return false;
    const mismatch = await paramHeaders.check(request, params, { principal, client, signal });
    if (!mismatch) return false;
    const { header, message } = mismatch;
    sendRpcError(response, 400, {
      id: (body as JsonObject).id,
      code: RPC.headerMismatch,
      message: `Bad Request: ${header}: ${message}`,
      data: { mismatch: { header, body: message } },
    });
    return true;
  }

  return {
    handle,
    async close() {
      unsubscribe();
      paramHeaders.close();
      await handler.close();
    },
  };
}

/** The SDK tells every listen of what it asked to hear of. One whose subscription was refused must not hear of it. */
function createBus(listening: AsyncLocalStorage<Listens>): ServerEventBus {
  const bus = new InMemoryServerEventBus();
  return {
    publish: (event) => bus.publish(event),
    subscribe(listener) {
      const listens = listening.getStore();
      return bus.subscribe((event) => {
        if (event.kind === "resource_updated" && listens?.hears(event) === false) return;
        listener(event);
      });
    },
  };
}

/** As the SDK's bus has it, which hands on what it does not know. */
type Updated = Omit<ResourceUpdated, "kind"> & { readonly kind: "resource_updated" };

function toUpdated(event: ResourceUpdated): Updated {
  return { ...event, kind: "resource_updated" };
}

function methodOf(body: unknown): string {
  return isJsonObject(body) && typeof body.method === "string" ? body.method : "";
}

function paramsOf(body: unknown): JsonObject | undefined {
  return isJsonObject(body) && isJsonObject(body.params) ? body.params : undefined;
}
