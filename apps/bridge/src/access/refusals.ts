import { type Clock, canonicalJson, type JsonObject } from "@trestle/protocol";

/** What is refused, by the names that the audit log has for it. */
export const REFUSALS = [
  "call_refused",
  "operation_refused",
  "credential_refused",
  "csrf_refused",
  "login_refused",
  "request_refused",
  "address_refused",
] as const;

/** One thing that was refused: what it was, and whatever tells of whom and why. */
export type Refusal = JsonObject & { readonly event: (typeof REFUSALS)[number] };

/** Refusals on their way to the audit log, which a flood of them must not fill. */
export interface Refusals {
  add(refusal: Refusal): void;
  /** Writes what was only counted so far. */
  close(): void;
}

const FIRST_WINDOW_MS = 60_000;
const LONGEST_WINDOW_MS = 60 * 60_000;
/** Different refusals that are told one by one in a window; of all others there is a number for each event. */
const MAX_GROUPS = 50;
/** Names that others choose, in characters. */
const MAX_TEXT = 256;

/**
 * The first refusal of a kind is written at once, the same ones after it as one number at the end of
 * the window. While that goes on each window is twice as long as the one before, up to an hour: so even
 * a flood that never ends writes at most a hundred short entries an hour.
 */
export function createRefusals(write: (entry: JsonObject) => void, clock: Clock): Refusals {
  const groups = new Map<string, { readonly entry: JsonObject; repeats: number }>();
  const others = new Map<Refusal["event"], number>();
  let windowMs = FIRST_WINDOW_MS;
  let cancel: (() => void) | undefined;

  function endWindow(): void {
    cancel = undefined;
    const withinMs = windowMs;
    let suppressed = 0;
    for (const { entry, repeats } of groups.values()) {
      suppressed += repeats;
      if (repeats > 0) write({ ...entry, repeats, withinMs });
    }
    const more = [...others.values()].reduce((sum, count) => sum + count, 0);
    suppressed += more;
    if (more > 0) {
      const of = Object.fromEntries(others);
      write({ event: "more_refused", repeats: more, of, withinMs });
    }
    groups.clear();
    others.clear();
    windowMs = suppressed === 0 ? FIRST_WINDOW_MS : Math.min(windowMs * 2, LONGEST_WINDOW_MS);
    // One window more, so that a flood that goes on finds the longer one.
    if (suppressed > 0) cancel = clock.after(windowMs, endWindow);
  }

  return {
    add(refusal) {
      cancel ??= clock.after(windowMs, endWindow);
      const entry = shortened(refusal);
      const key = canonicalJson(entry);
      const group = groups.get(key);
      if (group) group.repeats += 1;
      else if (groups.size < MAX_GROUPS) {
        groups.set(key, { entry, repeats: 0 });
        write(entry);
      } else others.set(refusal.event, (others.get(refusal.event) ?? 0) + 1);
    },
    close() {
      cancel?.();
      endWindow();
      cancel?.();
    },
  };
}

/** Whoever is refused chooses some of what is told of it, and may choose a megabyte. */
function shortened(refusal: Refusal): JsonObject {
  const isLong = (value: unknown): value is string =>
    typeof value === "string" && value.length > MAX_TEXT;
  if (!Object.values(refusal).some(isLong)) return refusal;
  const facts = Object.entries(refusal).map(([name, value]) => [
    name,
    isLong(value) ? `${value.slice(0, MAX_TEXT)}…` : value,
  ]);
  return Object.fromEntries(facts);
}
