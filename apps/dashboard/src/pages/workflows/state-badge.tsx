import type { GetExecution } from "../../api/generated.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

type Status = GetExecution["status"];

const TONES: Readonly<Record<Status, Tone>> = {
  running: "info",
  waiting: "warn",
  paused: "quiet",
  succeeded: "ok",
  failed: "bad",
  cancelled: "quiet",
  timed_out: "bad",
};

export const EXECUTION_STATES = Object.keys(TONES) as readonly Status[];

export function ExecutionState({ status }: { readonly status: Status }) {
  return (
    <Badge tone={TONES[status]} dot={status === "running" ? "live" : true}>
      {status.replace("_", " ")}
    </Badge>
  );
}

/** A step of an execution is told of in the same words, and in a few more. */
export function StepState({ status }: { readonly status: string }) {
  const tone = (TONES as Readonly<Record<string, Tone>>)[status] ?? "quiet";
  return (
    <Badge tone={tone} dot={status === "running" ? "live" : true}>
      {status}
    </Badge>
  );
}

/** A step that waits for somebody runs, to the engine; to people it waits. */
export function stateOf({ steps, waitingFor }: GetExecution, id: string): string {
  if (waitingFor.some(({ step }) => step === id)) return "waiting";
  return steps.find((step) => step.id === id)?.status ?? "pending";
}
