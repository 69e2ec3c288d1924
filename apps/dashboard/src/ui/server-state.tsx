import { Badge, type Tone } from "./badge.tsx";

type State = "idle" | "starting" | "ready" | "backoff" | "failed" | "closed";

/** What the states of a server are called, and whether they are well. */
const WORDS: Readonly<
  Record<State, { readonly tone: Tone; readonly words: string; readonly means: string }>
> = {
  ready: { tone: "ok", words: "Ready", means: "It is connected and answers." },
  idle: {
    tone: "quiet",
    words: "Idle",
    means: "Nobody needs it now: it is started with the next call.",
  },
  starting: { tone: "info", words: "Starting", means: "It is being started or connected." },
  backoff: { tone: "warn", words: "Lost", means: "Its connection broke: it is tried again." },
  failed: { tone: "bad", words: "Failed", means: "It could not be started." },
  closed: { tone: "quiet", words: "Closed", means: "It was taken out of the configuration." },
};

export function ServerState({
  state,
  problem,
}: {
  readonly state: State;
  readonly problem?: string | undefined;
}) {
  const { tone, words, means } = WORDS[state];
  const isUnwell = problem !== undefined && (state === "ready" || state === "idle");
  return (
    <Badge tone={isUnwell ? "warn" : tone} dot title={problem ?? means}>
      {isUnwell ? "Unwell" : words}
    </Badge>
  );
}
