import { isOver, type PartUse, sayUse } from "../../disk/watch.ts";
import type { Check, Look } from "./check.ts";

/** From here on it is worth a word. */
const MUCH = 0.8;

/** How much of the disk each part of the home takes, and whether that is too much. */
export const quotas: Look = async ({ disk }) => {
  const uses = await disk.measure();
  const much = uses.filter(({ bytes, quota }) => bytes > quota * MUCH);
  if (much.length > 0) return much.map(toCheck);
  const largest = uses.toSorted((a, b) => b.bytes - a.bytes).filter(({ bytes }) => bytes > 0);
  const shown = largest.slice(0, 3).map(sayUse).join(", ");
  return { name: "quotas", status: "ok", message: shown === "" ? "nothing is kept yet" : shown };
};

function toCheck(use: PartUse): Check {
  const { atQuota, next } = use;
  const isWrong = isOver(use) && atQuota === "told";
  return { name: "quotas", status: isWrong ? "fail" : "warn", message: sayUse(use), next };
}
