import { Badge, type Tone } from "./badge.tsx";

export type Outcome = "started" | "success" | "tool_error" | "error" | "outcome_unknown";

const OUTCOMES: Readonly<
  Record<Outcome, { readonly tone: Tone; readonly words: string; readonly means: string }>
> = {
  started: { tone: "info", words: "Running", means: "It has not ended yet." },
  success: { tone: "ok", words: "Success", means: "The tool answered." },
  tool_error: { tone: "warn", words: "Tool error", means: "The tool answered that it failed." },
  error: { tone: "bad", words: "Failed", means: "The call did not come to an answer." },
  outcome_unknown: {
    tone: "bad",
    words: "Unknown",
    means: "It was sent and not answered: it may have had effects.",
  },
};

export function OutcomeBadge({ outcome }: { readonly outcome: Outcome }) {
  const { tone, words, means } = OUTCOMES[outcome];
  return (
    <Badge tone={tone} title={means}>
      {words}
    </Badge>
  );
}

/** For a list to choose from. */
export const OUTCOME_CHOICES = [
  { value: "", label: "All outcomes" },
  ...Object.entries(OUTCOMES).map(([value, { words }]) => ({ value, label: words })),
];
