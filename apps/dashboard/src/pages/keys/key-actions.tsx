import { useState } from "react";
import type { Key } from "../../api/generated.ts";
import { useDo } from "../../api/queries.ts";
import { useRights } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { ShownOnce } from "./shown-once.tsx";

/** Old and new text hold side by side for so long, that nobody is cut off while it is changed. */
const OVERLAP_S = 3_600;

export function KeyActions({ apiKey }: { readonly apiKey: Key }) {
  const { name, state } = apiKey;
  const [asks, setAsks] = useState<"rotate" | "revoke">();
  const close = () => setAsks(undefined);
  const { text, forget, rotate, revoke, busy } = useChanges(apiKey, close);
  const refused = useRights().admin();
  const over = state === "valid" ? refused : `It is ${state}.`;
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" size="s" icon="more" iconOnly>
            {`Actions for ${name}`}
          </Button>
        }
        groups={[
          [item("Rotate…", "restart", over, () => setAsks("rotate"))],
          [{ ...item("Revoke…", "trash", over, () => setAsks("revoke")), danger: true }],
        ]}
      />
      <Confirm
        {...{ open: asks === "rotate", onOpenChange: close, busy, onConfirm: rotate }}
        title={`Rotate ${name}?`}
        verb="Rotate it"
      >
        It gets a new text, shown once. The old one holds for another hour.
      </Confirm>
      <Confirm
        {...{ open: asks === "revoke", onOpenChange: close, busy, onConfirm: revoke }}
        title={`Revoke ${name}?`}
        verb="Revoke it"
        danger
      >
        Its next call is refused, whatever it has open is cut off, and work that goes on for it
        stops. This cannot be undone.
      </Confirm>
      <ShownOnce text={text} name={name} close={forget} />
    </>
  );
}

function item(label: string, icon: IconName, disabled: string | undefined, onSelect: () => void) {
  return { label, icon, disabled, onSelect };
}

/** What can be done to a key, and the new text of one that was rotated. */
function useChanges({ id, name }: Key, close: () => void) {
  const [text, setText] = useState<string>();
  const toasts = useToasts();
  const rotating = useDo("POST keys/:id/rotate", ["GET keys"]);
  const revoking = useDo("DELETE keys/:id", ["GET keys", "GET security/audit-logs"]);
  return {
    text,
    forget: () => setText(undefined),
    busy: rotating.isPending || revoking.isPending,
    rotate: () =>
      rotating.mutate(
        { path: { id }, body: { overlap_s: OVERLAP_S } },
        {
          onSuccess: ({ key }) => setText(key),
          onError: (error) => toasts.failed(`${name} was not rotated`, error),
          onSettled: close,
        },
      ),
    revoke: () =>
      revoking.mutate(
        { path: { id } },
        {
          onSuccess: () => toasts.done(`${name} is revoked`, "Whatever it had open is cut off."),
          onError: (error) => toasts.failed(`${name} was not revoked`, error),
          onSettled: close,
        },
      ),
  };
}
