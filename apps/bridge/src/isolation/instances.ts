import {
  type ClientSession,
  type Clock,
  type RequestContext,
  TrestleError,
} from "@trestle/protocol";
import type { Upstream, UpstreamEvent } from "@trestle/upstream";

/** Who shares an instance of a server. */
export type Isolation = "principal" | "session" | "pooled";

/** A session where the request has one; whoever asks where it has none. */
type Holder = ClientSession | string;
type Client = Pick<RequestContext, "principal" | "session">;

/** One process or session of a server, and the client that it is for. */
export interface Instance {
  readonly upstream: Upstream;
  readonly holder: Holder;
  running: number;
  /** It answered once, so it may keep something for its client. */
  served: boolean;
  /** Why it ended under its client, who was not told yet. */
  lost?: string | undefined;
}

export interface InstanceParts {
  readonly id: string;
  readonly isolation: Isolation;
  /** At once. */
  readonly maxInstances: number;
  /**
   * Makes an instance that is not started yet. `onGone` is told when its connection is over; `principal` is whom it
   * is for, where it is for one.
   */
  readonly open: (onGone: (loss?: string) => void, principal: string | undefined) => Upstream;
  /** Of one instance; `isFor` tells whose it is. */
  readonly onEvent: (event: UpstreamEvent, isFor: (client: Client) => boolean) => void;
  readonly clock: Clock;
  /** May this principal still come? */
  readonly isKnown: (principal: string) => boolean;
}

/** A session tells its end, a principal does not: so often it is asked for. */
const LOOK_MS = 60_000;

export interface Instances {
  has(context: RequestContext): boolean;
  /** That of the client, where there is one. */
  find(context: RequestContext): Instance | undefined;
  /** That of the client, or a new one: refused, or waited for, where there is no place. */
  take(context: RequestContext): Promise<Instance>;
  /** A request of its client is done. */
  used(instance: Instance): void;
  all(): readonly Instance[];
  close(): Promise<void>;
}

