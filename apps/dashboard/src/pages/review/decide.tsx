import { lazy, Suspense, useState } from "react";
import type { ReviewItem } from "../../api/generated.ts";
import { useDo } from "../../api/queries.ts";
import { useRights } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { readArguments } from "./read-arguments.ts";

const JsonEditor = lazy(async () => ({
  default: (await import("../tool/json-editor.tsx")).JsonEditor,
}));

/** Approve, with the arguments as they were or better ones, or reject with a reason. */
export function Decide({ item }: { readonly item: ReviewItem }) {
  const before = JSON.stringify(item.arguments ?? {}, null, 2);
  const [text, setText] = useState(before);
  const [reason, setReason] = useState("");
  const refused = useRights().admin();
  const deciding = useDo("POST review/:id", ["GET review", "GET history"]);
  const toasts = useToasts();
  const read = readArguments(text);
  function decide(decision: "approve" | "reject"): void {
    const changed = decision === "approve" && text !== before && "value" in read;
    const body = {
      decision,
      ...(changed && { arguments: read.value }),
      ...(reason.trim() !== "" && { reason: reason.trim() }),
    };
    deciding.mutate(
      { path: { id: item.id }, body },
      {
        onSuccess: ({ state }) =>
          toasts.done(TOLD[state] ?? "Decided", `${item.server} ${item.tool}`),
        onError: (error) => toasts.failed("It was not decided", error),
      },
    );
  }
  return (
    <div className="review-decide">
      <Suspense fallback={<Skeleton height="12rem" />}>
        <JsonEditor value={text} onChange={setText} onSubmit={() => decide("approve")} />
      </Suspense>
      <TextField
        label="Reason"
        hint="Kept with the decision, for whoever looks at it later."
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      <div className="review-actions">
        <Button
          icon="close"
          disabled={refused}
          busy={deciding.isPending}
          onClick={() => decide("reject")}
        >
          Reject
        </Button>
        <Button
          look="primary"
          icon="check"
          disabled={refused ?? ("problem" in read ? read.problem : undefined)}
          busy={deciding.isPending}
          onClick={() => decide("approve")}
        >
          {text === before ? "Approve" : "Approve with these arguments"}
        </Button>
      </div>
    </div>
  );
}

const TOLD: Partial<Readonly<Record<ReviewItem["state"], string>>> = {
  rejected: "Rejected",
  running: "Approved: it runs",
  done: "Approved, and done",
  failed: "Approved, and it failed again",
  unknown: "Approved; whether it was done is unknown",
};
