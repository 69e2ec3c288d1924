import {
  type JsonObject,
  LOCAL_PRINCIPAL,
  MODERN_VERSION,
  type Principal,
  type RequestContext,
  silentLogger,
  systemClock,
} from "@trestle/protocol";
import { onTestFinished } from "vitest";
import { type Bridge, type BridgeParts, createBridge } from "../src/bridge.ts";
import { loadConfig } from "../src/config/load.ts";
import { OPERATIONS } from "../src/operations/index.ts";
import { runOperation } from "../src/operations/operation.ts";
import { createPlace, type Place } from "./_place.ts";
import { entry } from "./_upstreams.ts";

export interface CoreUnderTest {
  readonly place: Place;
  readonly bridge: Bridge;
  /** Asks an operation as REST and the command line do. */
  ask(name: string, input?: JsonObject, context?: Partial<RequestContext>): Promise<JsonObject>;
  /** tools/call as clients send it. */
  call(name: string, args?: JsonObject, context?: Partial<RequestContext>): Promise<JsonObject>;
}

/** A bridge in this process, with the test's servers `one` and `two` behind it. */
export async function startCore(
  config: { readonly catalog?: object; readonly [key: string]: unknown } = {},
  place: Place = createPlace(),
  more: Partial<BridgeParts> = {},
): Promise<CoreUnderTest> {
  const mcpServers = { one: entry(place, "one"), two: entry(place, "two") };
  // All of them are there before the first question, on a loaded machine too.
  const catalog = { startWaitMs: 30_000, ...config.catalog };
  place.configure({ mcpServers, ...config, catalog });
  const env = { HOME: place.root, TRESTLE_HOME: place.home };
  const loaded = loadConfig({ cwd: place.root, env, file: place.configFile });
  const parts = { clock: systemClock, log: silentLogger, version: "0.0.0", ...more };
  const bridge = await createBridge(loaded, parts);
  onTestFinished(() => bridge.close());
  await bridge.settled();
  return {
    place,
    bridge,
    ask(name, input = {}, context = {}) {
      const operation = OPERATIONS.find((each) => each.name === name);
      if (!operation) throw new Error(`There is no operation ${name}`);
      return runOperation(operation, { input, context: contextOf(context) }, bridge.core);
    },
    call: (name, args = {}, context = {}) =>
      bridge.instance.request("tools/call", { name, arguments: args }, contextOf(context)),
  };
}

/** Somebody with a key of these scopes. */
export function keyOf(id: string, scopes?: readonly string[]): { readonly principal: Principal } {
  return { principal: { id, kind: "key", ...(scopes && { scopes }) } };
}

export function contextOf(given: Partial<RequestContext>): RequestContext {
  return {
    principal: LOCAL_PRINCIPAL,
    signal: new AbortController().signal,
    client: { era: "modern", protocolVersion: MODERN_VERSION, capabilities: {} },
    ...given,
  };
}
