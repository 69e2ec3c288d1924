import type { GetExecution } from "../../api/generated.ts";
import { useOrchestratorDo } from "../../api/orchestrator.ts";
import { duration } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Json } from "../../ui/code.tsx";
import { Facts } from "../../ui/facts.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import {
  argumentsOf,
  type Definition,
  idsOf,
  kindOf,
  stepsOf,
  textOf,
} from "../workflow/definition.ts";
import { StepState, stateOf } from "../workflows/state-badge.tsx";

export interface StepDetailProps {
  readonly execution: GetExecution;
  readonly id: string;
  readonly definition: Definition | undefined;
}

/** What one step was given, what it gave, and what went wrong. */
export function StepDetail({ execution, id, definition }: StepDetailProps) {
  const step = execution.steps.find((each) => each.id === id);
  const error = execution.errors.find((each) => each.step === id);
  const index = definition === undefined ? -1 : idsOf(definition).indexOf(id);
  const written = definition && stepsOf(definition)[index];
  const result = execution.results[id];
  if (step === undefined) return null;
  const { status, attempts, durationMs, reason } = step;
  return (
    <Card
      title={`Step ${id}`}
      note={<StepState status={stateOf(execution, id)} />}
      actions={status === "failed" && <Retry execution={execution} id={id} />}
    >
      {error && (
        <p className="execution-error" role="alert">
          <code>{error.code}</code> {error.message}
        </p>
      )}
      <Facts
        facts={[
          [
            "Calls",
            written && textOf(written.tool) && `${textOf(written.server)}.${textOf(written.tool)}`,
          ],
          ["Type", written && kindOf(written)],
          ["Attempts", attempts],
          ["Took", durationMs === undefined ? undefined : duration(durationMs)],
          ["Why", error ? undefined : reason],
        ]}
      />
      {written && Object.keys(argumentsOf(written)).length > 0 && (
        <>
          <h3>Input</h3>
          <Json label={`Input of ${id}`} value={argumentsOf(written)} />
        </>
      )}
      {result !== undefined && (
        <>
          <h3>Output</h3>
          <Json label={`Output of ${id}`} value={result} />
        </>
      )}
    </Card>
  );
}

function Retry({ execution, id }: { readonly execution: GetExecution; readonly id: string }) {
  const retrying = useOrchestratorDo("retry_step");
  const toasts = useToasts();
  const retry = (): void =>
    retrying.mutate(
      { executionId: execution.executionId, step: id },
      { onError: (error) => toasts.failed(`${id} is not tried again`, error) },
    );
  return (
    <Button
      size="s"
      icon="restart"
      disabled={retrying.refused}
      busy={retrying.isPending}
      onClick={retry}
    >
      Retry
    </Button>
  );
}
