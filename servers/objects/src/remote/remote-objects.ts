import type { Clock } from "@trestle/protocol";
import { createObjectsClient, type ObjectsClient } from "../client/client.ts";
import type { ObjectHandle } from "../client/object-handle.ts";
import type { Update } from "../client/watching.ts";
import type { Objects, OnChange } from "../objects.ts";
import type { ObjectRef } from "../protocol.ts";

export interface RemoteParts {
  readonly url: string;
  readonly token: string | (() => Promise<string>) | undefined;
  readonly clock: Clock;
}

/** A tool's caller waits no longer for it. */
const TIMEOUT_MS = 25_000;
/** How long whoever follows waits for the first word. Then it is told when it comes. */
const FIRST_WORD_MS = 5_000;

/** The objects of a host somewhere else. Who calls is whom the token names. */
export function createRemoteObjects({ url, token, clock }: RemoteParts): Objects {
  const client = createObjectsClient({ url, ...(token === undefined ? {} : { token }) });

  /** Nothing of a handle is kept: objects are many, and each is asked seldom. */
  async function ask<Value>(ref: ObjectRef, work: (handle: ObjectHandle) => Promise<Value>) {
    const handle = client.object(ref.class, ref.id);
    try {
      return await work(handle);
    } finally {
      handle.close();
    }
  }

  const options = ({
    key,
    expectedSeq,
  }: {
    key?: string | undefined;
    expectedSeq?: number | undefined;
  }) => ({
    timeoutMs: TIMEOUT_MS,
    ...(key === undefined ? {} : { key }),
    ...(expectedSeq === undefined ? {} : { expectedSeq }),
  });
  return {
    initialize: (ref, request) =>
      ask(ref, (handle) => handle.initialize(plain(request.args), options(request))),
    call: (ref, request) =>
      ask(ref, (handle) => handle.call(request.method, plain(request.args), options(request))),
    delete: (ref, request) => ask(ref, (handle) => handle.delete(options(request))),
    get: (ref) => ask(ref, (handle) => handle.get()),
    events: (ref, range) => ask(ref, (handle) => handle.events(range)),
    list: (query) => client.list(withoutUndefined(query)),
    classes: client.classes,
    follow: (ref, onChange, { state = false } = {}) =>
      follow(client, { ref, onChange, clock, state }),
    close: async () => client.close(),
  };
}

interface Following {
  readonly ref: ObjectRef;
  readonly onChange: OnChange;
  readonly clock: Clock;
  readonly state: boolean;
}

function follow(
  client: ObjectsClient,
  { ref, onChange, clock, state: wanted }: Following,
): Promise<() => void> {
  const handle = client.object(ref.class, ref.id);
  return new Promise((resolve) => {
    let isReady = false;
    const end = () => handle.close();
    const begin = () => {
      isReady = true;
      cancel();
      resolve(end);
    };
    const cancel = clock.after(FIRST_WORD_MS, begin);
    const tell = (update: Update) => {
      if (update.kind === "ready") begin();
      else if (update.kind === "state") {
        if (isReady) onChange({ kind: "lost" });
      } else {
        const { event, state } = update;
        const bare = JSON.stringify({ type: "event", ...event });
        const whole = JSON.stringify({ type: "event", ...event, state });
        onChange({ kind: "event", seq: event.seq, frames: { bare, whole } });
      }
    };
    handle.watch(tell, { state: wanted });
  });
}

function plain(args: object | undefined) {
  return JSON.parse(JSON.stringify(args ?? {})) as Record<string, never>;
}

function withoutUndefined<Query extends object>(query: Query): Partial<Query> {
  return Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== undefined),
  ) as Partial<Query>;
}
