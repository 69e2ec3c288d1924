import { useState } from "react";
import type { GetExecution } from "../../api/generated.ts";
import { useOrchestratorDo } from "../../api/orchestrator.ts";
import { useDo } from "../../api/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { useToasts } from "../../ui/toasts.tsx";

/** What can be done with the whole of an execution. */
export function ExecutionActions({ execution }: { readonly execution: GetExecution }) {
  const { executionId: id, status } = execution;
  const pausing = useOrchestratorDo("pause_execution");
  const resuming = useOrchestratorDo("resume_execution");
  const toasts = useToasts();
  const failed = (error: unknown): void => toasts.failed("It goes on as before", error);
  const goesOn = status === "running" || status === "waiting";
  const canResume = status === "paused" || status === "failed" || status === "timed_out";
  return (
    <>
      {goesOn && (
        <Button
          icon="pause"
          busy={pausing.isPending}
          onClick={() => pausing.mutate({ executionId: id }, { onError: failed })}
        >
          Pause
        </Button>
      )}
      {canResume && (
        <Button
          look="primary"
          icon="play"
          busy={resuming.isPending}
          onClick={() => resuming.mutate({ executionId: id }, { onError: failed })}
        >
          Resume
        </Button>
      )}
      {(goesOn || status === "paused") && <Cancel id={id} failed={failed} />}
    </>
  );
}

function Cancel({
  id,
  failed,
}: {
  readonly id: string;
  readonly failed: (error: unknown) => void;
}) {
  const [asks, setAsks] = useState(false);
  const cancelling = useDo("POST workflow/executions/:id/cancel", ["GET workflow/executions/:id"]);
  const cancel = (): void =>
    cancelling.mutate(
      { path: { id }, body: {} },
      { onError: failed, onSettled: () => setAsks(false) },
    );
  return (
    <>
      <Button look="danger" icon="stop" onClick={() => setAsks(true)}>
        Cancel
      </Button>
      <Confirm
        open={asks}
        onOpenChange={setAsks}
        title="Cancel this execution?"
        verb="Cancel it"
        danger
        busy={cancelling.isPending}
        onConfirm={cancel}
      >
        Nothing more of it begins, and what is being called is cancelled. What is done stays done.
      </Confirm>
    </>
  );
}
