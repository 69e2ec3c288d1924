import { randomUUID } from "node:crypto";
import type { Clock, Logger } from "@trestle/protocol";
import { type CheckToken, createTokenCheck, signToken } from "./auth/tokens.ts";
import type { Config } from "./config.ts";
import { loadClasses } from "./host/load-classes.ts";
import { openOwnedObjects } from "./host/owned-objects.ts";
import { type SharedObjects, shareObjects } from "./host/share-objects.ts";
import { readTokenSecret } from "./host/token-secret.ts";
import type { ObjectClasses } from "./object-class.ts";
import type { Objects } from "./objects.ts";
import { DEFAULT_LIMITS, type ObjectEvent, type ObjectRef } from "./protocol.ts";
import { createRemoteObjects } from "./remote/remote-objects.ts";
import { toTrestleError } from "./to-trestle-error.ts";

/** What the tools and commands share. */
export interface State extends Objects {
  /** Where the objects are, for people. */
  readonly where: string;
}

export interface StateParts {
  readonly config: Config;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told what happens to objects of a folder, in the process that owns it. */
  readonly onEvent?: (ref: ObjectRef, event: ObjectEvent) => void;
}

/** The objects of a host somewhere else, or of a folder. Nothing is opened or asked before the first call. */
export function openState(parts: StateParts): State {
  const { config, clock } = parts;
  const { url } = config;
  if (url === undefined) return { ...worded(openLocal(parts).objects), where: folderOf(parts) };
  const token = tokenFor(config, clock);
  return { ...worded(createRemoteObjects({ url, token, clock })), where: url };
}

/** Refusals in the words of servers. */
function worded(objects: Objects): Objects {
  const translate = <Given extends readonly unknown[], Value>(
    ask: (...given: Given) => Promise<Value>,
  ) => {
    return (...given: Given): Promise<Value> =>
      // Not only what rejects: some refuse a name before they ask.
      (async () => ask(...given))().catch((error: unknown) => {
        throw toTrestleError(error);
      });
  };
  return {
    initialize: translate(objects.initialize),
    call: translate(objects.call),
    delete: translate(objects.delete),
    get: translate(objects.get),
    events: translate(objects.events),
    list: translate(objects.list),
    classes: translate(objects.classes),
    follow: translate(objects.follow),
    close: objects.close,
  };
}

export interface Local {
  readonly objects: SharedObjects;
  /** Throws where one of the operator's modules cannot be used. */
  readonly classes: () => Promise<ObjectClasses>;
}

export function openLocal(parts: StateParts): Local {
  const { config, clock, log, onEvent = () => {} } = parts;
  const folder = folderOf(parts);
  let loading: Promise<ObjectClasses> | undefined;
  const classes = () => (loading ??= loadClasses(config.classes));
  const objects = shareObjects({
    ...{ folder, clock, log, newId: randomUUID },
    open: async () =>
      openOwnedObjects({
        ...{ folder, clock, log, onEvent, newId: randomUUID },
        classes: await classes(),
        limits: DEFAULT_LIMITS,
      }),
  });
  return { objects, classes };
}

/** How the local host of a folder believes tokens. */
export async function openTokenCheck(parts: StateParts): Promise<CheckToken> {
  const { config, clock } = parts;
  const settings = {
    secret: config.tokenPublicKey === undefined ? secretOf(parts) : config.tokenSecret,
    publicKey: config.tokenPublicKey,
    issuer: config.tokenIssuer,
    audience: config.tokenAudience,
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const check = await createTokenCheck(Object.fromEntries(given), clock.now);
  if (check === undefined) throw new Error("a host without a key");
  return check;
}

/** The operator's, or that of the folder. */
export function secretOf(parts: StateParts): string {
  return parts.config.tokenSecret ?? readTokenSecret(folderOf(parts));
}

export function folderOf({ config, dataDir }: Pick<StateParts, "config" | "dataDir">): string {
  return config.dataDir ?? dataDir;
}

const TOKEN_MS = 15 * 60_000;

export function tokenFor({ token, tokenSecret }: Config, clock: Clock) {
  if (token !== undefined || tokenSecret === undefined) return token;
  return () =>
    signToken(tokenSecret, { name: "trestle-objects", expiresAt: clock.now() + TOKEN_MS });
}
