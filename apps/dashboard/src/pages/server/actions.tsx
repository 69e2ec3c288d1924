import { useState } from "react";
import type { ServerState as Server } from "../../api/generated.ts";
import { useDo } from "../../api/queries.ts";
import { useGo } from "../../lib/navigate.ts";
import { useRights } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { useToasts } from "../../ui/toasts.tsx";

export interface ActionsProps {
  readonly server: Server;
  readonly edit: () => void;
}

/** Restart, edit, remove; each for those who may. */
export function Actions({ server: { id }, edit }: ActionsProps) {
  const refused = useRights().admin();
  const [removes, setRemoves] = useState(false);
  const restarting = useDo("POST servers/:server/restart", ["GET servers", "GET health"]);
  const removing = useDo("DELETE servers/:name", ["GET servers", "GET discover"]);
  const toasts = useToasts();
  const go = useGo();
  const restart = (): void =>
    restarting.mutate(
      { path: { server: id } },
      {
        onSuccess: () => toasts.done(`${id} is connected anew`),
        onError: (error) => toasts.failed(`${id} was not restarted`, error),
      },
    );
  const remove = (): void =>
    removing.mutate(
      { path: { name: id } },
      {
        onSuccess() {
          toasts.done(`${id} is removed`, "The configuration as it was is kept beside it.");
          go("/servers");
        },
        onError(error) {
          setRemoves(false);
          toasts.failed(`${id} was not removed`, error);
        },
      },
    );
  return (
    <>
      <Button icon="edit" disabled={refused} onClick={edit}>
        Edit
      </Button>
      <Button icon="restart" disabled={refused} busy={restarting.isPending} onClick={restart}>
        Restart
      </Button>
      <Button look="danger" icon="trash" disabled={refused} onClick={() => setRemoves(true)}>
        Remove
      </Button>
      <Confirm
        open={removes}
        onOpenChange={setRemoves}
        title={`Remove ${id}?`}
        verb="Remove it"
        danger
        busy={removing.isPending}
        onConfirm={remove}
      >
        Its running calls are answered first; then its tools are gone for every assistant.
      </Confirm>
    </>
  );
}
