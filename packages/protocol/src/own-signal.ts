/**
 * The signal of one request alone, with a cheaper way to abort it and to hear of that: every call listens,
 * and hardly any is aborted. Whoever holds it next to a context asks first whether it is still the signal
 * of that context.
 */
export interface OwnSignal {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Calls `listener` once it is aborted, until the returned function is called. */
  listen(listener: () => void): () => void;
}

export function createOwnSignal(): OwnSignal {
  const controller = new AbortController();
  const listeners: (() => void)[] = [];
  return {
    signal: controller.signal,
    abort(reason) {
      controller.abort(reason);
      for (const listener of listeners.splice(0)) listener();
    },
    listen(listener) {
      listeners.push(listener);
      return () => {
        const place = listeners.lastIndexOf(listener);
        if (place !== -1) listeners.splice(place, 1);
      };
    },
  };
}

/** Listens to a signal, the cheaper way where there is one. */
export function listenTo(
  signal: AbortSignal,
  own: OwnSignal | undefined,
  listener: () => void,
): () => void {
  if (own?.signal === signal) return own.listen(listener);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}
