import type { JsonObject } from "@trestle/protocol";
import { type DiskWatch, isOver, sayUse } from "../disk/watch.ts";

/** What the parts of the home take; nothing before they were measured. */
export function diskHealth(disk: DiskWatch): JsonObject {
  const uses = disk.uses();
  if (uses.length === 0) return {};
  return {
    disk: uses.map(({ name, bytes, quota, atQuota }) => ({
      ...{ part: name, bytes, quota_bytes: quota, at_quota: atQuota },
    })),
  };
}

/** Parts of which nothing can be dropped, and that take more than they may. */
export function diskReasons(disk: DiskWatch): string[] {
  const over = disk.uses().filter((use) => use.atQuota === "told" && isOver(use));
  return over.map((use) => `${sayUse(use)}: ${use.next}`);
}
