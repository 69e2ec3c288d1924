import type { JsonValue } from "@trestle/protocol";
import type { Audit } from "./audit.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { timeOfId } from "./ids.ts";

/** What a record says of itself, however old the tool that wrote it. */

/** Milliseconds since 1970: its own word, else its id's, else 0. */
export function timeOf(record: Pick<Diagnosis | Audit, "id" | "timestamp">): number {
  const { timestamp, id } = record;
  const time = typeof timestamp === "string" ? Date.parse(timestamp) : (timestamp ?? Number.NaN);
  return Number.isFinite(time) ? time : (timeOfId(id) ?? 0);
}

/** Some tools keep an object where others keep a word. */
export function contextOf({ context }: { context?: unknown }): string | undefined {
  if (context === undefined || context === null || context === "") return undefined;
  return typeof context === "string" ? context : JSON.stringify(context);
}

export function versionOf({ version }: { version?: number | undefined }): number {
  return version ?? 1;
}

/** Of the software that failed, as its author named it. */
export function softwareVersionOf({ metadata }: Pick<Diagnosis, "metadata">): string | undefined {
  const version = metadata?.version ?? metadata?.softwareVersion;
  return typeof version === "string" || typeof version === "number" ? String(version) : undefined;
}

/** 0 to 1, whatever was written. */
export function statedConfidence({
  confidence,
}: Pick<Diagnosis, "confidence">): number | undefined {
  if (typeof confidence !== "number" || !Number.isFinite(confidence)) return undefined;
  // Percentages were in use, too.
  const share = confidence > 1 ? confidence / 100 : confidence;
  return Math.min(1, Math.max(0, share));
}

/** Metadata that can be filtered by: plain values of the first level, as text. */
export function facetsOf(metadata: Diagnosis["metadata"]): Record<string, string> {
  const plain = Object.entries(metadata ?? {}).filter(
    ([key, value]) => !key.endsWith(":") && ["string", "number", "boolean"].includes(typeof value),
  ) as [string, JsonValue][];
  return Object.fromEntries(
    plain.slice(0, 30).map(([key, value]) => [key, String(value).slice(0, 200)]),
  );
}
