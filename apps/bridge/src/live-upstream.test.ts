import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  type RequestContext,
  type ServerInstance,
} from "@trestle/protocol";
import type { Upstream } from "@trestle/upstream";
import { expect, test } from "vitest";
import { createSecretRegister } from "./config/secret-register.ts";
import { createLiveUpstream } from "./live-upstream.ts";

const context: RequestContext = {
  principal: LOCAL_PRINCIPAL,
  signal: new AbortController().signal,
  client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
};

/** A connection that watches some resources and refuses all others. */
function connection(known: readonly string[]) {
  const watched: string[] = [];
  const upstream = {
    id: "one",
    kind: "embedded",
    ready: async () => ({}) as ServerInstance,
    async request(_method: string, { uri }: JsonObject) {
      if (!known.includes(String(uri))) throw new Error("There is no such resource.");
      watched.push(String(uri));
      return {};
    },
    subscribe: () => () => {},
    health: () => ({ state: "ready", since: 0, restarts: 0, stderr: [] }),
    close: async () => {},
  } as unknown as Upstream;
  return { upstream, watched };
}

test("a new connection watches what was watched, whatever of it there is no more", async () => {
  const first = connection(["a", "b", "c"]);
  const live = createLiveUpstream(first.upstream, createSecretRegister());
  const told: unknown[] = [];
  live.subscribe((event) => told.push("uri" in event ? event.uri : event.kind));
  const watch = (uri: string) => live.request("resources/subscribe", { uri }, context);
  for (const uri of ["a", "b", "c"]) await watch(uri);
  await expect(watch("unknown")).rejects.toThrow("no such resource");

  const next = connection(["a", "c", "unknown"]);
  live.replace(next.upstream);
  await expect.poll(() => told).toContain("c");
  expect(next.watched).toEqual(["a", "c"]);
  await live.close();
});
