/** What tools share: opened by the first request that needs it, once, and closed at the end. */
export interface LazyState<State> {
  get(): Promise<State>;
  close(): Promise<void>;
}

/** A failed opening is forgotten, so that the next request tries again. */
export function createLazyState<State>(open: () => Promise<State>): LazyState<State> {
  let opening: Promise<State> | undefined;

  function get(): Promise<State> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function close(): Promise<void> {
    const opened = opening;
    if (opened === undefined) return;
    const state = await opened.catch(() => undefined);
    if (canClose(state)) await state.close();
  }

  return { get, close };
}

function canClose(state: unknown): state is { close(): unknown } {
  return (
    typeof state === "object" &&
    state !== null &&
    "close" in state &&
    typeof state.close === "function"
  );
}
