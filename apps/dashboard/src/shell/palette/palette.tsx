import { Dialog } from "radix-ui";
import {
  type KeyboardEvent,
  useDeferredValue,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { Icon } from "../../ui/icon.tsx";
import { rank, type Suggestion } from "./rank.ts";
import { useSuggestions } from "./suggestions.ts";
import "./palette.css";

const MOST_SHOWN = 40;

/** Goes anywhere and does what has a name: write, choose by arrows, Enter. */
export function Palette({ close }: { readonly close: () => void }) {
  const [asked, setAsked] = useState("");
  const [at, setAt] = useState(0);
  const all = useSuggestions();
  const wanted = useDeferredValue(asked);
  const shown = useMemo(() => rank(all, wanted, MOST_SHOWN), [all, wanted]);
  const list = useId();
  const chosen = shown[Math.min(at, shown.length - 1)];
  const run = (suggestion: Suggestion | undefined): void => {
    if (suggestion === undefined) return;
    close();
    suggestion.run();
  };
  function onKeyDown(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) setAt(Math.max(0, Math.min(shown.length - 1, at + step)));
    else if (event.key === "Enter") run(chosen);
    else return;
    event.preventDefault();
  }
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog-ground" />
        <Dialog.Content className="palette" aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">Go to or do</Dialog.Title>
          <div className="palette-ask">
            <Icon name="search" />
            <input
              role="combobox"
              aria-expanded
              aria-controls={list}
              aria-activedescendant={chosen && `${list}-${chosen.id}`}
              aria-label="Page, server, tool or action"
              placeholder="Page, server, tool or action"
              autoComplete="off"
              spellCheck={false}
              value={asked}
              onChange={(event) => {
                setAsked(event.target.value);
                setAt(0);
              }}
              onKeyDown={onKeyDown}
            />
          </div>
          <Results list={list} shown={shown} chosen={chosen} run={run} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface ResultsProps {
  readonly list: string;
  readonly shown: readonly Suggestion[];
  readonly chosen: Suggestion | undefined;
  readonly run: (suggestion: Suggestion) => void;
}

function Results({ list, shown, chosen, run }: ResultsProps) {
  const current = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // It answers with a promise in some browsers, which is no way to end an effect.
    if (chosen?.id !== undefined) void current.current?.scrollIntoView({ block: "nearest" });
  }, [chosen?.id]);
  return (
    <>
      <div className="palette-list" id={list} role="listbox" aria-label="What fits">
        {shown.map((each) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field above
          <div
            key={each.id}
            id={`${list}-${each.id}`}
            ref={each === chosen ? current : undefined}
            className="palette-entry"
            role="option"
            tabIndex={-1}
            aria-selected={each === chosen}
            onClick={() => run(each)}
          >
            <span>{each.label}</span>
            <small>{each.kind}</small>
          </div>
        ))}
      </div>
      {shown.length === 0 && <p className="palette-none">Nothing fits. Try fewer letters.</p>}
    </>
  );
}
