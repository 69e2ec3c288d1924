import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Enough that collecting costs calls nothing to speak of. */
const ENOUGH_BYTES = 8 * 1024 * 1024;

/**
 * Keeps the space for young objects from growing further once it is large enough. V8 lets it grow to
 * many times as much under load, for a gain that cannot be measured here, and never gives that back.
 */
export function boundYoungSpace(): void {
  // It grows when it is collected, and only then.
  const observer = new PerformanceObserver(() => {
    if (youngBytes() < ENOUGH_BYTES) return;
    // Looked at by V8 each time the space might grow; its limits are read at the start only.
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}

function youngBytes(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name: name }) => name === "new_space")?.space_size ?? 0;
}
