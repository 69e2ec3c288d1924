import { useState } from "react";
import type { GetExecution } from "../../api/generated.ts";
import { useLeftOut, useOrchestratorDo } from "../../api/orchestrator.ts";
import { useDo } from "../../api/queries.ts";
import { useRights } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { OfferAllButton } from "../../ui/offer-all.tsx";
import { useToasts } from "../../ui/toasts.tsx";

/** What people do with executions here that the profile `core` leaves out. */
const STEERS = ["pause_execution", "retry_step", "signal_execution"];

/** What can be done with the whole of an execution. */
export function ExecutionActions({ execution }: { readonly execution: GetExecution }) {
  const { executionId: id, status } = execution;
  const pausing = useOrchestratorDo("pause_execution");
  const resuming = useOrchestratorDo("resume_execution");
  const leftOut = useLeftOut(STEERS);
  const isAdmin = useRights().admin() === undefined;
  const toasts = useToasts();
  const failed = (error: unknown): void => toasts.failed("It goes on as before", error);
  const goesOn = status === "running" || status === "waiting";
  const canResume = status === "paused" || status === "failed" || status === "timed_out";
  return (
    <>
      {leftOut && isAdmin && <OfferAllButton {...leftOut} />}
      {goesOn && (
        <Button
          icon="pause"
          disabled={pausing.refused}
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
          disabled={resuming.refused}
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
  const refused = useLeftOut(["cancel_execution"])?.reason;
  const cancelling = useDo("POST workflow/executions/:id/cancel", ["GET workflow/executions/:id"]);
  const cancel = (): void =>
    cancelling.mutate(
      { path: { id }, body: {} },
      { onError: failed, onSettled: () => setAsks(false) },
    );
  return (
    <>
      <Button look="danger" icon="stop" disabled={refused} onClick={() => setAsks(true)}>
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
