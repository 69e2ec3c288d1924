import { readAdminCredential } from "@trestle/access";
import { type JsonObject, LOCAL_PRINCIPAL, messageOf, TrestleError } from "@trestle/protocol";
import { type JoinedMembership, readOwner } from "@trestle/store";
import { bridgeFolder, enterHome, joinBridge, type OwnedBridge } from "../home.ts";
import { type AskOwner, openControl } from "../inbound/control.ts";
import { findOperation } from "../inbound/find-operation.ts";
import { contextOf } from "../inbound/owner.ts";
import { runOperation } from "../operations/operation.ts";
import { askRest } from "./ask-rest.ts";
import { readBridgeAddress } from "./bridge-address.ts";
import type { Place } from "./command.ts";

/** Asks the bridge for an operation; its failure is thrown as it was. */
export type AskBridge = (name: string, input: JsonObject) => Promise<JsonObject>;

export interface BridgeNeeds {
  /** It makes sense only of a bridge that runs already. */
  readonly running?: boolean;
  /** It asks nothing of any server: a bridge of our own need not start them. */
  readonly noServers?: boolean;
}

/**
 * Works with the bridge that MCP_BRIDGE_URL names, else with the one that runs in this home, else with one
 * of our own that lives as long as the work. Ctrl-C gives up what was asked.
 */
export async function withBridge<Value>(
  place: Place,
  work: (ask: AskBridge) => Promise<Value>,
  needs: BridgeNeeds = {},
): Promise<Value> {
  const { config, terminal } = place;
  const stop = new AbortController();
  void terminal.stopped.then(() => stop.abort());
  const { signal } = stop;
  const url = config.env.MCP_BRIDGE_URL;
  try {
    if (url) return await work(askByHttp(url, place, signal));
    const entered = await enter(place, needs);
    try {
      if (entered.role === "owner") return await work(askOwned(entered, place, signal));
      const ask = askKindly(openControl(entered.socket), entered, terminal.version);
      return await work((name, input) => {
        const admin = adminFor(name, config.home);
        return ask({ do: "operation", name, input, ...admin }, signal);
      });
    } finally {
      await entered.close();
    }
  } catch (error) {
    if (signal.aborted) throw new TrestleError("cancelled", "Interrupted.", { cause: error });
    throw error;
  }
}

/** A bridge of another version may not know what is asked: then that is said. */
function askKindly(ask: AskOwner, { owner }: JoinedMembership, ours: string): AskOwner {
  const theirs = owner.info?.version;
  if (theirs === undefined || theirs === ours) return ask;
  return async (...asked) => {
    try {
      return await ask(...asked);
    } catch (error) {
      const { code } = error as { readonly code?: unknown };
      if (code !== "unsupported" && code !== "invalid_input") throw error;
      const message = `${messageOf(error)} The bridge that runs is version ${String(theirs)}, and this is ${ours}: stop it with \`trestle stop\` and start it anew.`;
      throw new TrestleError(code, message, { cause: error });
    }
  };
}

/** Asks one operation of the bridge. */
export function askOperation(
  name: string,
  input: JsonObject,
  place: Place,
  needs?: BridgeNeeds,
): Promise<JsonObject> {
  return withBridge(place, (ask) => ask(name, input), needs);
}

async function enter({ config, terminal }: Place, { running, noServers }: BridgeNeeds) {
  const joined = running || noServers ? await joinBridge(config.home) : undefined;
  if (joined) return joined;
  if (running) {
    throw new TrestleError(
      "unavailable",
      `No bridge runs in ${config.home}. Start one with \`trestle serve\`.`,
    );
  }
  // One that only looks something up tells nobody of anything.
  const events = { ...config.events, webhooks: [] };
  const own = noServers ? { ...config, events, servers: [], problems: [] } : config;
  // Nor does it tell the person what it makes of its configuration: that is what they asked for.
  const print = noServers ? () => {} : terminal.print;
  return enterHome({ config: own, ...terminal, print });
}

function askOwned({ bridge }: OwnedBridge, { config }: Place, signal: AbortSignal): AskBridge {
  const { core } = bridge;
  return async (name, input) => {
    const { admin } = adminFor(name, config.home);
    const principal = admin === undefined ? LOCAL_PRINCIPAL : core.access.asAdmin(admin);
    const asked = { input, context: contextOf(principal, signal) };
    return runOperation(findOperation(name), asked, core);
  };
}

/** Whoever can read the home's files administers it; only what needs that is done so. */
function adminFor(name: string, home: string): { readonly admin?: string } {
  if (findOperation(name).needs !== "admin") return {};
  const credential = readAdminCredential(home);
  return credential ? { admin: credential.text } : {};
}

function askByHttp(url: string, { config }: Place, signal: AbortSignal): AskBridge {
  const { mcp, rest } = readBridgeAddress(url);
  const { MCP_API_KEY: given } = config.env;
  // Never sent to anybody but the bridge of this very home.
  const isOwn = readOwner(bridgeFolder(config.home))?.info?.url === mcp;
  const key = given || (isOwn ? readAdminCredential(config.home)?.text : undefined);
  return (name, input) => askRest(name, input, { rest, key, signal });
}
