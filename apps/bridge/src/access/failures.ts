import { isIPv6 } from "node:net";
import type { Clock } from "@trestle/protocol";

/** Counts wrong credentials by where they come from, so that nobody can try many. */
export interface Failures {
  /** Milliseconds until more are looked at; nothing where they are now. */
  limitedFor(address: string): number | undefined;
  count(address: string): void;
}

const MAX_FAILURES = 20;
const WINDOW_MS = 60_000;
/** Beyond so many addresses in one window, further ones share a count. */
const MAX_ADDRESSES = 10_000;
const OTHERS = "others";

export function createFailures(clock: Clock): Failures {
  const counts = new Map<string, number>();
  let windowEnd = 0;

  function startWindow(): void {
    if (clock.now() < windowEnd) return;
    counts.clear();
    windowEnd = clock.now() + WINDOW_MS;
  }

  function groupOf(address: string): string {
    const network = networkOf(address);
    return counts.has(network) || counts.size < MAX_ADDRESSES ? network : OTHERS;
  }

  return {
    limitedFor(address) {
      startWindow();
      const failures = counts.get(groupOf(address)) ?? 0;
      return failures < MAX_FAILURES ? undefined : windowEnd - clock.now();
    },
    count(address) {
      startWindow();
      const group = groupOf(address);
      counts.set(group, (counts.get(group) ?? 0) + 1);
    },
  };
}

/** Whoever has one IPv6 address has all of its /64. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<string>(zeros).fill("0"), ...last].slice(0, 4).join(":");
}
