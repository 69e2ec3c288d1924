/** The connection or session that requests of one client come in on. Compared by identity. */
export interface ClientSession {
  /** Tells it from every other one; it is no credential, and never on the wire. */
  readonly id: string;
  /** It began in another process, or was forgotten meanwhile: whatever was kept for it is gone. */
  readonly isResumed?: boolean;
  /** Calls `listener` when it is over, at once where it is. Returns the function that takes that back. */
  onEnd(listener: () => void): () => void;
}

/** A session as whoever serves it holds it. */
export interface OpenSession extends ClientSession {
  end(): void;
}

export function openSession(id: string, { isResumed = false } = {}): OpenSession {
  let listeners: Set<() => void> | undefined;
  let isOver = false;
  return {
    id,
    isResumed,
    onEnd(listener) {
      if (isOver) {
        listener();
        return () => {};
      }
      listeners ??= new Set();
      listeners.add(listener);
      return () => listeners?.delete(listener);
    },
    end() {
      isOver = true;
      const told = listeners;
      listeners = undefined;
      for (const listener of told ?? []) listener();
    },
  };
}
