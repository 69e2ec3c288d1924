import type { JsonValue } from "@trestle/protocol";
import { fromWireError, ObjectError } from "../object-error.ts";
import {
  type Answer,
  CLOSE,
  type ObjectEvent,
  type ObjectRef,
  type ServerFrame,
} from "../protocol.ts";
import type { Breaker } from "./breaker.ts";
import { createLink, type Link, type LinkEnd, type LinkState } from "./link.ts";
import { askHost, objectPath, offeredProtocols, socketUrl, UnreachableError } from "./request.ts";
import type { ClientParts } from "./settings.ts";

/** What a watcher hears: the whole state, then each change of it once, in its order and without a gap. */
export type Update =
  | {
      readonly kind: "state";
      readonly seq: number;
      readonly exists: boolean;
      readonly state: JsonValue;
    }
  /** `state` is there when it was asked for. */
  | { readonly kind: "event"; readonly event: ObjectEvent; readonly state?: JsonValue }
  /** All that was missed has been told. */
  | { readonly kind: "ready"; readonly seq: number };

export interface WatchOptions {
  /** With each event the whole state after it. */
  readonly state?: boolean;
  /** The last sequence number that is known already: what follows is told, not the whole state. */
  readonly since?: number;
}

/** One object's connection, its place in the sequence, and what comes over it. */
export function createWatching(parts: {
  readonly ref: ObjectRef;
  readonly client: ClientParts;
  readonly breaker: Breaker;
  readonly options: WatchOptions;
  readonly onUpdate: (update: Update) => void;
  readonly onAnswer: (id: string, outcome: Answer | Error) => void;
  readonly onState: (state: LinkState) => void;
}): Link {
  const { ref, client, options, onUpdate } = parts;
  let seq = options.since;
  let failures = 0;
  /** A token that was taken once is taken again, but for an end of it. */
  let wasTaken = false;

  const link = createLink({
    ...{ clock: client.clock, random: client.random, breaker: parts.breaker },
    ...{ backoff: client.backoff, heartbeat: client.heartbeat, onState: parts.onState },
    onText: take,
    judge,
    async connect() {
      const url = socketUrl(client.host, pathOf(seq));
      return new client.webSocket(url, await offeredProtocols(client.host));
    },
  });

  function pathOf(since: number | undefined): string {
    const query = new URLSearchParams();
    if (since !== undefined) query.set("since", String(since));
    if (options.state === true) query.set("state", "true");
    const text = query.toString();
    return `${objectPath(ref, "watch")}${text === "" ? "" : `?${text}`}`;
  }

  function take(text: string): void {
    const frame = frameOf(text);
    switch (frame?.type) {
      case "state":
        seq = frame.seq;
        onUpdate({ kind: "state", seq, exists: frame.exists, state: frame.state });
        return;
      case "event":
        takeEvent(frame);
        return;
      case "ready":
        if (seq === frame.seq) onUpdate({ kind: "ready", seq });
        else startOver();
        return;
      case "result":
        parts.onAnswer(frame.id, answerOf(frame));
        return;
      case "error":
        if (frame.id !== undefined) parts.onAnswer(frame.id, fromWireError(frame.error));
        return;
      case "pong":
        return;
      default:
        link.restart("Not a frame of this protocol.");
    }
  }

  function takeEvent({ type: _, state, ...event }: Extract<ServerFrame, { type: "event" }>): void {
    // Told before, on the connection before.
    if (seq !== undefined && event.seq <= seq) return;
    if (seq === undefined || event.seq !== seq + 1) {
      startOver();
      return;
    }
    seq = event.seq;
    onUpdate({ kind: "event", event, ...(state === undefined ? {} : { state }) });
  }

  /** What was told does not fit to what is known: the whole state does. */
  function startOver(): void {
    seq = undefined;
    link.restart("A gap in the sequence.");
  }

  /** WebSockets do not say why they are refused; the same address says it over HTTP. */
  async function judge(end: LinkEnd): Promise<Error | undefined> {
    if (end.code === CLOSE.denied) return new ObjectError("denied", end.reason);
    if (end.wasOpen) {
      failures = 0;
      wasTaken = end.code !== CLOSE.expired;
      return undefined;
    }
    failures += 1;
    // A host that is down, and that many want back, is not asked twice each time.
    const isDue = failures % JUDGED_EVERY === 0 || (failures === 1 && !wasTaken);
    return isDue ? await askWhy() : undefined;
  }

  async function askWhy(): Promise<Error | undefined> {
    const bound = new AbortController();
    const cancel = client.clock.after(client.outbox.requestMs, () => bound.abort());
    const request = { method: "GET", path: pathOf(undefined), signal: bound.signal } as const;
    try {
      await askHost(client.host, request);
      return undefined;
    } catch (error) {
      if (error instanceof UnreachableError || !(error instanceof ObjectError)) return undefined;
      return FINAL.has(error.code) ? error : undefined;
    } finally {
      cancel();
    }
  }

  return link;
}

const JUDGED_EVERY = 4;
const FINAL: ReadonlySet<string> = new Set([
  "unauthenticated",
  "denied",
  "not_found",
  "invalid_input",
]);

function answerOf({
  type: _,
  id: __,
  ...answer
}: Extract<ServerFrame, { type: "result" }>): Answer {
  return answer;
}

function frameOf(text: string): ServerFrame | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
