import { type KeyboardEvent, useId, useRef, useState } from "react";
import { TextField } from "../../ui/field.tsx";
import type { Json } from "./definition.ts";
import { accept, complete, fits, type Hint } from "./hints.ts";
import { toText, toValue } from "./values.ts";

export interface ArgumentFieldProps {
  readonly name: string;
  readonly type: string;
  readonly about: string;
  readonly required: boolean;
  readonly value: Json | undefined;
  readonly hints: readonly Hint[];
  readonly onChange: (value: Json | undefined) => void;
}

/** A value, or a reference to one: "$" offers what there is, arrows and Enter take it. */
export function ArgumentField(props: ArgumentFieldProps) {
  const { name, type, about, required, value, hints, onChange } = props;
  const [text, setText] = useState(() => toText(value));
  const field = useCompletion(text, hints, (next) => {
    setText(next);
    onChange(toValue(next, type));
  });
  // Undo, the text of the whole, another step: then what is shown is not what is kept.
  if (JSON.stringify(toValue(text, type)) !== JSON.stringify(value) && !field.focused) {
    const kept = toText(value);
    if (kept !== text) setText(kept);
  }
  return (
    <div className="workflow-argument">
      <TextField
        label={name}
        hint={`${type}${about && `: ${about}`}`}
        required={required}
        value={text}
        autoComplete="off"
        spellCheck={false}
        {...field.attributes}
      />
      {field.shown.length > 0 && (
        <div className="workflow-hints" role="listbox" id={field.listId} aria-label={`For ${name}`}>
          {field.shown.map((hint, index) => (
            <HintLine
              key={hint.text}
              id={`${field.listId}-${index}`}
              hint={hint}
              wanted={type}
              chosen={index === field.at}
              take={() => field.take(hint)}
            />
          ))}
        </div>
      )}
    </div>
  );
}

interface HintLineProps {
  readonly id: string;
  readonly hint: Hint;
  readonly wanted: string;
  readonly chosen: boolean;
  readonly take: () => void;
}

function HintLine({ id, hint, wanted, chosen, take }: HintLineProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys of a combobox
    <div
      id={id}
      role="option"
      aria-selected={chosen}
      tabIndex={-1}
      data-unfit={!fits(hint.type, wanted) || undefined}
      onMouseDown={(event) => event.preventDefault()}
      onClick={take}
    >
      <code>{hint.text}</code>
      <span>{fits(hint.type, wanted) ? hint.type : `${hint.type}, not ${wanted}`}</span>
    </div>
  );
}

const MOST_SHOWN = 12;

function useCompletion(text: string, hints: readonly Hint[], change: (text: string) => void) {
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const [focused, setFocused] = useState(false);
  const [at, setAt] = useState(0);
  const cursor = (): number => input.current?.selectionStart ?? text.length;
  const shown = open ? (complete(text, cursor(), hints)?.hints.slice(0, MOST_SHOWN) ?? []) : [];
  function take(hint: Hint): void {
    const taken = accept(text, cursor(), hint);
    change(taken.text);
    setOpen(false);
    requestAnimationFrame(() => input.current?.setSelectionRange(taken.cursor, taken.cursor));
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (shown.length === 0) return;
    const hint = shown[at];
    if (event.key === "ArrowDown") setAt((at + 1) % shown.length);
    else if (event.key === "ArrowUp") setAt((at + shown.length - 1) % shown.length);
    else if (event.key === "Enter" && hint) take(hint);
    else if (event.key === "Escape") setOpen(false);
    else return;
    event.preventDefault();
  }
  const attributes = {
    ref: input,
    role: "combobox",
    "aria-expanded": shown.length > 0,
    "aria-autocomplete": "list",
    ...(shown.length > 0 && {
      "aria-controls": listId,
      "aria-activedescendant": `${listId}-${at}`,
    }),
    onChange: (event: { readonly target: { readonly value: string } }) => {
      setOpen(true);
      setAt(0);
      change(event.target.value);
    },
    onFocus: () => setFocused(true),
    onBlur: () => {
      setOpen(false);
      setFocused(false);
    },
    onKeyDown,
  } as const;
  return { listId, shown, at, take, focused, attributes };
}
