import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Enough that collecting costs calls nothing to speak of. */
const ENOUGH_BYTES = 8 * 1024 * 1024;

/** By how much V8 lets the space grow at a time; by itself it takes 2. */
const GROW = 2;
const STAY = 1;

/**
 * Keeps the space for young objects from growing further once it is large enough. V8 lets it grow to
 * many times as much under load, for a gain that cannot be measured here, and never gives that back. In
 * quiet times V8 makes it small; then it may grow again, or all that is young for a moment would be kept.
 */
export function boundYoungSpace(): void {
  let factor = GROW;
  // It grows and shrinks when it is collected, and only then.
  new PerformanceObserver(() => {
    const wanted = youngBytes() < ENOUGH_BYTES ? GROW : STAY;
    if (wanted === factor) return;
    factor = wanted;
    // Looked at by V8 each time the space might grow; its limits are read at the start only.
    setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  }).observe({ entryTypes: ["gc"] });
}

function youngBytes(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
}
