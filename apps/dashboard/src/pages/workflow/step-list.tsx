import { type MouseEvent, useRef } from "react";
import { Button } from "../../ui/button.tsx";
import { type Connection, connectionsOf, moveStep, removeStep } from "./connections.ts";
import { type Definition, idOf, kindOf, stepsOf, textOf } from "./definition.ts";
import type { Editor } from "./use-editor.ts";

export interface StepListProps {
  readonly editor: Editor;
  readonly chosen: string | undefined;
  readonly choose: (id: string | undefined) => void;
  /** It was chosen by Enter: whoever has only a keyboard goes on in its form. */
  readonly open: (id: string) => void;
}

/** The steps as a list: for the keyboard, for screen readers, and for narrow screens. */
export function StepList({ editor, chosen, choose, open }: StepListProps) {
  const { definition, change } = editor;
  const steps = stepsOf(definition);
  const connections = connectionsOf(definition);
  const list = useRef<HTMLOListElement>(null);
  return (
    <ol className="workflow-steps" aria-label="Steps" ref={list} tabIndex={-1}>
      {steps.map((step, index) => {
        const id = idOf(step, index);
        return (
          <li key={id} data-chosen={id === chosen || undefined}>
            <button
              type="button"
              className="workflow-step"
              aria-pressed={id === chosen}
              onClick={({ detail }) => (detail === 0 ? open(id) : choose(id))}
            >
              <strong>{id}</strong>
              <span>{sayOf(step, connections, id)}</span>
            </button>
            <Mover definition={definition} index={index} id={id} change={change} />
            <Button
              size="s"
              look="quiet"
              icon="trash"
              iconOnly
              onClick={() => {
                change(removeStep(definition, index));
                list.current?.focus();
              }}
            >
              {`Remove ${id}`}
            </Button>
          </li>
        );
      })}
    </ol>
  );
}

interface MoverProps {
  readonly definition: Definition;
  readonly index: number;
  readonly id: string;
  readonly change: (next: Definition) => void;
}

function Mover({ definition, index, id, change }: MoverProps) {
  const last = stepsOf(definition).length - 1;
  // A line that the browser moves loses the keys.
  const move =
    (by: -1 | 1) =>
    ({ currentTarget }: MouseEvent<HTMLButtonElement>): void => {
      change(moveStep(definition, index, by));
      requestAnimationFrame(() => currentTarget.focus());
    };
  return (
    <>
      <Button
        size="s"
        look="quiet"
        icon="up"
        iconOnly
        disabled={index === 0 && `${id} is the first`}
        onClick={move(-1)}
      >
        {`Move ${id} up`}
      </Button>
      <Button
        size="s"
        look="quiet"
        icon="down"
        iconOnly
        disabled={index === last && `${id} is the last`}
        onClick={move(1)}
      >
        {`Move ${id} down`}
      </Button>
    </>
  );
}

function sayOf(
  step: Parameters<typeof kindOf>[0],
  connections: readonly Connection[],
  id: string,
): string {
  const call = textOf(step.server) && `${textOf(step.server)}.${textOf(step.tool)}`;
  const after = connections.filter(({ to }) => to === id).map(({ from }) => from);
  const says = call || textOf(step.message) || kindOf(step);
  return after.length === 0 ? says : `${says}, after ${after.join(", ")}`;
}
