import { percent } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import type { Confidence } from "./shapes.ts";

const TONES: Readonly<Record<string, Tone>> = {
  critical: "bad",
  high: "bad",
  medium: "warn",
  low: "info",
};

export function Severity({ severity }: { readonly severity: string | undefined }) {
  return severity ? <Badge tone={TONES[severity] ?? "quiet"}>{severity}</Badge> : null;
}

/** The odds of a fix, and what they rest on. */
export function Odds({ confidence }: { readonly confidence: Confidence }) {
  const { value, worked, failed, evidence } = confidence;
  const tone: Tone = value >= 0.7 ? "ok" : value >= 0.4 ? "warn" : "bad";
  const tried = worked + failed;
  return (
    <Badge tone={tone} title={evidence}>
      {`odds ${percent(value)}`}
      {tried > 0 && `, worked ${worked} of ${tried}`}
    </Badge>
  );
}
