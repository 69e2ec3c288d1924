import type { InputOf } from "../../api/client.ts";

export interface KeyDraft {
  readonly name: string;
  /** One in each line. */
  readonly scopes: string;
  readonly calls: string;
  /** One of `EXPIRIES`. */
  readonly expires: string;
}

const DAY_MS = 86_400_000;

export const EXPIRIES = [
  { value: "90", label: "in 90 days", days: 90 },
  { value: "30", label: "in 30 days", days: 30 },
  { value: "7", label: "in 7 days", days: 7 },
  { value: "1", label: "tomorrow", days: 1 },
  { value: "never", label: "never", days: undefined },
] as const;

export const EMPTY: KeyDraft = { name: "", scopes: "", calls: "", expires: "90" };

/** What the bridge is asked; what is empty is left to its defaults. */
export function toBody(
  { name, scopes, calls, expires }: KeyDraft,
  now: number,
): InputOf<"POST keys">["body"] {
  const lines = scopes.split("\n").map((line) => line.trim());
  const named = lines.filter((line) => line !== "");
  const days = EXPIRIES.find(({ value }) => value === expires)?.days;
  return {
    name: name.trim(),
    ...(named.length > 0 && { scopes: named }),
    ...(calls.trim() !== "" && { limit: { calls: Number(calls) } }),
    ...(days !== undefined && { expires_at: now + days * DAY_MS }),
  };
}
