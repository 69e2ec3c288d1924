import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useSearchState } from "../../lib/navigate.ts";
import { Card, PageHead } from "../../ui/card.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { Actions } from "./actions.tsx";
import { Canvas } from "./canvas.tsx";
import { Faults } from "./checks.tsx";
import { connect, disconnect, refusal } from "./connections.ts";
import { addStep, type Definition, idsOf, type Step, textOf } from "./definition.ts";
import { FactsForm } from "./facts-form.tsx";
import { faultsOf } from "./faults.ts";
import { JsonTab } from "./json-tab.tsx";
import { Palette } from "./palette.tsx";
import { StepForm } from "./step-form.tsx";
import { StepList } from "./step-list.tsx";
import type { Catalog } from "./tool-catalog.ts";
import { type Editor, useEditor } from "./use-editor.ts";

export interface BuilderProps {
  readonly kept: Definition;
  readonly isNew: boolean;
  readonly server: string | undefined;
  readonly catalog: Catalog;
}

export function Builder({ kept, isNew, server, catalog }: BuilderProps) {
  const editor = useEditor(kept, isNew ? "new" : textOf(kept.id));
  const [{ tab = "drawing" }, setSearch] = useSearchState();
  const { definition } = editor;
  const faults = useMemo(() => faultsOf(definition, catalog), [definition, catalog]);
  const parts = { editor, catalog };
  return (
    <>
      <PageHead
        title={textOf(definition.name) || textOf(definition.id) || "A new workflow"}
        lead={
          <>
            <Link to="/workflows">Workflows</Link> ·{" "}
            {textOf(definition.description) || `${idsOf(definition).length} steps`}
          </>
        }
        actions={<Actions editor={editor} isNew={isNew} server={server} faults={faults} />}
      />
      <Tabs
        label="Ways to write it"
        value={tab}
        onChange={(id) => setSearch({ tab: id === "drawing" ? "" : id })}
        tabs={[
          { id: "drawing", label: "Builder", content: <Drawing {...parts} faults={faults} /> },
          { id: "json", label: "JSON", content: <JsonTab editor={editor} /> },
        ]}
      />
    </>
  );
}

interface DrawingProps {
  readonly editor: Editor;
  readonly catalog: Catalog;
  readonly faults: ReturnType<typeof faultsOf>;
}

function Drawing({ editor, catalog, faults }: DrawingProps) {
  const [chosen, choose] = useState<string>();
  const { definition } = editor;
  const faulty = useMemo(() => new Set(faults.flatMap(({ step }) => step ?? [])), [faults]);
  const { add, edit } = useEdits(editor, choose);
  const ids = idsOf(definition);
  const isStep = chosen !== undefined && ids.includes(chosen);
  const form = useFormKeys(choose);
  return (
    <div className="workflow-builder">
      <Card title="Add a step" className="workflow-side">
        <Palette catalog={catalog} add={add} />
      </Card>
      <div className="workflow-middle">
        <Card title="Steps" note={ids.length} flush>
          <Canvas
            definition={definition}
            chosen={chosen}
            choose={choose}
            open={form.open}
            faulty={faulty}
            edit={edit}
          />
          {ids.length === 0 ? (
            <Empty icon="workflows" title="No steps yet">
              Drag a tool onto the drawing, or find one and press Enter. Enter on a step opens it,
              Escape leads back.
            </Empty>
          ) : (
            <StepList editor={editor} chosen={chosen} choose={choose} open={form.open} />
          )}
        </Card>
        <Card title="To mend" note={faults.length}>
          <Faults faults={faults} choose={choose} />
        </Card>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the fields within take the key */}
      <div ref={form.ref} onKeyDown={form.onKeyDown}>
        <Card title={isStep ? `Step ${chosen}` : "The workflow"}>
          {isStep ? (
            <StepForm key={chosen} editor={editor} id={chosen} catalog={catalog} choose={choose} />
          ) : (
            <FactsForm editor={editor} />
          )}
        </Card>
      </div>
    </div>
  );
}

/** Without a mouse: a step that is opened has the keys, and Escape gives them back to where it was opened. */
function useFormKeys(choose: (id: string | undefined) => void) {
  const ref = useRef<HTMLDivElement>(null);
  const before = useRef<Element>(null);
  const [opened, setOpened] = useState(0);
  useEffect(() => {
    if (opened > 0) ref.current?.querySelector<HTMLElement>("input, select, textarea")?.focus();
  }, [opened]);
  return {
    ref,
    open(id: string): void {
      before.current = document.activeElement;
      choose(id);
      setOpened((times) => times + 1);
    },
    onKeyDown(event: KeyboardEvent): void {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (before.current instanceof HTMLElement) before.current.focus();
    },
  };
}

function useEdits(editor: Editor, choose: (id: string | undefined) => void) {
  const { definition, change } = editor;
  const toasts = useToasts();
  const add = (step: Step): void => {
    const next = addStep(definition, step);
    change(next);
    choose(idsOf(next).at(-1));
  };
  const edit = {
    connect(from: string, to: string): void {
      const problem = refusal(definition, from, to);
      if (problem === undefined) change(connect(definition, from, to));
      else toasts.failed("They are not connected", problem);
    },
    disconnect: (from: string, to: string) => change(disconnect(definition, from, to)),
    drop: add,
  };
  return { add, edit };
}
