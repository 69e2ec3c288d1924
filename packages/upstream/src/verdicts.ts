import { createHash } from "node:crypto";
import type { Era } from "@trestle/protocol";
import type { UpstreamConfig } from "./config.ts";

/** What is remembered of a server, so that the next connection need not find it out again. */
export interface Verdict {
  readonly era: Era;
  readonly transport?: "streamable" | "sse";
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Remembers verdicts by key; may keep them on disk. */
export interface VerdictStore {
  get(key: string): Verdict | undefined | Promise<Verdict | undefined>;
  /** Without a verdict, forgets the key. */
  set(key: string, verdict: Verdict | undefined): void | Promise<void>;
}

export function createMemoryVerdicts(): VerdictStore {
  const verdicts = new Map<string, Verdict>();
  return {
    get: (key) => verdicts.get(key),
    set(key, verdict) {
      if (verdict) verdicts.set(key, verdict);
      else verdicts.delete(key);
    },
  };
}

/** A server may learn the modern era any day, and a stale legacy verdict would never show. */
const LEGACY_VERDICT_MS = 24 * 60 * 60 * 1000;

export function isFresh(verdict: Verdict, now: number): boolean {
  return verdict.era === "modern" || now - verdict.at < LEGACY_VERDICT_MS;
}

/** The era belongs to the command line or the address. Hashed, because both may carry secrets. */
export function verdictKey(config: UpstreamConfig): string {
  if (config.kind === "embedded") return "embedded";
  const identity =
    config.kind === "stdio"
      ? JSON.stringify([config.command, config.args ?? [], config.cwd ?? ""])
      : config.url;
  return `${config.kind}:${createHash("sha256").update(identity).digest("hex")}`;
}
