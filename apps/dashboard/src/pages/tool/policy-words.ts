import { duration } from "../../lib/format.ts";

type Settings = Readonly<Record<string, unknown>>;

/** What a policy does by its settings, in a sentence. */
export function wordsOf(policy: string, settings: Settings): string {
  return WORDS[policy]?.(settings) ?? JSON.stringify(settings);
}

const number = (settings: Settings, name: string): number => Number(settings[name] ?? 0);
const time = (settings: Settings, name: string): string => duration(number(settings, name));

const WORDS: Readonly<Record<string, (settings: Settings) => string>> = {
  limit: ({ server, tool }) =>
    [rule("for the server", server), rule("for the tool", tool)].filter(Boolean).join(", "),
  cache(settings) {
    const stale = number(settings, "staleOnErrorMs");
    const kept = `Answers are kept for ${time(settings, "ttlMs")}`;
    return stale > 0 ? `${kept}, and ${duration(stale)} more should it fail.` : `${kept}.`;
  },
  fallback: ({ steps }) => `Where it fails: ${listOf(steps).join(", then ").replaceAll("_", " ")}.`,
  retry(settings) {
    const tries = `${number(settings, "retries")} more tries after passing faults, the first after ${time(settings, "baseMs")}`;
    return settings.idempotent === true
      ? `${tries}; a repeated write is done once.`
      : `${tries}; never where that could do a thing twice.`;
  },
  breaker: (settings) =>
    `After ${number(settings, "consecutive")} failures in a row, or ${Math.round(number(settings, "ratio") * 100)} % of them, it is not called for ${time(settings, "openMs")}.`,
  bulkhead: (settings) =>
    `${number(settings, "concurrency")} calls of its server at a time; ${number(settings, "queue")} more wait their turn.`,
  timeout: (settings) =>
    `An attempt that is silent for ${time(settings, "attemptMs")} is ended; with progress it may take ${time(settings, "maxMs")}.`,
};

function rule(whose: string, limit: unknown): string {
  if (typeof limit !== "object" || limit === null) return "";
  const { calls, windowMs } = limit as Settings;
  return `${Number(calls)} calls in ${duration(Number(windowMs))} ${whose}`;
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
