import type { ReviewItem } from "../../api/generated.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

type State = ReviewItem["state"];

const STATES: Readonly<Record<State, { readonly tone: Tone; readonly words: string }>> = {
  waiting: { tone: "warn", words: "Waiting" },
  running: { tone: "info", words: "Running" },
  done: { tone: "ok", words: "Done" },
  failed: { tone: "bad", words: "Failed" },
  unknown: { tone: "bad", words: "Outcome unknown" },
  rejected: { tone: "quiet", words: "Rejected" },
  expired: { tone: "quiet", words: "Expired" },
};

export function StateBadge({ state }: { readonly state: State }) {
  const { tone, words } = STATES[state];
  return (
    <Badge tone={tone} dot={state === "running" ? "live" : state === "waiting"}>
      {words}
    </Badge>
  );
}
