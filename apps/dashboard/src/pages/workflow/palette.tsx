import { type DragEvent, type KeyboardEvent, type RefObject, useRef, useState } from "react";
import { SearchField } from "../../ui/field.tsx";
import { STEP_TYPE } from "./canvas.tsx";
import type { Step } from "./definition.ts";
import type { Catalog, CatalogTool } from "./tool-catalog.ts";

export interface PaletteProps {
  readonly catalog: Catalog;
  readonly add: (step: Step) => void;
}

const MOST_SHOWN = 40;

/** What can be added: its name, what it does, and the step it becomes. */
interface Item {
  readonly name: string;
  readonly about: string;
  readonly step: Step;
}

/** What is not a call of a tool. */
const OTHERS: readonly Item[] = [
  {
    name: "Approval",
    about: "waits for a person",
    step: { id: "approve", type: "approval", message: "Go on?" },
  },
  {
    name: "Wait",
    about: "for a time or a signal",
    step: { id: "wait", type: "wait", for: "10s" },
  },
  {
    name: "Condition",
    about: "is true or false",
    step: { id: "check", type: "condition", condition: "true" },
  },
];

/** What fits the words: what is not a tool comes first. */
function itemsFor(catalog: Catalog, words: string) {
  const found = catalog.search(words);
  const tools = found.slice(0, MOST_SHOWN).map((tool) => ({
    name: `${tool.server}.${tool.tool}`,
    about: tool.description,
    step: stepFor(tool),
  }));
  const wanted = words.trim().toLowerCase();
  const others = OTHERS.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  return { items: [...others, ...tools], more: found.length - tools.length };
}

/** The tools there are: dragged onto the drawing, or added by Enter or a click. */
export function Palette({ catalog, add }: PaletteProps) {
  const [words, setWords] = useState("");
  const [told, tell] = useState("");
  const { items, more } = itemsFor(catalog, words);
  const take = ({ name, step }: Item): void => {
    add(step);
    tell(`${name} is added.`);
  };
  const list = useRef<HTMLUListElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const [first] = items;
    if (event.key === "ArrowDown") list.current?.querySelector("button")?.focus();
    else if (event.key === "Enter" && first !== undefined && words.trim() !== "") take(first);
    else return;
    event.preventDefault();
  };
  return (
    <div className="workflow-palette">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the field within takes the keys */}
      <div onKeyDown={onKeyDown}>
        <SearchField
          label="Find a tool"
          placeholder="Find a tool"
          value={words}
          onChange={setWords}
        />
      </div>
      <Items items={items} take={take} list={list} />
      {more > 0 && <p className="workflow-quiet">{more} more: search for them.</p>}
      {items.length === 0 && <p className="workflow-quiet">No tool fits.</p>}
      <p className="visually-hidden" role="status">
        {told}
      </p>
    </div>
  );
}

interface ItemsProps {
  readonly items: readonly Item[];
  readonly take: (item: Item) => void;
  readonly list: RefObject<HTMLUListElement | null>;
}

/** One stop of the Tab key, however many there are: arrows go from one to the next. */
function Items({ items, take, list }: ItemsProps) {
  const [at, setAt] = useState(0);
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    list.current?.querySelectorAll("button")[to]?.focus();
  };
  const stop = Math.min(at, items.length - 1);
  return (
    <ul ref={list} aria-label="Tools to add" onKeyDown={onKeyDown}>
      {items.map((item, index) => (
        <li key={item.name}>
          <button
            type="button"
            draggable
            tabIndex={index === stop ? 0 : -1}
            onFocus={() => setAt(index)}
            onDragStart={(event) => carry(event, item.step)}
            onClick={() => take(item)}
            title={`Drag ${item.name} onto the drawing, or press it`}
          >
            <strong>{item.name}</strong>
            <span>{item.about}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function carry({ dataTransfer }: DragEvent, step: Step): void {
  dataTransfer.setData(STEP_TYPE, JSON.stringify(step));
  dataTransfer.effectAllowed = "copy";
}

/** A step that calls this tool, named by it. */
function stepFor({ server, tool }: Pick<CatalogTool, "server" | "tool">): Step {
  const id = tool.replaceAll(/[^A-Za-z0-9_-]/g, "_").replace(/^[^A-Za-z]+/, "");
  return { id: id.slice(0, 48) || "step", server, tool, arguments: {} };
}
