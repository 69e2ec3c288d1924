import { statfs } from "node:fs/promises";
import type { TargetOf } from "../config.ts";
import { degraded, down, type Finding, up } from "./probe.ts";

export async function probeDisk(target: TargetOf<"disk">): Promise<Finding> {
  const { bavail, blocks, bsize } = await statfs(target.path);
  const free = blocks === 0 ? 100 : (bavail / blocks) * 100;
  const facts = { freePercent: Math.round(free * 10) / 10, freeBytes: bavail * bsize };
  const detail = `${facts.freePercent} % is free.`;
  if (free < target.leastFreePercent) return { ...down(detail), facts };
  return free < target.warnFreePercent ? degraded(detail, facts) : up(detail, facts);
}
