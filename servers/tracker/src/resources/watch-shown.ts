import { type Clock, isTrestleError, type Logger, messageOf } from "@trestle/protocol";

export interface WatchParts {
  /** Calls when this process changed something; returns what ends it. */
  readonly onChange: (listener: () => void) => () => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** The resource as text. */
  readonly show: () => Promise<string>;
  /** Called when it is another. */
  readonly changed: () => void;
}

/** Several changes in a row are one. */
const SOON_MS = 250;
/** How often it is looked at for what other processes did. */
const INTERVAL_MS = 30_000;

/** Tells when a resource is another: soon after what this process did, later what others did. */
export async function watchShown(parts: WatchParts): Promise<() => void> {
  const { onChange, clock, log, changed } = parts;
  const show = () => parts.show().catch(goneOrThrow);
  let last = await show();
  let isOver = false;
  let isLooking = false;
  let cancel = () => {};

  function lookIn(ms: number): void {
    cancel();
    if (!isOver) cancel = clock.after(ms, () => void look());
  }

  async function look(): Promise<void> {
    if (isLooking) return lookIn(SOON_MS);
    isLooking = true;
    try {
      const shown = await show();
      if (shown !== last && !isOver) changed();
      last = shown;
    } catch (error) {
      log.debug("resource not looked at", { error: messageOf(error) });
    } finally {
      isLooking = false;
      lookIn(INTERVAL_MS);
    }
  }

  const unsubscribe = onChange(() => lookIn(SOON_MS));
  lookIn(INTERVAL_MS);
  return () => {
    isOver = true;
    cancel();
    unsubscribe();
  };
}

/** What is deleted has changed; what comes into being later too. */
function goneOrThrow(error: unknown): string {
  if (isTrestleError(error) && error.code === "not_found") return "";
  throw error;
}
