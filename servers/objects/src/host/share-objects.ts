import type { Clock, JsonValue, Logger } from "@trestle/protocol";
import { type SharedCallOptions, shareFolder } from "@trestle/store";
import { fromWireError, toWireError, type WireError } from "../object-error.ts";
import type { Objects } from "../objects.ts";
import type { ObjectRef, ServerFrame } from "../protocol.ts";
import type { WatchQuery } from "../wire/route.ts";
import type { Backend, HandedObjects } from "./backend.ts";
import { createFollowers } from "./followers.ts";

export interface ShareParts {
  readonly folder: string;
  /** Opens the objects in the process that comes to own the folder. */
  readonly open: () => Promise<Backend>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Makes idempotency keys. */
  readonly newId: () => string;
}

export interface SharedObjects extends Objects, HandedObjects {
  /** The first frames of a watcher, as `follow` goes on from there. */
  begin(ref: ObjectRef, query: WatchQuery): Promise<readonly ServerFrame[]>;
  role(): "owner" | "joined" | "idle";
}

type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: WireError };

/**
 * The objects of a folder for all processes that use it: one keeps them, the others ask it, and when it dies the next
 * to ask goes on with what is stored. Nothing is opened before the first call.
 */
export function shareObjects({ folder, open, clock, log, newId }: ShareParts): SharedObjects {
  const shared = shareFolder({
    ...{ path: folder, log, clock },
    async open() {
      const backend = await open();
      return {
        async answer(method, payload, signal) {
          return JSON.stringify(await answer(backend, { method, payload, signal }, log));
        },
        closing: backend.closing,
        close: backend.close,
      };
    },
  });

  async function ask<Value>(
    method: string,
    given: readonly unknown[],
    options: Omit<SharedCallOptions, "repeatable"> = {},
  ): Promise<Value> {
    // A change carries a key: where its owner died under it, the next one does it at most once.
    const text = await shared.call(method, JSON.stringify(given), { ...options, repeatable: true });
    const outcome = JSON.parse(String(text)) as Outcome;
    if (!outcome.ok) throw fromWireError(outcome.error);
    return outcome.value as Value;
  }

  const withKey = <Request extends { readonly key?: string | undefined }>(request: Request) => ({
    ...request,
    key: request.key ?? newId(),
  });
  const followers = createFollowers({
    missed: (ref, after, signal) => ask("missed", [ref, after], { signal }),
    ...{ clock, log },
  });
  return {
    initialize: (ref, request, caller) => ask("initialize", [ref, withKey(request), caller]),
    call: (ref, request, caller) => ask("call", [ref, withKey(request), caller]),
    delete: (ref, request, caller) => ask("delete", [ref, withKey(request), caller]),
    get: (ref) => ask("get", [ref]),
    events: (ref, range) => ask("events", [ref, range]),
    list: (query) => ask("list", [query]),
    classes: () => ask("classes", []),
    begin: (ref, query) => ask("begin", [ref, query]),
    copy: (ref) => ask("copy", [ref]),
    accept: (copy, replaces) => ask("accept", [copy, replaces]),
    release: (ref, owner) => ask("release", [ref, owner]),
    follow: followers.follow,
    role: shared.role,
    async close() {
      followers.close();
      await shared.close();
    },
  };
}

const METHODS = new Set([
  ...["initialize", "call", "delete", "get", "events"],
  ...["list", "classes", "begin", "missed"],
  ...["copy", "accept", "release"],
]);

interface Asked {
  readonly method: string;
  readonly payload: JsonValue;
  readonly signal: AbortSignal;
}

async function answer(backend: Backend, asked: Asked, log: Logger): Promise<Outcome> {
  const { method, payload, signal } = asked;
  if (!METHODS.has(method)) throw new Error(`Objects have no ${method}.`);
  const run = backend[method as keyof Backend] as (...given: unknown[]) => Promise<unknown>;
  try {
    const given = JSON.parse(String(payload)) as unknown[];
    return { ok: true, value: await run(...given, signal) };
  } catch (error) {
    const wire = toWireError(error);
    if (wire.code === "internal") log.error("objects failed", { method, error: String(error) });
    return { ok: false, error: wire };
  }
}
