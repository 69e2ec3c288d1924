import type { JsonValue } from "@trestle/protocol";
import { ObjectError } from "../object-error.ts";
import type { ClassesView, HealthView, ListQuery, ObjectsPage } from "../protocol.ts";
import { readRef } from "../wire/route.ts";
import { backoffMs } from "./backoff.ts";
import { type Attempt, type BreakerState, createBreaker } from "./breaker.ts";
import { createObjectHandle, type ObjectHandle } from "./object-handle.ts";
import { askHost, UnreachableError } from "./request.ts";
import { type ObjectsClientOptions, toParts } from "./settings.ts";

/** A client of one host of objects: in Node, in browsers and in workers. */
export interface ObjectsClient {
  readonly breaker: BreakerState;
  /** @throws ObjectError `invalid_input` where these cannot be names. */
  object(className: string, id: string): ObjectHandle;
  list(query?: Partial<ListQuery>): Promise<ObjectsPage>;
  classes(): Promise<ClassesView>;
  health(): Promise<HealthView>;
  /** Ends all watching; what still waits is refused with its key. */
  close(): void;
}

/** What only reads is tried so often, with waits between. */
const READ_ATTEMPTS = 4;

/** Opens nothing: the first request does. */
export function createObjectsClient(options: ObjectsClientOptions): ObjectsClient {
  const client = toParts(options);
  const { clock, random } = client;
  const handles = new Set<ObjectHandle>();
  const breaker = createBreaker({
    ...{ clock, settings: client.breaker },
    onState: (state) => client.onEvent({ type: "breaker", state }),
  });

  /** What only reads is asked again; while the breaker is open that waits, or fails where calls do. */
  async function read(path: string): Promise<JsonValue> {
    for (let attempt = 1; ; attempt += 1) {
      const asked = breaker.ask();
      const waits = "waitMs" in asked;
      const outcome = waits
        ? new UnreachableError("The host is down.", asked.waitMs)
        : await tried(path, asked.attempt);
      if (!(outcome instanceof UnreachableError)) return outcome;
      const isLast = attempt >= READ_ATTEMPTS || (waits && client.outbox.offline === "fail");
      if (isLast) throw new ObjectError("unavailable", outcome.message);
      const { retryAfterMs: atLeastMs } = outcome;
      await pause(backoffMs(attempt - 1, random, { settings: client.backoff, atLeastMs }));
    }
  }

  async function tried(path: string, attempt: Attempt): Promise<JsonValue | UnreachableError> {
    try {
      const answer = await readOnce(path);
      attempt.succeeded();
      return answer;
    } catch (error) {
      if (error instanceof UnreachableError) {
        attempt.failed();
        return error;
      }
      attempt.succeeded();
      throw error;
    }
  }

  async function readOnce(path: string): Promise<JsonValue> {
    const bound = new AbortController();
    const cancel = clock.after(client.outbox.requestMs, () => bound.abort());
    return await askHost(client.host, { method: "GET", path, signal: bound.signal }).finally(
      cancel,
    );
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => void clock.after(ms, resolve));
  }

  return {
    get breaker() {
      return breaker.state;
    },
    object(className, id) {
      const handle = createObjectHandle({
        ...{ ref: readRef(className, id), client, breaker, read },
        onClose: () => void handles.delete(handle),
      });
      handles.add(handle);
      return handle;
    },
    async list(query = {}) {
      const words = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) words.set(name, String(value));
      return (await read(`/v1/objects?${words}`)) as JsonValue & ObjectsPage;
    },
    async classes() {
      return (await read("/v1/classes")) as JsonValue & ClassesView;
    },
    async health() {
      return (await read("/v1/health")) as JsonValue & HealthView;
    },
    close() {
      for (const handle of handles) handle.close();
      handles.clear();
    },
  };
}
