import type { HistoryRow, Stage } from "../../api/generated.ts";

/** One bar of the picture: from when to when of the whole call, in milliseconds. */
export interface Bar {
  readonly key: string;
  readonly name: string;
  readonly words: string;
  readonly from: number;
  readonly to: number;
  readonly kind: "policy" | "upstream" | "call";
  /** The execution that a bar leads to. */
  readonly execution?: string;
}

/** What a call spent its time with: its policies as they decided, and the calls that it caused. */
export function barsOf(
  stages: readonly Stage[],
  children: readonly HistoryRow[],
  begun: number,
): readonly Bar[] {
  let at = 0;
  const own = stages.map((stage, index): Bar => {
    // Where nobody kept the time, one began when the one before had ended.
    const to = stage.at ?? at + stage.ms;
    at = to;
    const { policy, decision, ms } = stage;
    const kind = policy === "upstream" ? "upstream" : "policy";
    return {
      key: `${policy} ${index}`,
      name: policy,
      words: decision,
      from: Math.max(0, to - ms),
      to,
      kind,
    };
  });
  const caused = children.map((child): Bar => {
    const from = Math.max(0, Date.parse(child.started_at) - begun);
    const to = from + (child.duration_ms ?? 0);
    const { execution_id: execution, outcome, server, tool } = child;
    return {
      key: execution,
      name: `${server}.${tool}`,
      words: outcome,
      from,
      to,
      kind: "call",
      execution,
    };
  });
  return [...own, ...caused].sort((a, b) => a.from - b.from || b.to - a.to);
}

/** How long the whole is: what ended last, or what the call says. */
export function lengthOf(bars: readonly Bar[], durationMs: number | undefined): number {
  return Math.max(durationMs ?? 0, ...bars.map(({ to }) => to), 0.001);
}
