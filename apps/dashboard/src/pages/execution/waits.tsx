import { useState } from "react";
import type { GetExecution } from "../../api/generated.ts";
import { useOrchestratorDo } from "../../api/orchestrator.ts";
import { moment } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { TextField } from "../../ui/field.tsx";
import { useToasts } from "../../ui/toasts.tsx";

type Wait = GetExecution["waitingFor"][number];

/** What an execution waits for, and what people answer. */
export function Waits({ execution }: { readonly execution: GetExecution }) {
  const { executionId, waitingFor } = execution;
  if (waitingFor.length === 0) return null;
  return (
    <Card title="It waits" note={waitingFor.length} className="execution-waits">
      {waitingFor.map((wait) => (
        <OneWait key={wait.step} wait={wait} executionId={executionId} />
      ))}
    </Card>
  );
}

interface OneWaitProps {
  readonly wait: Wait;
  readonly executionId: string;
}

function OneWait({ wait, executionId }: OneWaitProps) {
  const now = useNow(10_000);
  const { step, message, signal, until } = wait;
  if (wait.for === "approval") return <Approval wait={wait} executionId={executionId} />;
  const name = signal ?? step;
  return (
    <div className="execution-wait">
      <p>
        <strong>{step}</strong>{" "}
        {message ?? (wait.for === "signal" ? `waits for “${name}”` : "waits")}
        {until && ` until ${moment(until, now)}`}
      </p>
      {wait.for === "signal" && <Signal name={name} executionId={executionId} />}
    </div>
  );
}

function Approval({ wait, executionId }: OneWaitProps) {
  const [comment, setComment] = useState("");
  const deciding = useOrchestratorDo("approve_step");
  const toasts = useToasts();
  const decide = (approve: boolean): void =>
    deciding.mutate(
      { executionId, step: wait.step, approve, ...(comment && { comment }) },
      {
        onSuccess: () => toasts.done(`${wait.step} is ${approve ? "approved" : "refused"}`),
        onError: (error) => toasts.failed(`${wait.step} is not decided`, error),
      },
    );
  return (
    <div className="execution-wait">
      <p>
        <strong>{wait.step}</strong> {wait.message ?? "asks for approval"}
      </p>
      <TextField
        label="Comment"
        value={comment}
        onChange={(event) => setComment(event.target.value)}
      />
      <div className="execution-buttons">
        <Button
          look="primary"
          icon="check"
          disabled={deciding.refused}
          busy={deciding.isPending}
          onClick={() => decide(true)}
        >
          Approve
        </Button>
        <Button
          look="danger"
          icon="close"
          disabled={deciding.refused}
          busy={deciding.isPending}
          onClick={() => decide(false)}
        >
          Refuse
        </Button>
      </div>
    </div>
  );
}

function Signal({ name, executionId }: { readonly name: string; readonly executionId: string }) {
  const signalling = useOrchestratorDo("signal_execution");
  const toasts = useToasts();
  const send = (): void =>
    signalling.mutate(
      { executionId, name },
      { onError: (error) => toasts.failed("The signal is not sent", error) },
    );
  return (
    <Button icon="bolt" disabled={signalling.refused} busy={signalling.isPending} onClick={send}>
      {`Send “${name}”`}
    </Button>
  );
}
