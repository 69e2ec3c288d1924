import type { Clock, Logger } from "@trestle/protocol";
import { isTrestleError, messageOf, TrestleError } from "@trestle/protocol";
import { backoffDelay } from "./backoff.ts";
import type { RestartPace, StateEntered, UpstreamHealth } from "./config.ts";
import type { Connection } from "./connection.ts";
import { abandoned, notSent } from "./faults.ts";

const DEFAULT_PACE: RestartPace = {
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  quickEveryMs: 10_000,
  healthyAfterMs: 10_000,
};

export interface SuperviseOptions {
  readonly id: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly startTimeoutMs: number;
  readonly restart?: Partial<RestartPace> | undefined;
  /** Makes a connection, or rejects soon after the signal, leaving nothing behind. */
  connect(signal: AbortSignal): Promise<Connection>;
  /** Told when a connection ended that nobody had ended. */
  onLost?(reason: string): void;
  /** Told of each state that is entered, but for the end. */
  onState?(entered: StateEntered): void;
  /** What the server left on stderr and stdout that may explain a failure. */
  evidence(): string[];
}

export interface Supervisor {
  /**
   * The connection, started if there is none. Giving up the wait does not stop the start. For a request of
   * a caller the wait for a restart is cut short now and then.
   */
  connection(
    signal?: AbortSignal,
    how?: { readonly isRequest: true },
  ): Connection | Promise<Connection>;
  /** Ends the connection that nobody needs; the next request makes another. */
  rest(): void;
  health(): Omit<UpstreamHealth, "stderr">;
  close(): Promise<void>;
}

/** Keeps one connection: started when needed, started again when lost, ever more slowly if it keeps dying. */
export function supervise(options: SuperviseOptions): Supervisor {
  const { id, clock, log, random } = options;
  const pace = { ...DEFAULT_PACE, ...options.restart };
  let state: UpstreamHealth["state"] = "idle";
  let since = clock.now();
  let current: Connection | undefined;
  let starting: Promise<Connection> | undefined;
  let stop: AbortController | undefined;
  let ending: Promise<void> = Promise.resolve();
  let restarts = 0;
  let isLost = false;
  let deaths = 0;
  let retryAt = 0;
  let quickAt = 0;
  let lastError: string | undefined;

  function enter(next: UpstreamHealth["state"]): void {
    if (state === "closed") return;
    state = next;
    since = clock.now();
    if (next === "closed") return;
    const why = next !== "ready" && lastError !== undefined ? { lastError } : {};
    options.onState?.({ state, restarts, ...why });
  }

  function connection(
    signal?: AbortSignal,
    how?: { readonly isRequest: true },
  ): Connection | Promise<Connection> {
    if (state === "closed") throw notSent(id, { what: "is closed" });
    if (signal?.aborted) throw abandoned(id, signal.reason, false);
    if (current) return current;
    if (!starting) {
      const now = clock.now();
      if (retryAt > now) {
        if (!how) throw waiting(retryAt);
        if (quickAt > now) throw waiting(Math.min(retryAt, quickAt));
        quickAt = now + pace.quickEveryMs;
      }
      starting = start().finally(() => {
        starting = undefined;
      });
    }
    return abortable(starting, id, signal);
  }

  async function start(): Promise<Connection> {
    enter("starting");
    stop = new AbortController();
    const { signal } = stop;
    const seconds = options.startTimeoutMs / 1000;
    const cancel = clock.after(options.startTimeoutMs, () =>
      stop?.abort(notSent(id, { what: `did not answer within ${seconds} s of its start` })),
    );
    try {
      // Two processes of one server must not fight over what it owns.
      await ending;
      const connected = await options.connect(signal);
      if (signal.aborted) {
        ending = connected.close();
        throw signal.reason;
      }
      welcome(connected);
      return connected;
    } catch (error) {
      throw failed(error);
    } finally {
      cancel();
    }
  }

  function welcome(connected: Connection): void {
    current = connected;
    if (isLost) restarts += 1;
    isLost = false;
    enter("ready");
    log.info("connected", { era: connected.facts.era, pid: connected.pid });
    connected.lost
      .then((loss) => {
        ending = connected.close().catch(() => {});
        if (current !== connected) return;
        current = undefined;
        isLost = true;
        if (clock.now() - since >= pace.healthyAfterMs) deaths = 0;
        lastError = `Upstream "${id}" ${loss.what}.`;
        log.warn("connection lost", { reason: loss.what, ...loss.details });
        options.onLost?.(loss.what);
        delayNext("backoff");
      })
      .catch(() => {});
  }

  function failed(error: unknown): TrestleError {
    const evidence = options.evidence();
    const said = evidence.length === 0 ? "" : ` It said: ${evidence.slice(-10).join(" | ")}`;
    lastError = messageOf(error) + said;
    if (state !== "closed") log.warn("start failed", { error: messageOf(error), evidence });
    const known = isTrestleError(error) ? error : undefined;
    // Nothing is wrong with a server that wants somebody to sign in: it is asked as soon as that is done.
    if (known?.details?.reason === "needs_reauth") enter("failed");
    else delayNext("failed");
    return new TrestleError(known?.code ?? "unavailable", lastError, {
      details: { upstream: id, ...known?.details, sent: false, connected: false, stderr: evidence },
      ...(known && { retryable: known.retryable }),
      retryAfterMs: known?.retryAfterMs ?? Math.max(0, retryAt - clock.now()),
      cause: error,
    });
  }

  /** The first restart is immediate. */
  function delayNext(next: "backoff" | "failed"): void {
    deaths += 1;
    const { firstDelayMs: firstMs, maxDelayMs: maxMs } = pace;
    const delay = deaths === 1 ? 0 : backoffDelay(deaths - 2, { firstMs, maxMs, random });
    retryAt = clock.now() + delay;
    enter(next);
  }

  function waiting(until: number): TrestleError {
    const retryAfterMs = Math.max(1, until - clock.now());
    const seconds = (retryAfterMs / 1000).toFixed(1);
    return new TrestleError(
      "unavailable",
      `Upstream "${id}" failed ${deaths} times in a row and is started again in ${seconds} s at the earliest. ${lastError ?? ""}`.trim(),
      {
        retryAfterMs,
        details: { upstream: id, sent: false, connected: false, stderr: options.evidence() },
      },
    );
  }

  function rest(): void {
    const last = current;
    if (!last) return;
    current = undefined;
    ending = last.close().catch(() => {});
    enter("idle");
    log.info("ended, as nobody needs it");
  }

  return {
    connection,
    rest,
    health: () => ({
      state,
      since,
      restarts,
      ...(current && { era: current.facts.era }),
      ...(current?.pid !== undefined && { pid: current.pid }),
      ...(lastError !== undefined && { lastError }),
    }),
    async close() {
      enter("closed");
      stop?.abort(notSent(id, { what: "is closed" }));
      const last = current;
      current = undefined;
      await Promise.all([last?.close(), starting?.catch(() => {})]);
      await ending;
    },
  };
}

/** The shared promise, or the caller's own giving up, whichever comes first. */
function abortable<T>(shared: Promise<T>, id: string, signal?: AbortSignal): Promise<T> {
  if (!signal) return shared;
  return new Promise((resolve, reject) => {
    const abort = () => reject(abandoned(id, signal.reason, false));
    signal.addEventListener("abort", abort, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
