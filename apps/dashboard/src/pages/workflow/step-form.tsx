import { useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { ArgumentField } from "./argument-field.tsx";
import { connect, connectionsOf, disconnect, renameStep } from "./connections.ts";
import {
  argumentsOf,
  type Definition,
  idOf,
  idsOf,
  type Json,
  type JsonFields,
  kindOf,
  type Step,
  setArgument,
  setField,
  stepsOf,
  textOf,
} from "./definition.ts";
import { partnersOf } from "./faults.ts";
import { hintsFor, typeIn } from "./hints.ts";
import { type Catalog, type CatalogTool, parametersOf } from "./tool-catalog.ts";
import type { Editor } from "./use-editor.ts";

export interface StepFormProps {
  readonly editor: Editor;
  readonly id: string;
  readonly catalog: Catalog;
  readonly choose: (id: string | undefined) => void;
}

/** All that a builder changes of one step; what else it says stays, and is changed as JSON. */
export function StepForm({ editor, id, catalog, choose }: StepFormProps) {
  const { definition, change } = editor;
  const index = idsOf(definition).indexOf(id);
  const step = stepsOf(definition)[index];
  if (step === undefined) return null;
  const set = (name: string, value: Json | undefined): void =>
    change(setField(definition, index, name, value));
  const rename = (to: string): void => {
    if (to === id || to === "" || idsOf(definition).includes(to)) return;
    change(renameStep(definition, index, to));
    choose(to);
  };
  const kind = kindOf(step);
  return (
    <div className="workflow-form">
      <TextField
        label="Id"
        key={id}
        defaultValue={id}
        spellCheck={false}
        onBlur={(event) => rename(event.target.value.trim())}
        onKeyDown={(event) => event.key === "Enter" && rename(event.currentTarget.value.trim())}
      />
      {OWN_WORDS[kind]?.map(([name, label]) => (
        <TextField
          key={name}
          label={label}
          value={textOf(step[name])}
          onChange={(event) => set(name, event.target.value || undefined)}
        />
      ))}
      {(kind === "task" || kind === "map") && (
        <Arguments editor={editor} index={index} catalog={catalog} />
      )}
      <TextField
        label="Only when"
        hint="The step is skipped where this is false."
        value={textOf(step.when)}
        onChange={(event) => set("when", event.target.value || undefined)}
      />
      <SelectField
        label="Where it fails"
        value={textOf(step.onError)}
        choices={ON_ERROR}
        onChange={(value) => set("onError", value || undefined)}
      />
      <WaitsFor definition={definition} id={id} change={change} />
    </div>
  );
}

const OWN_WORDS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  approval: [["message", "What it asks"]],
  condition: [
    ["condition", "Condition"],
    ["otherwise", "Fails with, where it is false"],
  ],
  wait: [
    ["for", "For how long"],
    ["signal", "For the signal"],
  ],
  workflow: [["workflow", "Workflow"]],
  map: [["forEach", "For each of"]],
};

const ON_ERROR = [
  { value: "", label: "The run fails" },
  { value: "continue", label: "Go on" },
  { value: "skip", label: "Skip what needs it" },
  { value: "compensate", label: "Undo what was done" },
];

interface ArgumentsProps {
  readonly editor: Editor;
  readonly index: number;
  readonly catalog: Catalog;
}

function Arguments({ editor, index, catalog }: ArgumentsProps) {
  const { definition, change } = editor;
  const step: Step = stepsOf(definition)[index] ?? {};
  const tool = catalog.find(textOf(step.server), textOf(step.tool));
  const given = argumentsOf(step);
  const known = parametersOf(tool);
  const others = Object.keys(given).filter((name) => !known.some((each) => each.name === name));
  const fields = [
    ...known,
    ...others.map((name) => ({ name, schema: {} as JsonFields, required: false })),
  ];
  const hints = hintsFor(definition, index, catalog);
  return (
    <fieldset className="workflow-arguments">
      <legend>
        Arguments of <code>{`${textOf(step.server)}.${textOf(step.tool)}`}</code>
      </legend>
      {hints.length > 0 && fields.length > 0 && (
        <p className="workflow-quiet">“$” offers inputs and the results of earlier steps.</p>
      )}
      {fields.map(({ name, schema, required }) => (
        <ArgumentField
          key={`${idOf(step, index)} ${name}`}
          name={name}
          type={typeIn(schema)}
          about={textOf(schema.description)}
          required={required}
          value={given[name]}
          hints={hints}
          onChange={(value) => change(setArgument(definition, index, name, value))}
        />
      ))}
      {isOpen(tool) && (
        <AnotherArgument add={(name) => change(setArgument(definition, index, name, ""))} />
      )}
    </fieldset>
  );
}

/** Whether a tool may take more than it names. */
function isOpen(tool: CatalogTool | undefined): boolean {
  return tool?.input?.additionalProperties !== false;
}

function AnotherArgument({ add }: { readonly add: (name: string) => void }) {
  const [name, setName] = useState("");
  const take = (): void => {
    if (name.trim() !== "") add(name.trim());
    setName("");
  };
  return (
    <TextField
      label="Another argument"
      hint="Its name, and Enter."
      value={name}
      spellCheck={false}
      onChange={(event) => setName(event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && take()}
    />
  );
}

interface WaitsForProps {
  readonly definition: Definition;
  readonly id: string;
  readonly change: (next: Definition) => void;
}

/** Connections by select field: what lines of the drawing are for the mouse. */
function WaitsFor({ definition, id, change }: WaitsForProps) {
  const before = connectionsOf(definition).filter(({ to }) => to === id);
  const partners = partnersOf(definition, id);
  const group = useRef<HTMLFieldSetElement>(null);
  // The button that was pressed may be gone then: the keys go on from here.
  const put = (next: Definition): void => {
    change(next);
    group.current?.focus();
  };
  return (
    <fieldset className="workflow-arguments" ref={group} tabIndex={-1}>
      <legend>Waits for</legend>
      <ul className="workflow-waits">
        {before.map(({ from, because }) => (
          <li key={from}>
            <code>{from}</code>
            <span>{BECAUSE[because]}</span>
            {because !== "reference" && (
              <Button
                size="s"
                look="quiet"
                icon="close"
                iconOnly
                onClick={() => put(disconnect(definition, from, id))}
              >
                {`Do not wait for ${from}`}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {partners.length > 0 && (
        <LetItWait partners={partners} wait={(from) => put(connect(definition, from, id))} />
      )}
    </fieldset>
  );
}

interface LetItWaitProps {
  readonly partners: readonly string[];
  readonly wait: (from: string) => void;
}

/** Arrow keys change what a select field says at once: it takes a button to mean it. */
function LetItWait({ partners, wait }: LetItWaitProps) {
  const [chosen, choose] = useState("");
  const from = partners.includes(chosen) ? chosen : (partners[0] ?? "");
  return (
    <div className="workflow-wait">
      <SelectField
        label="Let it wait for"
        value={from}
        choices={partners.map((value) => ({ value, label: value }))}
        onChange={choose}
      />
      <Button icon="plus" onClick={() => wait(from)}>
        Wait for it
      </Button>
    </div>
  );
}

const BECAUSE = {
  dependsOn: "",
  order: "by the order of the steps",
  reference: "as it reads its result",
} as const;
