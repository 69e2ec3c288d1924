import { type Clock, canonicalJson, type JsonObject } from "@trestle/protocol";

/** Refusals on their way to the audit log, which a flood of them must not fill. */
export interface Refusals {
  add(entry: JsonObject): void;
  /** Writes what was only counted so far. */
  close(): void;
}

const FIRST_WINDOW_MS = 60_000;
const LONGEST_WINDOW_MS = 60 * 60_000;
/** Different refusals that are told one by one in a window; all others are one number. */
const MAX_GROUPS = 50;

/**
 * The first refusal of a kind is written at once, the same ones after it as one number at the end of
 * the window. While that goes on each window is twice as long as the one before, up to an hour: so even
 * a flood that never ends writes at most a hundred short entries an hour.
 */
export function createRefusals(write: (entry: JsonObject) => void, clock: Clock): Refusals {
  const groups = new Map<string, { readonly entry: JsonObject; repeats: number }>();
  let others = 0;
  let windowMs = FIRST_WINDOW_MS;
  let cancel: (() => void) | undefined;

  function endWindow(): void {
    cancel = undefined;
    const withinMs = windowMs;
    let suppressed = others;
    for (const { entry, repeats } of groups.values()) {
      suppressed += repeats;
      if (repeats > 0) write({ ...entry, repeats, withinMs });
    }
    if (others > 0) write({ event: "more_refused", repeats: others, withinMs });
    groups.clear();
    others = 0;
    windowMs = suppressed === 0 ? FIRST_WINDOW_MS : Math.min(windowMs * 2, LONGEST_WINDOW_MS);
    // One window more, so that a flood that goes on finds the longer one.
    if (suppressed > 0) cancel = clock.after(windowMs, endWindow);
  }

  return {
    add(entry) {
      cancel ??= clock.after(windowMs, endWindow);
      const key = canonicalJson(entry);
      const group = groups.get(key);
      if (group) group.repeats += 1;
      else if (groups.size < MAX_GROUPS) {
        groups.set(key, { entry, repeats: 0 });
        write(entry);
      } else others += 1;
    },
    close() {
      cancel?.();
      endWindow();
      cancel?.();
    },
  };
}
