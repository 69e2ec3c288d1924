import { type DragEvent, type KeyboardEvent, useState } from "react";
import { SearchField } from "../../ui/field.tsx";
import { TOOL_TYPE } from "./canvas.tsx";
import type { Step } from "./definition.ts";
import type { Catalog, CatalogTool } from "./tool-catalog.ts";

export interface PaletteProps {
  readonly catalog: Catalog;
  readonly add: (step: Step) => void;
}

const MOST_SHOWN = 40;

/** What is not a call of a tool. */
const OTHERS: readonly (readonly [string, string, Step])[] = [
  ["Approval", "waits for a person", { id: "approve", type: "approval", message: "Go on?" }],
  ["Wait", "for a time or a signal", { id: "wait", type: "wait", for: "10s" }],
  ["Condition", "is true or false", { id: "check", type: "condition", condition: "true" }],
];

/** The tools there are: dragged onto the drawing, or added by Enter or a click. */
export function Palette({ catalog, add }: PaletteProps) {
  const [words, setWords] = useState("");
  const found = catalog.search(words);
  const shown = found.slice(0, MOST_SHOWN);
  const others = OTHERS.filter(([name]) => name.toLowerCase().includes(words.toLowerCase()));
  const addFirst = (event: KeyboardEvent): void => {
    const [first] = shown;
    if (event.key !== "Enter" || first === undefined || words === "") return;
    event.preventDefault();
    add(stepFor(first));
  };
  return (
    <div className="workflow-palette">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the field within takes the key */}
      <div onKeyDown={addFirst}>
        <SearchField
          label="Find a tool"
          placeholder="Find a tool"
          value={words}
          onChange={setWords}
        />
      </div>
      <ul aria-label="Tools to add">
        {shown.map((tool) => (
          <ToolItem key={`${tool.server}.${tool.tool}`} tool={tool} add={add} />
        ))}
        {others.map(([name, about, step]) => (
          <li key={name}>
            <button type="button" onClick={() => add(step)}>
              <strong>{name}</strong>
              <span>{about}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length > shown.length && (
        <p className="workflow-quiet">{found.length - shown.length} more: search for them.</p>
      )}
      {found.length + others.length === 0 && <p className="workflow-quiet">No tool fits.</p>}
    </div>
  );
}

function ToolItem({
  tool,
  add,
}: {
  readonly tool: CatalogTool;
  readonly add: (step: Step) => void;
}) {
  const name = `${tool.server}.${tool.tool}`;
  const onDragStart = (event: DragEvent): void => {
    event.dataTransfer.setData(TOOL_TYPE, name);
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    <li>
      <button
        type="button"
        draggable
        onDragStart={onDragStart}
        onClick={() => add(stepFor(tool))}
        title={`Drag ${name} onto the drawing, or press it`}
      >
        <strong>{name}</strong>
        <span>{tool.description}</span>
      </button>
    </li>
  );
}

/** A step that calls this tool, named by it. */
export function stepFor({ server, tool }: Pick<CatalogTool, "server" | "tool">): Step {
  const id = tool.replaceAll(/[^A-Za-z0-9_-]/g, "_").replace(/^[^A-Za-z]+/, "");
  return { id: id.slice(0, 48) || "step", server, tool, arguments: {} };
}
