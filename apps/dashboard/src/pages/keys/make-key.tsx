import { type FormEvent, useState } from "react";
import { messageOf } from "../../api/failure.ts";
import { useDo } from "../../api/queries.ts";
import { useRights } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { EMPTY, EXPIRIES, type KeyDraft, toBody } from "./key-draft.ts";
import { ShownOnce } from "./shown-once.tsx";

export interface MakeKeyProps {
  readonly open: boolean;
  readonly close: () => void;
}

/** A form for a key; then its text, once. */
export function MakeKey({ open, close }: MakeKeyProps) {
  const [draft, setDraft] = useState(EMPTY);
  const [made, setMade] = useState<string>();
  const making = useDo("POST keys", ["GET keys", "GET security/audit-logs"]);
  const refused = useRights().admin();
  const change = (changes: Partial<KeyDraft>) => setDraft({ ...draft, ...changes });
  function onSubmit(event: FormEvent): void {
    event.preventDefault();
    making.mutate(
      { body: toBody(draft, Date.now()) },
      {
        onSuccess({ key }) {
          close();
          setMade(key);
        },
      },
    );
  }
  return (
    <>
      <Dialog
        open={open}
        onOpenChange={close}
        title="Make a key"
        description={
          making.error && <span className="keys-refused">{messageOf(making.error)}</span>
        }
      >
        <form className="keys-form" onSubmit={onSubmit}>
          <KeyFields draft={draft} change={change} />
          <Button type="submit" look="primary" busy={making.isPending} disabled={refused}>
            Make it
          </Button>
        </form>
      </Dialog>
      <ShownOnce
        text={made}
        name={draft.name}
        close={() => {
          setMade(undefined);
          setDraft(EMPTY);
        }}
      />
    </>
  );
}

interface KeyFieldsProps {
  readonly draft: KeyDraft;
  readonly change: (changes: Partial<KeyDraft>) => void;
}

function KeyFields({ draft, change }: KeyFieldsProps) {
  return (
    <>
      <TextField
        label="Name"
        required
        hint="Who uses it: the history and the audit log name it."
        value={draft.name}
        onChange={(event) => change({ name: event.target.value })}
        autoComplete="off"
      />
      <TextArea
        label="May call"
        hint="One scope in each line: database:* or tracker:*:read. Empty: every tool."
        rows={3}
        value={draft.scopes}
        onChange={(event) => change({ scopes: event.target.value })}
      />
      <div className="keys-pair">
        <TextField
          label="Calls in a minute"
          hint="Empty: as all keys."
          type="number"
          min={1}
          value={draft.calls}
          onChange={(event) => change({ calls: event.target.value })}
        />
        <SelectField
          label="Expires"
          value={draft.expires}
          onChange={(expires) => change({ expires })}
          choices={EXPIRIES.map(({ value, label }) => ({ value, label }))}
        />
      </div>
    </>
  );
}
