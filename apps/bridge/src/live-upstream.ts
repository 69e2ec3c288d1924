import { type JsonObject, type RequestContext, TrestleError } from "@trestle/protocol";
import type { Upstream, UpstreamEvent, UpstreamHealth } from "@trestle/upstream";
import type { SecretRegister } from "./config/secret-register.ts";

/** One server id for as long as it is configured, whatever stands behind it. */
export interface LiveUpstream extends Upstream {
  /** New requests go to `next`. Those that run keep their connection, which closes after the last of them. */
  replace(next: Upstream): void;
  /** Takes no new request, and closes when those that run are answered. */
  retire(): Promise<void>;
}

const LIST_EVENTS = ["toolsChanged", "promptsChanged", "resourcesChanged"] as const;

/** `secrets` keeps what servers were given out of whatever they or their transport complain with. */
export function createLiveUpstream(first: Upstream, secrets: SecretRegister): LiveUpstream {
  const { id } = first;
  const listeners = new Set<(event: UpstreamEvent) => void>();
  const leases = new Set<Lease>();
  const watched = new Map<string, RequestContext>();
  let retired = false;
  /** What has to end before the next connection may begin. */
  let before: Promise<unknown> | undefined;

  function emit(event: UpstreamEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  function open(upstream: Upstream): Lease {
    const lease = createLease(upstream, emit, secrets);
    leases.add(lease);
    void lease.closed.then(() => leases.delete(lease));
    return lease;
  }

  let lease = open(first);

  /** Waits, where an idle predecessor is still ending: two processes of one server must not fight over what it owns. */
  function use<Result>(work: (upstream: Upstream) => Promise<Result>): Promise<Result> {
    if (retired) return Promise.reject(removedError(id));
    return before ? before.then(() => lease.use(work)) : lease.use(work);
  }

  function request(method: string, params: JsonObject, context: RequestContext) {
    if (method === "resources/subscribe") return watch(params, context);
    if (method === "resources/unsubscribe") watched.delete(String(params.uri));
    return use((upstream) => upstream.request(method, params, context));
  }

  async function watch(params: JsonObject, context: RequestContext): Promise<JsonObject> {
    const uri = String(params.uri);
    const asked = lease;
    const answer = await use((upstream) =>
      upstream.request("resources/subscribe", params, context),
    );
    watched.set(uri, context);
    if (lease !== asked) watchAgain([uri, context]).catch(() => {});
    return answer;
  }

  /** Whoever watches a resource goes on watching it at the new connection, and looks again. */
  async function watchAgain([uri, context]: readonly [string, RequestContext]): Promise<void> {
    const endless = { ...context, signal: new AbortController().signal };
    await use((upstream) => upstream.request("resources/subscribe", { uri }, endless));
    emit({ kind: "resourceUpdated", uri });
  }

  return {
    id,
    get kind() {
      return lease.upstream.kind;
    },
    ready: (signal) => use((upstream) => upstream.ready(signal)),
    request,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rest: () => lease.upstream.rest(),
    health: () => secrets.redact(lease.upstream.health()) as UpstreamHealth,
    replace(next) {
      const isIdle = lease.running() === 0;
      const ended = lease.retire();
      lease = open(next);
      if (isIdle) {
        const wait = ended.finally(() => {
          if (before === wait) before = undefined;
        });
        before = wait;
      }
      for (const kind of LIST_EVENTS) emit({ kind });
      // One that is no more takes nothing from the others.
      for (const each of [...watched]) watchAgain(each).catch(() => {});
    },
    retire() {
      retired = true;
      return lease.retire();
    },
    async close() {
      retired = true;
      await Promise.all([...leases].map((each) => each.end()));
    },
  };
}

/** One connection's worth of requests: it is closed when it is retired and the last of them is answered. */
interface Lease {
  readonly upstream: Upstream;
  readonly closed: Promise<void>;
  running(): number;
  use<Result>(work: (upstream: Upstream) => Promise<Result>): Promise<Result>;
  retire(): Promise<void>;
  /** Closes now, whatever runs. */
  end(): Promise<void>;
}

function createLease(
  upstream: Upstream,
  emit: (event: UpstreamEvent) => void,
  secrets: SecretRegister,
): Lease {
  const closed = Promise.withResolvers<void>();
  const unsubscribe = upstream.subscribe((event) => {
    if (!retired) emit(event);
  });
  let running = 0;
  let retired = false;
  let ending: Promise<void> | undefined;

  function end(): Promise<void> {
    retired = true;
    ending ??= upstream
      .close()
      .catch(() => {})
      .then(() => {
        unsubscribe();
        closed.resolve();
      });
    return ending;
  }

  function done(): void {
    running -= 1;
    if (retired && running === 0) void end();
  }

  return {
    upstream,
    closed: closed.promise,
    running: () => running,
    use(work) {
      running += 1;
      return work(upstream).then(
        (result) => {
          done();
          return result;
        },
        (error: unknown) => {
          done();
          throw secrets.clean(error);
        },
      );
    },
    retire() {
      retired = true;
      return running === 0 ? end() : closed.promise;
    },
    end,
  };
}

function removedError(id: string): TrestleError {
  return new TrestleError("not_found", `The server "${id}" was removed from the configuration.`, {
    details: { upstream: id, sent: false },
  });
}
