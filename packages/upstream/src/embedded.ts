import type { JsonObject, RequestContext, ServerInstance } from "@trestle/protocol";
import { MODERN_VERSION } from "@trestle/protocol";
import type { EmbeddedConfig } from "./config.ts";
import type { Connection, Interest } from "./connection.ts";
import { abandoned, type Loss, notSent, outcomeUnknown } from "./faults.ts";
import { withoutHopKeys } from "./meta.ts";

/** Mounts a server in this process: no serialising, the same contract. */
export async function connectEmbedded(
  { id, open }: EmbeddedConfig,
  interest: Interest,
): Promise<Connection> {
  const instance = await open();
  const unsubscribe = instance.subscribe(interest.emit);
  const lost = Promise.withResolvers<Loss>();
  let closing: Promise<void> | undefined;
  const running = new Set<(loss: Loss) => void>();

  function request(method: string, params: JsonObject, context: RequestContext) {
    if (closing) return Promise.reject(notSent(id, CLOSED));
    const { signal, attempt } = context;
    if (signal.aborted) return Promise.reject(abandoned(id, signal.reason, false));
    return new Promise<JsonObject>((resolve, reject) => {
      // A server's own code knows signals, and nothing lighter.
      const controller = new AbortController();
      const cancel = (reason: unknown) => {
        reject(abandoned(id, reason, true));
        controller.abort(reason);
      };
      const abort = () => cancel(signal.reason);
      const lose = (loss: Loss) => reject(outcomeUnknown(id, method, loss));
      signal.addEventListener("abort", abort, { once: true });
      if (attempt) attempt.cancel = cancel;
      running.add(lose);
      const own = { ...context, signal: controller.signal };
      answer(instance, withoutHopKeys(params), { method, context: own })
        .then(resolve, reject)
        .finally(() => {
          running.delete(lose);
          signal.removeEventListener("abort", abort);
          if (attempt) attempt.cancel = undefined;
        });
    });
  }

  const { info, capabilities, instructions } = instance;
  return {
    facts: {
      era: "modern",
      protocolVersion: MODERN_VERSION,
      info,
      capabilities,
      ...(instructions !== undefined && { instructions }),
    },
    lost: lost.promise,
    request,
    subscribeResource: (params, context) => request("resources/subscribe", params, context),
    unsubscribeResource: (params, context) => request("resources/unsubscribe", params, context),
    close() {
      closing ??= (async () => {
        for (const lose of running) lose(CLOSED);
        lost.resolve(CLOSED);
        unsubscribe();
        await instance.close();
      })();
      return closing;
    },
  };
}

const CLOSED: Loss = { what: "was closed" };

async function answer(
  instance: ServerInstance,
  params: JsonObject,
  { method, context }: { method: string; context: RequestContext },
): Promise<JsonObject> {
  return instance.request(method, params, context);
}
