import { lazy, Suspense, useState } from "react";
import type { InputOf } from "../../api/client.ts";
import type { ConfigKey } from "../../api/generated.ts";
import { useDo } from "../../api/queries.ts";
import { useRights } from "../../session/session.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { SOURCES } from "./sources.ts";

const JsonEditor = lazy(async () => ({
  default: (await import("../tool/json-editor.tsx")).JsonEditor,
}));

/** One key: its value, what it means, who said so. */
export function Setting({ setting }: { readonly setting: ConfigKey }) {
  const { key, value, source, where, pending, meaning } = setting;
  const [edits, setEdits] = useState(false);
  const refused = useRights().admin();
  const fixed = source === "environment" || source === "command line";
  return (
    <div className="settings-key">
      <div className="settings-says">
        <code>{key}</code>
        <p>{meaning}</p>
      </div>
      <div className="settings-value">
        <code>{inShort(value)}</code>
        {pending !== undefined && (
          <Badge tone="warn">{`after a restart: ${JSON.stringify(pending)}`}</Badge>
        )}
        <span title={where}>
          <Badge tone={SOURCES[source]}>{source}</Badge>
        </span>
      </div>
      <Button
        look="quiet"
        size="s"
        icon="edit"
        iconOnly
        disabled={
          refused ??
          (fixed ? `The ${source} says so (${where ?? key}): change it there.` : undefined)
        }
        onClick={() => setEdits(true)}
      >
        {`Change ${key}`}
      </Button>
      {edits && <Edit setting={setting} close={() => setEdits(false)} />}
    </div>
  );
}

/** Of what holds more than a line its names: all of it is a click away. */
function inShort(value: unknown): string {
  if (value === undefined) return "not set";
  const names = typeof value === "object" && value && !Array.isArray(value) && Object.keys(value);
  return names && names.length > 0 ? names.join(", ") : JSON.stringify(value);
}

function Edit({ setting, close }: { readonly setting: ConfigKey; readonly close: () => void }) {
  const { key, value, source, meaning } = setting;
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const { save, forget, busy } = useChanges(key, close);
  const read = readJson(text);
  return (
    <Dialog
      open
      onOpenChange={close}
      title={key}
      description={meaning}
      actions={
        <>
          {source === "file" && (
            <Button busy={busy} onClick={forget}>
              Back to the default
            </Button>
          )}
          <Button
            look="primary"
            busy={busy}
            disabled={read === undefined ? "This is no JSON: texts stand in quotes." : undefined}
            onClick={() => read && save(read.value)}
          >
            Save
          </Button>
        </>
      }
    >
      <Suspense fallback={<Skeleton height="12rem" />}>
        <JsonEditor
          label={`${key} as JSON`}
          value={text}
          onChange={setText}
          onSubmit={() => read && save(read.value)}
        />
      </Suspense>
    </Dialog>
  );
}

type Value = NonNullable<InputOf<"PUT config/:key">["body"]>["value"];

function useChanges(key: string, close: () => void) {
  const toasts = useToasts();
  const saving = useDo("PUT config/:key", ["GET config", "GET servers"]);
  const forgetting = useDo("DELETE config/:key", ["GET config", "GET servers"]);
  const told = {
    onSuccess({ in_effect: holds, warnings }: { in_effect: boolean; warnings: readonly string[] }) {
      toasts.done(holds ? `${key} holds` : `${key} holds after a restart`, warnings.join(" "));
      close();
    },
    onError: (error: unknown) => toasts.failed(`${key} was not changed`, error),
  };
  return {
    busy: saving.isPending || forgetting.isPending,
    save: (value: Value) => saving.mutate({ path: { key }, body: { value } }, told),
    forget: () => forgetting.mutate({ path: { key } }, told),
  };
}

function readJson(text: string): { readonly value: Value } | undefined {
  try {
    return { value: JSON.parse(text) as Value };
  } catch {
    return undefined;
  }
}
