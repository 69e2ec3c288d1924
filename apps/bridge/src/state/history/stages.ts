import type { Stage } from "@trestle/policy";

/** What policies mostly decide. Only ever appended to: stored rows hold these places. */
const COMMON: readonly (readonly [policy: string, decision: string])[] = [
  ["record", "start stored"],
  ["authorize", "allowed"],
  ["limit", "unlimited"],
  ["limit", "within"],
  ["cache", "hit"],
  ["cache", "miss"],
  ["cache", "shared"],
  ["retry", "answered"],
  ["breaker", "closed"],
  ["bulkhead", "free"],
  ["timeout", "answered"],
  ["upstream", "answered"],
];

const places = new Map<string, Map<string, number>>();
for (const [place, [policy, decision]] of COMMON.entries()) {
  const ofPolicy = places.get(policy) ?? new Map<string, number>();
  places.set(policy, ofPolicy.set(decision, place));
}

/**
 * A flat JSON list, times in whole microseconds: place, ms, at for what is common, and policy, decision,
 * ms, at for the rest. This is done for every call, and its size is most of a row's.
 */
export function packStages(stages: readonly Stage[]): string {
  const flat: (string | number | null)[] = [];
  for (const { policy, decision, ms, at } of stages) {
    const place = places.get(policy)?.get(decision);
    if (place === undefined) flat.push(policy, decision);
    else flat.push(place);
    flat.push(Math.round(ms * 1_000), at === undefined ? null : Math.round(at * 1_000));
  }
  return JSON.stringify(flat);
}

export function unpackStages(text: string): Stage[] {
  const flat = JSON.parse(text) as (string | number | null)[];
  const stages: Stage[] = [];
  for (let index = 0; index < flat.length; ) {
    const first = flat[index];
    const isCommon = typeof first === "number";
    const [policy, decision] = isCommon
      ? (COMMON[first] ?? ["?", "?"])
      : flat.slice(index, index + 2);
    index += isCommon ? 1 : 2;
    const stage = {
      policy: String(policy),
      decision: String(decision),
      ms: Number(flat[index]) / 1_000,
    };
    const at = flat[index + 1];
    stages.push(typeof at === "number" ? { ...stage, at: at / 1_000 } : stage);
    index += 2;
  }
  return stages;
}
