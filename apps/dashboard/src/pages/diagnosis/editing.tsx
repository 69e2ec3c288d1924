import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { messageOf } from "../../api/failure.ts";
import { readAgain } from "../../api/tools.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import type { Known } from "../knowledge/shapes.ts";
import { type Clashes, type Draft, draftOf, type Field, follow, writtenFields } from "./draft.ts";
import { saveDraft } from "./save-draft.ts";

const SEVERITIES = ["", "low", "medium", "high", "critical"] as const;

interface EditingProps {
  readonly server: string;
  readonly known: Known;
}

/** The fields, as others may change them at the same time. */
export function Editing({ server, known }: EditingProps) {
  const { draft, clashes, news, write, give, busy, save } = useEditing(server, known);
  const written = writtenFields(draft);
  const nothing = written.length === 0 && "Nothing is changed.";
  return (
    <Card
      title="What is known"
      note={
        news ? (
          <Badge tone="info" dot="live">
            changed by others just now
          </Badge>
        ) : (
          `version ${draft.version}`
        )
      }
    >
      <form
        className="diagnosis-column"
        onSubmit={(event) => {
          event.preventDefault();
          if (written.length > 0) void save();
        }}
      >
        <OneLine field="error.name" label="Kind of error" {...{ draft, write }} />
        <Lines field="error.message" label="Error" {...{ draft, write }} />
        <Lines field="fix" label="Fix" rows={6} {...{ draft, write }} />
        <OneLine field="context" label="Where it happened" {...{ draft, write }} />
        <SelectField
          label="Severity"
          value={draft.written.severity}
          choices={SEVERITIES.map((value) => ({ value, label: value || "Not said" }))}
          onChange={(value) => write("severity", value)}
        />
        {Object.entries(clashes).map(([field, theirs]) => (
          <Clash
            key={field}
            field={field}
            theirs={theirs}
            give={() => give(field as Field, theirs)}
          />
        ))}
        <div className="diagnosis-buttons">
          <Button type="submit" look="primary" busy={busy} disabled={nothing}>
            Save
          </Button>
          <small>Others see it at once; what they write in other fields stays.</small>
        </div>
      </form>
    </Card>
  );
}

interface FieldProps {
  readonly field: Field;
  readonly label: string;
  readonly rows?: number;
  readonly draft: Draft;
  readonly write: (field: Field, value: string) => void;
}

function OneLine({ field, label, draft, write }: FieldProps) {
  return (
    <TextField
      label={label}
      autoComplete="off"
      value={draft.written[field]}
      onChange={(event) => write(field, event.target.value)}
    />
  );
}

function Lines({ field, label, rows = 3, draft, write }: FieldProps) {
  return (
    <TextArea
      label={label}
      rows={rows}
      value={draft.written[field]}
      onChange={(event) => write(field, event.target.value)}
    />
  );
}

interface ClashProps {
  readonly field: string;
  readonly theirs: string;
  readonly give: () => void;
}

function Clash({ field, theirs, give }: ClashProps) {
  return (
    <div className="diagnosis-clash" role="alert">
      <p>
        Somebody else changed <strong>{field}</strong> to:
      </p>
      <blockquote>{theirs || "nothing"}</blockquote>
      <Button size="s" onClick={give}>
        Take theirs
      </Button>{" "}
      <small>Or save: then yours stays.</small>
    </div>
  );
}

function useEditing(server: string, known: Known) {
  const [draft, setDraft] = useState(() => draftOf(known.diagnosis, known.version));
  const [clashes, setClashes] = useState<Clashes>({});
  const [news, setNews] = useState(false);
  const [busy, setBusy] = useState(false);
  const client = useQueryClient();
  const toasts = useToasts();
  useEffect(() => {
    setDraft((before) => {
      if (known.version <= before.version) return before;
      const followed = follow(before, known.diagnosis, known.version);
      setClashes(followed.clashes);
      setNews(true);
      return followed.draft;
    });
  }, [known]);

  function write(field: Field, value: string): void {
    setDraft((before) => ({ ...before, written: { ...before.written, [field]: value } }));
  }

  function give(field: Field, theirs: string): void {
    write(field, theirs);
    setClashes(({ [field]: _, ...others }) => others);
  }

  async function save(): Promise<void> {
    setBusy(true);
    try {
      const saved = await saveDraft(server, known.diagnosis.id, draft);
      setNews(false);
      if (saved.status === "conflict") {
        const followed = follow(draft, saved.diagnosis, saved.version);
        setDraft(followed.draft);
        setClashes(followed.clashes);
        toasts.failed("Others changed the same", "Choose whose words stay, and save again.");
      } else {
        setDraft(draftOf(saved.diagnosis, saved.version));
        setClashes({});
        toasts.done("Saved");
      }
    } catch (error) {
      toasts.failed("It was not saved", messageOf(error));
    }
    setBusy(false);
    void readAgain(client, server);
  }

  return { draft, clashes, news, write, give, busy, save };
}