/** The instances of one server: one for each client, at most so many, none for a client that is gone. */
export function createInstances(parts: InstanceParts): Instances {
  const { id, isolation, maxInstances, open, onEvent, clock, isKnown } = parts;
  /** The one unused for longest first. */
  const instances = new Map<Holder, Instance>();
  const closing = new Set<Promise<void>>();
  const waiting = new Set<() => void>();
  /** What takes back that an instance ends with its session. */
  const forgets = new WeakMap<Instance, () => void>();
  /** Sessions whose instance ended under them, and who were not told yet. */
  const bereft = new WeakSet<ClientSession>();
  const resumed = new WeakSet<ClientSession>();
  let cancelLook: (() => void) | undefined;
  let closed = false;

  function holderOf({ principal, session }: Client): Holder {
    return isolation === "principal" ? principal.id : (session ?? principal.id);
  }

  async function take(context: RequestContext): Promise<Instance> {
    const holder = holderOf(context);
    for (let isTurn = waiting.size === 0; ; isTurn = true) {
      if (closed) throw refused(`Upstream "${id}" is closed.`, id);
      const known = instances.get(holder);
      if (known) return known;
      if (isTurn && instances.size + closing.size < maxInstances) return add(holder);
      if (closing.size <= waiting.size) {
        const victim = findVictim();
        if (victim) end(victim);
        else if (isolation !== "pooled" && closing.size === 0) throw refused(fullText(parts), id);
      }
      await place(context);
    }
  }

  function add(holder: Holder): Instance {
    const upstream = open(
      (loss) => {
        if (loss === undefined) end(instance);
        else if (instance.served && isolation !== "pooled") instance.lost = loss;
      },
      isolation === "principal" ? (holder as string) : undefined,
    );
    const instance: Instance = { upstream, holder, running: 0, served: false };
    if (isolation === "session" && typeof holder !== "string" && isBereft(holder)) {
      instance.lost = "ended while the session was not used, or with the bridge before this one";
    }
    upstream.subscribe((event) => onEvent(event, (client) => holderOf(client) === holder));
    instances.set(holder, instance);
    if (typeof holder === "string") cancelLook ??= clock.after(LOOK_MS, look);
    else
      forgets.set(
        instance,
        holder.onEnd(() => end(instance)),
      );
    return instance;
  }

  function look(): void {
    const ofPrincipals = [...instances.values()].flatMap((instance) =>
      typeof instance.holder === "string" ? [[instance.holder, instance] as const] : [],
    );
    for (const [principal, instance] of ofPrincipals) if (!isKnown(principal)) end(instance);
    cancelLook = ofPrincipals.length > 0 ? clock.after(LOOK_MS, look) : undefined;
  }

  /** Says so once. */
  function isBereft(session: ClientSession): boolean {
    const isNewlyResumed = session.isResumed === true && !resumed.has(session);
    if (isNewlyResumed) resumed.add(session);
    return bereft.delete(session) || isNewlyResumed;
  }

  function end(instance: Instance): void {
    const { holder, upstream } = instance;
    if (instances.get(holder) !== instance) return;
    instances.delete(holder);
    if (instance.served && typeof holder !== "string") bereft.add(holder);
    forgets.get(instance)?.();
    const ending = upstream
      .close()
      .catch(() => {})
      .then(() => {
        closing.delete(ending);
        wake();
      });
    closing.add(ending);
  }

  /** Whose place may be given away: of one that does not run, and, in a pool, of the one unused for longest. */
  function findVictim(): Instance | undefined {
    const unused = [...instances.values()].filter(({ running }) => running === 0);
    return isolation === "pooled" ? unused[0] : unused.find(isDown);
  }

  function wake(): void {
    const all = [...waiting];
    waiting.clear();
    for (const go of all) go();
  }

  /** Resolves when there may be a place. Rejects when nobody waits for it any more. */
  function place({ signal, attempt }: RequestContext): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = (reason: unknown): void => {
      waiting.delete(resolve);
      reject(gaveUp(reason, parts));
    };
    const abort = (): void => giveUp(signal.reason);
    if (signal.aborted) abort();
    else if (attempt?.ended !== undefined) giveUp(attempt.ended);
    else waiting.add(resolve);
    signal.addEventListener("abort", abort, { once: true });
    if (attempt) attempt.cancel = giveUp;
    return promise.finally(() => {
      signal.removeEventListener("abort", abort);
      if (attempt) attempt.cancel = undefined;
    });
  }

  return {
    has: (context) => instances.has(holderOf(context)),
    find: (context) => instances.get(holderOf(context)),
    take,
    used(instance) {
      if (instances.get(instance.holder) !== instance) return;
      // Whoever was used last is the last to give its place away.
      instances.delete(instance.holder);
      instances.set(instance.holder, instance);
      if (instance.running === 0) wake();
    },
    all: () => [...instances.values()],
    async close() {
      closed = true;
      cancelLook?.();
      for (const instance of [...instances.values()]) end(instance);
      wake();
      await Promise.all([...closing]);
    },
  };
}

function isDown({ upstream }: Instance): boolean {
  const { state } = upstream.health();
  return state === "failed" || state === "backoff";
}

function fullText({ id, isolation, maxInstances }: InstanceParts): string {
  const each = isolation === "principal" ? "principal" : "session";
  return `All ${maxInstances} instances of "${id}" are taken, one for each ${each}, so the request was not sent. Try again when a client has left, or raise "maxInstances" of the server.`;
}

function refused(message: string, id: string): TrestleError {
  return new TrestleError("unavailable", message, {
    retryable: false,
    details: { upstream: id, sent: false, connected: false, refusedBy: "isolation" },
  });
}

/** A reason that already is an error with a code (a timeout) is kept by whoever gave it. */
function gaveUp(reason: unknown, { id, maxInstances }: InstanceParts): TrestleError {
  const message = `The request waited for one of the ${maxInstances} instances of "${id}" and was given up before one was free.`;
  return new TrestleError("cancelled", message, {
    details: { upstream: id, sent: false },
    cause: reason,
  });
}
