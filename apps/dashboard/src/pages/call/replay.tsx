import { useState } from "react";
import { hasCode } from "../../api/failure.ts";
import { useDo } from "../../api/queries.ts";
import { useGo } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import type { Call } from "./page.tsx";

/** What is shown in the place of a secret cannot be sent again. */
const MASKED = /•••|\[redacted\]|"\*\*\*"/i;

/** Makes the same call again; one that may change something is asked about first. */
export function Replay({ call }: { readonly call: Call }) {
  const [asks, setAsks] = useState(false);
  const doing = useDo("POST tool/call", ["GET metrics"]);
  const toasts = useToasts();
  const go = useGo();
  const { server, tool, arguments: given, read_only: isRead } = call;
  const masked = MASKED.test(JSON.stringify(given ?? null));
  const refused =
    given === undefined
      ? "Its arguments were not kept, so it cannot be sent again."
      : masked
        ? "Secrets in its arguments are masked: try it on the page of the tool."
        : undefined;
  function send(): void {
    setAsks(false);
    doing.mutate(
      { body: { server, tool, arguments: given ?? {}, use_cache: false } },
      {
        onSuccess: () => toasts.done("Called again", `${server}.${tool} answered.`),
        onError: (error) =>
          toasts.failed(
            hasCode(error, "tool_error")
              ? "Called again, and the tool failed"
              : "It could not be called again",
            error,
          ),
      },
    );
  }
  return (
    <>
      <Button
        icon="edit"
        onClick={() =>
          go(`/tools/${encodeURIComponent(`${server}.${tool}`)}?from=${call.execution_id}`)
        }
      >
        Change and try
      </Button>
      <Button
        look="primary"
        icon="restart"
        disabled={refused}
        busy={doing.isPending}
        onClick={() => (isRead ? send() : setAsks(true))}
      >
        Call again
      </Button>
      <Confirm
        open={asks}
        onOpenChange={setAsks}
        title={`Call ${tool} again?`}
        verb="Call again"
        onConfirm={send}
      >
        It may change something: whatever it did the first time may be done once more.
      </Confirm>
    </>
  );
}
