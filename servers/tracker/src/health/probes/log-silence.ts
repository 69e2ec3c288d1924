import { stat } from "node:fs/promises";
import type { TargetOf } from "../config.ts";
import { down, type Finding, up } from "./probe.ts";

/** `now` in milliseconds since 1970. */
export async function probeLogSilence(
  target: TargetOf<"log-silence">,
  now: number,
): Promise<Finding> {
  const { mtimeMs } = await stat(target.path);
  const silentMs = Math.max(0, Math.round(now - mtimeMs));
  const detail = `Last written ${Math.round(silentMs / 1_000)} s ago.`;
  return silentMs > target.mostSilentMs
    ? { ...down(detail), facts: { silentMs } }
    : up(detail, { silentMs });
}
