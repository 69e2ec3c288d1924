import { useState } from "react";
import { useLeftOut, useOrchestratorDo } from "../../api/orchestrator.ts";
import { useGo, useSearchState } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { DryRun } from "./checks.tsx";
import { type Definition, isFields, type Json, setFact, textOf } from "./definition.ts";
import type { Fault } from "./faults.ts";
import { RunDialog } from "./run-dialog.tsx";
import type { Editor } from "./use-editor.ts";
import { toText } from "./values.ts";

export interface ActionsProps {
  readonly editor: Editor;
  readonly isNew: boolean;
  readonly server: string | undefined;
  readonly faults: readonly Fault[];
}

/** What is done with the whole. */
export function Actions({ editor, isNew, server, faults }: ActionsProps) {
  const [{ run: begins }, setSearch] = useSearchState();
  const [asks, setAsks] = useState<"dry" | "run" | undefined>(begins ? "run" : undefined);
  const { save, busy, refused } = useSaving(editor, isNew);
  const runRefused = useLeftOut(["execute_workflow"])?.reason;
  const { definition, changed } = editor;
  const unfinished = faults.length > 0 && `${faults.length} to mend: ${faults[0]?.message}`;
  const run = async (): Promise<void> => {
    if ((!changed && !isNew) || (await save("?run=now"))) setAsks("run");
  };
  return (
    <>
      <Button look="quiet" disabled={!editor.undo && "Nothing to undo"} onClick={editor.undo}>
        Undo
      </Button>
      <Button look="quiet" disabled={!editor.redo && "Nothing to redo"} onClick={editor.redo}>
        Redo
      </Button>
      <Button onClick={() => setAsks("dry")}>Dry run</Button>
      <Button
        busy={busy}
        disabled={refused || unfinished || (!changed && !isNew && "It is saved")}
        onClick={() => void save()}
      >
        Save
      </Button>
      <Button
        look="primary"
        icon="play"
        disabled={runRefused || unfinished}
        onClick={() => void run()}
      >
        Run
      </Button>
      <DryRun
        open={asks === "dry"}
        close={() => setAsks(undefined)}
        server={server}
        definition={definition}
      />
      {asks === "run" && (
        <RunDialog
          open
          close={() => {
            setAsks(undefined);
            setSearch({ run: "" });
          }}
          workflow={textOf(definition.id)}
          version={toText(definition.version)}
          input={JSON.stringify(presetsOf(definition.input), null, 2)}
        />
      )}
    </>
  );
}

interface Registered {
  readonly warnings?: readonly string[];
}

function useSaving(editor: Editor, isNew: boolean) {
  const registering = useOrchestratorDo<Registered>("register_workflow");
  const toasts = useToasts();
  const go = useGo();
  async function save(then = ""): Promise<boolean> {
    const { definition, changed } = editor;
    const versioned = isNew || !changed ? definition : withNextVersion(definition, editor.kept);
    try {
      const { warnings } = await registering.mutateAsync({ definition: versioned });
      editor.saved(versioned);
      toasts.done(`${textOf(versioned.id)} is saved`);
      for (const warning of warnings ?? []) toasts.failed("Probably not meant so", warning);
      if (isNew) go(`/workflows/${encodeURIComponent(textOf(versioned.id))}${then}`);
      return !isNew;
    } catch (error) {
      toasts.failed("It is not saved", error);
      return false;
    }
  }
  return { save, busy: registering.isPending, refused: registering.refused };
}

/** Executions go on with the version that they began with, so a change needs another. */
function withNextVersion(definition: Definition, kept: Definition): Definition {
  const version = toText(definition.version) || "1";
  if (definition.id !== kept.id || version !== (toText(kept.version) || "1")) return definition;
  const [, head = "", number] = /^(.*?)(\d+)$/.exec(version) ?? [];
  const next = number === undefined ? `${version}-2` : `${head}${Number(number) + 1}`;
  return setFact(definition, "version", next);
}

/** What is asked for, with the values it has where nothing is given. */
function presetsOf(input: Json | undefined): Record<string, Json> {
  if (!isFields(input)) return {};
  if (input.type !== "object" || !isFields(input.properties)) return { ...input };
  return Object.fromEntries(
    Object.entries(input.properties).map(([name, property]) => [
      name,
      (isFields(property) ? property.default : undefined) ?? "",
    ]),
  );
}
